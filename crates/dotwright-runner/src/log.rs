//! The event log: append-only, one batch and one `fdatasync` for a step of the engine (section 20.2).

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::RunError;
use crate::folder::RunFolder;
use crate::record::{Line, Place, Record};

/// The log of a run that is being written.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    run: String,
    /// Records that are not on disk.
    batch: Vec<u8>,
    seq: u64,
    prev: String,
}

impl Log {
    /// The log of a new run.
    pub(crate) fn create(folder: &RunFolder) -> Result<Log, RunError> {
        Log::open(folder, 0, String::new(), 0)
    }

    /// A log to go on with behind `length` good bytes.
    pub(crate) fn open(folder: &RunFolder, seq: u64, prev: String, length: u64) -> Result<Log, RunError> {
        let path = folder.log();
        let mut options = File::options();
        let file = options.create(true).append(true).open(&path).map_err(RunError::io("open", &path))?;
        let longer = file.metadata().is_ok_and(|found| found.len() > length);
        if longer {
            file.set_len(length).map_err(RunError::io("cut", &path))?;
        }
        if seq == 0 {
            // The name of a new log has to be as durable as what is in it.
            let parent = File::open(&folder.path).and_then(|parent| parent.sync_all());
            parent.map_err(RunError::io("write", &folder.path))?;
        }
        Ok(Log { path, file, run: folder.id.clone(), batch: Vec::new(), seq, prev })
    }

    /// Adds a record to the batch.
    pub(crate) fn append(
        &mut self,
        line: &Line<'_>,
        generation: u32,
        branch: &str,
        node: &str,
        ts: &str,
    ) -> Result<(), RunError> {
        let seq = self.seq + 1;
        let place = Place { seq, ts, run: &self.run, generation, branch, node, prev: &self.prev };
        let written = line.write(&place, &mut self.batch).map_err(std::io::Error::other);
        self.prev = written.map_err(RunError::io("write", &self.path))?;
        self.seq = seq;
        Ok(())
    }

    /// What the batch holds.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.batch
    }

    /// The number of the last record.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// The digest of the last record.
    pub(crate) fn digest(&self) -> &str {
        &self.prev
    }

    /// Puts the batch on disk.
    pub(crate) fn commit(&mut self) -> Result<(), RunError> {
        let batch = self.take_batch();
        self.write(&batch)?;
        self.give_back(batch);
        Ok(())
    }

    /// The records that are not on disk, to be written by [`Log::write`].
    pub(crate) fn take_batch(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.batch)
    }

    /// The memory of a batch that is on disk, for the next one.
    pub(crate) fn give_back(&mut self, mut batch: Vec<u8>) {
        batch.clear();
        self.batch = batch;
    }

    /// Puts a batch on disk.
    pub(crate) fn write(&mut self, batch: &[u8]) -> Result<(), RunError> {
        if batch.is_empty() {
            return Ok(());
        }
        let written = self.file.write_all(batch).and_then(|()| self.file.sync_data());
        written.map_err(RunError::io("write", &self.path))?;
        // What is written to a log without a name is lost.
        if self.file.metadata().is_ok_and(|found| found.nlink() == 0) {
            return Err(RunError::Removed(self.path.clone()));
        }
        Ok(())
    }
}

/// The records of a log and where it stops being good.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) records: Vec<Record>,
    /// Bytes of whole, good records.
    pub(crate) length: u64,
    /// Bytes behind them: a torn tail.
    pub(crate) torn: u64,
    /// What is wrong with the record behind them, if that is no torn tail.
    damage: Option<String>,
}

impl Contents {
    /// The damage that the log has, as an error.
    pub(crate) fn damage(&self, path: &Path) -> Option<RunError> {
        let seq = self.records.len() as u64 + 1;
        let why = self.damage.clone()?;
        Some(RunError::Damaged { path: path.to_owned(), seq, offset: self.length, why })
    }
}

/// Reads a log that has to be whole.
pub(crate) fn read_whole(path: &Path) -> Result<Contents, RunError> {
    let contents = read(path)?;
    contents.damage(path).map_or(Ok(contents), Err)
}

/// Reads a log up to its first bad record. That is a torn tail if nothing follows it, and damage otherwise.
pub(crate) fn read(path: &Path) -> Result<Contents, RunError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(RunError::io("read", path)(error)),
    };
    let mut contents = Contents::default();
    let mut prev = String::new();
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let seq = contents.records.len() as u64 + 1;
        let end = rest.iter().position(|&byte| byte == b'\n');
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let behind = rest.get(end.map_or(rest.len(), |end| end + 1)..).unwrap_or_default();
        match (end, Record::read(line, seq, &prev)) {
            (Some(_), Ok(record)) => {
                prev.clone_from(&record.digest);
                contents.length += line.len() as u64 + 1;
                contents.records.push(record);
            }
            (_, Err(why)) if !behind.is_empty() => {
                contents.damage = Some(why);
                break;
            }
            (None, Ok(_)) | (_, Err(_)) => contents.torn = rest.len() as u64,
        }
        rest = behind;
    }
    Ok(contents)
}
