//! The formatter on any text: what it formats stays formatted.

#![no_main]

use dotwright_diagnostics::apply_edits;
use dotwright_fmt::{Options, Refusal, format};
use dotwright_syntax::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match format(text, &parse(text), &Options::default()) {
        Err(Refusal::SyntaxError(_)) => {}
        Err(Refusal::WouldChange) => panic!("the formatter made another text"),
        Ok(edits) => {
            let once = apply_edits(text, &edits).expect("edits fit the text");
            let again = format(&once, &parse(&once), &Options::default()).expect("formatted text parses");
            assert!(again.is_empty(), "a second run changes the text");
        }
    }
});
