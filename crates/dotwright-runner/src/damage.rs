//! Takes a log up again that is damaged in its middle, when a person says so (section 20.2). What is cut off is kept: the
//! whole log as it was lies beside the new one.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::error::RunError;
use crate::folder::{Root, RunFolder};
use crate::history::{History, fold};
use crate::lock::Lock;
use crate::log;
use crate::platform::nonce;
use crate::record::{Entry, Line, Note, Place, Record};

/// Cuts the log of a run before its first damaged record, and before the first decision that the engine does not make.
/// Gives the warning that the log now ends with; `None` when there was no damage.
///
/// # Errors
/// When a live runner has the run, the damage leaves nothing to go on from, or the disk says no.
pub fn accept_damage(root: &Root, id: &str) -> Result<Option<String>, RunError> {
    let folder = root.open(id)?;
    let _lock = Lock::take(&folder)?;
    let path = folder.log();
    let contents = log::read(&path)?;
    let damage = match contents.damage(&path) {
        Some(damage) => Err(damage),
        None => {
            let history = History::of(folder.clone(), contents.records.clone())?;
            fold(&folder, &history.plan()?, &history.records).map(drop)
        }
    };
    let (seq, offset, why) = match damage {
        Err(RunError::Damaged { seq, offset, why, .. }) => (seq, offset, why),
        Err(error) => return Err(error),
        Ok(()) => return Ok(None),
    };
    let kept = || contents.records.iter().take_while(|record| record.seq < seq);
    if !kept().any(|record| matches!(record.entry, Entry::Fact(_))) {
        return Err(RunError::NothingLeft { path, seq });
    }
    let aside = aside(&folder, seq);
    let copied = std::fs::copy(&path, &aside).and_then(|_| File::open(&aside)?.sync_all());
    copied.map_err(RunError::io("write", &aside))?;
    let name = aside.file_name().unwrap_or_default().display().to_string();
    let text = format!("record {seq} at byte {offset} was damaged: {why}; the log as it was is `{name}`");
    let good = good(&folder, kept().last(), offset, &text);
    good.and_then(|bytes| replace(&folder, &path, &bytes)).map_err(RunError::io("write", &path))?;
    Ok(Some(text))
}

fn aside(folder: &RunFolder, seq: u64) -> std::path::PathBuf {
    let plain = folder.path.join(format!("events.damaged-{seq}.jsonl"));
    if plain.exists() { folder.path.join(format!("events.damaged-{seq}-{}.jsonl", nonce())) } else { plain }
}

/// The records before the damage, and one more that says what happened.
fn good(folder: &RunFolder, last: Option<&Record>, offset: u64, warning: &str) -> std::io::Result<Vec<u8>> {
    let mut bytes = std::fs::read(folder.log())?;
    bytes.truncate(usize::try_from(offset).unwrap_or(usize::MAX));
    let place = Place {
        seq: last.map_or(0, |record| record.seq) + 1,
        ts: &jiff::Timestamp::now().to_string(),
        run: &folder.id,
        generation: last.map_or(0, |record| record.generation),
        branch: "",
        node: "",
        prev: last.map_or("", |record| &record.digest),
    };
    let note = Note::Warning { text: warning.to_owned() };
    Line::Note(&note).write(&place, &mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}

/// Puts a new log in the place of the old one, durably.
fn replace(folder: &RunFolder, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let fresh = path.with_extension(nonce());
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    File::open(&folder.path)?.sync_all()
}
