//! The text edits that fixes of several rules share.
//!
//! They work on tokens, not on lines of the model: commas, comments and the author's layout stay as they are.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_model::{Attribute, EdgeId, NodeId, Pipeline};
use dotwright_syntax::ast::{Endpoint, IdKind, NodeRef, Stmt, StmtId, StmtKind};
use dotwright_syntax::{Token, TokenKind};

/// Adds `pair`, such as `timeout="600s"`, to the first statement of a node; `None` for a node that only edges name.
pub fn insert_node_attribute(pipeline: &Pipeline, node: NodeId, pair: &str) -> Option<TextEdit> {
    let declaration = pipeline.node(node).declaration?;
    Some(insert_attribute(pipeline, declaration, pair))
}

/// Adds `pair` at the end of the last attribute list of a statement, or as a new list.
pub fn insert_attribute(pipeline: &Pipeline, stmt: StmtId, pair: &str) -> TextEdit {
    let source = pipeline.source();
    let stmt = &pipeline.ast()[stmt];
    let tokens = last_tokens(pipeline, stmt);
    let Some((close, before)) = tokens.split_last().filter(|(last, _)| last.kind == TokenKind::RBracket)
    else {
        return TextEdit::insert(stmt.range.end, format!(" [{pair}]"));
    };
    let Some(last) = before.last() else { return TextEdit::insert(stmt.range.end, format!(" [{pair}]")) };
    if last.kind == TokenKind::LBracket {
        return TextEdit::insert(last.range.end, pair);
    }
    let has_comma = is_separator(last.kind);
    let own_line = pipeline.ast().attributes(stmt).last().and_then(|pair| indent(source, pair.range().start));
    let gap = TextRange::new(last.range.end, close.range.start).text(source);
    let Some((indent, (rest, _))) = own_line.zip(gap.split_once('\n')) else {
        let separator = if has_comma { "" } else { "," };
        return TextEdit::insert(last.range.end, format!("{separator} {pair}"));
    };
    // A comment behind the last pair stays in its line.
    let rest = rest.trim_end_matches('\r');
    let range = TextRange::new(last.range.end, last.range.end + rest.len() as u32);
    let (before, after) = if has_comma { ("", ",") } else { (",", "") };
    TextEdit::replace(range, format!("{before}{rest}\n{indent}{pair}{after}"))
}

/// Deletes a pair with one neighbouring separator, and with its list when nothing is left in it.
pub fn delete_attribute(pipeline: &Pipeline, attribute: Attribute<'_>) -> Vec<TextEdit> {
    delete_pair(pipeline, attribute.range())
}

/// Deletes the pair at `pair` of an attribute list; see [`delete_attribute`].
pub fn delete_pair(pipeline: &Pipeline, pair: TextRange) -> Vec<TextEdit> {
    let source = pipeline.source();
    let tokens = &pipeline.syntax().tokens;
    let first = tokens.partition_point(|token| token.range.start < pair.start);
    let behind = tokens.partition_point(|token| token.range.start < pair.end);
    let token = |index: usize| tokens.get(index);
    let before = first.checked_sub(1).and_then(token);
    let after = token(behind);
    if let (Some(open), Some(close)) = (before, after)
        && (open.kind, close.kind) == (TokenKind::LBracket, TokenKind::RBracket)
        && let Some(owner) = first.checked_sub(2).and_then(token)
        && owner.kind.is_id()
        && !has_comment(pipeline, TextRange::new(owner.range.end, close.range.end))
    {
        return vec![TextEdit::delete(TextRange::new(owner.range.end, close.range.end))];
    }
    let separator = after.filter(|after| is_separator(after.kind));
    let end = separator.map_or(pair.end, |separator| separator.range.end);
    let mut edits = Vec::new();
    if separator.is_none()
        && let Some(before) = before.filter(|before| is_separator(before.kind))
    {
        let gap = TextRange::new(before.range.end, pair.start);
        if !has_comment(pipeline, gap) {
            return vec![TextEdit::delete(before.range.cover(pair))];
        }
        edits.push(TextEdit::delete(before.range));
    }
    edits.push(TextEdit::delete(with_blanks(source, TextRange::new(pair.start, end))));
    edits
}

