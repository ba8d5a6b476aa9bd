//! Why a configuration file cannot be used, with the exact place.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use dotwright_diagnostics::{TextRange, did_you_mean};

/// A configuration file that cannot be used.
#[derive(Debug)]
pub enum ConfigError {
    /// It cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Something in it is wrong.
    Content {
        /// The file.
        path: PathBuf,
        /// Its text.
        source: Arc<str>,
        /// Where.
        range: TextRange,
        /// What.
        message: String,
        /// What to write instead.
        help: Option<String>,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Read { path, error } => write!(f, "cannot read `{}`: {error}", path.display()),
            ConfigError::Content { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for ConfigError {}

/// A mistake in a configuration file whose path and text are known elsewhere.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) range: TextRange,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Mistake {
    /// A word that is none of a closed list.
    pub(crate) fn unknown<'a>(
        range: TextRange,
        word: &str,
        noun: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Mistake {
        Mistake { range, message: format!("`{word}` is no {noun}"), help: suggestion(word, known) }
    }

    /// What serde says about a file, in our words where it is about a name.
    pub(crate) fn from_toml(error: &toml::de::Error, source: &str) -> Mistake {
        let span = error.span().unwrap_or_default();
        let range = TextRange::new(span.start as u32, span.end as u32);
        let message = error.message();
        // Only serde's text tells which names it knows: "unknown field `x`, expected one of `a`, `b`".
        let mut quoted = message.split('`').skip(1).step_by(2);
        let noun = match message.split('`').next() {
            Some("unknown field ") => "key of this table",
            Some("unknown variant ") => "value of this key",
            _ => {
                let line = message.lines().next().unwrap_or("it is no TOML");
                return Mistake { range: within(range, source), message: line.to_owned(), help: None };
            }
        };
        let word = quoted.next().unwrap_or_default();
        Mistake::unknown(range, word, noun, quoted)
    }

    pub(crate) fn at(self, path: PathBuf, source: Arc<str>) -> ConfigError {
        ConfigError::Content { path, source, range: self.range, message: self.message, help: self.help }
    }
}

/// A place at the end of the text, such as that of a missing bracket, moved onto its last character.
fn within(range: TextRange, source: &str) -> TextRange {
    let end = source.trim_end().len() as u32;
    if range.start > end { TextRange::empty(end) } else { range }
}

fn suggestion<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(meant) = did_you_mean(word, known.clone()) {
        return Some(format!("write `{meant}`"));
    }
    let known: Vec<String> = known.map(|known| format!("`{known}`")).collect();
    match known.len() {
        0 => Some("delete it".to_owned()),
        1..=7 => Some(format!("known are {}", known.join(", "))),
        _ => None,
    }
}
