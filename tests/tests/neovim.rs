//! The real Neovim with our plugin; `tests/editors/neovim.lua` is the person.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and write files")]
#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use std::process::Command;

use dotwright_tests::{path_with_dotwright, tool, workspace};

const BROKEN: &str = "digraph Release {
    goal=\"Release what was tested\"
    start [shape=Mdiamond]
    test [shape=parallelogram, tool_command=\"make test\", timeout=\"600s\", retry_target=publish]
    publish [shape=parallelogram, tool_command=\"make publish\", timeout=\"600s\"]
      exit [shape=Msquare]
    start -> test
    test -> publsh [condition=\"outcome=success\"]
    publish -> exit
}
";

#[test]
fn a_pipeline_is_mended_renamed_formatted_and_completed() {
    let Some(nvim) = tool("nvim") else { return };
    let folder = workspace().join("target/neovim-tests");
    std::fs::create_dir_all(folder.join("state")).unwrap();
    let file = folder.join("release.dot");
    std::fs::write(&file, BROKEN).unwrap();
    let output = Command::new(nvim)
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-l"])
        .arg(workspace().join("tests/editors/neovim.lua"))
        .arg(workspace().join("editors/neovim"))
        .arg(&file)
        .current_dir(&folder)
        .env("PATH", path_with_dotwright())
        .env("XDG_STATE_HOME", folder.join("state"))
        .env("XDG_CONFIG_HOME", folder.join("state"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && text.contains("all steps passed"), "{text}");
}
