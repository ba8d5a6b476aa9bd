//! What a step writes: all of it as a blob, a shortened text for the context, and its last line (section 15).

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use crate::blobs::{Blobs, Hasher};
use crate::redaction::{Filter, Secrets};

/// Bytes kept in memory; what is longer goes to a file.
const IN_MEMORY: usize = 1 << 20;
/// Bytes kept of one stream.
const KEPT: u64 = 256 << 20;
/// A text up to this length is handed to the context as it is.
pub(crate) const SHORT: usize = 64 << 10;
/// What is shown of each end of a longer one.
const END: usize = 32 << 10;

/// A stream that is being read.
#[derive(Debug)]
pub(crate) struct Capture {
    total: u64,
    /// The beginning, all of it as long as there is no file.
    memory: Vec<u8>,
    /// At least the last [`END`] bytes, once there is a file.
    tail: Vec<u8>,
    spill: PathBuf,
    file: Option<(File, Hasher)>,
    last: LastLine,
    /// Why not all of it could be kept.
    failed: Option<std::io::Error>,
    filter: Filter,
    /// What the filter lets through, kept for its memory.
    clean: Vec<u8>,
}

/// A stream that ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Captured {
    /// Shortened for the context.
    pub(crate) text: String,
    /// The last line with something on it.
    pub(crate) last_line: String,
    /// The digest of the full text.
    pub(crate) blob: String,
    /// True when the stream was not empty.
    pub(crate) any: bool,
}

impl Capture {
    /// A stream whose overflow may be written to `spill`, and from which secrets are taken out.
    pub(crate) fn new(spill: PathBuf, secrets: Arc<Secrets>) -> Capture {
        Capture {
            total: 0,
            memory: Vec::new(),
            tail: Vec::new(),
            spill,
            file: None,
            last: LastLine::default(),
            failed: None,
            filter: Filter::new(secrets),
            clean: Vec::new(),
        }
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let mut clean = std::mem::take(&mut self.clean);
        clean.clear();
        self.filter.push(bytes, &mut clean);
        self.keep(&clean);
        self.clean = clean;
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.last.push(bytes);
        let before = self.total;
        self.total += bytes.len() as u64;
        if self.file.is_none() && self.memory.len() + bytes.len() <= IN_MEMORY {
            return self.memory.extend_from_slice(bytes);
        }
        if self.file.is_none() && self.failed.is_none() {
            self.failed = self.spill_memory().err();
        }
        let room = usize::try_from(KEPT.saturating_sub(before)).unwrap_or(usize::MAX);
        let kept = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        if let Some((file, hasher)) = self.file.as_mut().filter(|_| self.failed.is_none()) {
            self.failed = file.write_all(kept).and_then(|()| hasher.write_all(kept)).err();
        }
        self.tail.extend_from_slice(bytes);
        let surplus = self.tail.len().saturating_sub(END);
        if surplus > END {
            self.tail.drain(..surplus);
        }
    }

    fn spill_memory(&mut self) -> std::io::Result<()> {
        let mut file = File::create(&self.spill)?;
        let mut hasher = Hasher::default();
        file.write_all(&self.memory)?;
        hasher.write_all(&self.memory)?;
        self.tail = self.memory.split_off(self.memory.len().saturating_sub(END));
        self.memory.extend_from_within(..0);
        self.memory.extend_from_slice(&self.tail);
        self.file = Some((file, hasher));
        Ok(())
    }

    /// Stores what was read.
    pub(crate) fn finish(mut self, blobs: &Blobs) -> std::io::Result<Captured> {
        let mut rest = Vec::new();
        self.filter.finish(&mut rest);
        self.keep(&rest);
        if let Some(error) = self.failed {
            return Err(error);
        }
        let any = self.total > 0;
        let last_line = self.last.finish();
        let Some((mut file, mut hasher)) = self.file.take() else {
            let blob = blobs.put(&self.memory)?;
            return Ok(Captured { text: shortened(&self.memory), last_line, blob, any });
        };
        if self.total > KEPT {
            let left_out = self.total - KEPT;
            let marker = format!("\n[{left_out} bytes left out, the end follows]\n");
            let end = self.tail.get(self.tail.len().saturating_sub(END)..).unwrap_or_default();
            for part in [marker.as_bytes(), end] {
                file.write_all(part)?;
                hasher.write_all(part)?;
            }
        }
        file.sync_data()?;
        let blob = hasher.digest();
        blobs.adopt(&blob, &self.spill)?;
        let head = self.memory.get(..END).unwrap_or(&self.memory);
        let text = joined(head, trimmed(&self.tail), self.total);
        Ok(Captured { text, last_line, blob, any })
    }
}

