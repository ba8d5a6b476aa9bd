//! One runner for one run: a lock that the operating system drops with its owner, and who the owner is.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use crate::error::RunError;
use crate::folder::RunFolder;
use crate::platform::ProcessRef;

/// The right to append to the log of a run. Files are opened close-on-exec, so no step inherits it.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

/// How long a lock is tried that somebody seems to have. A process of this program that is between `fork` and `exec`
/// has it for an instant, and so has a reader that asks who has it.
const PATIENCE: Duration = Duration::from_millis(500);

impl Lock {
    /// Takes the lock, also from a runner that died.
    pub(crate) fn take(folder: &RunFolder) -> Result<Lock, RunError> {
        let path = folder.lock();
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(RunError::io("open", &path))?;
        let until = Instant::now() + PATIENCE;
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            if Instant::now() < until {
                std::thread::sleep(Duration::from_millis(10));
                continue;
            }
            return Err(RunError::Held {
                run: folder.id.clone(),
                pid: owner(folder).map_or(0, |own| own.pid),
            });
        }
        let own = serde_json::to_vec(&ProcessRef::own()).unwrap_or_default();
        let written = file.set_len(0).and_then(|()| file.write_all(&own));
        written.map_err(RunError::io("write", &path))?;
        Ok(Lock { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Said aloud, so that it does not outlive us in a process that is about to begin. An error leaves it to the
        // operating system.
        let _left = flock(&self.file, FlockOperation::Unlock);
    }
}

/// The runner that has the run now, if one lives.
pub(crate) fn holder(folder: &RunFolder) -> Option<ProcessRef> {
    let file = File::open(folder.lock()).ok()?;
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => None,
        Err(_) => owner(folder),
    }
}

fn owner(folder: &RunFolder) -> Option<ProcessRef> {
    serde_json::from_slice(&std::fs::read(folder.lock()).ok()?).ok()
}
