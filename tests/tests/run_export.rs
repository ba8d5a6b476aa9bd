//! `dotwright export` and `lock.json`: what a run leaves for other tools.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use dotwright_tests::checkout::Checkout;
use dotwright_tests::live::{place, tool};
use serde_json::{Value, json};

/// A run with a model step that says a secret, and a tool step that fails with a long output.
fn exported() -> Checkout {
    let (checkout, pipeline) = place(
        &(tool("check", "head -c 200000 /dev/zero; false")
            + "plan [prompt=\"Plan $goal\"] start -> plan -> check -> exit"),
    );
    let backend = checkout.aside(
        "backend.sh",
        "cat > /dev/null\necho answer key=$API_TOKEN\n\
         echo '{\"outcome\": \"success\", \"notes\": \"well\", \"context_updates\": {\"work.a\": \"1\"}}' > \"$ATTRACTOR_STATUS_FILE\"\n",
    );
    let output = checkout
        .command()
        .env("API_TOKEN", "hush-hush-hush")
        .args(["run", "--run-id", "r", "--backend", &format!("/bin/sh {backend}")])
        .args(["--backend-env", "API_TOKEN", &pipeline])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    checkout
}

fn json(checkout: &Checkout, path: &str) -> Value {
    serde_json::from_str(&checkout.read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn a_run_is_written_in_the_form_of_the_specification() {
    let checkout = exported();
    assert_eq!(checkout.says(&["export", "r", "--layout", "spec", "-o", "out"], 0), "out\n");
    let manifest = json(&checkout, "out/manifest.json");
    assert_eq!((&manifest["name"], &manifest["goal"]), (&json!("pipeline"), &json!("test")));
    assert!(manifest["start_time"].as_str().unwrap().ends_with('Z'));
    let checkpoint = json(&checkout, "out/checkpoint.json");
    let keys = ["timestamp", "current_node", "completed_nodes", "node_retries", "context", "logs"];
    assert!(keys.iter().all(|key| checkpoint.get(key).is_some()), "{checkpoint}");
    assert_eq!(checkpoint["completed_nodes"].as_array().unwrap().last(), Some(&checkpoint["current_node"]));
    assert_eq!(checkpoint["context"]["work.a"], "1");
    let status = json(&checkout, "out/plan/status.json");
    let expected = json!({"outcome": "success", "preferred_label": "", "suggested_next_ids": [],
        "context_updates": {"work.a": "1"}, "notes": "well", "failure_reason": ""});
    assert_eq!(status, expected);
    assert!(checkout.read("out/plan/prompt.md").contains("Plan test"));
    assert!(checkout.read("out/plan/response.md").starts_with("answer key=[redacted:API_TOKEN]"));
    let failed = json(&checkout, "out/check/status.json");
    assert_eq!(failed["outcome"], "fail");
    assert!(!failed["failure_reason"].as_str().unwrap().is_empty());
    assert_eq!(json(&checkout, "out/artifacts/check.1.1.stdout.json").as_str().unwrap().len(), 200_000);
    assert!(!checkout.path("out/check/response.md").exists());
}

#[test]
fn an_export_takes_the_place_of_an_earlier_one_only_when_told_and_of_nothing_else() {
    let checkout = exported();
    let export = |folder: &str, more: &[&str], code: i32| {
        checkout.says(&[&["export", "r", "--layout", "spec", "-o", folder], more].concat(), code)
    };
    export("out", &[], 0);
    checkout.write("out/plan/status.json", "mine");
    assert!(export("out", &[], 2).contains("--force"));
    assert_eq!(checkout.read("out/plan/status.json"), "mine");
    export("out", &["--force"], 0);
    assert!(checkout.read("out/plan/status.json").contains("success"));
    checkout.write("full/file", "mine");
    export("full", &["--force"], 2);
    export("full/file", &["--force"], 2);
    assert_eq!(checkout.read("full/file"), "mine");
    std::fs::create_dir(checkout.path("empty")).unwrap();
    export("empty", &[], 0);
    export("no/such/folder", &[], 2);
    // Named after the run by itself, with nothing left beside it.
    checkout.says(&["export", "r", "--layout", "spec"], 0);
    let left = std::fs::read_dir(checkout.path(".")).unwrap().flatten().map(|entry| entry.file_name());
    let mut left: Vec<String> = left.map(|name| name.into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, [".git", "README.md", "empty", "full", "out", "r"]);
}

#[test]
fn a_run_says_what_it_was_begun_with_and_only_hashes_of_its_inputs() {
    let (checkout, pipeline) = place(&(tool("one", "true") + "start -> one -> exit"));
    checkout.says(&["run", "--run-id", "r", "--input", "who=someone", "--max-nodes", "0", &pipeline], 6);
    let folder = checkout.state().join("dotwright/runs/r");
    let text = std::fs::read_to_string(folder.join("lock.json")).unwrap();
    assert!(!text.contains("someone"), "{text}");
    let lock: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(lock["graph_sha256"], checkout.report("r")["graph_sha256"]);
    assert_eq!((&lock["schema"], &lock["profile"]), (&json!(1), &json!("attractor")));
    assert_eq!(lock["catalogue_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(lock["inputs_sha256"]["who"].as_str().unwrap().len(), 64);

    // It is written once, and a fork takes it over.
    checkout.says(&["fork", "r", "--run-id", "again", "--at", "2"], 0);
    let forked = folder.with_file_name("again").join("lock.json");
    assert_eq!(std::fs::read_to_string(forked).unwrap(), text);
    let other = text.replace("attractor", "kilroy");
    std::fs::write(folder.join("lock.json"), &other).unwrap();
    let said = checkout.says_in_a_line(&["resume", "r", "--max-nodes", "9"], 9);
    assert!(said.contains("says profile `kilroy`"), "{said}");
    std::fs::write(folder.join("lock.json"), &text).unwrap();
    checkout.says(&["resume", "r", "--max-nodes", "9"], 0);
    assert_eq!(std::fs::read_to_string(folder.join("lock.json")).unwrap(), text);
}
