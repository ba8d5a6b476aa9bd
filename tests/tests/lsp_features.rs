//! What features answer, as different clients see it: the shapes of the protocol, not the features themselves.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::fmt::Write;
use std::path::Path;

use dotwright_tests::{Answers, LanguageClient};
use serde_json::{Value, json};

const URI: &str = "file:///nowhere/a.dot";
const PIPELINE: &str = "digraph g {\n    start [shape=Mdiamond]\n    work [shape=box, prompt=\"do it\"]\n    \
    done [shape=Msquare]\n    start -> work\n    work -> done\n}\n";

fn open(text_document: Value, workspace: Value) -> LanguageClient {
    let params = json!({ "capabilities": { "textDocument": text_document, "workspace": workspace } });
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    client.did_open(URI, 1, PIPELINE);
    client
}

fn plain() -> LanguageClient {
    open(json!({}), json!({}))
}

fn at(line: u32, character: u32) -> Value {
    json!({ "textDocument": { "uri": URI }, "position": { "line": line, "character": character } })
}

fn document() -> Value {
    json!({ "textDocument": { "uri": URI } })
}

#[test]
fn jumps_are_links_for_clients_that_know_them() {
    let target = &plain().result("textDocument/definition", at(4, 14))[0];
    assert_eq!(target["uri"], URI);
    assert_eq!(target["range"]["start"], json!({ "line": 2, "character": 4 }));
    let mut client = open(json!({ "definition": { "linkSupport": true } }), json!({}));
    let link = &client.result("textDocument/definition", at(4, 14))[0];
    assert_eq!(link["targetUri"], URI);
    assert_eq!(link["originSelectionRange"]["start"], json!({ "line": 4, "character": 13 }));
}

#[test]
fn hover_is_markdown_for_clients_that_show_it() {
    assert_eq!(plain().result("textDocument/hover", at(2, 5))["contents"]["kind"], "plaintext");
    let mut client = open(json!({ "hover": { "contentFormat": ["markdown"] } }), json!({}));
    assert_eq!(client.result("textDocument/hover", at(2, 5))["contents"]["kind"], "markdown");
}

#[test]
fn outlines_are_flat_for_clients_without_nesting() {
    let flat = plain().result("textDocument/documentSymbol", document());
    let names: Vec<&str> = flat.as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.starts_with(&["g", "start"]), "{names:?}");
    assert_eq!(flat[1]["containerName"], "g");
    let mut client =
        open(json!({ "documentSymbol": { "hierarchicalDocumentSymbolSupport": true } }), json!({}));
    let nested = client.result("textDocument/documentSymbol", document());
    assert_eq!(nested[0]["children"][0]["name"], "start");
}

#[test]
fn renames_carry_versions_for_clients_that_check_them() {
    let mut params = at(2, 5);
    params["newName"] = json!("build");
    let edit = plain().result("textDocument/rename", params.clone());
    assert_eq!(edit["changes"][URI].as_array().unwrap().len(), 3);
    let mut client = open(json!({}), json!({ "workspaceEdit": { "documentChanges": true } }));
    let edit = client.result("textDocument/rename", params);
    assert_eq!(edit["documentChanges"][0]["textDocument"], json!({ "uri": URI, "version": 1 }));
}

#[test]
fn a_refused_rename_says_why() {
    let mut client = plain();
    let mut params = at(2, 5);
    params["newName"] = json!("done");
    let answer = client.request("textDocument/rename", params);
    assert_eq!(answer["error"]["code"], -32803);
    assert!(answer["error"]["message"].as_str().unwrap().contains("`done`"), "{answer}");
}

#[test]
fn items_of_a_long_list_are_narrowed_by_what_is_typed() {
    let mut client = plain();
    let nodes = (0..2000).fold(String::new(), |mut text, number| {
        writeln!(text, "    step_{number} [shape=box]").unwrap();
        text
    });
    let source = format!("digraph g {{\n    start -> step_19\n{nodes}}}\n");
    client.did_change(URI, 2, json!([{ "text": source }]));
    let list = client.result("textDocument/completion", at(1, 20));
    assert_eq!(list["isIncomplete"], true);
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 250);
    assert!(items.iter().all(|item| item["label"].as_str().unwrap().contains('1')));
}

