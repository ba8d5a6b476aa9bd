//! The conformance cases of `../shared/probes` through the real program, with real processes, signals and clocks.
//!
//! Every case of the folder runs; a case that needs a program which is absent fails. Cases run side by side, because
//! most of their time is waiting.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use dotwright_tests::{dotwright_folder, shared, workspace};
use serde_json::{Value, json};

/// Cases that run at the same time.
const SIDE_BY_SIDE: usize = 8;

#[test]
fn every_probe_ends_as_it_must() {
    let Some(folder) = shared("DOTWRIGHT_PROBES", "probes") else { return };
    let only = std::env::var("DOTWRIGHT_PROBE").unwrap_or_default();
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".expect.json").map(str::to_owned))
        .filter(|name| name.contains(&only))
        .collect();
    assert!(!names.is_empty());
    names.sort();
    names.reverse();
    // The program is built before the first clock starts.
    dotwright_folder();
    let names = Mutex::new(names);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(name) = { names.lock().unwrap().pop() } {
                    let problems = probe(&folder, &name);
                    wrong.lock().unwrap().extend(problems.into_iter().map(|what| format!("{name}: {what}")));
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The text of a document of this repository.
fn document(name: &str) -> String {
    std::fs::read_to_string(workspace().join(name)).unwrap()
}

#[test]
fn the_documents_say_how_many_cases_there_are() {
    // Not any others that a variable names.
    let folder = workspace().join("../shared/probes");
    if !folder.is_dir() {
        eprintln!("skipped: no probes at {}", folder.display());
        return;
    }
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string());
    let count = names.filter(|name| name.as_ref().is_ok_and(|name| name.ends_with(".expect.json"))).count();
    for (name, sentence) in [
        ("README.md", format!("{count} conformance cases, all of which pass")),
        ("ARCHITECTURE.md", format!("{count} conformance cases")),
        ("ARCHITECTURE.md", format!("All {count} pass")),
    ] {
        assert!(document(name).contains(&sentence), "{name}: {sentence}");
    }
}

#[test]
fn the_case_in_the_documents_ends_as_it_must() {
    let text = document("ARCHITECTURE.md");
    let block = |kind: &str| {
        let (_, rest) = text.split_once(&format!("```{kind}\n")).unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.dot"), block("dot")).unwrap();
    std::fs::write(folder.path().join("case.expect.json"), block("json")).unwrap();
    assert_eq!(probe(folder.path(), "case"), [""; 0]);
    // A case that expects something else does not pass.
    let other = block("json").replace("\"mend\", \"exit\"", "\"exit\"");
    std::fs::write(folder.path().join("case.expect.json"), other).unwrap();
    assert_ne!(probe(folder.path(), "case"), [""; 0]);
}

struct Place {
    graph: PathBuf,
    work: tempfile::TempDir,
    aside: tempfile::TempDir,
    expected: Value,
}

fn probe(folder: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(format!("{name}.expect.json"))).unwrap();
    let place = Place {
        graph: folder.join(format!("{name}.dot")),
        work: tempfile::tempdir().unwrap(),
        aside: tempfile::tempdir().unwrap(),
        expected: serde_json::from_str(&text).unwrap(),
    };
    let expected = &place.expected;
    for (file, text) in expected["setup"].as_object().into_iter().flatten() {
        let path = place.work.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.as_str().unwrap()).unwrap();
    }
    if expected["answers"].is_array() {
        std::fs::write(place.answers(), json!({"answers": expected["answers"]}).to_string()).unwrap();
    }
    let one = [json!({"do": "run", "exit_code": expected["exit_code"]})];
    let steps = expected["steps"].as_array().map_or(&one[..], Vec::as_slice);
    let mut wrong = Vec::new();
    let begun = Instant::now();
    for step in steps {
        let code = place.step(step);
        if step["exit_code"].is_number() && json!(code) != step["exit_code"] {
            wrong.push(format!("`{}` has exit code {code:?} and not {}", step["do"], step["exit_code"]));
        }
    }
    let took = begun.elapsed().as_secs_f64();
    // Other cases and other programs share the machine.
    if took > expected["max_seconds"].as_f64().unwrap() * 2.0 {
        wrong.push(format!("it took {took:.1} s"));
    }
    if expected["min_seconds"].as_f64().is_some_and(|least| took < least) {
        wrong.push(format!("it took only {took:.1} s"));
    }
    place.compare_report(&mut wrong);
    std::thread::sleep(Duration::from_secs_f64(expected["settle_seconds"].as_f64().unwrap_or(0.0)));
    place.compare_files(&mut wrong);
    wrong
}

impl Place {
    fn answers(&self) -> PathBuf {
        self.aside.path().join("answers.json")
    }

    fn report(&self) -> PathBuf {
        self.aside.path().join("report.json")
    }

