//! The status file of an attempt (section 3.4), read once after its process group has ended.

use std::borrow::Cow;
use std::path::Path;

use dotwright_engine::run::{Report, Updates, Verdict};
use dotwright_model::Outcome;
use serde::Deserialize;
use serde_json::Value;

use crate::blobs::Blobs;
use crate::capture::{SHORT, shortened};
use crate::redaction::Secrets;

/// A status file may be this long.
const LONGEST: u64 = 1 << 20;

/// What a status file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) verdict: Verdict,
    pub(crate) usage: Option<Usage>,
}

/// What a step says it used, for backends that know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Usage {
    pub(crate) tokens: u64,
    pub(crate) micro_usd: Option<u64>,
}

/// Only the outcome is required; a field that is `null` is a field that is not there.
#[derive(Deserialize)]
struct Written {
    outcome: String,
    preferred_label: Option<String>,
    suggested_next_ids: Option<Vec<String>>,
    context_updates: Option<serde_json::Map<String, Value>>,
    notes: Option<String>,
    failure_reason: Option<String>,
    #[serde(default)]
    usage: Option<WrittenUsage>,
}

#[derive(Deserialize)]
struct WrittenUsage {
    #[serde(default)]
    tokens: u64,
    cost_usd: Option<serde_json::Number>,
}

/// Reads the file of an attempt, and takes secrets out of it.
pub(crate) fn read(path: &Path, secrets: &Secrets) -> Status {
    let absent = Status { verdict: Verdict::Absent, usage: None };
    // A link would lead out of the folder of the attempt.
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return absent,
        Err(error) => return invalid(format!("the status file cannot be read: {error}")),
    };
    if !found.is_file() || found.len() > LONGEST {
        return invalid("the status file is no file of at most 1 MiB".to_owned());
    }
    match std::fs::read(path) {
        Ok(bytes) => match std::str::from_utf8(&bytes).map(|text| secrets.redact(text)) {
            Ok(Cow::Owned(clean)) => match std::fs::write(path, &clean) {
                Ok(()) => parse(clean.as_bytes()),
                Err(error) => invalid(format!("a secret cannot be taken out of the status file: {error}")),
            },
            Ok(Cow::Borrowed(_)) | Err(_) => parse(&bytes),
        },
        Err(error) => invalid(format!("the status file cannot be read: {error}")),
    }
}

fn invalid(what: String) -> Status {
    Status { verdict: Verdict::Invalid(what), usage: None }
}

fn parse(bytes: &[u8]) -> Status {
    let written: Written = match serde_json::from_slice(bytes) {
        Ok(written) => written,
        Err(error) => return invalid(format!("the status file is no valid status: {error}")),
    };
    let Some(outcome) = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == written.outcome) else {
        return invalid(format!("the status file says `{}`, which is no outcome", written.outcome));
    };
    let usage = written.usage.map(|usage| Usage {
        tokens: usage.tokens,
        micro_usd: usage.cost_usd.and_then(|cost| dotwright_engine::run::micro_usd(&cost.to_string())),
    });
    let report = Report {
        outcome,
        preferred_label: written.preferred_label.unwrap_or_default(),
        suggested_next_ids: written.suggested_next_ids.unwrap_or_default(),
        context_updates: updates(written.context_updates.unwrap_or_default()),
        notes: written.notes.unwrap_or_default(),
        failure_reason: written.failure_reason.unwrap_or_default(),
    };
    Status { verdict: Verdict::Given(report), usage }
}

/// Updates as the engine takes them: texts, other values as their compact JSON, `null` to remove.
pub(crate) fn updates(map: serde_json::Map<String, Value>) -> Updates {
    let text = |value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Some(other.to_string())
        }
    };
    map.into_iter().map(|(key, value)| (key, text(value))).collect()
}

/// Keeps values that are too long for the context as blobs, and shortens them like the output of a tool (section 19).
pub(crate) fn shorten(updates: &mut Updates, blobs: &Blobs) -> std::io::Result<()> {
    for value in updates.iter_mut().filter_map(|(_, value)| value.as_mut()) {
        if value.len() > SHORT {
            blobs.put(value.as_bytes())?;
            *value = shortened(value.as_bytes());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn given(text: &str) -> Report {
        match parse(text.as_bytes()).verdict {
            Verdict::Given(report) => report,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn refused(text: &str) {
        assert!(matches!(parse(text.as_bytes()).verdict, Verdict::Invalid(_)), "{text}");
    }

    #[test]
    fn only_the_outcome_is_required() {
        assert_eq!(given(r#"{"outcome": "retry"}"#).outcome, Outcome::Retry);
        let null =
            r#"{"outcome":"retry","preferred_label":null,"context_updates":null,"suggested_next_ids":null}"#;
        assert_eq!(given(null), given(r#"{"outcome": "retry"}"#));
    }

    #[test]
    fn values_that_are_no_texts_come_as_json() {
        let report = given(r#"{"outcome":"success","context_updates":{"a":1,"b":null,"c":[1, 2],"d":"x"}}"#);
        let expected = [("a", Some("1")), ("b", None), ("c", Some("[1,2]")), ("d", Some("x"))];
        let expected: Updates =
            expected.into_iter().map(|(key, value)| (key.to_owned(), value.map(str::to_owned))).collect();
        assert_eq!(report.context_updates, expected);
    }

    #[test]
    fn a_long_value_is_shortened_and_kept_whole_as_a_blob() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(folder.path().to_owned());
        let whole = "x".repeat(SHORT + 1);
        let short = "y".repeat(SHORT);
        let mut updates: Updates =
            vec![("long".to_owned(), Some(whole.clone())), ("short".to_owned(), Some(short.clone()))];
        shorten(&mut updates, &blobs).unwrap();
        let long = updates[0].1.clone().unwrap();
        assert!(
            long.starts_with("xx") && long.ends_with("xx") && long.contains("[1 bytes left out]"),
            "{long}"
        );
        assert_eq!(updates[1].1, Some(short));
        let kept: Vec<Vec<u8>> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect();
        assert_eq!(kept, [whole.as_bytes()]);
    }

    #[test]
    fn anything_else_is_invalid() {
        refused("");
        refused("[]");
        refused("success");
        refused(r#"{"outcome":"succeeded"}"#);
        refused(r#"{"status":"success"}"#);
        refused(r#"{"outcome":"success","preferred_label":3}"#);
    }
}