/// A text for the context: trailing line breaks removed, and a long one without its middle.
pub(crate) fn shortened(bytes: &[u8]) -> String {
    let bytes = trimmed(bytes);
    if bytes.len() <= SHORT {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    joined(bytes.get(..END).unwrap_or_default(), bytes, bytes.len() as u64)
}

/// The first and last `limit / 2` bytes of a text that is longer than `limit`.
pub(crate) fn ends_of(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let head = text.get(..text.floor_char_boundary(limit / 2)).unwrap_or_default();
    let tail = text.get(text.ceil_char_boundary(text.len() - limit / 2)..).unwrap_or_default();
    let left_out = text.len() - head.len() - tail.len();
    format!("{head}\n[{left_out} bytes left out]\n{tail}")
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte != b'\n' && byte != b'\r').map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

/// Both ends of a long text around a marker, cut at borders of characters.
fn joined(head: &[u8], rest: &[u8], total: u64) -> String {
    let mut head_end = head.len();
    while head_end > 0 && head.len() - head_end < 3 && is_inside_character(head, head_end) {
        head_end -= 1;
    }
    let head = head.get(..head_end).unwrap_or_default();
    let mut from = rest.len().saturating_sub(END);
    while rest.get(from).is_some_and(|&byte| byte & 0b1100_0000 == 0b1000_0000) && from + 3 > rest.len() - END
    {
        from += 1;
        if from >= rest.len() {
            break;
        }
    }
    let tail = rest.get(from..).unwrap_or_default();
    let left_out = total.saturating_sub((head.len() + tail.len()) as u64);
    let head = String::from_utf8_lossy(head);
    let tail = String::from_utf8_lossy(tail);
    format!("{head}\n[{left_out} bytes left out]\n{tail}")
}

/// True when the bytes before `end` begin a character that they do not complete.
fn is_inside_character(bytes: &[u8], end: usize) -> bool {
    let before = bytes.get(..end).unwrap_or_default();
    match std::str::from_utf8(before.get(before.len().saturating_sub(4)..).unwrap_or_default()) {
        Ok(_) => false,
        Err(error) => error.error_len().is_none(),
    }
}

/// The last line with something on it, while more may come.
#[derive(Debug, Default)]
struct LastLine {
    current: Vec<u8>,
    last: Vec<u8>,
}

impl LastLine {
    fn push(&mut self, bytes: &[u8]) {
        // Of the complete lines in a piece only the last one with something on it can matter.
        let Some(end) = bytes.iter().rposition(|&byte| byte == b'\n') else { return self.extend(bytes) };
        let (complete, open) = bytes.split_at_checked(end + 1).unwrap_or((bytes, &[]));
        let mut lines = complete.split(|&byte| byte == b'\n');
        let first = lines.next().unwrap_or_default();
        self.extend(first);
        let finished = std::mem::take(&mut self.current);
        let blank = |line: &[u8]| line.iter().all(u8::is_ascii_whitespace);
        if !blank(&finished) {
            self.last = finished;
        }
        if let Some(line) = lines.rfind(|line| !blank(line)) {
            self.last.clear();
            self.last.extend_from_slice(line.get(..SHORT).unwrap_or(line));
        }
        self.extend(open);
    }

    fn extend(&mut self, bytes: &[u8]) {
        let room = SHORT.saturating_sub(self.current.len()).min(bytes.len());
        self.current.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }

    fn finish(&mut self) -> String {
        let current = String::from_utf8_lossy(&self.current);
        let line = if current.trim().is_empty() { String::from_utf8_lossy(&self.last) } else { current };
        line.trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pieces: &[&[u8]], text: &str, last_line: &str) {
        let folder = tempfile::tempdir().unwrap();
        let mut capture = Capture::new(folder.path().join("spill"), Arc::default());
        for piece in pieces {
            capture.push(piece);
        }
        let captured = capture.finish(&Blobs::new(folder.path().to_owned())).unwrap();
        assert_eq!(captured.text, text);
        assert_eq!(captured.last_line, last_line);
    }

    #[test]
    fn trailing_line_breaks_go() {
        check(&[b"a\nb\r\n\n"], "a\nb", "b");
        check(&[], "", "");
        check(&[b"\n \n"], "\n ", "");
    }

    #[test]
    fn the_last_line_may_come_in_pieces() {
        check(&[b"one\ntw", b"o", b"\n\n"], "one\ntwo", "two");
        check(&[b"one\ntwo", b" three"], "one\ntwo three", "two three");
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        check(&[b"a\xffb"], "a\u{fffd}b", "a\u{fffd}b");
    }

    #[test]
    fn a_long_text_keeps_both_ends_and_whole_characters() {
        let long = "é".repeat(100_000);
        let short = shortened(long.as_bytes());
        assert!(short.len() < SHORT + 100 && !short.contains('\u{fffd}'), "{}", short.len());
        assert!(short.contains("bytes left out"));
    }

    #[test]
    fn what_does_not_fit_in_memory_is_in_the_blob() {
        let folder = tempfile::tempdir().unwrap();
        let mut capture = Capture::new(folder.path().join("spill"), Arc::default());
        let mut whole = Vec::new();
        for line in 0..300_000 {
            let line = format!("row {line}\n");
            capture.push(line.as_bytes());
            whole.extend_from_slice(line.as_bytes());
        }
        let captured = capture.finish(&Blobs::new(folder.path().to_owned())).unwrap();
        assert_eq!(std::fs::read(folder.path().join(&captured.blob)).unwrap(), whole);
        assert_eq!(captured.last_line, "row 299999");
        assert!(captured.text.starts_with("row 0\nrow 1\n") && captured.text.ends_with("row 299999"));
        assert_eq!(Blobs::new(folder.path().to_owned()).put(&whole).unwrap(), captured.blob);
    }
}
