//! Whatever state a text is in while somebody types, every feature answers.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use dotwright_syntax::lex;
use dotwright_tests::{Answers, Encoding, LanguageClient, corpus, places, wrong_ranges};
use serde_json::{Value, json};

const URI: &str = "file:///nowhere/typed.dot";
const AFRESH: &str = "file:///nowhere/afresh.dot";

/// Requests about a document that take nothing else.
const WHOLE: [&str; 10] = [
    "textDocument/diagnostic",
    "textDocument/documentSymbol",
    "textDocument/semanticTokens/full",
    "textDocument/codeLens",
    "textDocument/documentLink",
    "textDocument/documentColor",
    "dotwright/graph",
    "dotwright/renderDot",
    "dotwright/expand",
    "textDocument/foldingRange",
];

/// Requests about a position.
const AT_A_PLACE: [&str; 10] = [
    "textDocument/completion",
    "textDocument/hover",
    "textDocument/signatureHelp",
    "textDocument/declaration",
    "textDocument/definition",
    "textDocument/typeDefinition",
    "textDocument/implementation",
    "textDocument/documentHighlight",
    "textDocument/linkedEditingRange",
    "textDocument/prepareCallHierarchy",
];

/// All requests, with their parameters for a position. Refusals are answers of `prepareRename`, `rename` and
/// formatting.
fn requests(place: &Value, format: &Value) -> Vec<(&'static str, Value, bool)> {
    let document = json!({ "uri": URI });
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": place });
    let mut requests = Vec::new();
    requests.extend(WHOLE.map(|method| (method, json!({ "textDocument": document }), false)));
    let at = json!({ "textDocument": document, "position": place });
    requests.extend(AT_A_PLACE.map(|method| (method, at.clone(), false)));
    let with = |key: &str, value: Value| {
        let mut params = at.clone();
        params[key] = value;
        params
    };
    requests.push(("textDocument/prepareRename", at.clone(), true));
    requests.push(("textDocument/rename", with("newName", json!("other")), true));
    requests.push(("textDocument/references", with("context", json!({ "includeDeclaration": true })), false));
    requests.push((
        "textDocument/selectionRange",
        json!({ "textDocument": document, "positions": [place] }),
        false,
    ));
    requests.push(("textDocument/inlayHint", json!({ "textDocument": document, "range": range }), false));
    requests.push((
        "textDocument/semanticTokens/range",
        json!({ "textDocument": document, "range": range }),
        false,
    ));
    let context = json!({ "diagnostics": [] });
    requests.push((
        "textDocument/codeAction",
        json!({ "textDocument": document, "range": range, "context": context }),
        false,
    ));
    requests.push(("textDocument/formatting", json!({ "textDocument": document, "options": format }), true));
    requests.push((
        "textDocument/rangeFormatting",
        json!({ "textDocument": document, "range": range, "options": format }),
        true,
    ));
    let mut typed = with("ch", json!("}"));
    typed["options"] = format.clone();
    requests.push(("textDocument/onTypeFormatting", typed, false));
    requests
}

/// Small pipelines, each of another kind.
fn files() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = corpus("pipelines")
        .into_iter()
        .filter_map(|(name, bytes)| Some((name, String::from_utf8(bytes).ok()?)))
        .filter(|(_, text)| (300..2500).contains(&text.len()))
        .collect();
    files.sort_by_key(|(_, text)| text.len());
    let step = (files.len() / 20).max(1);
    files.into_iter().step_by(step).take(20).collect()
}

#[test]
fn every_prefix_and_every_lost_token_is_answered_by_every_feature() {
    let params = json!({ "capabilities": { "textDocument": { "diagnostic": {} } } });
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    let format = json!({ "tabSize": 4, "insertSpaces": true });
    let mut version = 0;
    client.did_open(URI, version, "");
    for (name, text) in files() {
        for (number, (variant, cursor)) in variants(&text).into_iter().enumerate() {
            version += 1;
            client.did_change(URI, version, json!([{ "text": variant }]));
            let places = places(&variant, Encoding::Utf16);
            let found = places.iter().rfind(|(_, offset)| *offset <= cursor).unwrap();
            let place = json!({ "line": found.0.0, "character": found.0.1 });
            let asked: Vec<_> = requests(&place, &format)
                .into_iter()
                .map(|(method, params, may_refuse)| (method, may_refuse, client.ask(method, params)))
                .collect();
            let mut findings = Value::Null;
            for (method, may_refuse, id) in asked {
                let mut answer = client.response(id);
                let refusal = answer["error"]["code"].as_i64();
                let is_answer = refusal.is_none() || (may_refuse && refusal == Some(-32803));
                assert!(is_answer, "{name}: {method} at {place}: {answer}\n{variant}");
                if method != "textDocument/rename" {
                    let wrong = wrong_ranges(&places, &answer["result"]);
                    assert!(wrong.is_empty(), "{name}: {method} at {place}: {wrong:?}\n{variant}");
                }
                if method == "textDocument/diagnostic" {
                    findings = answer["result"]["items"].take();
                }
            }
            if number % 16 == 0 {
                let document = json!({ "textDocument": { "uri": AFRESH } });
                client.did_open(AFRESH, 1, &variant);
                let mut afresh = client.result("textDocument/diagnostic", document.clone());
                let typed = findings.to_string().replace(URI, AFRESH);
                assert_eq!(afresh["items"].take().to_string(), typed, "{name}");
                client.notify("textDocument/didClose", document);
            }
        }
    }
    client.shut_down();
}

/// Prefixes that end behind a token or inside of it, and texts that lack one, each with the place where it happened.
fn variants(text: &str) -> Vec<(String, usize)> {
    let mut variants = Vec::new();
    for token in lex(text).tokens {
        let (start, end) = (token.range.start as usize, token.range.end as usize);
        let middle = text.floor_char_boundary(usize::midpoint(start, end));
        variants.push((text[..end].to_owned(), end));
        if middle > start {
            variants.push((text[..middle].to_owned(), middle));
        }
        variants.push((format!("{}{}", &text[..start], &text[end..]), start));
    }
    variants
}
