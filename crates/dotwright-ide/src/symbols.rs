//! Outlines: graphs, subgraphs, nodes and routes.

use std::borrow::Cow;
use std::collections::HashSet;

use dotwright_diagnostics::TextRange;
use dotwright_model::{EdgeId, NodeId};
use dotwright_syntax::ast::{Graph, Id, StmtId, StmtKind};

use crate::document::Document;
use crate::files::Files;
use crate::location::Location;
use crate::names::NameKind;

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    /// A graph.
    Graph,
    /// A subgraph.
    Subgraph,
    /// A node.
    Node,
    /// A way out of a node.
    Route,
    /// A class.
    Class,
    /// A context key.
    ContextKey,
}

/// An entry of the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSymbol {
    /// Its name; never empty.
    pub name: String,
    /// Handler and model, or the condition.
    pub detail: String,
    /// What it is.
    pub kind: SymbolKind,
    /// All of it.
    pub range: TextRange,
    /// Its name in the text, inside `range`.
    pub selection: TextRange,
    /// What it holds.
    pub children: Vec<DocumentSymbol>,
}

/// A symbol of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceSymbol {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// The pipeline that it belongs to.
    pub container: String,
    /// Where it is.
    pub location: Location,
}

/// The outline of a document: graphs, in them subgraphs and nodes, in those the routes out. Handlers and routes are
/// those of the first graph.
pub fn document_symbols(document: &Document) -> Vec<DocumentSymbol> {
    let graphs = document.ast().graphs().iter().zip(0u32..);
    graphs.map(|(graph, index)| graph_symbol(document, graph, index)).collect()
}

/// Symbols of all pipelines whose name fits a query: its letters occur in this order. `None` when `is_cancelled` said
/// so.
pub fn workspace_symbols(
    query: &str,
    files: &dyn Files,
    is_cancelled: &dyn Fn() -> bool,
) -> Option<Vec<WorkspaceSymbol>> {
    let mut symbols = Vec::new();
    for path in files.pipelines() {
        if is_cancelled() {
            return None;
        }
        let Some(document) = files.document(&path) else { continue };
        let container = container(&document, &path);
        let mut add = |name: &str, kind, range| {
            if fits(query, name) {
                let location = Location { path: Some(path.clone()), range };
                let (name, container) = (name.to_owned(), container.clone());
                symbols.push(WorkspaceSymbol { name, kind, container, location });
            }
        };
        for graph in document.ast().graphs() {
            let name = graph.id.map(|id| document.text(id));
            add(name.as_deref().unwrap_or(&container), SymbolKind::Graph, graph.header());
        }
        for name in document.names().names() {
            let kind = match name.kind {
                NameKind::Node => SymbolKind::Node,
                NameKind::Class => SymbolKind::Class,
                NameKind::ContextKey => SymbolKind::ContextKey,
                NameKind::Variable => continue,
            };
            let place = document.names().declarations(name).first().map(|found| found.range);
            let first = || document.names().occurrences(name).next().map(|found| found.range);
            if let Some(range) = place.or_else(first) {
                add(&name.text, kind, range);
            }
        }
    }
    Some(symbols)
}

fn container(document: &Document, path: &str) -> String {
    let named = document.ast().graphs().first().and_then(|graph| graph.id);
    match named.map(|id| document.text(id)).filter(|name| !name.trim().is_empty()) {
        Some(name) => name.into_owned(),
        None => path.rsplit('/').next().unwrap_or(path).to_owned(),
    }
}

/// Whether the letters of a query occur in a name in their order, whatever their case.
fn fits(query: &str, name: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    let mut wanted = query.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
    wanted.all(|wanted| letters.any(|letter| letter == wanted))
}

/// Blocks that are open, with the statement behind each.
type Open = Vec<(StmtId, DocumentSymbol)>;

