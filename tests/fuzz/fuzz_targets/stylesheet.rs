//! The stylesheet parser on any text.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let sheet = dotwright_syntax::stylesheet::parse(text);
    for rule in &sheet.rules {
        assert!(text.get(std::ops::Range::from(rule.range)).is_some());
    }
    for error in &sheet.errors {
        assert!(text.get(std::ops::Range::from(error.range)).is_some());
    }
});
