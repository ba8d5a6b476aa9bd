//! What each piece of text is, for colouring; also inside strings.
//!
//! Pieces are collected in any order and may nest, as a variable in a heading in a prompt does; one sweep at the end
//! lets the innermost win and cuts them at line ends.

mod embedded;
mod markdown;

use dotwright_diagnostics::TextRange;
use dotwright_model::attribute_family;
use dotwright_syntax::TokenKind;
use dotwright_syntax::ast::{Id, IdKind, StmtKind};

use crate::cursor::Pair;
use crate::document::Document;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SemanticType {
    /// `digraph`, `subgraph`, `node`; words of the shell.
    Keyword,
    /// The id of a node.
    Node,
    /// The id of a graph or subgraph.
    Graph,
    /// The name of an attribute; the property of a stylesheet.
    Property,
    /// A word out of a closed list, such as a shape.
    EnumMember,
    /// Text.
    String,
    /// A number or duration.
    Number,
    /// An operator.
    Operator,
    /// A comment.
    Comment,
    /// A key of a condition.
    Variable,
    /// A template variable such as `$goal`; an expansion of the shell.
    Parameter,
    /// A class of a stylesheet.
    Class,
    /// The command of a shell line.
    Function,
    /// An escape in a string.
    Escape,
    /// A heading of a prompt.
    Heading,
    /// Code in a prompt.
    Code,
    /// Emphasis in a prompt.
    Emphasis,
    /// A file or folder.
    Path,
}

impl SemanticType {
    /// All types, in the order of the declaration: a legend for editors.
    pub const ALL: [SemanticType; 18] = [
        SemanticType::Keyword,
        SemanticType::Node,
        SemanticType::Graph,
        SemanticType::Property,
        SemanticType::EnumMember,
        SemanticType::String,
        SemanticType::Number,
        SemanticType::Operator,
        SemanticType::Comment,
        SemanticType::Variable,
        SemanticType::Parameter,
        SemanticType::Class,
        SemanticType::Function,
        SemanticType::Escape,
        SemanticType::Heading,
        SemanticType::Code,
        SemanticType::Emphasis,
        SemanticType::Path,
    ];
}

/// What is special about a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SemanticModifier {
    /// The name is declared here.
    Declaration,
    /// An old spelling.
    Deprecated,
    /// Nobody knows the name.
    Unknown,
    /// Part of a language inside a string.
    Embedded,
}

impl SemanticModifier {
    /// All modifiers, in the order of the declaration.
    pub const ALL: [SemanticModifier; 4] = [
        SemanticModifier::Declaration,
        SemanticModifier::Deprecated,
        SemanticModifier::Unknown,
        SemanticModifier::Embedded,
    ];
}

/// A set of modifiers; bit `n` is entry `n` of [`SemanticModifier::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SemanticModifiers(pub u8);

impl SemanticModifiers {
    /// The set with another modifier in it.
    #[must_use]
    pub const fn with(self, modifier: SemanticModifier) -> SemanticModifiers {
        SemanticModifiers(self.0 | 1 << modifier as u8)
    }

    /// Whether a modifier is in the set.
    pub const fn contains(self, modifier: SemanticModifier) -> bool {
        self.0 & 1 << modifier as u8 != 0
    }
}

/// A piece of text on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SemanticToken {
    /// Its bytes; never empty, never over a line break.
    pub range: TextRange,
    /// What it is.
    pub kind: SemanticType,
    /// What is special about it.
    pub modifiers: SemanticModifiers,
}

/// The tokens of a document: sorted, without overlap.
pub fn semantic_tokens(document: &Document) -> Vec<SemanticToken> {
    semantic_tokens_in(document, document.range())
}