fn graph_symbol(document: &Document, graph: &Graph, index: u32) -> DocumentSymbol {
    let declared = declared(document, graph);
    let mut seen: HashSet<Cow<'_, str>> = HashSet::new();
    let root = DocumentSymbol {
        name: name(document, graph.id, "digraph"),
        detail: String::new(),
        kind: SymbolKind::Graph,
        range: graph.range,
        selection: within(graph.id.map_or(graph.header(), |id| id.range), graph.range),
        children: Vec::new(),
    };
    let mut open: Open = vec![(StmtId(u32::MAX), root)];
    for (id, stmt) in document.ast().statements(graph) {
        while open.len() > 1 && open.last().is_some_and(|(end, _)| *end <= id) {
            close(&mut open);
        }
        match stmt.kind {
            StmtKind::Node(node) => {
                let text = document.text(node.id);
                if seen.insert(text.clone()) {
                    let symbol = node_symbol(document, index, &text, stmt.range, node.id.range);
                    push(&mut open, symbol);
                }
            }
            StmtKind::Edge { .. } => {
                for node in document.node_refs(id) {
                    let text = document.text(node.id);
                    if !declared.contains(&text) && seen.insert(text.clone()) {
                        let symbol = node_symbol(document, index, &text, node.id.range, node.id.range);
                        push(&mut open, symbol);
                    }
                }
            }
            StmtKind::Subgraph(group) => {
                let id = document.ast().subgraph_id(id);
                let symbol = DocumentSymbol {
                    name: name(document, id, "subgraph"),
                    detail: String::new(),
                    kind: SymbolKind::Subgraph,
                    range: stmt.range,
                    selection: within(id.map_or(stmt.range, |id| id.range), stmt.range),
                    children: Vec::new(),
                };
                open.push((group.end, symbol));
            }
            StmtKind::Default(_) | StmtKind::Assign => {}
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|(_, root)| root).unwrap_or_else(|| unreachable_root(graph.range))
}

/// The stack always holds the graph; this keeps the types honest without a panic.
fn unreachable_root(range: TextRange) -> DocumentSymbol {
    DocumentSymbol {
        name: "digraph".to_owned(),
        detail: String::new(),
        kind: SymbolKind::Graph,
        range,
        selection: range,
        children: Vec::new(),
    }
}

fn close(open: &mut Open) {
    if let Some((_, symbol)) = open.pop() {
        push(open, symbol);
    }
}

fn push(open: &mut Open, symbol: DocumentSymbol) {
    if let Some((_, parent)) = open.last_mut() {
        parent.children.push(symbol);
    }
}

fn declared<'d>(document: &'d Document, graph: &Graph) -> HashSet<Cow<'d, str>> {
    let statements = document.ast().statements(graph);
    let declared = statements.filter_map(|(_, stmt)| match stmt.kind {
        StmtKind::Node(node) => Some(document.text(node.id)),
        StmtKind::Edge { .. } | StmtKind::Default(_) | StmtKind::Assign | StmtKind::Subgraph(_) => None,
    });
    declared.collect()
}

fn node_symbol(
    document: &Document,
    graph: u32,
    text: &str,
    range: TextRange,
    selection: TextRange,
) -> DocumentSymbol {
    let node = document.pipeline().node_by_id(text).filter(|_| graph == 0);
    DocumentSymbol {
        name: if text.trim().is_empty() { "\"\"".to_owned() } else { text.to_owned() },
        detail: node.map_or(String::new(), |node| node_detail(document, node)),
        kind: SymbolKind::Node,
        range,
        selection: within(selection, range),
        children: node.map_or(Vec::new(), |node| {
            let routes = document.pipeline().outgoing(node).iter();
            routes.map(|&edge| route_symbol(document, edge)).collect()
        }),
    }
}

/// Handler and model.
pub(crate) fn node_detail(document: &Document, node: NodeId) -> String {
    let pipeline = document.pipeline();
    let handler = pipeline.handler(node).noun();
    match pipeline.resolve_property(node, "llm_model").filter(|_| uses_model(document, node)) {
        Some(model) => format!("{handler}, {}", model.text),
        None => handler.to_owned(),
    }
}

/// Whether a model does the work of a node.
pub(crate) fn uses_model(document: &Document, node: NodeId) -> bool {
    use dotwright_model::{AttributeKey, Scope, attribute};
    let schema = attribute(AttributeKey::LLM_MODEL, Scope::Node);
    schema.is_none_or(|schema| schema.is_used_by(document.pipeline().handler(node)))
}

