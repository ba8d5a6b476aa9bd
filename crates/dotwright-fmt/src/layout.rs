//! Which groups, lists and chains stay on one line, and how deep blocks are indented.
//!
//! A decision depends on widths of items and on line breaks that formatting keeps, never on blanks. That is what
//! makes the second run find nothing to do. Widths are prefix sums, so that every question costs the same.

use std::ops::RangeInclusive;

use dotwright_syntax::CommentKind;

use crate::Options;
use crate::items::{Item, ItemKind, Row, Table};
use crate::outline::{BlockKind, Join, Outline, Statement};

/// Lists with more attributes than this keep the lines of their author, even where one line would do.
const JOINED_ATTRIBUTES: usize = 4;

/// The layout of a block.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BlockLayout {
    pub(crate) is_flat: bool,
    /// How deep its statements are indented.
    pub(crate) level: usize,
}

/// The layout of a statement.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StatementLayout {
    /// Each list is on one line.
    pub(crate) is_list_flat: bool,
    /// The author's breaks at edge operators stay.
    pub(crate) keeps_chain: bool,
}

/// What was decided.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) blocks: Table<BlockLayout>,
    pub(crate) statements: Table<StatementLayout>,
    pub(crate) sums: Sums,
}

impl Layout {
    pub(crate) fn new(row: &Row, outline: &Outline, options: &Options) -> Layout {
        let sums = Sums::new(row, outline);
        let mut layout = Layout {
            blocks: Table(Vec::with_capacity(outline.blocks.len())),
            statements: Table(Vec::with_capacity(outline.statements.len())),
            sums,
        };
        for index in 0..outline.blocks.len() {
            let block = layout.block(outline, options, index);
            layout.blocks.push(block);
        }
        for statement in &outline.statements.0 {
            let statement = layout.statement(outline, options, statement);
            layout.statements.push(statement);
        }
        layout
    }

    /// Blocks come in the order of their `{`, so the parent is decided.
    fn block(&self, outline: &Outline, options: &Options, index: usize) -> BlockLayout {
        let block = &outline.blocks[index];
        let outside = block.parent.map_or(0, |parent| self.blocks[parent].level);
        let between = block.open + 1..=block.close;
        let is_flat = block.open + 1 == block.close
            || block.kind == BlockKind::Group
                && self.sums.count(between, |sum| sum.breaks + sum.comments + sum.multiline + sum.named) == 0
                && outside * options.indent + self.sums.width(block.open, block.close) <= options.line_width;
        BlockLayout { is_flat, level: if is_flat { outside } else { outside + 1 } }
    }

    fn statement(&self, outline: &Outline, options: &Options, statement: &Statement) -> StatementLayout {
        let block = self.blocks[statement.block];
        if block.is_flat {
            return StatementLayout { is_list_flat: true, keeps_chain: false };
        }
        let indent = block.level * options.indent;
        let last_block = statement.blocks.iter().rev().find(|&&block| !self.blocks[block].is_flat);
        let fits = |first: usize, last: usize| indent + self.sums.width(first, last) <= options.line_width;
        let keeps_chain = last_block.is_some() || !fits(statement.first, statement.head_last);
        let last_line = last_block.map_or(statement.first, |&block| outline.blocks[block].close);
        let is_list_flat = statement.lists.is_none_or(|(open, close)| {
            let count = |what: fn(Sum) -> u32| self.sums.count(open + 1..=close, what);
            let is_written_flat = count(|sum| sum.breaks) == 0;
            let has_multiline = count(|sum| sum.multiline) > 0;
            if count(|sum| sum.comment_breaks) > 0 {
                return false;
            }
            match statement.attributes {
                0 => true,
                1 => is_written_flat || !has_multiline && fits(last_line, statement.last),
                2.. if has_multiline || !fits(last_line, statement.last) => false,
                2..=JOINED_ATTRIBUTES => true,
                _ => is_written_flat,
            }
        });
        StatementLayout { is_list_flat, keeps_chain }
    }
}

/// Blanks before item `index` where no line break stands.
pub(crate) fn blanks(items: &Table<Item>, outline: &Outline, index: usize) -> usize {
    let Some(before) = index.checked_sub(1) else { return 0 };
    let item = &items[index];
    if item.kind == ItemKind::Comment(CommentKind::Line) {
        return 2;
    }
    if item.is_comment() || items[before].is_comment() {
        return if item.is_separator() { 0 } else { 1 };
    }
    match outline.places[index].join {
        Join::None | Join::ListOpen | Join::ListClose => 0,
        Join::Space
        | Join::Chain
        | Join::File
        | Join::BlockOpen
        | Join::Statement
        | Join::BlockClose
        | Join::Attribute => 1,
    }
}

/// What the items before some item add up to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    width: u32,
    /// Gaps with line breaks.
    breaks: u32,
    /// Gaps beside comments with line breaks that stay.
    comment_breaks: u32,
    comments: u32,
    multiline: u32,
    /// Subgraphs with a name.
    named: u32,
}

/// Prefix sums over items, each with the gap before it.
#[derive(Debug)]
pub(crate) struct Sums {
    /// Entry `i` counts the items before item `i`.
    before: Table<Sum>,
    /// Where each item would start if the whole file were on one line.
    columns: Table<u32>,
}

impl Sums {
    fn new(row: &Row, outline: &Outline) -> Sums {
        let items = &row.items;
        let mut before = Table(Vec::with_capacity(items.len() + 1));
        let mut columns = Table(Vec::with_capacity(items.len()));
        let mut sum = Sum::default();
        before.push(sum);
        for (index, item) in items.0.iter().enumerate() {
            let is_after_comment = index.checked_sub(1).is_some_and(|before| items[before].is_comment());
            let is_broken = item.breaks > 0;
            let opens = outline.places[index].opens.map(|block| &outline.blocks[block.index()]);
            sum.width += blanks(items, outline, index) as u32;
            columns.push(sum.width);
            sum.width += item.width;
            sum.breaks += u32::from(is_broken);
            sum.comments += u32::from(item.is_comment());
            sum.comment_breaks += u32::from(is_broken && (is_after_comment || item.is_comment()));
            sum.multiline += u32::from(item.is_multiline);
            sum.named += u32::from(opens.is_some_and(|b| b.open == index && b.kind == BlockKind::Named));
            before.push(sum);
        }
        Sums { before, columns }
    }

    /// Characters of the items `first..=last` on one line.
    pub(crate) fn width(&self, first: usize, last: usize) -> usize {
        (self.before[last + 1].width - self.columns[first]) as usize
    }

    /// True when the items `first..=last` hold a comment or a line break of their own.
    pub(crate) fn is_rugged(&self, first: usize, last: usize) -> bool {
        self.count(first..=last, |sum| sum.comments + sum.multiline) > 0
    }

    /// How much `what` counts in `items` and the gaps before them.
    fn count(&self, items: RangeInclusive<usize>, what: impl Fn(Sum) -> u32) -> u32 {
        what(self.before[items.end() + 1]) - what(self.before[*items.start()])
    }
}
