//! Formatting, by the formatter of the command line.

use dotwright_diagnostics::{TextEdit, TextRange};
pub use dotwright_fmt::Options as FormatOptions;

use crate::document::Document;

/// The edits that format the document; the reason when it is not formatted.
///
/// # Errors
/// A sentence for the user when the file has syntax errors or would change its meaning.
pub fn format(document: &Document, options: &FormatOptions) -> Result<Vec<TextEdit>, String> {
    dotwright_fmt::format(document.source(), document.syntax(), options)
        .map_err(|refusal| refusal.message(document.source()))
}

/// The edits that format the statements which `range` touches.
///
/// # Errors
/// As [`format()`].
pub fn format_range(
    document: &Document,
    range: TextRange,
    options: &FormatOptions,
) -> Result<Vec<TextEdit>, String> {
    dotwright_fmt::format_range(document.source(), document.syntax(), options, range)
        .map_err(|refusal| refusal.message(document.source()))
}

/// The edits after `typed` was typed in front of `offset`: a line break, `}` or `]`. Only text before the cursor
/// changes; none while the text has syntax errors.
pub fn format_on_type(
    document: &Document,
    offset: u32,
    typed: char,
    options: &FormatOptions,
) -> Vec<TextEdit> {
    let offset = document.clamp(offset);
    let lines = document.lines();
    let (range, end) = match typed {
        '\n' | '\r' => {
            let Some(line) = lines.line(offset).checked_sub(1) else { return Vec::new() };
            let line = lines.range(document.source(), line);
            (line, line.end)
        }
        '}' | ']' => {
            let innermost = document.enclosing(offset.saturating_sub(1)).last().copied();
            let range = innermost.map_or(document.range(), |stmt| document.ast()[stmt].range);
            (TextRange::new(range.start, range.end.min(offset)), offset)
        }
        _ => return Vec::new(),
    };
    let mut edits = format_range(document, range, options).unwrap_or_default();
    edits.retain(|edit| edit.range.end <= end);
    edits
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{cursor, document, edited};

    #[track_caller]
    fn check_typed(source: &str, typed: char, expect: Expect) {
        let (document, offset) = cursor(source);
        let edits = format_on_type(&document, offset, typed, &FormatOptions::default());
        expect.assert_eq(&edited(&document, &edits));
    }

    #[test]
    fn a_line_break_formats_the_line_before() {
        check_typed(
            "digraph {\n a   ->    b\n$0\n c   -> d\n}",
            '\n',
            expect![[r#"
            digraph {
                a -> b

             c   -> d
            }"#]],
        );
    }

    #[test]
    fn a_bracket_formats_what_it_closes() {
        check_typed(
            "digraph {\n a  [x = 1]$0\n c   -> d\n}",
            ']',
            expect![[r#"
            digraph {
                a [x=1]
             c   -> d
            }"#]],
        );
        check_typed(
            "digraph {\n a [x = 1]\n  c   -> d\n}$0",
            '}',
            expect![[r#"
            digraph {
                a [x=1]
                c -> d
            }
        "#]],
        );
    }

    #[test]
    fn broken_text_is_left_alone_with_a_reason() {
        check_typed(
            "digraph {\n a  [x = \n$0",
            '\n',
            expect![[r#"
            digraph {
             a  [x = 
        "#]],
        );
        let reason = format(&document("digraph { a ["), &FormatOptions::default()).unwrap_err();
        assert!(reason.starts_with("not formatted because of a syntax error"), "{reason}");
    }
}
