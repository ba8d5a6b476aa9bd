//! The one place that starts processes (section 15): behind a gate, in a group of their own, both pipes drained all the
//! time, and nothing of the group left at the end.
//!
//! A process is started before its record is on disk, so that starting it and writing the record take place at the same
//! time. It reads its standard input first and does nothing before a line comes; if the runner dies before that, it reads
//! the end of the input and leaves. [`crate::spawn`] starts it, at a cost that does not depend on the memory of the runner.

use std::ffi::{CStr, CString};
use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, kill_process_group, test_kill_process_group, waitpid,
};

use crate::blobs::Blobs;
use crate::capture::Captured;
use crate::environment::Passed;
use crate::platform::{ProcessRef, Ticks};
use crate::redaction::Secrets;
use crate::spawn::{self, Image, Spawned};
use crate::streams::{Input, Streams};

/// How long pipes are read that somebody outside the group holds open, and how long a killed group may take.
const DRAIN: Duration = Duration::from_secs(1);
/// How often a group is looked at whose leader has ended.
const LOOK: Duration = Duration::from_millis(5);
/// The longest single argument that the operating system takes, with room to spare.
const LONGEST_ARGUMENT: usize = 100 << 10;

/// Waits for a line, then gives way to what follows without its standard input.
const TOOL_GATE: &str = "read -r _||exit 125;exec </dev/null;";
/// Waits for a line, then becomes the program; the rest of the input is the program's.
const PROGRAM_GATE: &CStr = c"read -r _||exit 125;exec \"$@\"";

/// A process to start.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) what: Program,
    pub(crate) environment: Passed,
    pub(crate) workdir: PathBuf,
    /// The folder of the attempt.
    pub(crate) folder: PathBuf,
    pub(crate) bounds: Bounds,
}

/// What runs behind the gate.
#[derive(Debug)]
pub(crate) enum Program {
    /// Text of the pipeline's author for a shell, which gets no input.
    Shell { shell: &'static CStr, options: &'static [&'static CStr], text: String },
    /// A program and its arguments, which no shell reads, with its input.
    Words { words: Vec<String>, input: Vec<u8> },
}

/// How long a process may live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) timeout: Option<Duration>,
    /// Without any output.
    pub(crate) stall: Option<Duration>,
    /// Between TERM and KILL.
    pub(crate) grace: Duration,
    pub(crate) keep_background: bool,
}

/// A process that waits for its gate.
#[derive(Debug)]
pub(crate) struct Gated {
    pid: Pid,
    out: OwnedFd,
    err: OwnedFd,
    input: Input,
    bounds: Bounds,
    folder: PathBuf,
    process: ProcessRef,
    orders: Orders,
    opened: Arc<OnceLock<Instant>>,
}

/// What a process waits for.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Where the line goes; `None` where whoever watches the process writes it, because more has to follow.
    pipe: Option<OwnedFd>,
    opened: Arc<OnceLock<Instant>>,
}

/// What comes to whoever watches a process.
#[derive(Debug)]
pub(crate) struct Orders(OwnedFd);

impl Orders {
    /// The same orders for a second process, once the first one has ended.
    pub(crate) fn share(&self) -> std::io::Result<Orders> {
        self.0.try_clone().map(Orders)
    }
}

/// What begins and ends a process.
#[derive(Debug)]
pub(crate) struct Stopper {
    orders: OwnedFd,
    /// The gate was not opened yet.
    is_closed: bool,
}

/// The way from a driver to whoever watches a process.
pub(crate) fn orders() -> std::io::Result<(Orders, Stopper)> {
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    Ok((Orders(reader), Stopper { orders: writer, is_closed: true }))
}

impl Stopper {
    /// Opens the gate.
    pub(crate) fn open(&mut self, gate: Gate) {
        self.is_closed = false;
        gate.opened.get_or_init(Instant::now);
        match gate.pipe {
            // An error means that the process was killed at its gate, which its end will show.
            Some(pipe) => drop(rustix::io::write(pipe, b"\n")),
            None => self.send(b'o'),
        }
    }

    /// True as long as the gate is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// TERM, and KILL after the grace of the step.
    pub(crate) fn stop(&self) {
        self.send(b's');
    }

    /// KILL.
    pub(crate) fn kill(&self) {
        self.send(b'k');
    }

    fn send(&self, word: u8) {
        // An error means that the process has ended.
        let _ended = rustix::io::write(&self.orders, &[word]);
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Exited(i32),
    Signalled(i32),
    TimedOut,
    Stalled,
    /// As the driver asked.
    Stopped,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Exited(code) => write!(f, "exit code {code}"),
            Ending::Signalled(signal) => write!(f, "signal {signal}"),
            Ending::TimedOut => f.write_str("its timeout"),
            Ending::Stalled => f.write_str("no progress"),
            Ending::Stopped => f.write_str("an order to stop"),
        }
    }
}

