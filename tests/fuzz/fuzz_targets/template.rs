//! The search for template expressions on any text.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut end = 0;
    for reference in dotwright_syntax::template::references(text) {
        assert!(reference.range.start >= end, "expressions come in order and apart");
        assert!(text.get(std::ops::Range::from(reference.range)).is_some());
        end = reference.range.end;
    }
});