/// Deletes a statement with its `;`, and with its line when it stands alone on it.
pub fn delete_statement(pipeline: &Pipeline, stmt: StmtId) -> TextEdit {
    let range = pipeline.ast()[stmt].range;
    let next = token_behind(pipeline, range.end);
    let end = next.filter(|next| next.kind == TokenKind::Semicolon).map_or(range.end, |next| next.range.end);
    TextEdit::delete(with_blanks(pipeline.source(), TextRange::new(range.start, end)))
}

/// Deletes one edge: its statement, or its hop of a chain, which falls into two when the hop is in the middle.
/// `None` for a hop that stands for several edges.
pub fn delete_edge(pipeline: &Pipeline, edge: EdgeId) -> Option<Vec<TextEdit>> {
    let source = pipeline.source();
    let hop = pipeline.edge(edge);
    let stmt = &pipeline.ast()[hop.stmt];
    let ends = pipeline.ast().endpoints(stmt);
    let at = hop.hop as usize;
    let (Some(Endpoint::Node(from)), Some(Endpoint::Node(to))) = (ends.get(at), ends.get(at + 1)) else {
        return None;
    };
    if ends.len() == 2 {
        return Some(vec![delete_statement(pipeline, hop.stmt)]);
    }
    let from_end = node_end(pipeline, *from);
    let to_end = node_end(pipeline, *to);
    if at == 0 {
        return Some(vec![TextEdit::delete(TextRange::new(from.id.range.start, to.id.range.start))]);
    }
    if at + 2 == ends.len() {
        return Some(vec![TextEdit::delete(TextRange::new(from_end, to_end))]);
    }
    let last = match ends.last() {
        Some(Endpoint::Node(node)) => node_end(pipeline, *node),
        Some(Endpoint::List(list)) => {
            pipeline.ast().listed(*list).last().map_or(stmt.range.end, |node| node_end(pipeline, *node))
        }
        Some(Endpoint::Subgraph(group)) => pipeline.ast()[*group].range.end,
        None => stmt.range.end,
    };
    let lists = TextRange::new(last, stmt.range.end).text(source);
    let gap = TextRange::new(from_end, to.id.range.start);
    let separator = match indent(source, stmt.range.start) {
        Some(indent) => format!("{}\n{indent}", semicolon(pipeline, stmt)),
        None => "; ".to_owned(),
    };
    Some(vec![TextEdit::replace(gap, format!("{lists}{separator}"))])
}

/// Where a new edge statement goes: behind the last one that stands in no subgraph. Finding it walks the whole file,
/// so a rule with many findings does it once.
#[derive(Debug)]
pub struct EdgePlace {
    offset: u32,
    before: String,
    after: &'static str,
}

impl EdgePlace {
    /// `None` in an undirected graph, where an arrow would be a syntax error.
    pub fn find(pipeline: &Pipeline) -> Option<EdgePlace> {
        let source = pipeline.source();
        let graph = pipeline.graph_syntax().filter(|graph| graph.directed)?;
        let Some(last) = last_edge_statement(pipeline) else {
            let close = graph.close.start;
            return Some(match indent(source, close) {
                Some(indent) => EdgePlace {
                    offset: close - indent.len() as u32,
                    before: format!("{indent}  "),
                    after: "\n",
                },
                None => EdgePlace { offset: close, before: String::new(), after: " " },
            });
        };
        let stmt = &pipeline.ast()[last];
        let after = semicolon(pipeline, stmt);
        let end = if after.is_empty() {
            stmt.range.end
        } else {
            token_behind(pipeline, stmt.range.end).map_or(stmt.range.end, |token| token.range.end)
        };
        Some(match indent(source, stmt.range.start) {
            Some(indent) => {
                EdgePlace { offset: behind_comment(source, end), before: format!("\n{indent}"), after }
            }
            None => EdgePlace { offset: end, before: " ".to_owned(), after },
        })
    }

