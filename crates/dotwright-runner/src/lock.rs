//! One runner for one run: a lock that the operating system drops with its owner, and who the owner is.

use std::fs::File;
use std::io::Write;

use rustix::fs::{FlockOperation, flock};

use crate::error::RunError;
use crate::folder::RunFolder;
use crate::platform::ProcessRef;

/// The right to append to the log of a run. Files are opened close-on-exec, so no step inherits it.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, also from a runner that died.
    pub(crate) fn take(folder: &RunFolder) -> Result<Lock, RunError> {
        let path = folder.lock();
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(RunError::io("open", &path))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(RunError::Held {
                run: folder.id.clone(),
                pid: owner(folder).map_or(0, |own| own.pid),
            });
        }
        let own = serde_json::to_vec(&ProcessRef::own()).unwrap_or_default();
        let written = file.set_len(0).and_then(|()| file.write_all(&own));
        written.map_err(RunError::io("write", &path))?;
        Ok(Lock { _file: file })
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