#[test]
fn snippets_are_text_for_clients_without_them() {
    let mut client = plain();
    client.did_change(URI, 2, json!([{ "text": "digraph g {\n    a [max]\n}\n" }]));
    let texts = |client: &mut LanguageClient| -> Vec<String> {
        let list = client.result("textDocument/completion", at(1, 10));
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| item["textEdit"]["newText"].as_str().unwrap().to_owned()).collect()
    };
    let plain = texts(&mut client);
    assert!(plain.contains(&"max_retries=".to_owned()), "{plain:?}");
    let mut client =
        open(json!({ "completion": { "completionItem": { "snippetSupport": true } } }), json!({}));
    client.did_change(URI, 2, json!([{ "text": "digraph g {\n    a [max]\n}\n" }]));
    assert!(texts(&mut client).contains(&"max_retries=$0".to_owned()));
}

#[test]
fn documentation_of_an_item_comes_when_it_is_asked_for() {
    let mut client = plain();
    client.did_change(URI, 2, json!([{ "text": "digraph g {\n    a [max]\n}\n" }]));
    let list = client.result("textDocument/completion", at(1, 10));
    let items = list["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["label"] == "max_retries").unwrap();
    assert!(item.get("documentation").is_none());
    let resolved = client.result("completionItem/resolve", item.clone());
    assert!(!resolved["documentation"]["value"].as_str().unwrap().is_empty());
}

#[test]
fn tokens_after_an_edit_are_what_changed() {
    let mut client = plain();
    let full = client.result("textDocument/semanticTokens/full", document());
    let mut params = document();
    params["previousResultId"] = full["resultId"].clone();
    client.did_change(URI, 2, json!([{
        "range": { "start": { "line": 2, "character": 4 }, "end": { "line": 2, "character": 4 } }, "text": "re",
    }]));
    let delta = client.result("textDocument/semanticTokens/full/delta", params.clone());
    let mut data: Vec<Value> = full["data"].as_array().unwrap().clone();
    for edit in delta["edits"].as_array().unwrap() {
        let start = edit["start"].as_u64().unwrap() as usize;
        let end = start + edit["deleteCount"].as_u64().unwrap() as usize;
        data.splice(start..end, edit["data"].as_array().unwrap().iter().cloned());
    }
    let fresh = client.result("textDocument/semanticTokens/full", document());
    assert_eq!(json!(data), fresh["data"]);
    // The id in `params` is no longer the last one, so all tokens come.
    assert!(client.result("textDocument/semanticTokens/full/delta", params)["data"].is_array());
}

#[test]
fn fixes_belong_to_the_findings_that_the_client_shows() {
    let mut client =
        open(json!({ "publishDiagnostics": { "versionSupport": true, "dataSupport": true } }), json!({}));
    client.did_change(URI, 2, json!([{ "text": "digraph g {\n    a -- b\n}\n" }]));
    let found = client.diagnostics(URI, 2);
    let syntax = found.iter().find(|found| found["code"] == "syntax-error").unwrap();
    assert_eq!(syntax["data"]["fix"]["edits"][0]["newText"], "->");
    let mut params = document();
    params["range"] = syntax["range"].clone();
    params["context"] = json!({ "diagnostics": [syntax], "only": ["quickfix"] });
    let actions = client.result("textDocument/codeAction", params);
    let mends = |action: &&Value| action["diagnostics"][0]["code"] == "syntax-error";
    let action = actions.as_array().unwrap().iter().find(mends).unwrap();
    assert_eq!(action["kind"], "quickfix");
    assert_eq!(action["edit"]["changes"][URI][0]["newText"], "->");
}

#[test]
fn saving_fixes_and_formats_when_settings_say_so() {
    let params = json!({
        "capabilities": {},
        "initializationOptions": { "fixOnSave": true, "formatOnSave": true },
    });
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    client.did_open(URI, 1, "digraph g {\na [shape=box label=x]\n}\n");
    let mut params = document();
    params["reason"] = json!(1);
    let edits = client.result("textDocument/willSaveWaitUntil", params);
    assert_eq!(edits[0]["newText"], "    a [shape=box,", "{edits}");
}

#[test]
fn custom_requests_and_their_commands_answer_with_the_version() {
    let mut client = plain();
    for (method, command) in [
        ("dotwright/graph", "dotwright.server.graph"),
        ("dotwright/renderDot", "dotwright.server.exportDot"),
        ("dotwright/expand", "dotwright.server.expand"),
    ] {
        let answer = client.result(method, document());
        assert_eq!(answer["version"], 1, "{method}");
        let params = json!({ "command": command, "arguments": [URI] });
        assert_eq!(client.result("workspace/executeCommand", params), answer);
    }
    let graph = client.result("dotwright/graph", document());
    assert_eq!(graph["nodes"][1]["id"], "work");
    assert_eq!(graph["nodes"][1]["range"]["start"], json!({ "line": 2, "character": 4 }));
    assert_eq!(
        client.result("workspace/executeCommand", json!({ "command": "dotwright.server.restart" })),
        Value::Null
    );
    let unknown = client.request("workspace/executeCommand", json!({ "command": "rm" }));
    assert_eq!(unknown["error"]["code"], -32602);
}

#[test]
fn lenses_name_only_commands_that_the_client_has() {
    let commands = |client: &mut LanguageClient| -> Vec<String> {
        let lenses = client.result("textDocument/codeLens", document());
        let lenses = lenses.as_array().unwrap().iter();
        lenses.map(|lens| lens["command"]["command"].as_str().unwrap().to_owned()).collect()
    };
    assert!(commands(&mut plain()).iter().all(String::is_empty));
    let params =
        json!({ "capabilities": {}, "initializationOptions": { "clientCommands": ["dotwright.run"] } });
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    client.did_open(URI, 1, PIPELINE);
    assert!(commands(&mut client).contains(&"dotwright.run".to_owned()));
    // What both of our clients list.
    let names =
        ["explain", "run", "showGraph", "showPlaces", "simulate"].map(|name| format!("dotwright.{name}"));
    let params = json!({ "capabilities": {}, "initializationOptions": { "clientCommands": names } });
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    client.did_open(URI, 1, PIPELINE);
    let mut found = commands(&mut client);
    found.sort();
    found.dedup();
    assert_eq!(found, names);
    let lenses = client.result("textDocument/codeLens", document());
    let arguments = |name: &str| {
        let mut lenses = lenses.as_array().unwrap().iter();
        lenses.find(|lens| lens["command"]["command"] == name).unwrap()["command"]["arguments"].clone()
    };
    assert_eq!(arguments("dotwright.run"), json!([URI]));
    assert_eq!(arguments("dotwright.showPlaces")[0], URI);
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    format!("file://{}", path.display())
}

#[test]
fn files_around_a_document_are_found_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let source = "digraph g {\n    a [shape=box, prompt=\"@prompts/x.md\"]\n}\n";
    let pipeline = write(folder.path(), "a.dot", source);
    let prompt = write(folder.path(), "prompts/x.md", "do it\n");
    let params = json!({ "rootUri": format!("file://{}", folder.path().display()), "capabilities": {} });
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    let links = client.result("textDocument/documentLink", json!({ "textDocument": { "uri": pipeline } }));
    assert_eq!(links[0]["target"], prompt);
    let renames = json!({ "files": [{ "oldUri": prompt, "newUri": prompt.replace("x.md", "y.md") }] });
    let edit = client.result("workspace/willRenameFiles", renames);
    let edits = edit["changes"][&pipeline].to_string();
    assert!(edits.contains("y.md"), "{edit}");
    let symbols = client.result("workspace/symbol", json!({ "query": "a" }));
    let uris: Vec<&str> =
        symbols.as_array().unwrap().iter().filter_map(|symbol| symbol["location"]["uri"].as_str()).collect();
    assert!(uris.contains(&pipeline.as_str()), "{symbols}");
    client.shut_down();
}
