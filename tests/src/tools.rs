//! Real programs that tests drive: installed by `tests/all`, found here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::workspace;

/// The path of a program, first of the tools that `tests/all` installs and then of `PATH`.
///
/// Without it the test that asks cannot run: in CI that is a failure, elsewhere a line on standard error.
///
/// # Panics
/// When `CI` is set and the program is missing.
pub fn tool(name: &str) -> Option<PathBuf> {
    let installed = std::env::var_os("DOTWRIGHT_TOOLS").map(PathBuf::from);
    let installed = installed.unwrap_or_else(|| workspace().join("target/tools/bin")).join(name);
    if installed.is_file() {
        return Some(installed);
    }
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", name]).output().ok()?;
    let path = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    if found.status.success() && !path.is_empty() {
        return Some(PathBuf::from(path));
    }
    assert!(std::env::var_os("CI").is_none(), "{name} is missing; tests/all installs it");
    eprintln!("skipped: {name} is not installed, run tests/all");
    None
}

/// The folder that holds `dotwright`, built when it is missing or old.
///
/// # Panics
/// When it does not build.
pub fn dotwright_folder() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build
            .args(["build", "--quiet", "--package", "dotwright", "--message-format=json"])
            .current_dir(workspace());
        let Ok(output) = build.output() else { panic!("cargo does not start") };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let messages = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut executable = messages.lines().rev().filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(PathBuf::from(message.get("executable")?.as_str()?))
        });
        let executable = executable.next().and_then(|path| path.parent().map(Path::to_owned));
        executable.unwrap_or_else(|| panic!("cargo names no executable"))
    });
    built.clone()
}

/// `PATH` with the folder of `dotwright` in front.
///
/// # Panics
/// When `dotwright` does not build.
pub fn path_with_dotwright() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(dotwright_folder()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap_or(path)
}