    fn step(&self, step: &Value) -> Option<i32> {
        let expected = &self.expected;
        let words = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        let mut command = Command::new(dotwright_folder().join("dotwright"));
        command.current_dir(self.work.path()).env("XDG_STATE_HOME", self.aside.path().join("state"));
        for (name, value) in expected["env"].as_object().into_iter().flatten() {
            command.env(name, value.as_str().unwrap());
        }
        let what = step["do"].as_str().unwrap();
        command.arg(what);
        match what {
            "run" => command.args(["--run-id", "probe", "--report"]).arg(self.report()),
            "resume" => command.args(["probe", "--report"]).arg(self.report()),
            "answer" => command.arg("probe"),
            other => panic!("{other}"),
        };
        if what != "answer" {
            command.args(words(&expected["args"]));
            if expected["answers"].is_array() {
                command.arg("--answers").arg(self.answers());
            }
        }
        command.args(words(&step["args"]));
        if what == "run" {
            command.arg(&self.graph);
        }
        let input = expected["stdin"].as_str();
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let log = std::fs::File::options().create(true).append(true).open(self.aside.path().join("output"));
        command.stdout(Stdio::null()).stderr(log.unwrap());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take();
        if let (Some(text), Some(pipe)) = (input, &mut pipe) {
            std::io::Write::write_all(pipe, text.as_bytes()).unwrap();
        }
        if let Some(interrupt) = step.get("interrupt") {
            self.interrupt(&mut child, interrupt);
        }
        // The pipe stays open until the command has ended; `wait` would close one that the child still had.
        let status = child.wait().unwrap();
        drop(pipe);
        status.code()
    }

    fn interrupt(&self, child: &mut Child, interrupt: &Value) {
        let file = self.work.path().join(interrupt["when_file"].as_str().unwrap());
        let patience = Instant::now() + Duration::from_secs(20);
        while !file.exists() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(200));
        let signal = format!("-{}", interrupt["signal"].as_str().unwrap());
        Command::new("kill").args([&signal, &child.id().to_string()]).status().unwrap();
    }

    fn compare_report(&self, wrong: &mut Vec<String>) {
        let expected = &self.expected;
        let Ok(text) = std::fs::read_to_string(self.report()) else {
            let output = std::fs::read_to_string(self.aside.path().join("output")).unwrap_or_default();
            return wrong.push(format!("there is no report: {output}"));
        };
        let report: Value = serde_json::from_str(&text).unwrap();
        let mut differ = |what: &str, expected: &Value, found: &Value| {
            if expected != found {
                wrong.push(format!("{what} is {found} and not {expected}"));
            }
        };
        differ("status", &expected["status"], &report["status"]);
        differ("exit code", &expected["exit_code"], &report["exit_code"]);
        if expected["visits"].is_array() && !visits_agree(&expected["visits"], &report["visits"]) {
            differ("visits", &expected["visits"], &report["visits"]);
        }
        for what in ["reason", "reason_node"] {
            if expected[what].is_string() {
                differ(what, &expected[what], &report[what]);
            }
        }
        for (node, attempts) in expected["attempts"].as_object().into_iter().flatten() {
            differ(&format!("attempts of {node}"), attempts, &report["attempts"][node]);
        }
        let value = |key: &str| report["context"][key].as_str().unwrap_or_default();
        for (key, wanted) in expected["context"].as_object().into_iter().flatten() {
            differ(key, wanted, &json!(value(key)));
        }
        for key in expected["context_absent"].as_array().into_iter().flatten() {
            let key = key.as_str().unwrap();
            differ(key, &json!(""), &json!(value(key)));
        }
        for (key, parts) in expected["context_contains"].as_object().into_iter().flatten() {
            for part in parts.as_array().unwrap() {
                let found = value(key).contains(part.as_str().unwrap());
                differ(&format!("{key} has {part}"), &json!(true), &json!(found));
            }
        }
        for (key, most) in expected["context_max_bytes"].as_object().into_iter().flatten() {
            let fits = value(key).len() as u64 <= most.as_u64().unwrap();
            differ(&format!("{key} is short"), &json!(true), &json!(fits));
        }
    }

    fn compare_files(&self, wrong: &mut Vec<String>) {
        let expected = &self.expected;
        let read = |file: &str| std::fs::read_to_string(self.work.path().join(file)).unwrap_or_default();
        let lines = |value: &Value| -> Vec<String> {
            value.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
        };
        let found = |file: &str| -> Vec<String> { read(file).lines().map(str::to_owned).collect() };
        for (file, wanted) in expected["files"].as_object().into_iter().flatten() {
            if found(file) != lines(wanted) {
                wrong.push(format!("{file} holds {:?} and not {wanted}", found(file)));
            }
        }
        for (file, wanted) in expected["files_any_order"].as_object().into_iter().flatten() {
            let (mut found, mut wanted) = (found(file), lines(wanted));
            found.sort();
            wanted.sort();
            if found != wanted {
                wrong.push(format!("{file} holds {found:?} and not {wanted:?}"));
            }
        }
        for (file, texts) in expected["must_not_contain"].as_object().into_iter().flatten() {
            for text in lines(texts) {
                if read(file).lines().any(|line| line.contains(&text)) {
                    wrong.push(format!("{file} holds {text}"));
                }
            }
        }
        for file in expected["must_not_exist"].as_array().into_iter().flatten() {
            if self.work.path().join(file.as_str().unwrap()).exists() {
                wrong.push(format!("{file} exists"));
            }
        }
    }
}

/// A branch that was cancelled is a beginning of its list.
fn visits_agree(expected: &Value, found: &Value) -> bool {
    if let Some(whole) = expected.get("prefix_of").and_then(Value::as_array) {
        return found.as_array().is_some_and(|found| whole.starts_with(found));
    }
    match (expected, found) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| visits_agree(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a["region"] == b["region"] && visits_agree(&a["branches"], &b["branches"])
        }
        (a, b) => a == b,
    }
}