    /// The insertion of `edge`, such as `a -> b`.
    pub fn insert(&self, edge: &str) -> TextEdit {
        TextEdit::insert(self.offset, format!("{}{edge}{}", self.before, self.after))
    }
}

/// Adds statements as the first ones of a directed graph.
pub fn insert_first(pipeline: &Pipeline, statements: &[String]) -> Option<TextEdit> {
    let source = pipeline.source();
    let graph = pipeline.graph_syntax().filter(|graph| graph.directed)?;
    let first = pipeline.ast().statements(graph).next();
    let mut text = String::new();
    match first.map(|(_, stmt)| indent(source, stmt.range.start)) {
        Some(Some(indent)) => statements.iter().for_each(|stmt| text.push_str(&format!("\n{indent}{stmt}"))),
        Some(None) => statements.iter().for_each(|stmt| text.push_str(&format!(" {stmt};"))),
        None => {
            let indent = indent(source, graph.close.start).map_or("", |indent| indent);
            statements.iter().for_each(|stmt| text.push_str(&format!("\n{indent}    {stmt}")));
        }
    }
    let open = graph.open.end;
    let at = if text.starts_with('\n') { behind_comment(source, open) } else { open };
    Some(TextEdit::insert(at, text))
}

fn insert_behind(pipeline: &Pipeline, stmt: StmtId, text: &str) -> TextEdit {
    let source = pipeline.source();
    let stmt = &pipeline.ast()[stmt];
    let semicolon = semicolon(pipeline, stmt);
    let end = if semicolon.is_empty() {
        stmt.range.end
    } else {
        token_behind(pipeline, stmt.range.end).map_or(stmt.range.end, |token| token.range.end)
    };
    let Some(indent) = indent(source, stmt.range.start) else {
        return TextEdit::insert(end, format!(" {text}{semicolon}"));
    };
    let rest = source.get(end as usize..).unwrap_or("");
    let blank = rest.trim_start_matches([' ', '\t']);
    let at = if blank.starts_with("//") { end + rest.find('\n').unwrap_or(rest.len()) as u32 } else { end };
    TextEdit::insert(at, format!("\n{indent}{text}{semicolon}"))
}

/// `source -> target`, with quotes where an id needs them.
pub fn edge_statement(pipeline: &Pipeline, source: NodeId, target: NodeId) -> String {
    format!("{} -> {}", written_id(pipeline.id(source)), written_id(pipeline.id(target)))
}

/// True when the statement of the edge stands for this edge alone, so that its attributes are those of the edge.
pub fn is_sole_edge(pipeline: &Pipeline, edge: EdgeId) -> bool {
    let ends = pipeline.ast().endpoints(&pipeline.ast()[pipeline.edge(edge).stmt]);
    matches!(ends, [Endpoint::Node(_), Endpoint::Node(_)])
}

/// Adds a statement behind that of an edge.
pub fn insert_behind_edge(pipeline: &Pipeline, edge: EdgeId, statement: &str) -> TextEdit {
    insert_behind(pipeline, pipeline.edge(edge).stmt, statement)
}

/// Renames a node in its statements and in edges. Attribute values that name it are not touched.
pub fn rename_node(pipeline: &Pipeline, node: NodeId, name: &str) -> Vec<TextEdit> {
    let ast = pipeline.ast();
    let Some(graph) = pipeline.graph_syntax() else { return Vec::new() };
    let written = written_id(name);
    let old = pipeline.id(node);
    let mut edits = Vec::new();
    let mut visit = |found: NodeRef| {
        if dotwright_syntax::decode(pipeline.source(), found.id) == old {
            edits.push(TextEdit::replace(found.id.range, written.clone()));
        }
    };
    for (_, stmt) in ast.statements(graph) {
        if let StmtKind::Node(found) = stmt.kind {
            visit(found);
        }
        for end in ast.endpoints(stmt) {
            match end {
                Endpoint::Node(found) => visit(*found),
                Endpoint::List(list) => ast.listed(*list).iter().copied().for_each(&mut visit),
                Endpoint::Subgraph(_) => {}
            }
        }
    }
    edits
}

