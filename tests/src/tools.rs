//! Real programs that tests drive: installed by `tests/all`, found here.

use std::path::PathBuf;
use std::process::Command;

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
