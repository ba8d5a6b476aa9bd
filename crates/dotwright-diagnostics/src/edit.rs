//! Text edits: the one form in which fixes, formatting and refactorings change a file.

use std::fmt;

use crate::TextRange;

/// Replaces the bytes of `range` by `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced; empty for an insertion.
    pub range: TextRange,
    /// What stands there afterwards; empty for a deletion.
    pub text: String,
}

impl TextEdit {
    /// Inserts `text` at `offset`.
    pub fn insert(offset: u32, text: impl Into<String>) -> Self {
        TextEdit { range: TextRange::empty(offset), text: text.into() }
    }

    /// Deletes `range`.
    pub fn delete(range: TextRange) -> Self {
        TextEdit { range, text: String::new() }
    }

    /// Replaces `range` by `text`.
    pub fn replace(range: TextRange, text: impl Into<String>) -> Self {
        TextEdit { range, text: text.into() }
    }
}

/// Why edits could not be applied. Nothing is changed in that case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditError {
    /// Two edits overlap; the range is that of the later one.
    Overlap(TextRange),
    /// The range ends behind the text or splits a character.
    OutOfBounds(TextRange),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditError::Overlap(r) => write!(f, "two edits overlap at bytes {}..{}", r.start, r.end),
            EditError::OutOfBounds(r) => write!(f, "no text at bytes {}..{}", r.start, r.end),
        }
    }
}

impl std::error::Error for EditError {}

/// Applies edits to `source`. Their order does not matter, except that insertions at one offset keep it.
///
/// # Errors
/// [`EditError`] when two edits overlap or a range does not lie on character boundaries of `source`.
pub fn apply_edits(source: &str, edits: &[TextEdit]) -> Result<String, EditError> {
    let mut sorted: Vec<&TextEdit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let grown: usize = sorted.iter().map(|edit| edit.text.len()).sum();
    let mut result = String::with_capacity(source.len() + grown);
    let mut done = 0;
    for edit in sorted {
        if edit.range.start < done {
            return Err(EditError::Overlap(edit.range));
        }
        let kept = source.get(done as usize..edit.range.start as usize);
        let replaced = source.get(edit.range.start as usize..edit.range.end as usize);
        let (Some(kept), Some(_)) = (kept, replaced) else {
            return Err(EditError::OutOfBounds(edit.range));
        };
        result.push_str(kept);
        result.push_str(&edit.text);
        done = edit.range.end;
    }
    result.push_str(source.get(done as usize..).unwrap_or(""));
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_any_order() {
        let edits = [TextEdit::insert(5, "!"), TextEdit::replace(TextRange::new(0, 1), "H")];
        assert_eq!(apply_edits("hello", &edits).unwrap(), "Hello!");
    }

    #[test]
    fn insertions_at_one_offset_keep_their_order() {
        let edits = [TextEdit::insert(1, "1"), TextEdit::insert(1, "2")];
        assert_eq!(apply_edits("ab", &edits).unwrap(), "a12b");
    }

    #[test]
    fn overlapping_edits_are_refused() {
        let edits = [TextEdit::delete(TextRange::new(0, 3)), TextEdit::delete(TextRange::new(2, 4))];
        assert_eq!(apply_edits("hello", &edits), Err(EditError::Overlap(TextRange::new(2, 4))));
    }

    #[test]
    fn ranges_outside_the_text_or_inside_a_character_are_refused() {
        assert!(apply_edits("é", &[TextEdit::insert(1, "x")]).is_err());
        assert!(apply_edits("a", &[TextEdit::insert(2, "x")]).is_err());
    }
}