/// The tokens that touch a range.
pub fn semantic_tokens_in(document: &Document, range: TextRange) -> Vec<SemanticToken> {
    let mut pieces = Pieces { range, pieces: Vec::new() };
    for token in &document.syntax().tokens {
        if token.kind.is_keyword() {
            pieces.push(token.range, SemanticType::Keyword);
        } else if token.kind.is_edge_operator() || matches!(token.kind, TokenKind::Equals | TokenKind::Plus) {
            pieces.push(token.range, SemanticType::Operator);
        }
    }
    for comment in &document.syntax().comments {
        pieces.push(comment.range, SemanticType::Comment);
    }
    names(document, &mut pieces);
    for pair in document.pairs() {
        if !pieces.wants(pair.written.range()) {
            continue;
        }
        pieces.add(pair.written.key.range, SemanticType::Property, name_modifiers(document, &pair));
        embedded::value(document, &pair, &mut pieces);
    }
    let flat = flatten(pieces.pieces);
    let mut tokens = Vec::with_capacity(flat.len());
    for token in flat {
        let parts = document.lines().split(document.source(), token.range);
        tokens.extend(parts.map(|range| SemanticToken { range, ..token }));
    }
    tokens
}

/// Pieces that touch a range.
struct Pieces {
    range: TextRange,
    pieces: Vec<SemanticToken>,
}

impl Pieces {
    fn wants(&self, range: TextRange) -> bool {
        range.start <= self.range.end && self.range.start <= range.end
    }

    fn push(&mut self, range: TextRange, kind: SemanticType) {
        self.add(range, kind, SemanticModifiers::default());
    }

    fn add(&mut self, range: TextRange, kind: SemanticType, modifiers: SemanticModifiers) {
        if !range.is_empty() && self.wants(range) {
            self.pieces.push(SemanticToken { range, kind, modifiers });
        }
    }
}

/// Ids of graphs, subgraphs, nodes and ports.
fn names(document: &Document, pieces: &mut Pieces) {
    let declaration = SemanticModifiers::default().with(SemanticModifier::Declaration);
    for graph in document.ast().graphs() {
        if let Some(id) = graph.id {
            pieces.add(id.range, SemanticType::Graph, declaration);
        }
        for (id, stmt) in document.ast().statements(graph) {
            let modifiers = match stmt.kind {
                StmtKind::Node(_) => declaration,
                StmtKind::Edge { .. } => SemanticModifiers::default(),
                StmtKind::Subgraph(_) => {
                    if let Some(id) = document.ast().subgraph_id(id) {
                        pieces.add(id.range, SemanticType::Graph, declaration);
                    }
                    continue;
                }
                StmtKind::Default(_) | StmtKind::Assign => continue,
            };
            if !pieces.wants(stmt.range) {
                continue;
            }
            for node in document.node_refs(id) {
                pieces.add(node.id.range, SemanticType::Node, modifiers);
                if let Some(port) = document.ast().port(node) {
                    let parts: [Option<Id>; 2] = [Some(port.name), port.compass];
                    for part in parts.into_iter().flatten() {
                        pieces.push(part.range, SemanticType::EnumMember);
                    }
                }
            }
        }
    }
}

fn name_modifiers(document: &Document, pair: &Pair) -> SemanticModifiers {
    let none = SemanticModifiers::default();
    match pair.schema() {
        Some(schema) if schema.alias_of.is_some() => none.with(SemanticModifier::Deprecated),
        Some(_) => none,
        None => {
            let name = document.text(pair.written.key);
            let is_known = pair.written.key.kind == IdKind::Missing
                || attribute_family(&name, pair.scope).is_some()
                || document.settings().attributes.iter().any(|known| *known == name);
            if is_known { none } else { none.with(SemanticModifier::Unknown) }
        }
    }
}