/// An id or value as DOT takes it: bare where it is a plain name, else quoted.
pub fn written_id(text: &str) -> String {
    const KEYWORDS: [&str; 6] = ["node", "edge", "graph", "digraph", "subgraph", "strict"];
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && !KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(text));
    if plain { text.to_owned() } else { quoted(text) }
}

/// Text in double quotes, with the escapes that keep it the same text.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Gives an attribute another value, in quotes if the old one has them.
pub fn replace_value(attribute: Attribute<'_>, text: &str) -> TextEdit {
    let written = match attribute.value().kind {
        IdKind::Quoted | IdKind::Concatenated | IdKind::Html => quoted(text),
        IdKind::Name | IdKind::Number | IdKind::Dialect | IdKind::Missing => written_id(text),
    };
    TextEdit::replace(attribute.value_range(), written)
}

/// Exchanges two statements and leaves comments and separators where they are.
pub fn exchange_statements(pipeline: &Pipeline, a: StmtId, b: StmtId) -> Vec<TextEdit> {
    let (a, b) = (pipeline.ast()[a].range, pipeline.ast()[b].range);
    let source = pipeline.source();
    vec![TextEdit::replace(a, b.text(source)), TextEdit::replace(b, a.text(source))]
}

fn is_separator(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Comma | TokenKind::Semicolon)
}

/// The last tokens of a statement, at most two.
fn last_tokens<'p>(pipeline: &'p Pipeline, stmt: &Stmt) -> &'p [Token] {
    let tokens = &pipeline.syntax().tokens;
    let behind = tokens.partition_point(|token| token.range.start < stmt.range.end);
    let all = tokens.get(..behind).unwrap_or(&[]);
    let last = all.get(all.len().saturating_sub(2)..).unwrap_or(&[]);
    let is_inside = last.first().is_some_and(|token| token.range.start >= stmt.range.start);
    if is_inside { last } else { last.get(1..).unwrap_or(&[]) }
}

fn token_behind(pipeline: &Pipeline, offset: u32) -> Option<&Token> {
    let tokens = &pipeline.syntax().tokens;
    tokens.get(tokens.partition_point(|token| token.range.start < offset))
}

fn has_comment(pipeline: &Pipeline, range: TextRange) -> bool {
    let comments = &pipeline.syntax().comments;
    let first = comments.partition_point(|comment| comment.range.start < range.start);
    comments.get(first).is_some_and(|comment| comment.range.start < range.end)
}

/// `;` when one follows the statement.
fn semicolon(pipeline: &Pipeline, stmt: &Stmt) -> &'static str {
    let rest = pipeline.source().get(stmt.range.end as usize..).unwrap_or("");
    match rest.bytes().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        Some(b';') => return ";",
        // Perhaps a comment.
        Some(b'/' | b'#') => {}
        Some(_) | None => return "",
    }
    let next = token_behind(pipeline, stmt.range.end);
    if next.is_some_and(|next| next.kind == TokenKind::Semicolon) { ";" } else { "" }
}

/// Where a node reference ends, ports included.
fn node_end(pipeline: &Pipeline, node: NodeRef) -> u32 {
    let port = pipeline.ast().port(node);
    port.map_or(node.id.range.end, |port| port.compass.unwrap_or(port.name).range.end)
}

/// The blanks before `offset` when nothing else stands before it in its line.
fn indent(source: &str, offset: u32) -> Option<&str> {
    let before = source.get(..offset as usize)?;
    let line = before.trim_end_matches([' ', '\t']);
    (line.is_empty() || line.ends_with('\n')).then(|| before.get(line.len()..).unwrap_or(""))
}

