//! The language server over the wire: the real program, as an editor sees it.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::time::{Duration, Instant};

use dotwright_tests::{Answers, LanguageClient};
use serde_json::{Value, json};

const URI: &str = "file:///nowhere/a.dot";
const SLOW: [(&str, &str); 1] = [("DOTWRIGHT_LSP_TEST_REQUESTS", "1")];

/// A pipeline with one finding at the level of warnings or above: the label is missing.
const PIPELINE: &str = "digraph g {\n    start [shape=Mdiamond]\n    work [shape=box, prompt=\"do it\"]\n    \
    done [shape=Msquare]\n    start -> work\n    work -> nowhere\n}\n";

fn pushed() -> Value {
    json!({ "capabilities": { "textDocument": { "publishDiagnostics": { "versionSupport": true } } } })
}

fn open(answers: Answers) -> LanguageClient {
    LanguageClient::open(&SLOW, answers, pushed()).0
}

fn insert(line: u32, character: u32, text: &str) -> Value {
    let place = json!({ "line": line, "character": character });
    json!({ "range": { "start": place, "end": place }, "text": text })
}

fn at(line: u32, character: u32) -> Value {
    json!({ "textDocument": { "uri": URI }, "position": { "line": line, "character": character } })
}

fn text(client: &mut LanguageClient) -> (i64, String) {
    let answer = client.result("dotwright/test/text", json!({ "textDocument": { "uri": URI } }));
    (answer["version"].as_i64().unwrap(), answer["text"].as_str().unwrap().to_owned())
}

fn code(response: &Value) -> i64 {
    response["error"]["code"].as_i64().unwrap_or(0)
}

#[test]
fn exit_after_shutdown_is_success() {
    open(Answers::Agrees).shut_down();
}

#[test]
fn exit_without_shutdown_is_failure() {
    let mut client = open(Answers::Agrees);
    client.notify("exit", Value::Null);
    assert_eq!(client.exit_code(), Some(1));
}

#[test]
fn a_client_that_goes_away_ends_the_process() {
    let mut client = open(Answers::Agrees);
    client.hang_up();
    assert_eq!(client.exit_code(), Some(1));
}

#[test]
fn a_client_that_goes_away_after_shutdown_left_in_order() {
    let mut client = open(Answers::Agrees);
    client.result("shutdown", Value::Null);
    client.hang_up();
    assert_eq!(client.exit_code(), Some(0));
}

#[test]
fn what_is_no_message_is_answered_and_ends_the_process() {
    let mut client = LanguageClient::start(&[], Answers::Agrees);
    client.send_bytes(b"what is this\r\n\r\n");
    let answer = client.wait("an error", |message| message.get("error").is_some());
    assert_eq!(code(&answer), -32700);
    assert_eq!(client.exit_code(), Some(1));
}

#[test]
fn requests_before_initialize_are_refused() {
    let mut client = LanguageClient::start(&[], Answers::Agrees);
    assert_eq!(code(&client.request("textDocument/hover", at(0, 0))), -32002);
}

#[test]
fn requests_after_shutdown_are_refused() {
    let mut client = open(Answers::Agrees);
    client.result("shutdown", Value::Null);
    assert_eq!(code(&client.request("textDocument/hover", at(0, 0))), -32600);
    assert_eq!(code(&client.request("shutdown", Value::Null)), -32600);
    client.notify("exit", Value::Null);
    assert_eq!(client.exit_code(), Some(0));
}

#[test]
fn unknown_methods_are_refused_and_unknown_notes_ignored() {
    let mut client = open(Answers::Agrees);
    assert_eq!(code(&client.request("textDocument/doesNotExist", json!({}))), -32601);
    client.notify("$/whatever", json!({}));
    client.notify("textDocument/doesNotExist", json!({}));
    client.shut_down();
}

#[test]
fn documents_that_are_not_there_are_named_in_the_error() {
    let mut client = open(Answers::Agrees);
    let answer = client.request("textDocument/hover", at(0, 0));
    assert_eq!(code(&answer), -32602);
    assert!(answer["error"]["message"].as_str().unwrap().contains(URI), "{answer}");
}

