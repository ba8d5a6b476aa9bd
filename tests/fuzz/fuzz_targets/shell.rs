//! The shell reader on any text.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let shell = dotwright_syntax::shell::parse(text);
    for command in shell.all_commands() {
        assert!(text.get(std::ops::Range::from(command.range)).is_some());
    }
    for token in shell.tokens() {
        assert!(text.get(std::ops::Range::from(token.range)).is_some());
    }
});
