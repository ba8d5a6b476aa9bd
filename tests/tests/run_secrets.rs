//! Secrets of the environment in what a runner leaves behind (runner reference, section 20.1).

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::path::PathBuf;

use dotwright_runner::{Backend, Variables};
use dotwright_tests::runs::Place;

const VALUE: &str = "hunter2-hunter2";

fn place(body: &str) -> Place {
    let mut place = Place::new(body);
    let path = ("PATH".into(), std::env::var_os("PATH").unwrap());
    let named = [("DEPLOY_TOKEN", VALUE), ("REGION", "north-by-northwest"), ("OTHER", "left-as-it-is")];
    let named = named.map(|(name, value)| (name.into(), value.into()));
    place.setup.variables = Variables::of([path].into_iter().chain(named));
    place
}

/// Files of the run that hold a text.
fn holding(place: &Place, text: &str) -> Vec<PathBuf> {
    let mut folders = vec![place.folder().path];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn a_secret_that_a_tool_prints_or_reports_is_nowhere() {
    let command = "echo $DEPLOY_TOKEN $REGION $OTHER; echo $DEPLOY_TOKEN >&2; \
                   printf '{\\\"outcome\\\":\\\"success\\\",\\\"context_updates\\\":{\\\"k\\\":\\\"%s\\\"}}' \
                   $DEPLOY_TOKEN > $ATTRACTOR_STATUS_FILE";
    let body =
        "t [shape=parallelogram, timeout=\"9s\", env=\"DEPLOY_TOKEN,REGION\", tool_command=\"COMMAND\"]
        u [shape=parallelogram, timeout=\"9s\", reads=\"k\", tool_command=\"echo $ATTRACTOR_CTX_K > got\"]
        start -> t -> u -> exit";
    let place = place(&body.replace("COMMAND", command));
    let report = place.run();
    assert_eq!(report.status, "success");
    assert_eq!(place.file("got"), "[redacted:DEPLOY_TOKEN]\n");
    assert_eq!(holding(&place, VALUE), Vec::<PathBuf>::new());
    assert_eq!(holding(&place, "north-by-northwest"), Vec::<PathBuf>::new(), "it is passed on by name");
    assert!(!holding(&place, "DEPLOY_TOKEN] [redacted:REGION] left-as-it-is").is_empty());
}

#[test]
fn a_secret_in_an_input_a_prompt_or_an_answer_of_a_model_is_nowhere() {
    let mut place =
        place("m [prompt=\"say it\", reads=\"input.word\", require_verdict=false]\nstart -> m -> exit");
    place.setup.inputs.insert("word".to_owned(), format!("it is {VALUE}"));
    let backend = ["sh", "-c", "cat; echo $DEPLOY_TOKEN; echo sk-$0", "abcdefghijklmnopqrst0123"];
    place.setup.backend = Some(Backend {
        words: backend.map(str::to_owned).into(),
        variables: vec!["DEPLOY_TOKEN".to_owned()],
    });
    let report = place.run();
    assert!(
        report.context["last_response"].ends_with("[redacted:DEPLOY_TOKEN]\n[redacted:api-key]"),
        "{report:?}"
    );
    assert_eq!(holding(&place, VALUE), Vec::<PathBuf>::new());
    assert_eq!(holding(&place, "sk-abc"), Vec::<PathBuf>::new());
}
