//! Runs the commands of the README and compares what they print.
//!
//! Blocks marked `console` hold commands behind `$ ` and their output, standard error included. They run one after the
//! other in a scratch folder that starts with the files of blocks marked `dot FILE` and `toml FILE`, and with a link to
//! `pipelines`. `UPDATE_EXPECT=1` rewrites the outputs. Blocks marked `sh` install something or take long; they are
//! executed by CI as a whole (`tests/all`) or not at all.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the test runs the commands")]
#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use dotwright_tests::{path_with_dotwright, workspace};

fn scratch() -> PathBuf {
    let folder = workspace().join("target/readme");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    let state = folder.with_file_name("readme-state");
    if state.exists() {
        std::fs::remove_dir_all(&state).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(workspace().join("pipelines"), folder.join("pipelines")).unwrap();
    folder
}

fn run(command: &str, folder: &Path) -> String {
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}; }} 2>&1")])
        .current_dir(folder)
        .env("PATH", path_with_dotwright())
        .env("NO_COLOR", "1")
        .env("XDG_CACHE_HOME", folder.join(".cache"))
        .env("XDG_STATE_HOME", folder.with_file_name("readme-state"))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The document with the outputs that the commands have now.
fn executed(text: &str, folder: &Path) -> (String, usize) {
    let mut result = String::new();
    let mut commands = 0;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        writeln!(result, "{line}").unwrap();
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if info == "console" {
            for command in body.iter().filter_map(|line| line.strip_prefix("$ ")) {
                commands += 1;
                writeln!(result, "$ {command}").unwrap();
                result.push_str(&run(command, folder));
            }
        } else {
            for line in &body {
                writeln!(result, "{line}").unwrap();
            }
            if let Some((_, file)) = info.split_once(' ') {
                std::fs::write(folder.join(file), body.join("\n") + "\n").unwrap();
            }
        }
        writeln!(result, "```").unwrap();
    }
    (result, commands)
}

#[test]
fn the_readme_shows_what_its_commands_print() {
    let path = workspace().join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (now, commands) = executed(&text, &scratch());
    assert!(commands >= 8, "only {commands} commands");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &now).unwrap();
    } else if now != text {
        let difference = now.lines().zip(text.lines()).find(|(now, then)| now != then);
        panic!("the README differs from what its commands print; set UPDATE_EXPECT=1: {difference:?}");
    }
}

#[test]
fn the_first_commands_of_the_readme_are_those_of_ci() {
    let text = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let ci = std::fs::read_to_string(workspace().join(".ci/run")).unwrap();
    let blocks: Vec<&str> =
        text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(
        blocks.first().map(|block| block.trim()),
        Some("cargo run --release --package dotwright -- check pipelines")
    );
    assert_eq!(blocks.get(1).map(|block| block.trim()), Some("tests/all"));
    assert!(ci.contains("tests/all"));
}
