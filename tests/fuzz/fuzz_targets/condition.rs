//! The condition parser on any text.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let condition = dotwright_syntax::condition::parse(text);
    for clause in condition.clauses() {
        assert!(text.get(std::ops::Range::from(clause.range)).is_some());
    }
    for error in &condition.errors {
        assert!(text.get(std::ops::Range::from(error.range)).is_some());
    }
});
