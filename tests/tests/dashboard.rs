//! The dashboard of a run on a real terminal, which tmux keeps: what is on the screen, what keys do, and that the terminal
//! is given back as it was, however the run ends.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use dotwright_tests::checkout::Checkout;
use dotwright_tests::{dotwright_folder, tool};

/// A terminal of 100 columns and 30 lines with a shell in a checkout.
struct Terminal {
    tmux: PathBuf,
    checkout: Checkout,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

impl Terminal {
    /// `None` where there is no tmux.
    fn open() -> Option<Terminal> {
        let tmux = tool("tmux")?;
        let terminal = Terminal { tmux, checkout: Checkout::new(&[("README.md", "# Project\n")]) };
        let folder = terminal.checkout.path("").display().to_string();
        let state = format!("XDG_STATE_HOME={}", terminal.checkout.state().display());
        let size = ["-x", "100", "-y", "30", "-c", &folder, "-e", "PS1=$ ", "-e", "ENV=", "-e", &state];
        terminal.tmux(&[&["-f", "/dev/null", "new-session", "-d"][..], &size, &["/bin/sh"]].concat());
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let socket = self.checkout.state().with_file_name("tmux");
        let output = Command::new(&self.tmux)
            .arg("-S")
            .arg(socket)
            .args(arguments)
            .env_remove("TMUX")
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen shows all of these, and gives it.
    #[track_caller]
    fn shows(&self, texts: &[&str]) -> String {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            let screen = self.screen();
            if texts.iter().all(|text| screen.contains(text)) {
                return screen;
            }
            assert!(Instant::now() < patience, "{texts:?} is not on the screen:\n{screen}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Whether a program has the whole screen and hides the cursor.
    fn is_taken(&self) -> bool {
        self.tmux(&["display-message", "-p", "#{alternate_on}#{cursor_flag}"]).trim() == "10"
    }

    /// Runs a pipeline between `digraph {` and `}` from the shell.
    fn run(&self, body: &str) {
        let text = format!(
            "digraph {{ graph [goal=test] node [timeout=\"60s\"] start [shape=Mdiamond] exit [shape=Msquare] {body} }}"
        );
        let pipeline = self.checkout.aside("pipeline.dot", &text);
        let program = dotwright_folder().join("dotwright");
        let script = format!(
            "stty -a > before; sh -c 'echo $$ > pid; exec {} run --run-id r {pipeline}'; echo code $?; stty -a > after; touch over\n",
            program.display()
        );
        let script = self.checkout.aside("script.sh", &script);
        self.keys(&[&format!("clear; . {script}"), "Enter"]);
    }

    /// The program has ended with this exit code, and the terminal is as it was before.
    #[track_caller]
    fn is_given_back(&self, code: i32) -> String {
        let screen = self.shows(&[&format!("code {code}\n")]);
        let patience = Instant::now() + Duration::from_secs(5);
        while !self.checkout.path("over").exists() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(10));
        }
        let flags = self.tmux(&["display-message", "-p", "#{alternate_on}#{cursor_flag}#{mouse_any_flag}"]);
        assert_eq!(flags.trim(), "010", "no other screen, the cursor, no mouse");
        assert_eq!(self.checkout.read("after"), self.checkout.read("before"));
        assert!(!self.checkout.read("before").is_empty());
        screen
    }

    /// Waits until the slow step is under way.
    #[track_caller]
    fn step_runs(&self) {
        self.shows(&["▶ slow"]);
        let patience = Instant::now() + Duration::from_secs(10);
        while !self.checkout.read("step").ends_with('\n') {
            assert!(Instant::now() < patience, "the step does not begin");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.checkout.read("pid");
        assert!(Command::new("kill").args([name, pid.trim()]).status().unwrap().success());
    }
}

const REVIEW: &str = "work [shape=parallelogram, tool_command=\"echo worked\"] \
    review [shape=hexagon, label=\"Ship it?\"] start -> work -> review \
    review -> exit [label=\"[A] Approve\"] review -> work [label=\"[F] Fix\"]";

const SLOW: &str =
    "slow [shape=parallelogram, tool_command=\"echo $$ > step; sleep 60; sleep 60\"] start -> slow -> exit";

fn is_alive(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z')))
}

#[test]
fn a_gate_is_answered_by_keys() {
    let Some(terminal) = Terminal::open() else { return };
    terminal.run(REVIEW);
    terminal.shows(&[
        "pipeline.dot",
        " graph ",
        " log ",
        "✓ work",
        "? review",
        "· exit",
        "Ship it?",
        "[A] Approve",
    ]);
    assert!(terminal.is_taken());
    // An answer that is none of the choices is asked for again.
    terminal.keys(&["x", "y", "Enter"]);
    terminal.shows(&["none of the choices", "Ship it?"]);
    terminal.keys(&["x", "BSpace", "f", "Enter"]);
    terminal.shows(&["✓ work ×2", "? review ×2"]);
    terminal.keys(&["A", "Enter"]);
    let screen = terminal.is_given_back(0);
    // The lines of the run stay behind.
    assert!(screen.contains("run r\n") && screen.contains("success, exit code 0\n"), "{screen}");
    let report = terminal.checkout.report("r");
    assert_eq!(dotwright_tests::checkout::route(&report["visits"]), "start work review work review exit");
}

#[test]
fn a_terminal_that_gets_smaller_is_drawn_anew() {
    let Some(terminal) = Terminal::open() else { return };
    terminal.run(REVIEW);
    terminal.shows(&["Ship it?", "[F] Fix"]);
    terminal.tmux(&["resize-window", "-x", "50", "-y", "14"]);
    terminal.shows(&["Ship it?", "[A] Approve", "? review"]);
    terminal.tmux(&["resize-window", "-x", "9", "-y", "3"]);
    terminal.tmux(&["resize-window", "-x", "100", "-y", "30"]);
    terminal.shows(&["Ship it?", "[A] Approve"]);
    terminal.keys(&["A", "Enter"]);
    terminal.is_given_back(0);
}

#[test]
fn control_c_cancels_and_the_processes_are_gone() {
    let Some(terminal) = Terminal::open() else { return };
    terminal.run(SLOW);
    terminal.step_runs();
    terminal.keys(&["C-c"]);
    terminal.is_given_back(8);
    assert!(!is_alive(&terminal.checkout.read("step")));
}

#[test]
fn control_p_pauses_when_the_step_has_ended() {
    let Some(terminal) = Terminal::open() else { return };
    terminal.run(
        "one [shape=parallelogram, tool_command=\"until [ -e go ]; do sleep 0.05; done\"] \
         two [shape=parallelogram, tool_command=true] start -> one -> two -> exit",
    );
    terminal.shows(&["▶ one"]);
    terminal.keys(&["C-p"]);
    terminal.shows(&["pauses when"]);
    terminal.checkout.write("go", "");
    terminal.is_given_back(5);
}

#[test]
fn the_terminal_is_given_back_after_signals() {
    for name in ["-TERM", "-HUP", "-INT"] {
        let Some(terminal) = Terminal::open() else { return };
        terminal.run(SLOW);
        terminal.step_runs();
        terminal.signal(name);
        terminal.is_given_back(8);
        assert!(!is_alive(&terminal.checkout.read("step")), "{name}");
    }
}

#[test]
fn a_run_whose_terminal_goes_away_is_cancelled() {
    let Some(terminal) = Terminal::open() else { return };
    terminal.run(SLOW);
    terminal.step_runs();
    terminal.tmux(&["kill-server"]);
    let patience = Instant::now() + Duration::from_secs(10);
    while is_alive(&terminal.checkout.read("pid")) {
        assert!(Instant::now() < patience, "the program is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
    let log = terminal.checkout.says(&["logs", "r"], 0);
    assert!(!is_alive(&terminal.checkout.read("step")), "{log}");
    terminal.checkout.says(&["wait", "r"], 8);
}

#[test]
fn the_terminal_is_given_back_after_an_error_of_the_runner() {
    let Some(terminal) = Terminal::open() else { return };
    // The report cannot be written where there is no folder any more.
    terminal.run(
        "one [shape=parallelogram, tool_command=\"sleep 0.5; rm -rf \\\"$XDG_STATE_HOME\\\"\"] start -> one -> exit",
    );
    terminal.shows(&["▶ one"]);
    let screen = terminal.is_given_back(9);
    assert!(screen.contains("cannot"), "{screen}");
}

#[test]
fn a_pipeline_that_is_refused_leaves_the_terminal_alone() {
    let Some(terminal) = Terminal::open() else { return };
    terminal.run("m [prompt=\"do $goal\"] start -> m -> exit");
    let screen = terminal.is_given_back(4);
    assert!(screen.contains("no model backend"), "{screen}");
}
