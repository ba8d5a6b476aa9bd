//! Columns: edge operators and `[` of neighbouring one-line statements under each other, where the author does so.
//!
//! The author does so when two neighbours of different width were padded to the same column. A column that is written
//! fulfils this again, and one that is not leaves single blanks, which never do: so the second run agrees.

use crate::items::{Row, Table};
use crate::layout::Layout;
use crate::outline::{Outline, Statement, StatementKind};

/// Widths of a column's entries differ by at most this much; a wider one begins a new column.
const SPREAD: usize = 24;

/// One line's part in a column.
#[derive(Debug, Clone, Copy)]
struct Cell {
    /// The item that is moved.
    item: usize,
    /// Characters of the statement before the blanks in front of the item.
    width: usize,
    /// The blanks that the author wrote there.
    blanks: usize,
}

/// For each item, how many blanks it gets above the usual.
pub(crate) fn padding(source: &str, row: &Row, outline: &Outline, layout: &Layout) -> Table<u32> {
    let mut padding = Table(vec![0; row.items.len()]);
    let blanks = |item: usize| row.gap(item).text(source).chars().filter(|c| *c == ' ').count();
    for block in &outline.blocks.0 {
        for run in runs(row, outline, layout, &block.statements) {
            let cell = |statement: usize, item: usize, padding: &Table<u32>| {
                let statement = &outline.statements[statement];
                let padded =
                    statement.arrow.filter(|&arrow| arrow < item).map_or(0, |arrow| padding[arrow] as usize);
                let width = layout.sums.width(statement.first, item - 1) + padded;
                Cell { item, width, blanks: blanks(item) }
            };
            let arrows = |s: usize| outline.statements[s].arrow;
            let brackets = |s: usize| outline.statements[s].lists.map(|(open, _)| open);
            let cells = run.iter().filter_map(|&s| Some(cell(s, arrows(s)?, &padding))).collect::<Vec<_>>();
            pad(&cells, &mut padding);
            let cells = run.iter().filter_map(|&s| Some(cell(s, brackets(s)?, &padding))).collect::<Vec<_>>();
            pad(&cells, &mut padding);
        }
    }
    padding
}

/// Splits the statements of a block into runs that stand directly under each other and are of one kind.
fn runs<'a>(row: &Row, outline: &Outline, layout: &Layout, statements: &'a [usize]) -> Vec<&'a [usize]> {
    statements
        .chunk_by(|&above, &below| {
            let [a, b] = [above, below].map(|s| &outline.statements[s]);
            a.kind == b.kind
                && is_line(layout, above, a)
                && is_line(layout, below, b)
                && (a.last + 1..b.first).all(|comment| row.items[comment].breaks == 0)
                && row.items[b.first].breaks < 2
        })
        .collect()
}

/// True for a statement on a line of its own.
fn is_line(layout: &Layout, index: usize, statement: &Statement) -> bool {
    let own = layout.statements[index];
    statement.kind != StatementKind::Other
        && own.is_list_flat
        && !own.keeps_chain
        && !layout.sums.is_rugged(statement.first, statement.last)
        && !layout.blocks[statement.block].is_flat
        && statement.blocks.iter().all(|&block| layout.blocks[block].is_flat)
}

fn pad(cells: &[Cell], padding: &mut Table<u32>) {
    let mut rest = cells;
    while let Some(first) = rest.first() {
        let mut narrow = first.width;
        let mut wide = first.width;
        let count = rest
            .iter()
            .take_while(|cell| {
                narrow = narrow.min(cell.width);
                let fits = wide.max(cell.width) - narrow <= SPREAD;
                if fits {
                    wide = wide.max(cell.width);
                }
                fits
            })
            .count();
        let (column, behind) = rest.split_at(count.max(1));
        if is_aligned(column) {
            for cell in column {
                padding[cell.item] = (wide - cell.width) as u32;
            }
        }
        rest = behind;
    }
}

/// True when the author padded two neighbours of different width to the same column.
fn is_aligned(column: &[Cell]) -> bool {
    column.windows(2).any(|pair| match pair {
        [a, b] => a.width != b.width && a.width + a.blanks == b.width + b.blanks,
        _ => false,
    })
}