/// Rules 1 and 3: the client answers nothing, also not what the server asks on every change of settings.
#[test]
fn a_burst_of_edits_keeps_its_order_while_the_client_is_silent() {
    let params = json!({ "capabilities": {
        "workspace": { "configuration": true, "didChangeConfiguration": { "dynamicRegistration": true } },
        "textDocument": { "publishDiagnostics": { "versionSupport": true } },
    } });
    let (mut client, _) = LanguageClient::open(&SLOW, Answers::Silent, params);
    client.did_open(URI, 0, "");
    let mut expected = String::new();
    for version in 1..=1000_i32 {
        let word = format!("{version} ");
        client.did_change(URI, version, json!([insert(0, expected.len() as u32, &word)]));
        expected.push_str(&word);
        if version % 3 == 0 {
            client.notify("workspace/didChangeConfiguration", json!({ "settings": null }));
        }
    }
    assert_eq!(text(&mut client), (1000, expected));
    client.diagnostics(URI, 1000);
    client.shut_down();
}

/// Rule 2: an answer is about one version, the last one that came before the request.
#[test]
fn answers_carry_the_version_that_they_are_about() {
    let mut client = open(Answers::Agrees);
    client.did_open(URI, 0, "");
    let mut expected = String::new();
    let mut asked = Vec::new();
    for version in 1..=200_i32 {
        let word = format!("{version} ");
        client.did_change(URI, version, json!([insert(0, expected.len() as u32, &word)]));
        expected.push_str(&word);
        if version % 10 == 0 {
            let id = client.ask("dotwright/test/text", json!({ "textDocument": { "uri": URI } }));
            asked.push((id, version, expected.clone()));
        }
    }
    for (id, version, text) in asked {
        assert_eq!(client.response(id)["result"], json!({ "version": version, "text": text }));
    }
    client.shut_down();
}

/// Rule 4.
#[test]
fn a_cancel_is_answered_at_once_while_63_slow_requests_are_under_way() {
    let mut client = open(Answers::Agrees);
    let slow: Vec<i64> =
        (0..63).map(|_| client.ask("dotwright/test/sleep", json!({ "milliseconds": 30_000 }))).collect();
    // A machine may be busy for a moment, so the time that counts is that of most cancels.
    let mut times: Vec<Duration> = slow
        .into_iter()
        .map(|id| {
            let begin = Instant::now();
            client.notify("$/cancelRequest", json!({ "id": id }));
            assert_eq!(code(&client.response(id)), -32800);
            begin.elapsed()
        })
        .collect();
    times.sort();
    assert!(times[times.len() / 2] < Duration::from_millis(50), "{times:?}");
    client.shut_down();
}

#[test]
fn a_cancel_is_read_although_every_slot_is_taken() {
    let mut client = open(Answers::Agrees);
    let slow: Vec<i64> =
        (0..100).map(|_| client.ask("dotwright/test/sleep", json!({ "milliseconds": 30_000 }))).collect();
    for id in slow {
        client.notify("$/cancelRequest", json!({ "id": id }));
        assert_eq!(code(&client.response(id)), -32800);
    }
    client.shut_down();
}

#[test]
fn a_hundred_slow_requests_end_by_their_deadline() {
    let environment = [SLOW[0], ("DOTWRIGHT_LSP_TEST_DEADLINE_MS", "300")];
    let (mut client, _) = LanguageClient::open(&environment, Answers::Agrees, pushed());
    let slow: Vec<i64> =
        (0..100).map(|_| client.ask("dotwright/test/sleep", json!({ "milliseconds": 30_000 }))).collect();
    for id in slow {
        assert_eq!(code(&client.response(id)), -32803);
    }
    client.did_open(URI, 1, PIPELINE);
    client.diagnostics(URI, 1);
    client.shut_down();
}

#[test]
fn an_edit_overtakes_what_it_makes_worthless_and_nothing_else() {
    let mut client = open(Answers::Agrees);
    client.did_open(URI, 1, PIPELINE);
    // Both workers are busy, so the requests below are still waiting when the edit comes.
    let busy: Vec<i64> =
        (0..8).map(|_| client.ask("dotwright/test/sleep", json!({ "milliseconds": 200 }))).collect();
    let hover = client.ask("textDocument/hover", at(2, 5));
    let format = client.ask(
        "textDocument/formatting",
        json!({ "textDocument": { "uri": URI }, "options": { "tabSize": 4, "insertSpaces": true } }),
    );
    client.did_change(URI, 2, json!([insert(0, 0, "// x\n")]));
    assert_eq!(code(&client.response(hover)), -32801);
    assert_eq!(code(&client.response(format)), 0);
    for id in busy {
        client.response(id);
    }
    client.shut_down();
}

