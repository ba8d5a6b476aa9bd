//! The documents that people read, against what is there.

#![allow(clippy::disallowed_methods, reason = "the documents are files")]
#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use std::collections::BTreeSet;

use dotwright_tests::workspace;

/// Everything in back-ticks.
fn code_spans(text: &str) -> BTreeSet<&str> {
    let outside_blocks = text.split("```").step_by(2);
    outside_blocks.flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn the_architecture_names_only_what_exists() {
    let text = std::fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap();
    let top = ["crates", "editors", "grammar", "lints", "pipelines", "tests", "Cargo.toml", "clippy.toml"];
    let mut missing = Vec::new();
    let mut resolved = 0;
    for span in code_spans(&text) {
        let first = span.split('/').next().unwrap_or("");
        let is_path = top.contains(&first);
        let is_crate = span.starts_with("dotwright-") && !span.contains(' ');
        if is_path && !workspace().join(span).exists() {
            missing.push(span);
        }
        if is_crate && !workspace().join("crates").join(span).is_dir() {
            missing.push(span);
        }
        resolved += usize::from(is_path || is_crate);
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(resolved > 15, "only {resolved} names found");
}

#[test]
fn every_crate_has_a_paragraph_in_the_architecture() {
    let text = std::fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap();
    let crates = std::fs::read_dir(workspace().join("crates")).unwrap();
    let names = crates.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let missing: Vec<String> = names.filter(|name| !text.contains(&format!("**`crates/{name}`**"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
