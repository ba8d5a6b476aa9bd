//! The pipes of a process: both outputs are read all the time, and its input is written as it takes it, in one thread.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, poll};

use crate::blobs::Blobs;
use crate::capture::{Capture, Captured};
use crate::redaction::Secrets;

/// Bytes that are read at once of a step that writes little, so that little memory comes and goes with it.
const SMALL_BUFFER: usize = 4 << 10;
/// The same of any other: what a pipe holds.
const BUFFER: usize = 64 << 10;

/// Which pipe a descriptor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pipe {
    Out,
    Err,
    Input,
    Orders,
    Exit,
}

/// The three pipes of a process.
pub(crate) struct Streams {
    out: Stream,
    err: Stream,
    pub(crate) input: Input,
    buffer: Vec<u8>,
}

struct Stream {
    pipe: Option<OwnedFd>,
    ready: bool,
    capture: Capture,
}

/// What a process gets to read: a line that opens its gate, and then the rest.
#[derive(Debug)]
pub(crate) struct Input {
    /// The pipe before the gate is open.
    gate: Option<OwnedFd>,
    pipe: Option<OwnedFd>,
    rest: Vec<u8>,
    sent: usize,
}

impl Stream {
    fn new(pipe: OwnedFd, spill: PathBuf, secrets: &Arc<Secrets>) -> Stream {
        Stream { pipe: Some(pipe), ready: false, capture: Capture::new(spill, Arc::clone(secrets)) }
    }

    /// Reads what is there. True when it was something.
    fn read(&mut self, buffer: &mut Vec<u8>) -> bool {
        if !std::mem::take(&mut self.ready) {
            return false;
        }
        buffer.clear();
        match self.pipe.as_ref().map(|pipe| rustix::io::read(pipe, spare_capacity(buffer))) {
            Some(Ok(0) | Err(_)) | None => {
                self.pipe = None;
                false
            }
            Some(Ok(_)) => {
                self.capture.push(buffer);
                if buffer.len() == buffer.capacity() {
                    buffer.clear();
                    buffer.reserve(BUFFER);
                }
                true
            }
        }
    }
}

impl Input {
    /// The gate is `None` where somebody else opens it.
    pub(crate) fn new(gate: Option<OwnedFd>, rest: Vec<u8>) -> Input {
        Input { gate, pipe: None, rest, sent: 0 }
    }

    /// Lets the process begin.
    pub(crate) fn open(&mut self) {
        let Some(pipe) = self.gate.take() else { return };
        // An error means that the process was killed at its gate, which its end will show.
        let _killed = rustix::io::write(&pipe, b"\n");
        self.pipe = Some(pipe).filter(|_| !self.rest.is_empty());
    }

    pub(crate) fn close(&mut self) {
        self.gate = None;
        self.pipe = None;
    }

    /// Writes no more than a pipe takes at once, so that it cannot block.
    fn write(&mut self) {
        let Some(pipe) = &self.pipe else { return };
        let rest = self.rest.get(self.sent..).unwrap_or_default();
        let piece = rest.get(..rest.len().min(4096)).unwrap_or_default();
        match rustix::io::write(pipe, piece) {
            Ok(count) if self.sent + count < self.rest.len() => self.sent += count,
            // It is all there, or the program does not want more.
            Ok(_) | Err(_) => self.pipe = None,
        }
    }
}

impl Streams {
    /// Our ends of the pipes of a process, whose output goes to files of this folder when there is much of it.
    pub(crate) fn new(
        (out, err): (OwnedFd, OwnedFd),
        input: Input,
        folder: &Path,
        secrets: &Arc<Secrets>,
    ) -> Streams {
        let stream = |pipe, name| Stream::new(pipe, folder.join(name), secrets);
        Streams {
            out: stream(out, "stdout.part"),
            err: stream(err, "stderr.part"),
            input,
            buffer: Vec::with_capacity(SMALL_BUFFER),
        }
    }

    /// What was read of both.
    pub(crate) fn finish(self, blobs: &Blobs) -> std::io::Result<(Captured, Captured)> {
        Ok((self.out.capture.finish(blobs)?, self.err.capture.finish(blobs)?))
    }

    /// Whether anybody can still write.
    pub(crate) fn are_open(&self) -> bool {
        self.out.pipe.is_some() || self.err.pipe.is_some()
    }

    /// Waits until something can be read or written, or `patience` is over. True when there are orders.
    pub(crate) fn wait(
        &mut self,
        orders: Option<BorrowedFd<'_>>,
        exit: Option<&OwnedFd>,
        patience: Option<Duration>,
    ) -> std::io::Result<bool> {
        let flags = |name| if name == Pipe::Input { PollFlags::OUT } else { PollFlags::IN };
        let pipes = [
            (Pipe::Out, self.out.pipe.as_ref().map(AsFd::as_fd)),
            (Pipe::Err, self.err.pipe.as_ref().map(AsFd::as_fd)),
            (Pipe::Input, self.input.pipe.as_ref().map(AsFd::as_fd)),
            (Pipe::Orders, orders),
            (Pipe::Exit, exit.map(AsFd::as_fd)),
        ];
        let open: Vec<_> = pipes.into_iter().filter_map(|(name, fd)| Some((name, fd?))).collect();
        let mut fds: Vec<PollFd<'_>> =
            open.iter().map(|&(name, fd)| PollFd::from_borrowed_fd(fd, flags(name))).collect();
        let limit = patience.and_then(|patience| rustix::event::Timespec::try_from(patience).ok());
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let ready: Vec<Pipe> = open
            .iter()
            .zip(&fds)
            .filter(|(_, fd)| !fd.revents().is_empty())
            .map(|(&(name, _), _)| name)
            .collect();
        let mut is_ordered = false;
        for name in ready {
            match name {
                Pipe::Out => self.out.ready = true,
                Pipe::Err => self.err.ready = true,
                Pipe::Input => self.input.write(),
                Pipe::Orders => is_ordered = true,
                Pipe::Exit => {}
            }
        }
        Ok(is_ordered)
    }

    /// Reads what is there. True when it was something.
    pub(crate) fn read(&mut self) -> bool {
        let out = self.out.read(&mut self.buffer);
        let err = self.err.read(&mut self.buffer);
        out || err
    }
}
