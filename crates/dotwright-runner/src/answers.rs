//! The answers file: which choice to take at which visit of which gate (section 14).

use serde::Deserialize;
use serde_json::Value;

/// Answers that were given beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// In the order of the file; the first one for a visit counts.
    pub entries: Vec<AnswerEntry>,
    /// Where they are from, as the log names it.
    pub source: String,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerEntry {
    /// The id of the gate.
    pub gate: String,
    /// Its visit; `None` for every one.
    pub visit: Option<u32>,
    /// A key, label or target.
    pub choice: String,
    /// Free text.
    pub text: Option<String>,
    /// Who answers.
    pub by: Option<String>,
}

/// What is wrong with an answers file.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// It is no JSON of the right form.
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    /// An entry names no visit.
    #[error("answer {index} for `{gate}` has a `visit` that is neither a number from 1 nor \"*\"")]
    Visit {
        /// Which, from 1.
        index: usize,
        /// Its gate.
        gate: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    answers: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    gate: String,
    visit: Value,
    choice: String,
    text: Option<String>,
    by: Option<String>,
}

impl Answers {
    /// Reads the text of a file called `source`.
    ///
    /// # Errors
    /// When it is no answers file.
    pub fn parse(text: &str, source: &str) -> Result<Answers, AnswersError> {
        let file: WrittenFile = serde_json::from_str(text)?;
        let mut entries = Vec::new();
        for (index, written) in file.answers.into_iter().enumerate() {
            let number = written.visit.as_u64().and_then(|visit| u32::try_from(visit).ok());
            let visit = match number.filter(|&visit| visit > 0) {
                Some(visit) => Some(visit),
                None if written.visit.as_str() == Some("*") => None,
                None => return Err(AnswersError::Visit { index: index + 1, gate: written.gate }),
            };
            let Written { gate, choice, text, by, .. } = written;
            entries.push(AnswerEntry { gate, visit, choice, text, by });
        }
        Ok(Answers { entries, source: source.to_owned() })
    }

    /// The answer for a visit, with its place.
    pub(crate) fn find(&self, gate: &str, visit: u32) -> Option<(usize, &AnswerEntry)> {
        let fits = |entry: &AnswerEntry| entry.gate == gate && entry.visit.is_none_or(|named| named == visit);
        self.entries.iter().enumerate().find(|(_, entry)| fits(entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Answers, AnswersError> {
        Answers::parse(text, "answers.json")
    }

    #[test]
    fn a_star_answers_every_visit_that_no_earlier_entry_names() {
        let text = r#"{"answers": [{"gate": "a", "visit": 2, "choice": "X"}, {"gate": "a", "visit": "*", "choice": "Y"}]}"#;
        let answers = parse(text).unwrap();
        let choice = |visit| answers.find("a", visit).unwrap().1.choice.as_str();
        assert_eq!([choice(1), choice(2), choice(3)], ["Y", "X", "Y"]);
        assert!(answers.find("b", 1).is_none());
    }

    #[test]
    fn the_visit_is_required() {
        assert!(parse(r#"{"answers": [{"gate": "a", "choice": "X"}]}"#).is_err());
        assert!(parse(r#"{"answers": [{"gate": "a", "visit": 0, "choice": "X"}]}"#).is_err());
        assert!(parse(r#"{"answers": [{"gate": "a", "visit": "all", "choice": "X"}]}"#).is_err());
    }
}
