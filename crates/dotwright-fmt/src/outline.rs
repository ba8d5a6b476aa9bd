//! Which items belong to which statement, list and block, and what joins two neighbouring tokens.
//!
//! The syntax tree has no separators and no brackets, and those are what a layout is made of; so the outline is read
//! from the tokens. They are grammatical here, which keeps this to one look at two neighbours.

use dotwright_syntax::TokenKind;

use crate::items::{Item, ItemKind, Slot, Table};

/// What stands between a token and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    /// Nothing: `a=b`, `a:p`, before `,` and `;`, `{}`.
    None,
    /// One blank: before `[`, in headers.
    Space,
    /// Around an edge operator or behind the comma of a node list: a blank, or a break in a long chain.
    Chain,
    /// Between graphs, and around them.
    File,
    /// Behind the `{` of a block.
    BlockOpen,
    /// Between two statements.
    Statement,
    /// Before the `}` of a block.
    BlockClose,
    /// Behind the `[` of a list.
    ListOpen,
    /// Between two attributes.
    Attribute,
    /// Before the `]` of a list.
    ListClose,
}

/// Where an item stands. A comment has the place of the token behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) join: Join,
    /// The innermost block around the gap before the item.
    pub(crate) block: Option<Slot>,
    /// The statement that the item continues or begins.
    pub(crate) statement: Option<Slot>,
    pub(crate) is_in_list: bool,
    /// The block that begins with this token.
    pub(crate) opens: Option<Slot>,
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockKind {
    /// The body of a graph.
    Graph,
    /// A subgraph with a name.
    Named,
    /// `{ ... }` and `subgraph { ... }`.
    Group,
}

/// A `{ ... }`.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) kind: BlockKind,
    pub(crate) open: usize,
    pub(crate) close: usize,
    pub(crate) parent: Option<usize>,
    pub(crate) statements: Vec<usize>,
}

/// What kind of statements stand in columns with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatementKind {
    Node,
    Edge,
    /// `graph [..]`, `node [..]`, `edge [..]`
    Default,
    /// Assignments, blocks and stray `;`.
    Other,
}

/// A statement, with its `;`.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) kind: StatementKind,
    pub(crate) block: usize,
    pub(crate) first: usize,
    /// Its last token, `;` included.
    pub(crate) last: usize,
    /// Its last token before the lists.
    pub(crate) head_last: usize,
    /// The first edge operator.
    pub(crate) arrow: Option<usize>,
    /// The first `[` and the last `]`.
    pub(crate) lists: Option<(usize, usize)>,
    pub(crate) attributes: usize,
    /// The blocks that are ends of this edge, or its body.
    pub(crate) blocks: Vec<usize>,
}

/// The outline of a file.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub(crate) places: Table<Place>,
    pub(crate) blocks: Table<Block>,
    pub(crate) statements: Table<Statement>,
}

/// The outline of error-free `items`.
pub(crate) fn outline(items: &Table<Item>) -> Outline {
    let mut reader = Reader::default();
    reader.outline.places.0.reserve(items.len());
    for (index, item) in items.0.iter().enumerate() {
        if let ItemKind::Token(kind) = item.kind {
            let place = reader.token(index, kind);
            reader.fill(index, place);
            reader.before = Some((index, kind));
        }
    }
    let end = Place { join: Join::File, block: None, statement: None, is_in_list: false, opens: None };
    if let Some(last) = items.len().checked_sub(1) {
        reader.fill(last, end);
    }
    reader.outline
}

#[derive(Debug, Default)]
struct Reader {
    outline: Outline,
    /// The open blocks with the statement that each is at.
    open: Vec<(usize, Option<usize>)>,
    before: Option<(usize, TokenKind)>,
    is_in_list: bool,
    /// The keyword of a subgraph whose `{` is to come.
    subgraph: Option<usize>,
}

impl Reader {
    /// Gives `place` to the items up to `index` that have none yet: comments and the token they stand before.
    fn fill(&mut self, index: usize, place: Place) {
        let places = &mut self.outline.places.0;
        let comment = Place { opens: None, ..place };
        while places.len() < index {
            places.push(comment);
        }
        if places.len() == index {
            places.push(place);
        }
    }

    fn token(&mut self, index: usize, kind: TokenKind) -> Place {
        let Some(&(block, _)) = self.open.last() else { return self.file_token(index, kind) };
        if kind == TokenKind::RBrace {
            return self.close_block(index, block);
        }
        let is_in_list = self.is_in_list;
        let join = if is_in_list { self.list_join(kind) } else { self.block_join(kind) };
        if matches!(join, Join::BlockOpen | Join::Statement) {
            self.begin_statement(index, kind, block);
        }
        let statement = self.open.last().and_then(|&(_, statement)| statement);
        if let Some(statement) = statement {
            self.extend_statement(statement, index, kind);
        }
        self.is_in_list = if is_in_list { kind != TokenKind::RBracket } else { kind == TokenKind::LBracket };
        if kind == TokenKind::Subgraph {
            self.subgraph = Some(index);
        }
        let opens = (kind == TokenKind::LBrace).then(|| Slot::new(self.open_block(index, statement)));
        Place { join, block: Some(Slot::new(block)), statement: statement.map(Slot::new), is_in_list, opens }
    }