#[test]
fn findings_name_rule_and_page_and_follow_each_edit() {
    let mut client = open(Answers::Agrees);
    client.did_open(URI, 1, PIPELINE);
    let first = client.diagnostics(URI, 1);
    let rules: Vec<&str> = first.iter().filter_map(|found| found["code"].as_str()).collect();
    assert!(rules.contains(&"undeclared-node"), "{rules:?}");
    client.did_change(URI, 2, json!([insert(5, 12, " done // ")]));
    let second = client.diagnostics(URI, 2);
    assert!(!second.iter().any(|found| found["code"] == "undeclared-node"), "{second:?}");
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    let cleared = client.wait("no findings", |message| {
        message["method"] == "textDocument/publishDiagnostics" && message["params"].get("version").is_none()
    });
    assert_eq!(cleared["params"]["diagnostics"], json!([]));
    client.shut_down();
}

/// The opener of what is not closed is a related place for clients that show those, and a line number for others.
#[test]
fn the_opener_is_told_to_every_client() {
    let source = "digraph g {\n    a [shape=box\n    b -> c\n}\n";
    let mut plain = open(Answers::Agrees);
    plain.did_open(URI, 1, source);
    let found = plain.diagnostics(URI, 1);
    let syntax = found.iter().find(|found| found["code"] == "syntax-error").unwrap();
    assert!(syntax["message"].as_str().unwrap().contains("line 2: "), "{syntax}");
    assert!(syntax.get("relatedInformation").is_none() && syntax.get("codeDescription").is_none());
    let params = json!({ "capabilities": { "textDocument": { "publishDiagnostics": {
        "versionSupport": true, "relatedInformation": true, "codeDescriptionSupport": true,
    } } } });
    let (mut rich, _) = LanguageClient::open(&[], Answers::Agrees, params);
    rich.did_open(URI, 1, source);
    let found = rich.diagnostics(URI, 1);
    let syntax = found.iter().find(|found| found["code"] == "syntax-error").unwrap();
    assert_eq!(syntax["relatedInformation"][0]["location"]["range"]["start"]["line"], 1);
    assert!(syntax["codeDescription"]["href"].as_str().unwrap().ends_with("lints/syntax-error.md"));
}

#[test]
fn a_client_that_pulls_is_sent_nothing_unasked() {
    let params = json!({ "capabilities": { "textDocument": { "diagnostic": {} } } });
    let (mut client, capabilities) = LanguageClient::open(&SLOW, Answers::Agrees, params);
    assert_eq!(capabilities["diagnosticProvider"]["workspaceDiagnostics"], true);
    client.did_open(URI, 1, PIPELINE);
    client.did_change(URI, 2, json!([insert(0, 0, " ")]));
    let ask = |client: &mut LanguageClient, previous: Value| {
        let mut params = json!({ "textDocument": { "uri": URI } });
        if !previous.is_null() {
            params["previousResultId"] = previous;
        }
        client.result("textDocument/diagnostic", params)
    };
    let report = ask(&mut client, Value::Null);
    assert_eq!(report["kind"], "full");
    assert!(!report["items"].as_array().unwrap().is_empty());
    let again = ask(&mut client, report["resultId"].clone());
    assert_eq!(again["kind"], "unchanged");
    client.did_change(URI, 3, json!([insert(0, 0, "\n")]));
    assert_eq!(ask(&mut client, report["resultId"].clone())["kind"], "full");
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    client.result("dotwright/test/sleep", json!({ "milliseconds": 1 }));
    assert!(!client.received().any(|message| message["method"] == "textDocument/publishDiagnostics"));
}

#[test]
fn a_client_that_refuses_everything_gets_full_function() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dotwright.toml"), "ignore = [\"undeclared-node\"]\n").unwrap();
    let file = folder.path().join("a.dot");
    std::fs::write(&file, "digraph g {}").unwrap();
    let uri = format!("file://{}", file.display());
    let params = json!({
        "rootUri": format!("file://{}", folder.path().display()),
        "initializationOptions": { "settings": { "ignore": ["dead-end"], "inlayHints": { "model": false } } },
        "capabilities": {
            "workspace": {
                "configuration": true,
                "didChangeConfiguration": { "dynamicRegistration": true },
                "didChangeWatchedFiles": { "dynamicRegistration": true },
            },
            "window": { "workDoneProgress": true },
            "textDocument": { "publishDiagnostics": { "versionSupport": true } },
        },
    });
    let (mut client, capabilities) = LanguageClient::open(&SLOW, Answers::Refuses, params);
    for feature in ["hoverProvider", "completionProvider", "renameProvider", "semanticTokensProvider"] {
        assert!(!capabilities[feature].is_null(), "{feature}");
    }
    client.did_open(&uri, 1, PIPELINE);
    let found = client.diagnostics(&uri, 1);
    for rule in ["undeclared-node", "dead-end"] {
        assert!(!found.iter().any(|found| found["code"] == rule), "{rule}: {found:?}");
    }
    // Nobody says when files change, so the configuration is looked at when findings are.
    std::fs::write(folder.path().join("dotwright.toml"), "# nothing is ignored any more\n").unwrap();
    client.did_change(&uri, 2, json!([insert(0, 0, " ")]));
    let found = client.diagnostics(&uri, 2);
    assert!(found.iter().any(|found| found["code"] == "undeclared-node"), "{found:?}");
    client.shut_down();
}

