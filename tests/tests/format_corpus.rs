//! The formatter against every real file: it takes all that parse, changes white space only, and is done in one run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use dotwright_diagnostics::apply_edits;
use dotwright_fmt::{Options, format};
use dotwright_syntax::{Comment, Parse, Token, from_bytes, parse};
use dotwright_tests::corpus;

/// Kinds and texts of tokens and comments.
fn content<'a>(source: &'a str, parse: &'a Parse) -> impl Iterator<Item = (String, &'a str)> {
    let token = move |token: &Token| (format!("{:?}", token.kind), token.range.text(source));
    let comment = move |comment: &Comment| (format!("{:?}", comment.kind), comment.range.text(source));
    parse.tokens.iter().map(token).chain(parse.comments.iter().map(comment))
}

/// Formats the files of `folder` and says how many there were.
#[track_caller]
fn check(folder: &str) -> usize {
    let options = Options::default();
    let mut wrong = Vec::new();
    let mut formatted = 0;
    for (name, bytes) in corpus(folder) {
        let (source, errors) = from_bytes(&bytes);
        let before = parse(&source);
        if !errors.is_empty() || !before.errors.is_empty() {
            continue;
        }
        formatted += 1;
        let edits = match format(&source, &before, &options) {
            Ok(edits) => edits,
            Err(refusal) => {
                wrong.push(format!("{name}: {}", refusal.message(&source)));
                continue;
            }
        };
        let text = apply_edits(&source, &edits).unwrap();
        let after = parse(&text);
        if !content(&source, &before).eq(content(&text, &after)) {
            wrong.push(format!("{name}: other tokens or comments"));
        }
        match format(&text, &after, &options) {
            Ok(edits) if edits.is_empty() => {}
            again => wrong.push(format!("{name}: the second run gives {again:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    formatted
}

#[test]
fn pipelines_are_formatted_in_one_run_without_a_change_of_content() {
    let formatted = check("pipelines");
    assert!(formatted == 0 || formatted >= 200, "only {formatted} files");
}

#[test]
fn generic_graphviz_files_are_formatted_in_one_run_without_a_change_of_content() {
    let formatted = check("graphviz");
    assert!(formatted == 0 || formatted >= 100, "only {formatted} files");
}
