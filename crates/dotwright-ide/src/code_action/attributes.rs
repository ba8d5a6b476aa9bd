//! Refactorings of attributes: to a default block and back, to the stylesheet, to a file, in order.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_lint::edits::{delete_pair, delete_statement, insert_attribute, quoted, written_id};
use dotwright_model::resolved::Attributes;
use dotwright_model::{AttributeKey, NodeId, Origin, Pipeline, Scope};
use dotwright_syntax::ast::{IdKind, StmtId, StmtKind, Target};
use dotwright_syntax::{stylesheet, template};

use super::verify::Keeps;
use super::{CodeActionKind, Refactoring};
use crate::cursor::{Pair, content_range};
use crate::document::Document;
use crate::files::{Files, resolve_path};
use crate::location::WorkspaceEdit;
use crate::navigation::node_at;

pub(super) fn refactorings(
    document: &Document,
    range: TextRange,
    files: &dyn Files,
    found: &mut Vec<Refactoring>,
) {
    let statement = document.enclosing(range.start).last().copied();
    if let Some(pair) = document.pair_at(range.start) {
        found.extend(to_default_block(document, &pair));
        found.extend(prompt_to_file(document, &pair, files));
        found.extend(sorted(document, pair.stmt));
    }
    if let Some(stmt) = statement {
        found.extend(inline_default(document, stmt));
    }
    if let Some((node, _)) = node_at(document, range.start) {
        found.extend(model_to_stylesheet(document, node));
    }
}

/// `key=value` as it stands on several nodes, to one `node [...]`.
fn to_default_block(document: &Document, pair: &Pair) -> Option<Refactoring> {
    let pipeline = document.pipeline();
    let StmtKind::Node(_) = document.ast()[pair.stmt].kind else { return None };
    let body = document.enclosing(document.ast()[pair.stmt].range.start);
    let block = body.iter().rfind(|id| matches!(document.ast()[**id].kind, StmtKind::Subgraph(_))).copied();
    let is_in_block =
        |range: TextRange| block.is_none_or(|block| document.ast()[block].range.contains(range));
    let (key, value) = (document.text(pair.written.key), document.text(pair.written.value));
    let same = document.pairs().filter(|other| {
        other.graph == 0
            && matches!(document.ast()[other.stmt].kind, StmtKind::Node(_))
            && is_in_block(other.written.range())
            && document.text(other.written.key) == key
            && document.text(other.written.value) == value
    });
    let same: Vec<Pair> = same.collect();
    if same.len() < 2 {
        return None;
    }
    let open = match block {
        Some(block) => document.token_from(document.ast()[block].range.start),
        None => document.token_from(document.ast().graphs().first()?.open.start),
    };
    let brace = document
        .syntax()
        .tokens
        .get(open..)?
        .iter()
        .find(|token| token.kind == dotwright_syntax::TokenKind::LBrace)?;
    let text = pair.written.range().text(document.source());
    let first = document.ast()[pair.stmt].range.start;
    let indent = indent(document, first).unwrap_or_default();
    let mut edits = vec![TextEdit::insert(brace.range.end, format!("\n{indent}node [{text}]"))];
    for other in &same {
        edits.extend(delete_pair(pipeline, other.written.range()));
    }
    let title = format!("move `{text}` of {} nodes to `node [...]`", same.len());
    Some(Refactoring::new(title, CodeActionKind::RefactorExtract, Keeps::Model, edits))
}

/// A default block, written out where it is in force.
fn inline_default(document: &Document, stmt: StmtId) -> Option<Refactoring> {
    let pipeline = document.pipeline();
    let target = match document.ast()[stmt].kind {
        StmtKind::Default(Target::Node) => Target::Node,
        StmtKind::Default(Target::Edge) => Target::Edge,
        StmtKind::Default(Target::Graph)
        | StmtKind::Node(_)
        | StmtKind::Edge { .. }
        | StmtKind::Assign
        | StmtKind::Subgraph(_) => return None,
    };
    let is_from =
        |origin: Origin| origin == Origin::DefaultBlock(stmt) || origin == Origin::SubgraphDefault(stmt);
    let pairs = |attributes: Attributes<'_>| -> Vec<String> {
        let inherited = attributes.into_values().filter(|attribute| is_from(attribute.origin));
        inherited.map(|attribute| attribute.range().text(document.source()).to_owned()).collect()
    };
    let mut edits = vec![delete_statement(pipeline, stmt)];
    match target {
        Target::Node => {
            for node in pipeline.nodes() {
                let pairs = pairs(dotwright_model::resolved::node_attributes(pipeline, node));
                if !pairs.is_empty() {
                    let declaration = pipeline.node(node).declaration?;
                    edits.push(insert_attribute(pipeline, declaration, &pairs.join(", ")));
                }
            }
        }
        Target::Edge => {
            let mut done = None;
            for edge in pipeline.edges() {
                let own = pipeline.edge(edge).stmt;
                if done.replace(own) == Some(own) {
                    continue;
                }
                let pairs = pairs(dotwright_model::resolved::edge_attributes(pipeline, edge));
                if !pairs.is_empty() {
                    edits.push(insert_attribute(pipeline, own, &pairs.join(", ")));
                }
            }
        }
        Target::Graph => return None,
    }
    let title = "write the defaults out where they are in force";
    Some(Refactoring::new(title, CodeActionKind::RefactorInline, Keeps::Model, edits))
}

