//! Byte ranges as two `u32`: half the size of `Range<usize>` and `Copy`, which the flat AST relies on.

use std::ops::Range;

/// A half-open range of byte offsets into one source text of at most 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TextRange {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl TextRange {
    /// The range `start..end`; an `end` before `start` gives the empty range at `start`.
    pub const fn new(start: u32, end: u32) -> Self {
        TextRange { start, end: if end < start { start } else { end } }
    }

    /// The empty range at `offset`.
    pub const fn empty(offset: u32) -> Self {
        TextRange { start: offset, end: offset }
    }

    /// Length in bytes.
    pub const fn len(self) -> u32 {
        self.end - self.start
    }

    /// True when the range holds no byte.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// True when `offset` lies in the range or directly behind its last byte.
    pub const fn touches(self, offset: u32) -> bool {
        self.start <= offset && offset <= self.end
    }

    /// True when `other` lies within this range.
    pub const fn contains(self, other: TextRange) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn cover(self, other: TextRange) -> TextRange {
        TextRange { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text of the range, or the empty string when the range does not fit `source`.
    pub fn text(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

impl From<TextRange> for Range<usize> {
    fn from(range: TextRange) -> Self {
        range.start as usize..range.end as usize
    }
}
