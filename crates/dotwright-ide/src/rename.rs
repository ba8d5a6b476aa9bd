//! Renames nodes, classes and context keys wherever they are named.

use std::fmt;

use dotwright_diagnostics::{TextEdit, TextRange, apply_edits};
use dotwright_engine::context::reserved_writer;
use dotwright_lint::edits::{quoted, written_id};
use dotwright_syntax::ast::IdKind;
use dotwright_syntax::stylesheet::SelectorKind;
use dotwright_syntax::{condition, parse, stylesheet};

use crate::document::Document;
use crate::files::Files;
use crate::location::{FileEdits, WorkspaceEdit};
use crate::names::{Name, NameKind, Occurrence, Written};
use crate::references::related_pipelines;

/// What can be renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The name under the cursor, without quotes.
    pub range: TextRange,
    /// The name as text.
    pub placeholder: String,
}

/// Why something is not renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameError {
    /// The fact, with names.
    pub message: String,
}

impl fmt::Display for RenameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RenameError {}

fn refused<T>(message: impl Into<String>) -> Result<T, RenameError> {
    Err(RenameError { message: message.into() })
}

/// Whether the thing under the cursor can be renamed.
///
/// # Errors
/// [`RenameError`] when it cannot.
pub fn prepare_rename(document: &Document, offset: u32) -> Result<Prepared, RenameError> {
    let (name, own) = renamable(document, document.clamp(offset))?;
    Ok(Prepared { range: own.range, placeholder: name.text.clone() })
}

/// Gives the thing under the cursor another name, also in conditions, stylesheets and lists, and a context key in the
/// pipelines that this one runs.
///
/// # Errors
/// [`RenameError`] when the name is taken or cannot be written everywhere.
pub fn rename(
    document: &Document,
    offset: u32,
    new: &str,
    files: &dyn Files,
) -> Result<WorkspaceEdit, RenameError> {
    let (name, _) = renamable(document, document.clamp(offset))?;
    if name.text == new {
        return Ok(WorkspaceEdit::default());
    }
    check_name(document, name, new)?;
    let mut change = WorkspaceEdit::here(edits(document, name, new)?);
    if name.kind == NameKind::ContextKey {
        for (path, other) in related_pipelines(document, files, &|| false).unwrap_or_default() {
            let same = other.names().names().iter().filter(|n| n.kind == name.kind && n.text == name.text);
            let mut all = Vec::new();
            for same in same {
                check_name(&other, same, new)?;
                all.extend(edits(&other, same, new)?);
            }
            if !all.is_empty() {
                change.files.push(FileEdits { path: Some(path), edits: all });
            }
        }
    }
    Ok(change)
}

fn renamable(document: &Document, offset: u32) -> Result<(&Name, &Occurrence), RenameError> {
    if let Some(token) = document.token_at(offset).filter(|token| token.kind.is_keyword()) {
        let word = token.range.text(document.source());
        return refused(format!("`{word}` is a keyword of DOT"));
    }
    let Some((name, own)) = document.names().at(offset) else {
        return refused("only nodes, classes and context keys can be renamed");
    };
    match name.kind {
        NameKind::Node => {}
        NameKind::Class => {
            if let Some(label) = deriving_label(document, name) {
                return refused(format!(
                    "class `{}` comes from the label `{label}` of a subgraph",
                    name.text
                ));
            }
        }
        NameKind::ContextKey => {
            if let Some(writer) = reserved_writer(&name.text) {
                return refused(format!("`{}` is set by {}", name.text, writer.noun()));
            }
        }
        NameKind::Variable => {
            return refused(format!("`${}` is a variable of the runner", name.text));
        }
    }
    Ok((name, own))
}

/// The label of a subgraph that gives nodes this class.
fn deriving_label(document: &Document, class: &Name) -> Option<String> {
    let pipeline = document.pipeline();
    if class.graph != 0 {
        return None;
    }
    let mut subgraphs = pipeline.subgraphs().skip(1);
    subgraphs.find_map(|(id, _)| {
        let label = pipeline.subgraph_attribute(id, dotwright_model::AttributeKey::LABEL)?.text();
        (dotwright_model::class_of_label(&label) == class.text).then(|| label.into_owned())
    })
}

