//! Event logs that a test rewrites, so that only what they say is wrong.

#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use serde_json::Value;
use sha2::Digest;

/// The lines of a log after an edit of each, sealed again: with good lengths, checksums and chain.
///
/// # Panics
/// When it is no log.
pub fn sealed(text: &str, edit: impl Fn(&mut Value)) -> String {
    let mut prev = String::new();
    let mut lines = String::new();
    for line in text.lines() {
        let (body, _) = line.rsplit_once(",\"len\":").unwrap();
        let mut record: Value = serde_json::from_str(&format!("{body}}}")).unwrap();
        edit(&mut record);
        record["prev"] = prev.into();
        let mut body = record.to_string();
        body.pop();
        let line =
            format!("{body},\"len\":{},\"crc\":\"{:08x}\"}}", body.len(), crc32fast::hash(body.as_bytes()));
        prev = sha2::Sha256::digest(line.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}