/// The end of the line when only a line comment follows in it, else `offset` itself.
fn behind_comment(source: &str, offset: u32) -> u32 {
    let rest = source.get(offset as usize..).unwrap_or("");
    if rest.trim_start_matches([' ', '\t']).starts_with("//") {
        offset + rest.find(['\r', '\n']).unwrap_or(rest.len()) as u32
    } else {
        offset
    }
}

/// The range with its whole line when nothing else stands there, else with the blanks behind it, or before it when it
/// ends its line or list.
fn with_blanks(source: &str, range: TextRange) -> TextRange {
    let rest = source.get(range.end as usize..).unwrap_or("");
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let after = rest.get(blanks..).unwrap_or("");
    let line_break = ["\r\n", "\n"].into_iter().find(|line_break| after.starts_with(line_break));
    let ends_line = line_break.is_some() || after.is_empty();
    if let Some(indent) = indent(source, range.start).filter(|_| ends_line) {
        let end = range.end as usize + blanks + line_break.map_or(0, str::len);
        return TextRange::new(range.start - indent.len() as u32, end as u32);
    }
    let before = source.get(..range.start as usize).unwrap_or("");
    let blanks_before = before.len() - before.trim_end_matches([' ', '\t']).len();
    if ends_line || after.starts_with(']') {
        TextRange::new(range.start - blanks_before as u32, range.end)
    } else {
        TextRange::new(range.start, range.end + blanks as u32)
    }
}