fn route_symbol(document: &Document, edge: EdgeId) -> DocumentSymbol {
    let pipeline = document.pipeline();
    let range = pipeline.edge_range(edge);
    DocumentSymbol {
        name: format!("-> {}", pipeline.id(pipeline.target_of(edge))),
        detail: route_detail(document, edge),
        kind: SymbolKind::Route,
        range,
        selection: within(pipeline.edge_ends_range(edge), range),
        children: Vec::new(),
    }
}

/// The condition of an edge, else its label.
pub(crate) fn route_detail(document: &Document, edge: EdgeId) -> String {
    let pipeline = document.pipeline();
    match (pipeline.condition(edge), pipeline.edge_label(edge)) {
        (Some(condition), _) => condition.text.trim().to_owned(),
        (None, Some(label)) => label.text().trim().to_owned(),
        (None, None) => String::new(),
    }
}

fn name(document: &Document, id: Option<Id>, otherwise: &str) -> String {
    match id.map(|id| document.text(id)).filter(|name| !name.trim().is_empty()) {
        Some(name) => name.into_owned(),
        None => otherwise.to_owned(),
    }
}

/// A range cut to lie inside another one, which editors insist on.
fn within(range: TextRange, outer: TextRange) -> TextRange {
    if outer.contains(range) { range } else { TextRange::empty(outer.start) }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{Workspace, document, place};

    fn lines(document: &Document, symbols: &[DocumentSymbol], depth: usize, text: &mut String) {
        for symbol in symbols {
            assert!(symbol.range.contains(symbol.selection));
            let place = place(document, symbol.selection);
            text.push_str(&format!(
                "{}{:?} {} ({}) {place}\n",
                "  ".repeat(depth),
                symbol.kind,
                symbol.name,
                symbol.detail
            ));
            lines(document, &symbol.children, depth + 1, text);
        }
    }

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let document = document(source);
        let mut text = String::new();
        lines(&document, &document_symbols(&document), 0, &mut text);
        expect.assert_eq(&text);
    }

    #[test]
    fn subgraphs_hold_nodes_and_nodes_hold_routes() {
        check(
            r#"digraph P { start [shape=Mdiamond] subgraph s { a [llm_model=x] a -> b [condition="outcome=fail"] } start -> a [label=go] }"#,
            expect![[r#"
                Graph P () 1:9-1:10 `P`
                  Node start (start) 1:13-1:18 `start`
                    Route -> a (go) 1:101-1:111 `start -> a`
                  Subgraph s () 1:45-1:46 `s`
                    Node a (LLM step, x) 1:49-1:50 `a`
                      Route -> b (outcome=fail) 1:65-1:71 `a -> b`
                    Node b (LLM step) 1:70-1:71 `b`
            "#]],
        );
    }

    #[test]
    fn broken_and_second_graphs_have_an_outline_too() {
        check(
            "digraph { a [ subgraph { x",
            expect![[r#"
            Graph digraph () 1:1-1:8 `digraph`
              Node a (LLM step) 1:11-1:12 `a`
              Subgraph subgraph () 1:15-1:27 `subgraph { x`
                Node x (LLM step) 1:26-1:27 `x`
        "#]],
        );
        check(
            "digraph { a } digraph Q { b -> c }",
            expect![[r#"
            Graph digraph () 1:1-1:8 `digraph`
              Node a (LLM step) 1:11-1:12 `a`
            Graph Q () 1:23-1:24 `Q`
              Node b () 1:27-1:28 `b`
              Node c () 1:32-1:33 `c`
        "#]],
        );
    }

    #[test]
    fn queries_fit_letters_in_order() {
        let files = Workspace::new(
            "m.dot",
            &[("m.dot", "digraph P { review [class=code] }"), ("n.dot", "digraph { rerun }")],
        );
        let found = |query| {
            let symbols = workspace_symbols(query, &files, &|| false).unwrap();
            let lines = symbols.into_iter().map(|s| format!("{:?} {} in {}\n", s.kind, s.name, s.container));
            lines.collect::<String>()
        };
        expect![[r#"
            Node review in P
            Node rerun in n.dot
        "#]]
        .assert_eq(&found("RE"));
        expect![[r#"
            Class code in P
        "#]]
        .assert_eq(&found("cd"));
        assert_eq!(workspace_symbols("", &files, &|| true), None);
    }
}