#[test]
fn each_root_has_its_own_configuration() {
    let roots = tempfile::tempdir().unwrap();
    let file = |root: &str, config: &str| {
        let folder = roots.path().join(root);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("dotwright.toml"), config).unwrap();
        std::fs::write(folder.join("a.dot"), PIPELINE).unwrap();
        format!("file://{}", folder.display())
    };
    let one = file("one", "ignore = [\"undeclared-node\"]\n");
    let two = file("two", "");
    let params = json!({
        "workspaceFolders": [{ "uri": one, "name": "one" }, { "uri": two, "name": "two" }],
        "capabilities": { "textDocument": { "diagnostic": {} } },
    });
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    let report = client.result("workspace/diagnostic", json!({ "previousResultIds": [] }));
    let rules = |report: &Value, uri: &str| -> Vec<String> {
        let items = report["items"].as_array().unwrap();
        let file = items.iter().find(|item| item["uri"] == format!("{uri}/a.dot")).unwrap();
        let found = file["items"].as_array().unwrap().iter();
        found.map(|found| found["code"].as_str().unwrap().to_owned()).collect()
    };
    assert!(!rules(&report, &one).contains(&"undeclared-node".to_owned()));
    assert!(rules(&report, &two).contains(&"undeclared-node".to_owned()));
    let previous: Vec<Value> = report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| json!({ "uri": item["uri"], "value": item["resultId"] }))
        .collect();
    let again = client.result("workspace/diagnostic", json!({ "previousResultIds": previous }));
    assert!(again["items"].as_array().unwrap().iter().all(|item| item["kind"] == "unchanged"), "{again}");
    client.shut_down();
}

#[test]
fn open_buffers_win_over_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.dot");
    std::fs::write(&file, PIPELINE).unwrap();
    let uri = format!("file://{}", file.display());
    let mut client = open(Answers::Agrees);
    let expand = |client: &mut LanguageClient| {
        client.result("dotwright/test/text", json!({ "textDocument": { "uri": uri } }))
    };
    assert_eq!(expand(&mut client), json!({ "version": null, "text": PIPELINE }));
    client.did_open(&uri, 7, "digraph open {}");
    assert_eq!(expand(&mut client), json!({ "version": 7, "text": "digraph open {}" }));
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(expand(&mut client)["version"], Value::Null);
    client.shut_down();
}

#[test]
fn columns_are_counted_as_agreed() {
    for (offered, agreed, character) in [
        (json!(null), "utf-16", 2),
        (json!(["utf-16"]), "utf-16", 2),
        (json!(["utf-32", "utf-16"]), "utf-32", 1),
        (json!(["utf-16", "utf-8"]), "utf-8", 4),
    ] {
        let params = json!({ "capabilities": { "general": { "positionEncodings": offered } } });
        let (mut client, capabilities) = LanguageClient::open(&SLOW, Answers::Agrees, params);
        assert_eq!(capabilities["positionEncoding"], agreed);
        client.did_open(URI, 1, "\u{1F600}b");
        client.did_change(URI, 2, json!([insert(0, character, "a")]));
        assert_eq!(text(&mut client), (2, "\u{1F600}ab".to_owned()));
    }
}

#[test]
fn progress_is_reported_on_the_token_of_the_request() {
    let params = json!({ "capabilities": { "textDocument": { "diagnostic": {} } } });
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    client.result("workspace/diagnostic", json!({ "previousResultIds": [], "workDoneToken": "t" }));
    for kind in ["begin", "end"] {
        client.wait(kind, |message| {
            message["method"] == "$/progress"
                && message["params"]["token"] == "t"
                && message["params"]["value"]["kind"] == kind
        });
    }
    client.shut_down();
}