/// A process of which nothing is left.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) ending: Ending,
    pub(crate) stdout: Captured,
    pub(crate) stderr: Captured,
    /// Its gate was opened.
    pub(crate) began: bool,
    /// Somebody outside the group held a pipe.
    pub(crate) leftovers: bool,
}

/// Starts a process that does nothing yet.
pub(crate) fn spawn(launch: Launch, orders: Orders) -> std::io::Result<(Gated, ProcessRef, Gate)> {
    let Launch { what, environment, workdir, folder, bounds } = launch;
    let Command { program, arguments, input } = command(what, &folder)?;
    let own = environment.own_texts()?;
    let variables: Vec<&CStr> = environment.open_texts().chain(own.iter().map(CString::as_c_str)).collect();
    let workdir = CString::new(workdir.into_os_string().into_encoded_bytes())?;
    let image = Image { program, arguments: &arguments, variables: &variables, workdir: &workdir };
    let before = Ticks::now();
    let Spawned { pid, input: pipe, out, err } = spawn::spawn(&image)?;
    let process = ProcessRef::begun_since(before, pid.as_raw_nonzero().get());
    let opened = Arc::default();
    let mut gate = Gate { pipe: Some(pipe), opened: Arc::clone(&opened) };
    let kept = if input.is_empty() { None } else { gate.pipe.take() };
    let input = Input::new(kept, input);
    Ok((
        Gated { pid, out, err, input, bounds, folder, process: process.clone(), orders, opened },
        process,
        gate,
    ))
}

/// What the system is asked to run, and what it gets to read.
struct Command {
    program: &'static CStr,
    arguments: Vec<CString>,
    input: Vec<u8>,
}

fn command(what: Program, folder: &Path) -> std::io::Result<Command> {
    match what {
        Program::Shell { shell, options, text } => {
            let mut arguments = vec![shell.to_owned()];
            arguments.extend(options.iter().map(|&option| option.to_owned()));
            let text = format!("{TOOL_GATE}{text}");
            if text.len() <= LONGEST_ARGUMENT {
                arguments.extend([c"-c".to_owned(), CString::new(text)?]);
            } else {
                let file = folder.join("command.sh");
                std::fs::write(&file, text)?;
                arguments.push(CString::new(file.into_os_string().into_encoded_bytes())?);
            }
            Ok(Command { program: shell, arguments, input: Vec::new() })
        }
        Program::Words { words, input } => {
            let mut arguments =
                vec![c"/bin/sh".to_owned(), c"-c".to_owned(), PROGRAM_GATE.to_owned(), c"sh".to_owned()];
            for word in words {
                arguments.push(CString::new(word)?);
            }
            Ok(Command { program: c"/bin/sh", arguments, input })
        }
    }
}

impl Gated {
    /// True when processes of its group may go on after its end.
    pub(crate) fn keeps_background(&self) -> bool {
        self.bounds.keep_background
    }

    /// Watches the process to its end, from the gate on.
    pub(crate) fn supervise(self, blobs: &Blobs, secrets: &Arc<Secrets>) -> std::io::Result<Finished> {
        let Gated { pid, out, err, input, bounds, folder, process, orders, opened } = self;
        let mut streams = Streams::new((out, err), input, &folder, secrets);
        let exit = exit_descriptor(pid);
        let mut watch = Watch::new(bounds, process.id(), opened);
        let mut orders = Some(orders);
        while !watch.is_over() {
            let is_ordered = streams.wait(
                orders.as_ref().map(|orders| orders.0.as_fd()),
                exit.as_ref().filter(|_| watch.status.is_none()),
                watch.patience(exit.is_some()),
            )?;
            if streams.read() {
                watch.progress = Instant::now();
            }
            if is_ordered {
                orders = orders.and_then(|orders| watch.obey(orders, &mut streams.input));
            }
            if watch.status.is_none() {
                watch.status = status(pid)?;
            }
            watch.act();
        }
        let drained_by = Instant::now() + DRAIN;
        streams.input.close();
        while streams.are_open() && Instant::now() < drained_by {
            streams.wait(None, None, Some(drained_by.saturating_duration_since(Instant::now())))?;
            streams.read();
        }
        let leftovers = streams.are_open();
        if watch.status.is_none() {
            // Killed and not gone after a second: only a process in the kernel's hands takes that long.
            watch.status = status(pid)?;
        }
        let (stdout, stderr) = streams.finish(blobs)?;
        Ok(Finished { ending: watch.ending(), began: watch.began().is_some(), stdout, stderr, leftovers })
    }
}

/// How a child ended, if it has.
fn status(pid: Pid) -> std::io::Result<Option<WaitStatus>> {
    Ok(waitpid(Some(pid), WaitOptions::NOHANG)?.map(|(_, status)| status))
}

/// Something that becomes readable when the process ends, where the system has it.
fn exit_descriptor(pid: Pid) -> Option<OwnedFd> {
    #[cfg(target_os = "linux")]
    return rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok();
    #[cfg(not(target_os = "linux"))]
    return Some(pid).and(None);
}

