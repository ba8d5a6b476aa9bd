//! Runs of the real program that a test watches while they go on.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests start programs, read files and fail loudly"
)]

use std::io::Read;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::checkout::Checkout;

/// A checkout and a pipeline between `digraph {` and `}`, beside it.
pub fn place(body: &str) -> (Checkout, String) {
    let checkout = Checkout::new(&[("README.md", "# Project\n")]);
    let text = format!(
        "digraph {{ graph [goal=test] node [timeout=\"60s\"] start [shape=Mdiamond] exit [shape=Msquare]\n{body}\n}}"
    );
    let pipeline = checkout.aside("pipeline.dot", &text);
    (checkout, pipeline)
}

/// A tool step.
pub fn tool(name: &str, command: &str) -> String {
    format!("{name} [shape=parallelogram, tool_command=\"{command}\"]\n")
}

/// Starts the program with these arguments.
///
/// # Panics
/// When it does not start.
pub fn begin(checkout: &Checkout, arguments: &[&str]) -> Child {
    checkout.command().args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until something is there.
///
/// # Panics
/// When it does not come.
#[track_caller]
pub fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !is_there() {
        assert!(Instant::now() < patience, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until the program ends with this exit code, and gives what it said.
///
/// # Panics
/// When it ends with another one, or does not end.
#[track_caller]
pub fn ends(mut child: Child, code: i32) -> String {
    wait_for("the program ends", || child.try_wait().unwrap().is_some());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(code), "{said}");
    said
}

/// Sends a signal, such as `-INT`.
///
/// # Panics
/// When there is nobody to send it to.
pub fn signal(child: &Child, name: &str) {
    let kill = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
}

/// Whether there is a process of this number that is no zombie.
pub fn is_alive(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !status.is_empty() && !status.rsplit(')').next().unwrap().trim_start().starts_with('Z')
}