/// Pieces without overlap: of nested ones the innermost wins, of crossing ones the later is cut.
fn flatten(mut pieces: Vec<SemanticToken>) -> Vec<SemanticToken> {
    pieces.sort_by_key(|piece| (piece.range.start, std::cmp::Reverse(piece.range.end)));
    let mut flat: Vec<SemanticToken> = Vec::with_capacity(pieces.len());
    let mut open: Vec<SemanticToken> = Vec::new();
    let mut at = 0;
    let mut emit = |piece: SemanticToken, from: u32, to: u32| {
        if from < to {
            flat.push(SemanticToken { range: TextRange::new(from, to), ..piece });
        }
    };
    for mut piece in pieces {
        while let Some(top) = open.pop_if(|top| top.range.end <= piece.range.start) {
            emit(top, at.max(top.range.start), top.range.end);
            at = at.max(top.range.end);
        }
        if let Some(top) = open.last() {
            emit(*top, at.max(top.range.start), piece.range.start);
            piece.range.end = piece.range.end.min(top.range.end);
        }
        at = at.max(piece.range.start);
        open.push(piece);
    }
    while let Some(top) = open.pop() {
        emit(top, at.max(top.range.start), top.range.end);
        at = at.max(top.range.end);
    }
    flat
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{document, place};

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let document = document(source);
        let mut text = String::new();
        for token in semantic_tokens(&document) {
            let modifiers = SemanticModifier::ALL.into_iter().filter(|&m| token.modifiers.contains(m));
            let modifiers: Vec<String> = modifiers.map(|m| format!(" {m:?}")).collect();
            let place = place(&document, token.range);
            text.push_str(&format!("{place} {:?}{}\n", token.kind, modifiers.concat()));
        }
        expect.assert_eq(&text);
    }

    #[test]
    fn names_keywords_and_operators() {
        check(
            "strict digraph G { node [shape=box] a -> b:p [wieght=1] // x\n }",
            expect![[r#"
            1:1-1:7 `strict` Keyword
            1:8-1:15 `digraph` Keyword
            1:16-1:17 `G` Graph Declaration
            1:20-1:24 `node` Keyword
            1:26-1:31 `shape` Property
            1:31-1:32 `=` Operator
            1:32-1:35 `box` EnumMember
            1:37-1:38 `a` Node
            1:39-1:41 `->` Operator
            1:42-1:43 `b` Node
            1:44-1:45 `p` EnumMember
            1:47-1:53 `wieght` Property Unknown
            1:53-1:54 `=` Operator
            1:54-1:55 `1` Number
            1:57-1:61 `// x` Comment
        "#]],
        );
    }

    #[test]
    fn conditions_and_stylesheets_are_seen_through_escapes() {
        check(
            r#"digraph { a -> b [condition="outcome=fail && !(context.x=\"1\")"] }"#,
            expect![[r#"
            1:1-1:8 `digraph` Keyword
            1:11-1:12 `a` Node
            1:13-1:15 `->` Operator
            1:16-1:17 `b` Node
            1:19-1:28 `condition` Property
            1:28-1:29 `=` Operator
            1:29-1:30 `\"` String
            1:30-1:37 `outcome` Variable Embedded
            1:37-1:38 `=` Operator Embedded
            1:38-1:42 `fail` EnumMember Embedded
            1:42-1:43 ` ` String
            1:43-1:45 `&&` Operator Embedded
            1:45-1:46 ` ` String
            1:46-1:47 `!` Operator Embedded
            1:47-1:48 `(` String
            1:48-1:57 `context.x` Variable Embedded
            1:57-1:58 `=` Operator Embedded
            1:58-1:63 `\\\"1\\\"` Number Embedded
            1:63-1:65 `)\"` String
        "#]],
        );
        check(
            r##"digraph { model_stylesheet="* { llm_model: gpt-5; } .c #a { x: \"y\" }" }"##,
            expect![[r#"
                1:1-1:8 `digraph` Keyword
                1:11-1:27 `model_stylesheet` Property
                1:27-1:28 `=` Operator
                1:28-1:29 `\"` String
                1:29-1:30 `*` Keyword Embedded
                1:30-1:33 ` { ` String
                1:33-1:42 `llm_model` Property Embedded
                1:42-1:44 `: ` String
                1:44-1:49 `gpt-5` String Embedded
                1:49-1:53 `; } ` String
                1:53-1:55 `.c` Class Embedded
                1:55-1:61 ` #a { ` String
                1:61-1:62 `x` Property Unknown Embedded
                1:62-1:64 `: ` String
                1:64-1:69 `\\\"y\\\"` String Embedded
                1:69-1:72 ` }\"` String
            "#]],
        );
    }

    #[test]
    fn prompts_are_markdown_with_variables() {
        check(
            "digraph { a [prompt=\"# Do $goal\\nuse `make` *now*\n```\nx *y*\n```\nend\"] }",
            expect![[r#"
                1:1-1:8 `digraph` Keyword
                1:11-1:12 `a` Node Declaration
                1:14-1:20 `prompt` Property
                1:20-1:21 `=` Operator
                1:21-1:22 `\"` String
                1:22-1:27 `# Do ` Heading Embedded
                1:27-1:32 `$goal` Parameter Embedded
                1:32-1:38 `\\nuse ` String
                1:38-1:44 ``make`` Code Embedded
                1:44-1:45 ` ` String
                1:45-1:50 `*now*` Emphasis Embedded
                2:1-2:4 ````` Code Embedded
                3:1-3:6 `x *y*` Code Embedded
                4:1-4:4 ````` Code Embedded
                5:1-5:5 `end\"` String
            "#]],
        );
    }

    #[test]
    fn commands_are_shell() {
        check(
            r#"digraph { a [tool_command="if make \"$x\"; then echo ok | cat; fi # c"] }"#,
            expect![[r#"
                1:1-1:8 `digraph` Keyword
                1:11-1:12 `a` Node Declaration
                1:14-1:26 `tool_command` Property
                1:26-1:27 `=` Operator
                1:27-1:28 `\"` String
                1:28-1:30 `if` Keyword Embedded
                1:30-1:31 ` ` String
                1:31-1:35 `make` Function Embedded
                1:35-1:36 ` ` String
                1:36-1:38 `\\\"` String Embedded
                1:38-1:40 `$x` Parameter Embedded
                1:40-1:42 `\\\"` String Embedded
                1:42-1:43 `;` Operator Embedded
                1:43-1:44 ` ` String
                1:44-1:48 `then` Keyword Embedded
                1:48-1:49 ` ` String
                1:49-1:53 `echo` Function Embedded
                1:53-1:57 ` ok ` String
                1:57-1:58 `|` Operator Embedded
                1:58-1:59 ` ` String
                1:59-1:62 `cat` Function Embedded
                1:62-1:63 `;` Operator Embedded
                1:63-1:64 ` ` String
                1:64-1:66 `fi` Keyword Embedded
                1:66-1:67 ` ` String
                1:67-1:70 `# c` Comment Embedded
                1:70-1:71 `\"` String
            "#]],
        );
    }

    #[test]
    fn plain_strings_show_their_escapes() {
        check(
            r#"digraph { a [label="x\ny", shape=hexagon, timeout=900s, type="wait.human"] }"#,
            expect![[r#"
                1:1-1:8 `digraph` Keyword
                1:11-1:12 `a` Node Declaration
                1:14-1:19 `label` Property
                1:19-1:20 `=` Operator
                1:20-1:22 `\"x` String
                1:22-1:24 `\\n` Escape
                1:24-1:26 `y\"` String
                1:28-1:33 `shape` Property
                1:33-1:34 `=` Operator
                1:34-1:41 `hexagon` EnumMember
                1:43-1:50 `timeout` Property
                1:50-1:51 `=` Operator
                1:51-1:55 `900s` Number
                1:57-1:61 `type` Property
                1:61-1:62 `=` Operator
                1:62-1:74 `\"wait.human\"` EnumMember
            "#]],
        );
    }

    #[test]
    fn a_range_gives_only_what_touches_it() {
        let document = document("digraph {\n a [label=x]\n b -> c\n}");
        let start = document.lines().start(2);
        let tokens = semantic_tokens_in(&document, TextRange::new(start, start + 7));
        assert_eq!(
            tokens.iter().map(|t| t.range.text(document.source())).collect::<Vec<_>>(),
            ["b", "->", "c"]
        );
    }
}