/// A folder with these files, and its address.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let address = format!("file://{}", folder.path().display());
    (folder, address)
}

/// The rules of the next findings for a file.
fn next_rules(client: &mut LanguageClient, uri: &str) -> Vec<String> {
    let message = client.wait("findings", |message| {
        message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
    });
    let found = message["params"]["diagnostics"].as_array().unwrap().iter();
    found.map(|found| found["code"].as_str().unwrap_or("none").to_owned()).collect()
}

#[test]
fn the_user_can_end_the_check_of_the_workspace() {
    let mut text = "digraph g {\n".to_owned();
    (0..300).for_each(|node| text.push_str(&format!("    n{node} [prompt=x]\n    n{node} -> m{node}\n")));
    text.push('}');
    let names: Vec<String> = (0..300).map(|file| format!("{file}.dot")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), text.as_str())).collect();
    let (_folder, root) = folder(&files);
    let params = json!({ "rootUri": root, "capabilities": { "textDocument": { "diagnostic": {} } } });
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    let params = json!({ "previousResultIds": [], "workDoneToken": "t" });
    let id = client.ask("workspace/diagnostic", params);
    client.wait("a bar", |message| message["params"]["value"]["kind"] == "begin");
    client.notify("window/workDoneProgress/cancel", json!({ "token": "another" }));
    client.notify("window/workDoneProgress/cancel", json!({ "token": "t" }));
    assert_eq!(code(&client.response(id)), -32800);
    client.wait("the end of the bar", |message| message["params"]["value"]["kind"] == "end");
    client.shut_down();
}

#[test]
fn pipelines_that_are_not_open_are_checked_for_clients_that_do_not_ask() {
    let (_folder, root) = folder(&[("a.dot", PIPELINE), ("b.dot", "digraph g {"), ("c.dot", PIPELINE)]);
    let uri = |name: &str| format!("{root}/{name}");
    let mut params = pushed();
    params["rootUri"] = json!(root);
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    assert!(next_rules(&mut client, &uri("a.dot")).contains(&"undeclared-node".to_owned()));
    assert!(next_rules(&mut client, &uri("b.dot")).contains(&"syntax-error".to_owned()));
    assert!(next_rules(&mut client, &uri("c.dot")).contains(&"undeclared-node".to_owned()));
    // A buffer speaks for itself, and the file again when it is closed.
    client.did_open(&uri("a.dot"), 1, "digraph g {");
    assert!(next_rules(&mut client, &uri("a.dot")).contains(&"syntax-error".to_owned()));
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri("a.dot") } }));
    assert!(next_rules(&mut client, &uri("a.dot")).is_empty());
    assert!(next_rules(&mut client, &uri("a.dot")).contains(&"undeclared-node".to_owned()));
    client.shut_down();
}

#[test]
fn a_broken_configuration_is_a_finding_in_its_file() {
    let (folder, root) = folder(&[("dotwright.toml", "profile = \"nobody\"\n"), ("a.dot", PIPELINE)]);
    let (uri, pipeline) = (format!("{root}/dotwright.toml"), format!("{root}/a.dot"));
    let mut params = pushed();
    params["rootUri"] = json!(root);
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    assert_eq!(next_rules(&mut client, &uri), ["none"]);
    std::fs::write(folder.path().join("dotwright.toml"), "# nothing\n").unwrap();
    client.did_open(&pipeline, 1, PIPELINE);
    assert!(next_rules(&mut client, &uri).is_empty());
    // The buffer counts while it is open.
    client.did_open(&uri, 1, "preset = 1\n");
    let found = client.diagnostics(&uri, 1);
    assert_eq!(found[0]["range"]["start"], json!({ "line": 0, "character": 9 }));
    client.shut_down();
}

#[test]
fn clients_that_ask_get_a_broken_configuration_with_the_workspace() {
    let (_folder, root) = folder(&[("dotwright.toml", "profile = \"nobody\"\n"), ("a.dot", PIPELINE)]);
    let params = json!({ "rootUri": root, "capabilities": { "textDocument": { "diagnostic": {} } } });
    let (mut client, _) = LanguageClient::open(&[], Answers::Agrees, params);
    let report = client.result("workspace/diagnostic", json!({ "previousResultIds": [] }));
    let items = report["items"].as_array().unwrap();
    let file = items.iter().find(|item| item["uri"] == format!("{root}/dotwright.toml")).unwrap();
    assert_eq!(file["items"][0]["severity"], 1);
    client.shut_down();
}
