//! `dotwright run --detach`: the program starts itself once more, and returns when that one has a run on disk.
//!
//! There is no fork: the second one reads the same command line with one more flag, so it refuses what the first one
//! would have refused. It says so over the standard error that it was given, and changes that to a file in the folder of
//! the run when the first records are on disk. To whoever waits at the other end that is the end of the text.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dotwright_engine::run::{Plan, State};
use dotwright_runner::{Flow, Moment, Observer, Root};
use serde_json::json;

use crate::error::AppError;
use crate::run_args::RunArgs;
use crate::terminal::Lines;
use crate::{Verdict, output};

/// Starts the runner and waits until its run is on disk, or until it refuses.
pub(crate) fn start(arguments: &RunArgs) -> Result<Verdict, AppError> {
    if reads_input(arguments) {
        let help = "write it to a file, and name that";
        return Err(AppError::usage("a detached run cannot read standard input", help));
    }
    let begun = command().and_then(|mut command| {
        let pipes = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        pipes.spawn()
    });
    let mut runner = begun.map_err(|error| AppError::Detach { error })?;
    let (mut said, mut id) = (Vec::new(), String::new());
    if let Some(mut stderr) = runner.stderr.take() {
        stderr.read_to_end(&mut said).map_err(|error| AppError::Detach { error })?;
    }
    if let Some(mut stdout) = runner.stdout.take() {
        stdout.read_to_string(&mut id).map_err(|error| AppError::Detach { error })?;
    }
    let id = id.trim();
    if id.is_empty() {
        output::write_stderr(&String::from_utf8_lossy(&said));
        let ended = runner.wait().map_err(|error| AppError::Detach { error })?;
        return Ok(Verdict::Run(ended.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(9)));
    }
    if arguments.conduct.json {
        output::write_stdout(format!("{:#}\n", json!({"schema": 1, "run": id})).as_bytes())?;
    } else {
        output::write_stderr(&String::from_utf8_lossy(&said));
        output::write_stdout(format!("{id}\n").as_bytes())?;
    }
    Ok(Verdict::Clean)
}

fn reads_input(arguments: &RunArgs) -> bool {
    arguments.file == Path::new("-") || arguments.input.iter().any(|pair| pair.value == "@-")
}

/// This program with the same words and the flag, which stands where no `--` is before it.
fn command() -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    let mut words = std::env::args_os().skip(1);
    for word in words.by_ref() {
        let is_command = word == "run";
        command.arg(word);
        if is_command {
            command.arg("--detached");
            break;
        }
    }
    command.args(words);
    Ok(command)
}

/// Makes this process the head of a session without a terminal.
pub(crate) fn leave_the_terminal() {
    // It fails for the head of a process group, which a signal of the terminal does not reach either.
    let _own = rustix::process::setsid();
}

/// Whoever watches a run that has no terminal.
pub(crate) struct Detached {
    lines: Lines,
    run: String,
    log: PathBuf,
    /// Whether the one that waits was told.
    is_alone: bool,
}

impl Detached {
    pub(crate) fn new(root: &Root, id: &str) -> Detached {
        let log = root.folder_of(id).join("runner.log");
        Detached { lines: Lines::new(false), run: id.to_owned(), log, is_alone: false }
    }

    /// Tells the one that waits that there is a run, and lets it go.
    fn go_alone(&mut self) {
        self.is_alone = true;
        // It can have gone by itself.
        let _gone = output::write_stdout(format!("{}\n", self.run).as_bytes());
        let nowhere = || File::options().write(true).open("/dev/null");
        if let Ok(nowhere) = nowhere() {
            let _kept = rustix::stdio::dup2_stdout(nowhere);
        }
        let log = File::options().create(true).append(true).open(&self.log);
        if let Ok(log) = log.or_else(|_| nowhere()) {
            let _kept = rustix::stdio::dup2_stderr(log);
        }
    }
}

impl Observer for Detached {
    fn observe(&mut self, plan: &Plan, state: &State, moment: Moment<'_>) -> Flow {
        if matches!(moment, Moment::Durable(_)) && !self.is_alone {
            self.go_alone();
        }
        self.lines.observe(plan, state, moment)
    }
}
