//! Input that nobody writes by accident: always a result, on a small stack.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail loudly"
)]

use std::fmt::Write;

use dotwright_syntax::{MAX_DEPTH, Parse, SyntaxErrorKind, from_bytes, parse};
use proptest::prelude::*;

/// Parses on a stack of half a megabyte, which deep recursion would not survive.
fn parse_on_small_stack(source: String) -> Parse {
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    thread.spawn(move || parse(&source)).unwrap().join().unwrap()
}

#[track_caller]
fn errors(source: String, expected: &[SyntaxErrorKind]) {
    let kinds: Vec<_> = parse_on_small_stack(source).errors.iter().map(|error| error.kind).collect();
    assert_eq!(kinds, expected);
}

#[test]
fn deep_nesting_is_cut_and_said_once() {
    let deep = format!("digraph {}a{}", "{".repeat(1_000_001), "}".repeat(1_000_001));
    errors(deep, &[SyntaxErrorKind::TooDeep]);
    let mut named = String::from("digraph {");
    for i in 0..10_000 {
        write!(named, "subgraph s{i} {{").unwrap();
    }
    named.push_str("a -> b");
    named.push_str(&"}".repeat(10_001));
    errors(named, &[SyntaxErrorKind::TooDeep]);
}

#[test]
fn nesting_up_to_the_limit_is_read() {
    let depth = MAX_DEPTH - 1;
    errors(format!("digraph {{{}a{}}}", "{".repeat(depth), "}".repeat(depth)), &[]);
}

#[test]
fn a_million_open_brackets_stay_a_few_errors() {
    let parse = parse_on_small_stack(format!("digraph {{ a {}", "[".repeat(1_000_000)));
    assert!(parse.errors.len() <= 3, "{:?}", parse.errors.len());
    let parse = parse_on_small_stack(format!("digraph {}", "{".repeat(1_000_000)));
    assert!(parse.errors.len() <= 101, "{:?}", parse.errors.len());
}

#[test]
fn a_long_chain_is_one_statement() {
    let chain: Vec<String> = (0..100_001).map(|i| format!("n{i}")).collect();
    let parse = parse_on_small_stack(format!("digraph {{ {} }}", chain.join(" -> ")));
    assert!(parse.errors.is_empty());
    assert_eq!(parse.ast.all_statements().len(), 1);
}

#[test]
fn a_huge_string_is_one_token() {
    let parse = parse_on_small_stack(format!("digraph {{ a [prompt=\"{}\"] }}", "line\n".repeat(2_000_000)));
    assert!(parse.errors.is_empty());
    assert_eq!(parse.tokens.len(), 9);
}

#[test]
fn errors_are_capped() {
    let parse = parse_on_small_stack(format!("digraph {{\n{}}}", "a [label=] -> ;;=\n".repeat(10_000)));
    assert!((100..=102).contains(&parse.errors.len()), "{}", parse.errors.len());
    assert!(parse.errors.iter().any(|error| error.kind == SyntaxErrorKind::TooMany));
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_one_by_one() {
    let bytes = b"digraph { a [label=\"caf\xe9\xff!\"] }";
    let (text, errors) = from_bytes(bytes);
    assert_eq!(text.len(), bytes.len());
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].range.text(&text), "??");
    assert!(parse(&text).errors.is_empty());
}

proptest! {
    #[test]
    fn any_text_gives_a_tree_with_ranges_inside_it(text in "[a-z0-9\"{}\\[\\]=,;\\->:#/*+<> \\n\\\\é]{0,200}") {
        let parse = parse(&text);
        for stmt in parse.ast.all_statements() {
            prop_assert!(text.get(std::ops::Range::from(stmt.range)).is_some());
        }
        for error in &parse.errors {
            prop_assert!(text.get(std::ops::Range::from(error.range)).is_some());
            prop_assert!(!error.message(&text).is_empty() && !error.help(&text).is_empty());
        }
    }

    #[test]
    fn repair_alone_keeps_the_stream_grammatical(
        text in "(digraph|[a-c]|->|--|[\"{}\\[\\]=,;:+]| |\\n|node|edge|subgraph|graph){0,60}"
    ) {
        prop_assert!(!parse(&text).used_backstop);
    }

    #[test]
    fn damaged_statements_keep_the_stream_grammatical(
        body in "(a|b -> c|\\[label=x\\]|\\[k=v,|\\]|\\{|\\}|subgraph x|node \\[a=b\\]|;|=|:p|,| |\\n|rankdir=LR|\"s\"){0,40}"
    ) {
        let source = format!("digraph g {{\n{body}\n}}\n");
        prop_assert!(!parse(&source).used_backstop);
    }
}