/// Refuses names that are taken, or that some place cannot hold.
fn check_name(document: &Document, name: &Name, new: &str) -> Result<(), RenameError> {
    const KEYWORDS: [&str; 6] = ["node", "edge", "graph", "digraph", "subgraph", "strict"];
    if new.trim().is_empty() {
        return refused("a name cannot be empty");
    }
    if KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(new)) {
        return refused(format!("`{new}` is a keyword of DOT"));
    }
    if document.names().find(name.kind, name.graph, new).is_some() {
        let kind = match name.kind {
            NameKind::Node => "node",
            NameKind::Class => "class",
            NameKind::ContextKey => "context key",
            NameKind::Variable => "variable",
        };
        return refused(format!("there is a {kind} `{new}` already"));
    }
    if name.kind == NameKind::ContextKey
        && let Some(writer) = reserved_writer(new)
    {
        return refused(format!("`{new}` is set by {}", writer.noun()));
    }
    let underscores = document.settings().profile.underscore_in_classes;
    if name.kind == NameKind::Class && new.contains('_') && !underscores {
        return refused(format!("class `{new}` contains `_`, which stylesheets of this profile do not take"));
    }
    for found in document.names().occurrences(name) {
        if !fits(name.kind, found.written, new) {
            let place = match found.written {
                Written::Condition => "a condition",
                Written::Selector => "a stylesheet",
                Written::ListPart => "a comma-separated list",
                Written::Template => "a prompt",
                Written::Id | Written::AttributeName => "an id",
            };
            let line = document.lines().line(found.range.start) + 1;
            return refused(format!("`{new}` cannot be written in {place}, line {line}"));
        }
    }
    Ok(())
}

fn fits(kind: NameKind, written: Written, new: &str) -> bool {
    match written {
        Written::Id => true,
        Written::AttributeName => false,
        Written::Condition => {
            let text = format!("context.{new}=1");
            let parsed = condition::parse(&text);
            let key = parsed.clauses().first().map(|clause| clause.key.text(&text));
            parsed.errors.is_empty() && parsed.clauses().len() == 1 && key == text.strip_suffix("=1")
        }
        Written::Selector => {
            let (mark, expected) = match kind {
                NameKind::Class => (".", SelectorKind::Class),
                NameKind::Node | NameKind::ContextKey | NameKind::Variable => ("#", SelectorKind::Id),
            };
            let text = format!("{mark}{new} {{ llm_model: x }}");
            let parsed = stylesheet::parse(&text);
            let one = parsed.rules.first().filter(|_| parsed.rules.len() == 1 && parsed.errors.is_empty());
            one.is_some_and(|rule| rule.selector.kind == expected && rule.selector.name.text(&text) == new)
        }
        Written::ListPart => !new.contains(|c: char| c == ',' || c.is_whitespace()),
        Written::Template => new.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c)),
    }
}

/// The edits in one document.
fn edits(document: &Document, name: &Name, new: &str) -> Result<Vec<TextEdit>, RenameError> {
    let places = document.names().occurrences(name);
    let edits: Vec<TextEdit> = places.map(|found| edit(document, found, new)).collect();
    let Ok(text) = apply_edits(document.source(), &edits) else {
        return refused("places of the name overlap");
    };
    if parse(&text).errors.len() > document.syntax().errors.len() {
        return refused(format!("the file would not be valid with `{new}`"));
    }
    Ok(edits)
}