/// What is to become of a process, and when.
struct Watch {
    bounds: Bounds,
    group: Option<Pid>,
    spawned: Instant,
    /// When the gate was opened.
    opened: Arc<OnceLock<Instant>>,
    progress: Instant,
    cause: Option<Ending>,
    /// When TERM becomes KILL.
    kill_at: Option<Instant>,
    killed: Option<Instant>,
    status: Option<WaitStatus>,
    gone: bool,
}

impl Watch {
    fn new(bounds: Bounds, group: Option<Pid>, opened: Arc<OnceLock<Instant>>) -> Watch {
        let spawned = Instant::now();
        Watch {
            bounds,
            group,
            spawned,
            opened,
            progress: spawned,
            cause: None,
            kill_at: None,
            killed: None,
            status: None,
            gone: false,
        }
    }

    fn is_over(&self) -> bool {
        self.gone || self.killed.is_some_and(|killed| killed.elapsed() > DRAIN)
    }

    /// When the gate was opened.
    fn began(&self) -> Option<Instant> {
        self.opened.get().copied()
    }

    /// How long nothing has to be looked at.
    fn patience(&self, sees_exit: bool) -> Option<Duration> {
        let now = Instant::now();
        if self.status.is_some() || self.killed.is_some() || !sees_exit {
            return Some(LOOK);
        }
        // Before the gate is open this is too early, which costs one look more.
        let timeout = self.bounds.timeout.map(|timeout| self.began().unwrap_or(self.spawned) + timeout);
        let stall = self.bounds.stall.map(|stall| self.progress + stall);
        let next = match self.kill_at {
            Some(at) => Some(at),
            None => timeout.into_iter().chain(stall).min(),
        };
        next.map(|at| at.saturating_duration_since(now))
    }

    /// Does what the driver asks for. Gives the way to it back while more can come.
    fn obey(&mut self, orders: Orders, input: &mut Input) -> Option<Orders> {
        let mut words = [0_u8; 16];
        let count = rustix::io::read(&orders.0, &mut words).unwrap_or(0);
        let words = words.get(..count).unwrap_or_default();
        if words.is_empty() {
            // A driver that is gone gives no orders. What is behind its gate leaves; what is not goes on, and a later
            // driver finds it by its record.
            if self.began().is_none() {
                self.cause.get_or_insert(Ending::Stopped);
                input.close();
            }
            return None;
        }
        let is_stop = |word: &u8| matches!(word, b's' | b'k');
        if words.iter().any(is_stop) {
            if self.status.is_none() {
                self.cause.get_or_insert(Ending::Stopped);
            }
            if words.contains(&b'k') {
                self.kill();
            } else {
                self.terminate();
            }
        } else if self.cause.is_none() {
            input.open();
        }
        Some(orders)
    }

    fn act(&mut self) {
        let now = Instant::now();
        if self.status.is_some() {
            self.end_group();
        } else if self.cause.is_none() {
            let began = self.began();
            let late = |since: Option<Instant>, limit: Option<Duration>| {
                since.zip(limit).is_some_and(|(since, limit)| now >= since + limit)
            };
            if late(began, self.bounds.timeout) {
                self.cause = Some(Ending::TimedOut);
                self.terminate();
            } else if late(began.map(|began| began.max(self.progress)), self.bounds.stall) {
                self.cause = Some(Ending::Stalled);
                self.terminate();
            }
        }
        if self.kill_at.is_some_and(|at| now >= at) {
            self.kill();
        }
    }

    /// The leader has ended: so does the rest of its group.
    fn end_group(&mut self) {
        let stays = self.bounds.keep_background && self.cause.is_none();
        let Some(group) = self.group.filter(|_| !stays) else {
            self.gone = true;
            return;
        };
        if test_kill_process_group(group).is_err() {
            self.gone = true;
        } else if self.kill_at.is_none() && self.killed.is_none() {
            self.terminate();
        }
    }

    fn terminate(&mut self) {
        if self.killed.is_some() || self.kill_at.is_some() {
            return;
        }
        self.kill_at = Some(Instant::now() + self.bounds.grace);
        self.signal(Signal::TERM);
        // A stopped process does not see TERM before it goes on.
        self.signal(Signal::CONT);
    }

    fn kill(&mut self) {
        self.kill_at = None;
        self.killed.get_or_insert_with(Instant::now);
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // An error means that the group is gone.
            let _gone = kill_process_group(group, signal);
        }
    }

    fn ending(&self) -> Ending {
        if let Some(cause) = self.cause {
            return cause;
        }
        let code = self.status.and_then(|status| status.exit_status()).map(Ending::Exited);
        let signal = self.status.and_then(|status| status.terminating_signal()).map(Ending::Signalled);
        code.or(signal).unwrap_or(Ending::Signalled(0))
    }
}
