//! Equal spellings of a node id, to be typed over together.

use dotwright_diagnostics::TextRange;

use crate::document::Document;
use crate::names::NameKind;

/// Ranges with the same text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedRanges {
    /// The ranges, by offset.
    pub ranges: Vec<TextRange>,
    /// A regular expression for what can be typed there.
    pub word_pattern: &'static str,
}

/// The places that are edited together with the id under the cursor: those where it is written alike, so that what is
/// typed fits all of them.
pub fn linked_editing_ranges(document: &Document, offset: u32) -> Option<LinkedRanges> {
    let offset = document.clamp(offset);
    let (name, own) = document.names().at(offset)?;
    if name.kind != NameKind::Node || !own.range.touches(offset) {
        return None;
    }
    let text = own.range.text(document.source());
    let alike =
        || document.names().occurrences(name).filter(|found| found.range.text(document.source()) == text);
    // A bare id among them cannot take what only quotes allow.
    let has_bare = alike().any(|found| found.token == found.range);
    let word_pattern = if has_bare { "[A-Za-z_][A-Za-z0-9_]*" } else { "[^\"\\\\]+" };
    Some(LinkedRanges { ranges: alike().map(|found| found.range).collect(), word_pattern })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{cursor, places};

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let (document, offset) = cursor(source);
        let found = linked_editing_ranges(&document, offset);
        let text =
            found.map_or(String::new(), |f| format!("{}{}\n", places(&document, f.ranges), f.word_pattern));
        expect.assert_eq(&text);
    }

    #[test]
    fn equal_spellings_are_linked() {
        check(
            "digraph { a$0b [retry_target=\"ab\"] \"ab\" -> c }",
            expect![[r#"
            1:11-1:13 `ab`
            1:29-1:31 `ab`
            1:35-1:37 `ab`
            [A-Za-z_][A-Za-z0-9_]*
        "#]],
        );
        check(
            "digraph { \"a b$0\" -> \"a b\" }",
            expect![[r#"
            1:12-1:15 `a b`
            1:21-1:24 `a b`
            [^"\\]+
        "#]],
        );
        check("digraph { a [la$0bel=ab] }", expect![[r#""#]]);
    }

    #[test]
    fn selectors_and_lists_are_linked_and_other_names_are_not() {
        check(
            "digraph { model_stylesheet=\"#ab { llm_model: ab }\" a$0b -> c ab [class=ab, prompt=\"$ab\"] }",
            expect![[r#"
            1:30-1:32 `ab`
            1:52-1:54 `ab`
            1:60-1:62 `ab`
            [A-Za-z_][A-Za-z0-9_]*
        "#]],
        );
    }

    #[test]
    fn escapes_in_quoted_ids_belong_to_the_range() {
        check(
            "digraph { \"a\\\"b$0\" -> \"a\\\"b\" }",
            expect![[r#"
            1:12-1:16 `a\\\"b`
            1:22-1:26 `a\\\"b`
            [^"\\]+
        "#]],
        );
    }
}
