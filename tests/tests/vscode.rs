//! The real VS Code (code-server in Chromium) with our packaged extension; `tests/editors/vscode.mjs` is the person.
//! With `UPDATE_EXPECT=1` its screenshots become those of the documentation.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and write files")]
#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use std::path::Path;
use std::process::Command;

use dotwright_tests::{dotwright_folder, workspace};

/// Runs a program in a folder and gives what it printed.
#[track_caller]
fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}:\n{text}");
    text
}

/// The extension with its modules installed and its code checked and bundled.
fn built_extension() -> std::path::PathBuf {
    let extension = workspace().join("editors/vscode");
    if !extension.join("node_modules/.package-lock.json").is_file() {
        run(&extension, "npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"]);
        // The bundler is a program of its own, which only its own script can put in place.
        run(&extension, "npm", &["rebuild", "--loglevel=error", "esbuild"]);
    }
    run(&extension, "npm", &["run", "--silent", "build"]);
    extension
}

/// One test, because both parts write the same folder.
#[test]
fn the_extension_highlights_and_a_person_can_work_with_it() {
    let editors = workspace().join("target/editors");
    if !editors.join("installed").is_file() {
        assert!(std::env::var_os("CI").is_none(), "code-server is missing; tests/all installs it");
        eprintln!("skipped: code-server is not installed, run tests/all");
        return;
    }
    let extension = built_extension();
    let grammar = run(&extension, "npm", &["test", "--silent"]);
    assert!(grammar.contains("run successfuly"), "{grammar}");

    let vsix = editors.join("dotwright.vsix");
    let server = dotwright_folder().join("dotwright");
    let package = ["package.mjs", "--server", server.to_str().unwrap(), "--out", vsix.to_str().unwrap()];
    run(&extension, "node", &package);

    let shots = editors.join("screenshots");
    let code_server = editors.join("code-server");
    let arguments = [
        "tests/editors/vscode.mjs",
        "--code-server",
        code_server.to_str().unwrap(),
        "--vsix",
        vsix.to_str().unwrap(),
        "--out",
        shots.to_str().unwrap(),
    ];
    run(&workspace(), "node", &arguments);
    for (number, shot) in
        ["squiggle", "problems", "quick-fix", "completion", "graph", "broken"].iter().enumerate()
    {
        let taken = shots.join(format!("{}-{shot}.png", number + 1));
        assert!(taken.is_file(), "no screenshot {shot}");
        let shown = workspace().join(format!("editors/screenshots/{shot}.png"));
        if shown.is_file() && std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::copy(taken, shown).unwrap();
        }
    }
}
