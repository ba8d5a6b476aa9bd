//! The server's text is the client's, whatever is typed and however columns are counted.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::cell::RefCell;

use dotwright_tests::{Answers, Encoding, LanguageClient, places, wrong_ranges};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

const TESTING: [(&str, &str); 1] = [("DOTWRIGHT_LSP_TEST_REQUESTS", "1")];

/// An edit: two places as shares of the text, and what comes between them.
#[derive(Debug, Clone)]
enum Edit {
    Replace(u16, u16, String),
    Everything(String),
}

fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("digraph g {"),
        Just("}"),
        Just("a -> b"),
        Just("[label=\"x\""),
        Just("]"),
        Just("\""),
        Just("\n"),
        Just("\r\n"),
        Just("\r"),
        Just(" "),
        Just("\u{e9}"),
        Just("\u{4e2d}"),
        Just("\u{1F600}"),
        Just("prompt=\"\u{1F468}\u{200D}\u{1F469} $goal\\n\""),
        Just("// \u{1F600}"),
        Just("node [shape=box]"),
        Just("condition=\"outcome=fail\""),
    ];
    proptest::collection::vec(word, 0..6).prop_map(|words| words.concat())
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let replace =
        (any::<u16>(), any::<u16>(), words()).prop_map(|(from, to, text)| Edit::Replace(from, to, text));
    let edit = prop_oneof![12 => replace, 1 => words().prop_map(Edit::Everything)];
    proptest::collection::vec(edit, 1..12)
}

/// The edit as a change of the protocol, applied to `text`.
fn change(text: &mut String, encoding: Encoding, edit: &Edit) -> Value {
    match edit {
        Edit::Everything(new) => {
            text.clone_from(new);
            json!({ "text": new })
        }
        Edit::Replace(from, to, new) => {
            let places = places(text, encoding);
            let pick = |share: u16| places[usize::from(share) * places.len() / (1 << 16)];
            let (from, to) = (pick(*from.min(to)), pick(*from.max(to)));
            text.replace_range(from.1..to.1, new);
            let place = |((line, character), _)| json!({ "line": line, "character": character });
            json!({ "range": { "start": place(from), "end": place(to) }, "text": new })
        }
    }
}

#[test]
fn the_server_has_the_text_of_the_client_in_every_encoding() {
    for encoding in Encoding::ALL {
        let params = json!({ "capabilities": {
            "general": { "positionEncodings": [encoding.name()] },
            "textDocument": { "diagnostic": {} },
        } });
        let (client, capabilities) = LanguageClient::open(&TESTING, Answers::Agrees, params);
        assert_eq!(capabilities["positionEncoding"], encoding.name());
        let client = RefCell::new((client, 0));
        let mut runner =
            TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&(words(), edits()), |(start, edits)| {
            let (client, number) = &mut *client.borrow_mut();
            *number += 1;
            let uri = format!("file:///nowhere/{number}.dot");
            let mut text = start;
            client.did_open(&uri, 0, &text);
            for (version, edits) in (1..).zip(edits.chunks(3)) {
                let changes: Vec<Value> =
                    edits.iter().map(|edit| change(&mut text, encoding, edit)).collect();
                client.did_change(&uri, version, json!(changes));
            }
            let document = json!({ "textDocument": { "uri": uri } });
            let server = client.result("dotwright/test/text", document.clone());
            prop_assert_eq!(server["text"].as_str(), Some(text.as_str()));
            let places = places(&text, encoding);
            for method in
                ["textDocument/diagnostic", "textDocument/documentSymbol", "textDocument/foldingRange"]
            {
                let answer = client.result(method, document.clone());
                if method != "textDocument/foldingRange" {
                    prop_assert_eq!(wrong_ranges(&places, &answer), Vec::<Value>::new(), "{}", method);
                }
            }
            let tokens = client.result("textDocument/semanticTokens/full", document.clone());
            prop_assert_eq!(wrong_tokens(&places, &tokens), Vec::<(u32, u32)>::new());
            client.notify("textDocument/didClose", document);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{encoding:?}: {error}"));
    }
}

/// Tokens that do not begin and end at places of the text, or that hold a line break.
fn wrong_tokens(places: &[((u32, u32), usize)], answer: &Value) -> Vec<(u32, u32)> {
    let data: Vec<u32> =
        answer["data"].as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as u32).collect();
    let (mut line, mut column) = (0, 0);
    let mut wrong = Vec::new();
    for token in data.chunks(5) {
        column = if token[0] == 0 { column + token[1] } else { token[1] };
        line += token[0];
        let is_place = |column| dotwright_tests::offset(places, (line, column)).is_some();
        if !is_place(column) || !is_place(column + token[2]) || token[2] == 0 {
            wrong.push((line, column));
        }
    }
    wrong
}
