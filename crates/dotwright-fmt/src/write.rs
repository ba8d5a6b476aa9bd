//! From decisions to text edits: what each gap should be, where it is not that already.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_syntax::CommentKind;

use crate::Options;
use crate::columns::padding;
use crate::items::{ItemKind, Row, Table};
use crate::layout::{Layout, blanks};
use crate::outline::{Join, Outline, Place};

/// Writes the gaps of one file.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    source: &'a str,
    row: &'a Row,
    outline: &'a Outline,
    layout: &'a Layout,
    options: &'a Options,
    padding: Table<u32>,
    line_break: &'static str,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        source: &'a str,
        row: &'a Row,
        outline: &'a Outline,
        layout: &'a Layout,
        options: &'a Options,
    ) -> Self {
        let padding = padding(source, row, outline, layout);
        Writer { source, row, outline, layout, options, padding, line_break: row.line_break(source) }
    }

    /// One edit for each gap that changes, in source order.
    pub(crate) fn edits(&self) -> Vec<TextEdit> {
        let mut edits = Vec::new();
        let mut gap = String::new();
        let mut is_broken = false;
        for (index, item) in self.row.items.0.iter().enumerate() {
            let is_line = self.is_line(index, is_broken);
            is_broken = item.is_comment() && (is_broken || is_line);
            if item.is_frozen {
                continue;
            }
            gap.clear();
            if is_line {
                self.line(index, &mut gap);
            } else {
                gap.extend(std::iter::repeat_n(' ', self.blanks(index)));
            }
            self.push(&mut edits, self.row.gap(index), &gap);
        }
        if let (Some(end), false) = (self.row.end_gap(self.source), self.row.is_end_frozen) {
            self.push(&mut edits, end, self.line_break);
        }
        edits
    }

    fn push(&self, edits: &mut Vec<TextEdit>, range: TextRange, text: &str) {
        if range.text(self.source) != text {
            edits.push(TextEdit::replace(range, text));
        }
    }

    /// True when item `index` begins a line. `is_broken`: a line break stands between it and the token before it, at
    /// one of the comments in between.
    fn is_line(&self, index: usize, is_broken: bool) -> bool {
        let Some(before) = index.checked_sub(1).map(|before| &self.row.items[before]) else { return false };
        let item = &self.row.items[index];
        if before.needs_break() || item.kind == ItemKind::Comment(CommentKind::Hash) {
            return true;
        }
        if !before.is_comment() && !item.is_comment() {
            return self.breaks_tokens(index);
        }
        // Line breaks beside comments are the author's: they say what a comment belongs to.
        item.breaks > 0 || (!item.is_comment() && !is_broken && self.breaks_tokens(index))
    }

    /// True when the layout puts a line break before the token at `index`.
    fn breaks_tokens(&self, index: usize) -> bool {
        let place = &self.outline.places[index];
        let block = place.block.map(|block| self.layout.blocks[block.index()]);
        let statement = place.statement.map(|statement| self.layout.statements[statement.index()]);
        match place.join {
            Join::None | Join::Space => false,
            Join::File => true,
            Join::BlockOpen | Join::Statement | Join::BlockClose => block.is_none_or(|block| !block.is_flat),
            Join::ListOpen | Join::Attribute | Join::ListClose => statement.is_some_and(|s| !s.is_list_flat),
            Join::Chain => {
                // A block stands behind its operator, so that its closing brace can stand at the statement's indent.
                let opens_lines = place.opens.is_some_and(|block| !self.layout.blocks[block.index()].is_flat);
                !opens_lines
                    && self.row.items[index].breaks > 0
                    && statement.is_some_and(|statement| statement.keeps_chain)
            }
        }
    }

    /// A line break, the author's blank line where one may stand, and the indent.
    fn line(&self, index: usize, gap: &mut String) {
        gap.push_str(self.line_break);
        if self.row.items[index].breaks > 1 && self.may_be_blank(index) {
            gap.push_str(self.line_break);
        }
        gap.extend(std::iter::repeat_n(' ', self.level(index) * self.options.indent));
    }

    fn may_be_blank(&self, index: usize) -> bool {
        let is_first = index.checked_sub(1).is_none_or(|before| !self.row.items[before].is_comment());
        let is_token = !self.row.items[index].is_comment();
        match self.outline.places[index].join {
            Join::None | Join::Space | Join::Chain => false,
            Join::File | Join::Statement | Join::Attribute => true,
            Join::BlockOpen | Join::ListOpen => !is_first,
            Join::BlockClose | Join::ListClose => !is_token && !self.opens_bracket(index),
        }
    }

    /// True when item `index` is the first one of an otherwise empty list or block.
    fn opens_bracket(&self, index: usize) -> bool {
        use dotwright_syntax::TokenKind::{LBrace, LBracket};
        let before = index.checked_sub(1).map(|before| self.row.items[before].kind);
        matches!(before, Some(ItemKind::Token(LBrace | LBracket)))
    }

    fn level(&self, index: usize) -> usize {
        let place: &Place = &self.outline.places[index];
        let is_token = !self.row.items[index].is_comment();
        if self.row.items[index].kind == ItemKind::Comment(CommentKind::Hash) {
            return 0;
        }
        let Some(block) = place.block else { return 0 };
        let level = self.layout.blocks[block.index()].level;
        match place.join {
            Join::File => 0,
            Join::BlockOpen | Join::Statement => level,
            Join::BlockClose => level.saturating_sub(usize::from(is_token)),
            Join::ListOpen | Join::Attribute => level + 1,
            Join::ListClose => level + usize::from(!is_token),
            Join::None | Join::Space | Join::Chain => level + 1 + usize::from(place.is_in_list),
        }
    }

    fn blanks(&self, index: usize) -> usize {
        blanks(&self.row.items, self.outline, index) + self.padding[index] as usize
    }
}