/// The last edge statement that stands in no subgraph.
fn last_edge_statement(pipeline: &Pipeline) -> Option<StmtId> {
    let graph = pipeline.graph_syntax()?;
    let mut last = None;
    let mut inside_until = StmtId(0);
    for (id, stmt) in pipeline.ast().statements(graph) {
        if id < inside_until {
            continue;
        }
        match stmt.kind {
            StmtKind::Edge { .. } => last = Some(id),
            StmtKind::Subgraph(group) => inside_until = group.end,
            StmtKind::Node(_) | StmtKind::Default(_) | StmtKind::Assign => {}
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use dotwright_diagnostics::apply_edits;
    use dotwright_model::Profile;

    use super::*;

    #[track_caller]
    fn check(source: &str, edits: impl FnOnce(&Pipeline) -> Vec<TextEdit>, expected: &str) {
        let pipeline = Pipeline::parse(source, Profile::default());
        assert_eq!(apply_edits(source, &edits(&pipeline)).unwrap(), expected);
    }

    fn node(pipeline: &Pipeline, id: &str) -> NodeId {
        pipeline.node_by_id(id).unwrap()
    }

    #[track_caller]
    fn insert_into_a(source: &str, expected: &str) {
        check(source, |p| vec![insert_node_attribute(p, node(p, "a"), "t=1").unwrap()], expected);
    }

    #[test]
    fn a_pair_goes_to_the_end_of_the_list_or_into_a_new_one() {
        insert_into_a("digraph { a }", "digraph { a [t=1] }");
        insert_into_a("digraph { a; }", "digraph { a [t=1]; }");
        insert_into_a("digraph { a [] }", "digraph { a [t=1] }");
        insert_into_a("digraph { a [x=1] }", "digraph { a [x=1, t=1] }");
        insert_into_a("digraph { a [x=1,] }", "digraph { a [x=1, t=1] }");
        insert_into_a("digraph { a [x=1 y=2] [z=\"]\"] }", "digraph { a [x=1 y=2] [z=\"]\", t=1] }");
    }

    #[test]
    fn a_list_with_a_pair_per_line_stays_one() {
        insert_into_a("digraph {\n a [\n  x=1\n ]\n}", "digraph {\n a [\n  x=1,\n  t=1\n ]\n}");
        insert_into_a("digraph {\n a [\n  x=1,\n ]\n}", "digraph {\n a [\n  x=1,\n  t=1,\n ]\n}");
        insert_into_a("digraph {\n a [\n  x=1]\n}", "digraph {\n a [\n  x=1, t=1]\n}");
        insert_into_a("digraph {\n a [\n  x=1 // why\n ]\n}", "digraph {\n a [\n  x=1, // why\n  t=1\n ]\n}");
    }

    #[track_caller]
    fn delete_y(source: &str, expected: &str) {
        let delete = |p: &Pipeline| {
            let a = node(p, "a");
            let pair = p.own_attributes(a).find(|attribute| attribute.name() == "y").unwrap();
            delete_attribute(p, pair)
        };
        check(source, delete, expected);
    }

    #[test]
    fn a_pair_goes_with_one_separator() {
        delete_y("digraph { a [x=1, y=2, z=3] }", "digraph { a [x=1, z=3] }");
        delete_y("digraph { a [y=2, z=3] }", "digraph { a [z=3] }");
        delete_y("digraph { a [x=1, y=2] }", "digraph { a [x=1] }");
        delete_y("digraph { a [x=1 y=2 z=3] }", "digraph { a [x=1 z=3] }");
        delete_y("digraph { a [x=1 y=2] }", "digraph { a [x=1] }");
        delete_y("digraph { a [x=1, y=2,] }", "digraph { a [x=1,] }");
    }

    #[test]
    fn the_last_pair_goes_with_its_list() {
        delete_y("digraph { a [y=2]; }", "digraph { a; }");
        delete_y("digraph { a [ /* why */ y=2 ] }", "digraph { a [ /* why */ ] }");
    }

    #[test]
    fn a_pair_in_a_line_of_its_own_goes_with_the_line() {
        delete_y("digraph {a [\n  x=1,\n  y=2,\n  z=3\n]}", "digraph {a [\n  x=1,\n  z=3\n]}");
        delete_y("digraph {a [\n  x=1,\n  y=2\n]}", "digraph {a [\n  x=1\n]}");
        delete_y("digraph {a [\n  x=1, // x\n  y=2\n]}", "digraph {a [\n  x=1 // x\n]}");
        delete_y("digraph {a [\n  y=2, // y\n  z=3\n]}", "digraph {a [\n  // y\n  z=3\n]}");
    }

    #[track_caller]
    fn delete_b_c(source: &str, expected: &str) {
        let delete = |p: &Pipeline| {
            let edge = p.edges().find(|&edge| p.source_of(edge) == node(p, "b")).unwrap();
            delete_edge(p, edge).unwrap()
        };
        check(source, delete, expected);
    }

    #[test]
    fn an_edge_goes_with_its_line() {
        delete_b_c("digraph {\n  b -> c\n  x\n}", "digraph {\n  x\n}");
        delete_b_c("digraph {\n  b -> c [x=1];\n}\n", "digraph {\n}\n");
        delete_b_c("digraph {\n  b -> c // why\n}\n", "digraph {\n  // why\n}\n");
        delete_b_c("digraph { b -> c; x }", "digraph { x }");
        delete_b_c("digraph { x; b -> c }", "digraph { x; }");
    }

    #[test]
    fn a_hop_shortens_or_splits_its_chain() {
        delete_b_c("digraph { b -> c -> d [x=1] }", "digraph { c -> d [x=1] }");
        delete_b_c("digraph { a -> b -> c [x=1] }", "digraph { a -> b [x=1] }");
        delete_b_c("digraph { a -> b -> c -> d [x=1] }", "digraph { a -> b [x=1]; c -> d [x=1] }");
        delete_b_c("digraph {\n a -> b:n -> c -> d;\n}", "digraph {\n a -> b:n;\n c -> d;\n}");
    }

    #[test]
    fn a_hop_between_groups_is_left_alone() {
        let pipeline = Pipeline::parse("digraph { a -> { b c } }", Profile::default());
        assert!(pipeline.edges().all(|edge| delete_edge(&pipeline, edge).is_none()));
    }

    #[track_caller]
    fn insert_a_b(source: &str, expected: &str) {
        check(source, |p| vec![EdgePlace::find(p).unwrap().insert("a -> b")], expected);
    }

    #[test]
    fn an_edge_goes_behind_the_last_one_outside_subgraphs() {
        insert_a_b("digraph {\n  x -> y\n  z\n}", "digraph {\n  x -> y\n  a -> b\n  z\n}");
        insert_a_b("digraph {\n\tx -> y; // why\n}", "digraph {\n\tx -> y; // why\n\ta -> b;\n}");
        insert_a_b(
            "digraph {\n  x -> y\n  subgraph s {\n    y -> z\n  }\n}",
            "digraph {\n  x -> y\n  a -> b\n  subgraph s {\n    y -> z\n  }\n}",
        );
        insert_a_b("digraph { x -> y; z }", "digraph { x -> y; a -> b; z }");
    }

    #[test]
    fn an_undirected_graph_takes_no_arrow() {
        let pipeline = Pipeline::parse("graph { a -- b }", Profile::default());
        assert!(EdgePlace::find(&pipeline).is_none());
        assert_eq!(insert_first(&pipeline, &["a -> b".to_owned()]), None);
    }

    #[test]
    fn the_first_edge_goes_before_the_closing_brace() {
        insert_a_b("digraph {\n  a\n}\n", "digraph {\n  a\n  a -> b\n}\n");
        insert_a_b("digraph { a }", "digraph { a a -> b }");
    }

    #[track_caller]
    fn insert_a(source: &str, expected: &str) {
        let statements = ["a [x=1]".to_owned(), "a -> b".to_owned()];
        check(source, |p| vec![insert_first(p, &statements).unwrap()], expected);
    }

    #[test]
    fn first_statements_take_the_indent_of_their_follower() {
        insert_a("digraph {\n  b\n}", "digraph {\n  a [x=1]\n  a -> b\n  b\n}");
        insert_a("digraph { // why\n b\n}", "digraph { // why\n a [x=1]\n a -> b\n b\n}");
        insert_a("digraph { b }", "digraph { a [x=1]; a -> b; b }");
        insert_a("digraph {\n}", "digraph {\n    a [x=1]\n    a -> b\n}");
    }

    #[test]
    fn a_node_is_renamed_wherever_it_is_named() {
        check(
            "digraph { a; \"a\" [x=a]; c -> a:n -> { a }; a, d -> c }",
            |p| rename_node(p, node(p, "a"), "a-b"),
            "digraph { \"a-b\"; \"a-b\" [x=a]; c -> \"a-b\":n -> { \"a-b\" }; \"a-b\", d -> c }",
        );
    }

    #[test]
    fn ids_are_quoted_where_dot_needs_it() {
        assert_eq!(written_id("plan_2"), "plan_2");
        assert_eq!(written_id("2nd"), "\"2nd\"");
        assert_eq!(written_id("Node"), "\"Node\"");
        assert_eq!(written_id("say \"hi\""), "\"say \\\"hi\\\"\"");
    }

    #[track_caller]
    fn set_y(source: &str, text: &str, expected: &str) {
        let set = |p: &Pipeline| {
            let y = p.own_attributes(node(p, "a")).find(|attribute| attribute.name() == "y").unwrap();
            vec![replace_value(y, text)]
        };
        check(source, set, expected);
    }

    #[test]
    fn a_value_keeps_its_quotes() {
        set_y("digraph { a [y=\"b\"] }", "c", "digraph { a [y=\"c\"] }");
        set_y("digraph { a [y=b] }", "c", "digraph { a [y=c] }");
        set_y("digraph { a [y=b] }", "c-d", "digraph { a [y=\"c-d\"] }");
    }

    #[test]
    fn statements_change_places() {
        let exchange = |p: &Pipeline| exchange_statements(p, StmtId(1), StmtId(0));
        check("digraph {\n a [x=1]; // a\n b\n}", exchange, "digraph {\n b; // a\n a [x=1]\n}");
    }
}