    fn file_token(&mut self, index: usize, kind: TokenKind) -> Place {
        let join = match self.before {
            None | Some((_, TokenKind::RBrace)) => Join::File,
            Some(_) => Join::Space,
        };
        let opens = (kind == TokenKind::LBrace).then(|| {
            let block = Block {
                kind: BlockKind::Graph,
                open: index,
                close: index,
                parent: None,
                statements: Vec::new(),
            };
            let block = self.outline.blocks.push(block);
            self.open.push((block, None));
            Slot::new(block)
        });
        Place { join, block: None, statement: None, is_in_list: false, opens }
    }

    fn open_block(&mut self, index: usize, statement: Option<usize>) -> usize {
        let parent = self.open.last().map(|&(block, _)| block);
        let keyword = self.subgraph.take();
        let is_named = keyword.is_some() && self.before.is_some_and(|(_, kind)| kind != TokenKind::Subgraph);
        let kind = if is_named { BlockKind::Named } else { BlockKind::Group };
        let block = Block { kind, open: index, close: index, parent, statements: Vec::new() };
        let block = self.outline.blocks.push(block);
        if let Some(keyword) = keyword {
            self.outline.places[keyword].opens = Some(Slot::new(block));
        }
        if let Some(statement) = statement {
            self.outline.statements[statement].blocks.push(block);
        }
        self.open.push((block, None));
        block
    }

    fn close_block(&mut self, index: usize, block: usize) -> Place {
        self.open.pop();
        self.outline.blocks[block].close = index;
        if let Some(&(_, Some(statement))) = self.open.last() {
            self.extend_statement(statement, index, TokenKind::RBrace);
        }
        let is_empty = self.outline.blocks[block].open + 1 == index;
        let join = if is_empty { Join::None } else { Join::BlockClose };
        Place { join, block: Some(Slot::new(block)), statement: None, is_in_list: false, opens: None }
    }

    fn list_join(&self, kind: TokenKind) -> Join {
        let before = self.before.map(|(_, kind)| kind);
        match (before, kind) {
            (Some(TokenKind::LBracket), TokenKind::RBracket) => Join::ListClose,
            (Some(TokenKind::LBracket), _) => Join::ListOpen,
            (_, TokenKind::RBracket) => Join::ListClose,
            (_, TokenKind::Equals | TokenKind::Comma | TokenKind::Semicolon)
            | (Some(TokenKind::Equals), _) => Join::None,
            (_, _) => Join::Attribute,
        }
    }

    fn block_join(&self, kind: TokenKind) -> Join {
        use TokenKind::{Arrow, Colon, Comma, Equals, LBrace, LBracket, Line, Semicolon, Subgraph};
        let before = self.before.map(|(_, kind)| kind);
        match (before, kind) {
            (Some(LBrace), _) => Join::BlockOpen,
            (_, Equals | Colon | Comma | Semicolon) | (Some(Equals | Colon), _) => Join::None,
            (_, Arrow | Line) | (Some(Arrow | Line | Comma), _) => Join::Chain,
            (_, LBracket) | (Some(Subgraph), _) => Join::Space,
            (_, LBrace) if self.subgraph.is_some() => Join::Space,
            (_, _) => Join::Statement,
        }
    }

    fn begin_statement(&mut self, index: usize, kind: TokenKind, block: usize) {
        let kind = if kind.is_id() {
            StatementKind::Node
        } else if matches!(kind, TokenKind::Graph | TokenKind::Node | TokenKind::Edge) {
            StatementKind::Default
        } else {
            StatementKind::Other
        };
        let statement = self.outline.statements.push(Statement {
            kind,
            block,
            first: index,
            last: index,
            head_last: index,
            arrow: None,
            lists: None,
            attributes: 0,
            blocks: Vec::new(),
        });
        self.outline.blocks[block].statements.push(statement);
        if let Some((_, current)) = self.open.last_mut() {
            *current = Some(statement);
        }
    }

    fn extend_statement(&mut self, statement: usize, index: usize, kind: TokenKind) {
        let is_in_list = self.is_in_list;
        let statement = &mut self.outline.statements[statement];
        statement.last = index;
        if kind == TokenKind::Equals {
            if is_in_list {
                statement.attributes += 1;
            } else {
                statement.kind = StatementKind::Other;
            }
        } else if kind.is_edge_operator() {
            statement.kind = StatementKind::Edge;
            statement.arrow = statement.arrow.or(Some(index));
        } else if matches!(kind, TokenKind::LBracket | TokenKind::RBracket) {
            let open = statement.lists.map_or(index, |(open, _)| open);
            statement.lists = Some((open, index));
        }
        if statement.lists.is_none() && kind != TokenKind::Semicolon {
            statement.head_last = index;
        }
    }
}
