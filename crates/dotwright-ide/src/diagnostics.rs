//! Findings as editors show them: with tags and the address of their page.

use dotwright_diagnostics::Diagnostic;
use dotwright_lint::{CheckResult, External};
use dotwright_model::{AttributeKey, Scope, attribute};

use crate::document::Document;

/// How a finding is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    /// Faded: nothing depends on it.
    Unnecessary,
    /// Struck through: an old spelling.
    Deprecated,
}

/// A finding with what editors want beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Rule, level, message, help, ranges and fix.
    pub diagnostic: Diagnostic,
    /// How it is drawn.
    pub tags: Vec<Tag>,
}

/// Rules about what could go without anybody noticing.
const UNNECESSARY: [&str; 10] = [
    "unreachable-node",
    "edge-out-of-exit",
    "duplicate-edge",
    "contradictory-condition",
    "dead-diamond-outcome",
    "impossible-outcome",
    "unused-weight",
    "inert-attribute",
    "inert-retry-target",
    "unused-suppression",
];

/// The findings of a document, by offset. With `external`, outside analysers have been asked.
pub fn diagnostics(document: &Document, external: Option<&External>) -> Vec<Finding> {
    let list =
        |result: &CheckResult| result.diagnostics.iter().map(|found| finding(document, found)).collect();
    match external {
        None => list(document.findings()),
        Some(external) => list(&document.check(external)),
    }
}

/// A finding of the document with its tags.
pub fn finding(document: &Document, diagnostic: &Diagnostic) -> Finding {
    let mut tags = Vec::new();
    if is_old_spelling(document, diagnostic) {
        tags.push(Tag::Deprecated);
    } else if UNNECESSARY.contains(&diagnostic.rule) {
        tags.push(Tag::Unnecessary);
    }
    Finding { diagnostic: diagnostic.clone(), tags }
}

/// True for a finding about an attribute name that stands for another one.
fn is_old_spelling(document: &Document, diagnostic: &Diagnostic) -> bool {
    let pair = document.attribute_at(diagnostic.range.start);
    let Some(pair) = pair.filter(|pair| pair.key.range == diagnostic.range) else { return false };
    let key = AttributeKey::from_name(&document.text(pair.key));
    let mut schemas = Scope::ALL.into_iter().filter_map(|scope| attribute(key?, scope));
    schemas.any(|schema| schema.alias_of.is_some())
}

/// The page of a rule, in Markdown.
pub fn rule_documentation(rule: &str) -> Option<&'static str> {
    dotwright_lint::rule(rule).map(|rule| rule.page)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{document, place};

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let document = document(source);
        let lines = diagnostics(&document, None).into_iter().map(|finding| {
            let found = &finding.diagnostic;
            let labels = found.labels.iter().map(|label| format!(" <- {}", place(&document, label.range)));
            let labels: String = labels.collect();
            format!("{} {} {:?}{labels}\n", found.rule, place(&document, found.range), finding.tags)
        });
        expect.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn what_nothing_reaches_is_faded() {
        check(
            "digraph { start [shape=Mdiamond] exit [shape=Msquare] start -> exit lost [prompt=x] lost -> exit }",
            expect![[r#"
                unreachable-node 1:69-1:73 `lost` [Unnecessary]
            "#]],
        );
    }

    #[test]
    fn syntax_errors_name_the_opener() {
        check(
            "digraph {\n  a [shape=box\n  b -> c\n}",
            expect![[r#"
            syntax-error 2:15-2:15 `` [] <- 2:5-2:6 `[`
            undeclared-node 3:3-3:4 `b` []
            undeclared-node 3:8-3:9 `c` []
        "#]],
        );
    }

    #[test]
    fn faded_rules_exist() {
        for rule in UNNECESSARY {
            assert!(rule_documentation(rule).is_some(), "{rule}");
        }
    }
}
