//! A word of the configuration file with its place, so that a misspelt one can be shown.

use std::cmp::Ordering;

use dotwright_diagnostics::TextRange;
use serde::Deserialize;
use toml::Spanned;

/// A word and where it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Spanned<String>")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "String"))]
pub struct Name {
    /// The word.
    pub text: String,
    /// Its bytes in the configuration file, with their quotes.
    pub range: TextRange,
}

impl From<Spanned<String>> for Name {
    fn from(word: Spanned<String>) -> Name {
        let span = word.span();
        Name { range: TextRange::new(span.start as u32, span.end as u32), text: word.into_inner() }
    }
}

// As keys of a map, names count by their text.
impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.text == other.text
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        self.text.cmp(&other.text)
    }
}
