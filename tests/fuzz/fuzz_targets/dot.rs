//! The DOT parser on any bytes: always a tree, every range on character boundaries of the text.

#![no_main]

use dotwright_syntax::{from_bytes, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (text, _) = from_bytes(bytes);
    assert_eq!(text.len(), bytes.len());
    let parse = parse(&text);
    for stmt in parse.ast.all_statements() {
        assert!(text.get(std::ops::Range::from(stmt.range)).is_some());
    }
    for error in &parse.errors {
        assert!(text.get(std::ops::Range::from(error.range)).is_some());
        assert!(!error.message(&text).is_empty());
    }
    assert!(parse.errors.len() <= 200);
});
