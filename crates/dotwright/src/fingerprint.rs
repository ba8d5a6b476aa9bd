//! Recognises a finding in the next version of its file, where its line may be another one.

use std::collections::HashMap;
use std::hash::Hasher;

use dotwright_diagnostics::{Diagnostic, TextRange};
use dotwright_model::Pipeline;
use dotwright_syntax::ast::StmtKind;
use siphasher::sip128::{Hasher128, SipHasher13};

/// A hash of the rule and of the statement that the finding is about, never of line numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(pub(crate) u128);

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Fingerprint {
    /// As hexadecimal digits; empty when there is none.
    pub(crate) fn text(fingerprint: Option<Fingerprint>) -> String {
        fingerprint.map(|fingerprint| fingerprint.to_string()).unwrap_or_default()
    }

    /// The hash of some texts.
    pub(crate) fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Fingerprint {
        let mut hasher = SipHasher13::new();
        for text in texts {
            hasher.write(text.as_bytes());
            hasher.write_u8(0xff);
        }
        Fingerprint(hasher.finish128().as_u128())
    }
}

/// Statements longer than this, in bytes, do not count for the identity of their findings.
const LONG_STATEMENT: u32 = 4 * 1024;

/// Makes the fingerprints of one file; a counter separates equal ones.
#[derive(Debug)]
pub(crate) struct Fingerprints<'s> {
    source: &'s str,
    statements: Vec<TextRange>,
    seen: HashMap<u128, usize>,
}

impl<'s> Fingerprints<'s> {
    pub(crate) fn new(pipeline: &'s Pipeline) -> Fingerprints<'s> {
        let statements = pipeline.ast().all_statements().iter();
        let statements = statements.filter(|stmt| !matches!(stmt.kind, StmtKind::Subgraph(_)));
        let mut statements: Vec<TextRange> = statements.map(|stmt| stmt.range).collect();
        statements.sort();
        Fingerprints { source: pipeline.source(), statements, seen: HashMap::new() }
    }

    /// For a file that is no pipeline.
    pub(crate) fn plain(source: &'s str) -> Fingerprints<'s> {
        Fingerprints { source, statements: Vec::new(), seen: HashMap::new() }
    }

    pub(crate) fn next(&mut self, finding: &Diagnostic) -> Fingerprint {
        let index = self.statements.partition_point(|range| range.start <= finding.range.start);
        let statement = index.checked_sub(1).and_then(|index| self.statements.get(index));
        // A statement of a megabyte has as many findings as edges; hashing it for each would take minutes.
        let statement =
            statement.filter(|range| range.touches(finding.range.start) && range.len() <= LONG_STATEMENT);
        let text = statement.unwrap_or(&finding.range).text(self.source);
        let words = text.split_whitespace();
        let base = Fingerprint::of([finding.rule].into_iter().chain(words.clone()));
        let count = self.seen.entry(base.0).or_insert(0);
        *count += 1;
        if *count == 1 {
            return base;
        }
        let number = count.to_string();
        Fingerprint::of([finding.rule].into_iter().chain(words).chain([&*number]))
    }
}