/// The text of a prompt, to a file of its own.
fn prompt_to_file(document: &Document, pair: &Pair, files: &dyn Files) -> Option<Refactoring> {
    let StmtKind::Node(node) = document.ast()[pair.stmt].kind else { return None };
    let is_prompt = pair.key == Some(AttributeKey::PROMPT) && pair.scope == Scope::Node;
    let text = document.text(pair.written.value);
    let is_file = template::references(&text).any(|found| found.kind == template::TemplateKind::File);
    if !is_prompt || text.trim().is_empty() || is_file {
        return None;
    }
    let id = document.text(node.id);
    let stem: String =
        id.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' }).collect();
    let names = (1..100).map(|number| match number {
        1 => format!("prompts/{stem}.md"),
        number => format!("prompts/{stem}-{number}.md"),
    });
    let mut free = names.filter(|name| !files.exists(&resolve_path(files.path(), name)));
    let name = free.next()?;
    let mut content = text.into_owned();
    if !content.ends_with('\n') {
        content.push('\n');
    }
    let edit = TextEdit::replace(pair.written.value.range, quoted(&format!("@{name}")));
    let mut change = WorkspaceEdit::here(vec![edit]);
    change.creates.push((resolve_path(files.path(), &name), content));
    let title = format!("move the prompt to `{name}`");
    Some(Refactoring { title, kind: CodeActionKind::RefactorExtract, edit: change, keeps: Keeps::Nothing })
}

/// Model properties of a node, to a rule of the stylesheet.
fn model_to_stylesheet(document: &Document, node: NodeId) -> Option<Refactoring> {
    let pipeline = document.pipeline();
    let mut edits = Vec::new();
    let mut declarations = Vec::new();
    for &property in pipeline.profile().style_properties {
        let Some(own) = AttributeKey::from_name(property).and_then(|key| pipeline.own_attribute(node, key))
        else {
            continue;
        };
        declarations.push(format!("{property}: {};", style_value(&own.text())));
        edits.extend(delete_pair(pipeline, own.range()));
    }
    if declarations.is_empty() {
        return None;
    }
    let rule = format!("#{} {{ {} }}", pipeline.id(node), declarations.join(" "));
    edits.push(add_rule(document, pipeline, &rule)?);
    let title = format!("move the model of `{}` to the stylesheet", pipeline.id(node));
    Some(Refactoring::new(title, CodeActionKind::RefactorExtract, Keeps::Resolved, edits))
}

fn style_value(text: &str) -> String {
    let sheet = format!("* {{ x: {text}; }}");
    let parsed = stylesheet::parse(&sheet);
    let bare = parsed.errors.is_empty() && parsed.rules.len() == 1 && !text.is_empty();
    if bare { text.to_owned() } else { quoted(text) }
}

/// Adds a rule to the stylesheet, or a stylesheet to the graph.
fn add_rule(document: &Document, pipeline: &Pipeline, rule: &str) -> Option<TextEdit> {
    let Some(sheet) = pipeline.stylesheet() else {
        let statement = format!("model_stylesheet={}", quoted(rule));
        return dotwright_lint::edits::insert_first(pipeline, &[statement]);
    };
    let value = sheet.attribute.value();
    if value.kind != IdKind::Quoted {
        return None;
    }
    let content = content_range(document.source(), value);
    let text = content.text(document.source());
    let end = content.start + text.trim_end().len() as u32;
    let escaped = quoted(rule);
    let escaped = escaped.get(1..escaped.len() - 1)?;
    let own_line = text.trim_end().rfind('\n').and_then(|at| {
        let line = text.get(at + 1..)?;
        Some(line.get(..line.len() - line.trim_start().len())?.to_owned())
    });
    Some(match own_line {
        Some(indent) => TextEdit::insert(end, format!("\n{indent}{escaped}")),
        None => TextEdit::insert(end, format!(" {escaped}")),
    })
}

/// The pairs of a statement in the order of their names.
fn sorted(document: &Document, stmt: StmtId) -> Option<Refactoring> {
    let pairs = document.ast().attributes(&document.ast()[stmt]);
    let mut sorted: Vec<_> = pairs.to_vec();
    sorted.sort_by_key(|pair| document.text(pair.key).into_owned());
    if sorted == pairs {
        return None;
    }
    let places = pairs.iter().zip(&sorted).filter(|(place, pair)| place != pair);
    let edits =
        places.map(|(place, pair)| TextEdit::replace(place.range(), pair.range().text(document.source())));
    let title = "sort the attributes by name";
    Some(Refactoring::new(title, CodeActionKind::RefactorRewrite, Keeps::Model, edits.collect()))
}

/// The blanks in front of a place that begins its line.
pub(super) fn indent(document: &Document, offset: u32) -> Option<String> {
    let line = document.lines().start(document.lines().line(offset));
    let before = TextRange::new(line, offset).text(document.source());
    before.trim().is_empty().then(|| before.to_owned())
}

/// Ids and values with and without quotes.
pub(super) fn respell(document: &Document, offset: u32) -> Option<Refactoring> {
    let token = document.token_at(offset)?;
    let dotwright_syntax::TokenKind::Id(kind) = token.kind else { return None };
    let id = dotwright_syntax::ast::Id { kind, range: token.range };
    let text = document.text(id);
    let (title, written) = match kind {
        IdKind::Quoted if written_id(&text) == *text => ("remove the quotes", text.into_owned()),
        IdKind::Name | IdKind::Number | IdKind::Dialect => ("quote it", quoted(&text)),
        IdKind::Quoted | IdKind::Concatenated | IdKind::Html | IdKind::Missing => return None,
    };
    let edits = vec![TextEdit::replace(token.range, written)];
    Some(Refactoring::new(title, CodeActionKind::RefactorRewrite, Keeps::Model, edits))
}