fn edit(document: &Document, found: &Occurrence, new: &str) -> TextEdit {
    let source = document.source();
    if found.written == Written::Id {
        let was_quoted = found.token.text(source).starts_with(['"', '<']);
        let text = if was_quoted { quoted(new) } else { written_id(new) };
        return TextEdit::replace(found.token, text);
    }
    // A value without quotes holds the name alone.
    let value = document.attribute_at(found.range.start).map(|pair| pair.value);
    match value.filter(|value| value.range.contains(found.range)).map(|value| value.kind) {
        Some(IdKind::Name | IdKind::Number | IdKind::Dialect) => {
            TextEdit::replace(found.range, written_id(new))
        }
        Some(IdKind::Quoted | IdKind::Concatenated | IdKind::Html | IdKind::Missing) | None => {
            let escaped = quoted(new);
            let inner = escaped.get(1..escaped.len().saturating_sub(1)).unwrap_or(new);
            TextEdit::replace(found.range, inner)
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{Workspace, cursor, edited};

    #[track_caller]
    fn check(source: &str, new: &str, expect: Expect) {
        let (document, offset) = cursor(source);
        let files = Workspace::new("p/main.dot", &[("p/c.dot", "digraph { x [writes=\"score\"] }")]);
        let text = match rename(&document, offset, new, &files) {
            Err(error) => error.message,
            Ok(change) => {
                let shown = change.files.iter().map(|file| match &file.path {
                    None => edited(&document, &file.edits),
                    Some(path) => format!("{path}: {:?}", file.edits),
                });
                shown.collect::<Vec<_>>().join("\n")
            }
        };
        expect.assert_eq(&text);
    }

    #[test]
    fn a_node_is_renamed_everywhere() {
        check(
            "digraph { model_stylesheet=\"#a { llm_model: x }\" a$0 -> \"a\" b [retry_target=a] }",
            "step",
            expect![[
                r##"digraph { model_stylesheet="#step { llm_model: x }" step -> "step" b [retry_target=step] }"##
            ]],
        );
    }

    #[test]
    fn a_node_is_renamed_in_its_context_keys() {
        check(
            r#"digraph { pl$0an -> b [condition="context.response.plan=ok"] b [reads="response.plan, response.b"] }"#,
            "design",
            expect![[
                r#"digraph { design -> b [condition="context.response.design=ok"] b [reads="response.design, response.b"] }"#
            ]],
        );
        check(
            r#"digraph { plan -> b [condition="context.response.pl$0an=ok"] }"#,
            "my plan",
            expect!["`my plan` cannot be written in a condition, line 1"],
        );
    }

    #[test]
    fn quotes_come_when_needed_and_stay() {
        check(
            "digraph { a$0 -> \"a\" b [retry_target=a] }",
            "my node",
            expect![[r#"digraph { "my node" -> "my node" b [retry_target="my node"] }"#]],
        );
        check("digraph { \"a b\" -> \"a$0 b\" }", "ab", expect![[r#"digraph { "ab" -> "ab" }"#]]);
    }

    #[test]
    fn names_that_do_not_fit_are_refused() {
        check("digraph { a$0 -> b }", "b", expect!["there is a node `b` already"]);
        check("digraph { a$0 -> b }", "Node", expect!["`Node` is a keyword of DOT"]);
        check("digraph { a$0 -> b }", " ", expect!["a name cannot be empty"]);
        check(
            "digraph { model_stylesheet=\"#a { llm_model: x }\" a$0 }",
            "a b",
            expect!["`a b` cannot be written in a stylesheet, line 1"],
        );
    }

    #[test]
    fn things_without_a_name_of_their_own_are_refused() {
        check("digra$0ph { a -> b }", "x", expect!["`digraph` is a keyword of DOT"]);
        check(
            "digraph { a [lab$0el=x] }",
            "x",
            expect!["only nodes, classes and context keys can be renamed"],
        );
        check(
            "digraph { a -> b [condition=\"out$0come=fail\"] }",
            "x",
            expect!["`outcome` is set by the runner"],
        );
        check(
            "digraph { goal=x a [prompt=\"$go$0al\"] }",
            "x",
            expect!["`$goal` is a variable of the runner"],
        );
        check(
            "digraph { model_stylesheet=\".my-loop {}\" subgraph { label=\"My loop\" a [class=\"my-l$0oop\"] } }",
            "x",
            expect!["class `my-loop` comes from the label `My loop` of a subgraph"],
        );
    }

    #[test]
    fn a_class_is_renamed_in_lists_and_rules() {
        check(
            "digraph { model_stylesheet=\".code { llm_model: x }\" a [class=code] b [class=\"fast,co$0de\"] }",
            "heavy-code",
            expect![[
                r#"digraph { model_stylesheet=".heavy-code { llm_model: x }" a [class="heavy-code"] b [class="fast,heavy-code"] }"#
            ]],
        );
    }

    #[test]
    fn a_context_key_is_renamed_in_child_pipelines() {
        check(
            "digraph { m [\"stack.child_dotfile\"=\"c.dot\"] m -> n [condition=\"context.sc$0ore=\\\"1\\\"\"] }",
            "points",
            expect![[r#"
                digraph { m ["stack.child_dotfile"="c.dot"] m -> n [condition="context.points=\"1\""] }
                p/c.dot: [TextEdit { range: TextRange { start: 21, end: 26 }, text: "points" }]"#]],
        );
        check(
            "digraph { m [reads=\"sc$0ore\"] }",
            "tool.output",
            expect!["`tool.output` is set by tool steps"],
        );
    }
}
