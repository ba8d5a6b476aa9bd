//! The layer table of `ARCHITECTURE.md` against the real dependencies.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};

use dotwright_tests::workspace;
use serde_json::Value;

/// Which crates of the workspace a crate may use, directly or through others. From the user down to the used.
const LAYERS: &[(&str, &[&str])] = &[
    ("dotwright-diagnostics", &[]),
    ("dotwright-syntax", &["dotwright-diagnostics"]),
    ("dotwright-model", &["dotwright-diagnostics", "dotwright-syntax"]),
    ("dotwright-engine", &["dotwright-diagnostics", "dotwright-syntax", "dotwright-model"]),
    ("dotwright-lint", &["dotwright-diagnostics", "dotwright-syntax", "dotwright-model", "dotwright-engine"]),
    ("dotwright-fmt", &["dotwright-diagnostics", "dotwright-syntax"]),
    (
        "dotwright-ide",
        &[
            "dotwright-diagnostics",
            "dotwright-syntax",
            "dotwright-model",
            "dotwright-engine",
            "dotwright-lint",
            "dotwright-fmt",
        ],
    ),
    (
        "dotwright-runner",
        &["dotwright-diagnostics", "dotwright-syntax", "dotwright-model", "dotwright-engine"],
    ),
    (
        "dotwright-config",
        &[
            "dotwright-diagnostics",
            "dotwright-syntax",
            "dotwright-model",
            "dotwright-engine",
            "dotwright-lint",
            "dotwright-fmt",
        ],
    ),
    (
        "dotwright-lsp",
        &[
            "dotwright-diagnostics",
            "dotwright-syntax",
            "dotwright-model",
            "dotwright-engine",
            "dotwright-lint",
            "dotwright-fmt",
            "dotwright-ide",
            "dotwright-config",
        ],
    ),
];

/// Crates that may read files, start processes and know the terminal. All others are pure.
const EFFECT_CRATES: &[&str] =
    &["dotwright", "dotwright-config", "dotwright-lsp", "dotwright-runner", "dotwright-tests"];

/// Crates whose presence in a pure crate would make it impure, or would put a serial form on domain types.
const BANNED_IN_PURE: &[&str] =
    &["tokio", "rayon", "serde", "serde_json", "tempfile", "reqwest", "clap", "ignore"];

/// Dependencies of [`BANNED_IN_PURE`] that a pure crate has all the same: events, commands and the state of a run are what
/// logs and snapshots hold, so their serial form is the engine's own business. It lives in `src/run` and in the ledger.
const EXCEPTIONS: &[(&str, &str)] = &[("dotwright-engine", "serde")];

/// Where [`EXCEPTIONS`] are used.
const SERIAL_FORMS: &[&str] = &["crates/dotwright-engine/src/run/", "crates/dotwright-engine/src/ledger.rs"];

fn metadata() -> Value {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Normal dependencies of each workspace crate.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let normal = dependencies.filter(|dependency| dependency["kind"].is_null());
            let names = normal.map(|dependency| dependency["name"].as_str().unwrap().to_owned());
            (package["name"].as_str().unwrap().to_owned(), names.collect())
        })
        .collect()
}

#[test]
fn crates_use_only_the_layers_below_them() {
    let table: BTreeMap<&str, BTreeSet<&str>> =
        LAYERS.iter().map(|(name, below)| (*name, below.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for (name, uses) in dependencies() {
        if ["dotwright", "dotwright-tests"].contains(&name.as_str()) {
            continue;
        }
        let Some(allowed) = table.get(name.as_str()) else {
            wrong.push(format!("{name} is not in the layer table"));
            continue;
        };
        for used in uses.iter().filter(|used| used.starts_with("dotwright")) {
            if !allowed.contains(used.as_str()) {
                wrong.push(format!("{name} must not use {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_crates_have_no_dependency_with_effects() {
    let mut wrong = Vec::new();
    for (name, uses) in dependencies() {
        if EFFECT_CRATES.contains(&name.as_str()) {
            continue;
        }
        wrong.extend(
            uses.iter()
                .filter(|used| BANNED_IN_PURE.contains(&used.as_str()))
                .filter(|used| !EXCEPTIONS.contains(&(name.as_str(), used.as_str())))
                .map(|used| format!("{name} uses {used}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The files below a folder of the workspace that git knows and that end in `.rs`, with their texts.
fn sources(folder: &str) -> Vec<(String, String)> {
    let output = std::process::Command::new("git")
        .args(["ls-files", folder])
        .current_dir(workspace())
        .output()
        .unwrap();
    let files = String::from_utf8(output.stdout).unwrap();
    let rust = files.lines().filter(|path| path.ends_with(".rs"));
    rust.map(|path| (path.to_owned(), std::fs::read_to_string(workspace().join(path)).unwrap())).collect()
}

#[test]
fn the_engine_has_serial_forms_only_for_runs() {
    for (path, text) in sources("crates/dotwright-engine/src") {
        let allowed = SERIAL_FORMS.iter().any(|place| path.starts_with(place));
        assert!(allowed || !text.contains("serde::"), "{path} uses serde");
    }
}

#[test]
fn only_the_checker_makes_a_proof() {
    // Put together here, so that this file is no hit.
    let maker = ["Checked", "::", "proven"].concat();
    for (path, text) in sources("crates").into_iter().chain(sources("tests")) {
        let allowed =
            path.starts_with("crates/dotwright-lint/src/") || path.ends_with("engine/src/checked.rs");
        assert!(allowed || !text.contains(&maker), "{path} makes a `Checked` without the checker");
    }
}

#[test]
fn only_the_language_server_names_types_of_the_protocol() {
    let named = |name: &String| ["tower-lsp-server", "ls-types", "lsp-types"].contains(&name.as_str());
    let users = dependencies().into_iter().filter(|(_, uses)| uses.iter().any(named));
    let users: Vec<String> = users.map(|(name, _)| name).collect();
    assert_eq!(users, ["dotwright-lsp"]);
}

#[test]
fn the_top_level_holds_only_what_the_architecture_names() {
    let allowed = [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "clippy.toml",
        "crates",
        "deny.toml",
        "editors",
        "grammar",
        "lints",
        "pipelines",
        "pyproject.toml",
        "rustfmt.toml",
        "tests",
    ];
    let output =
        std::process::Command::new("git").args(["ls-files"]).current_dir(workspace()).output().unwrap();
    let files = String::from_utf8(output.stdout).unwrap();
    let found: BTreeSet<&str> = files.lines().filter_map(|path| path.split('/').next()).collect();
    let extra: Vec<&&str> =
        found.iter().filter(|name| !name.starts_with('.') && !allowed.contains(name)).collect();
    assert!(extra.is_empty(), "{extra:?}");
}
