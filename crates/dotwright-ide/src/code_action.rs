//! Fixes of findings, and refactorings.

mod attributes;
mod edges;
mod nodes;
mod suppress;
mod verify;

use std::sync::Arc;

use dotwright_diagnostics::{Applicability, Diagnostic, TextEdit, TextRange};
use dotwright_lint::{External, FixMode, fix};

use crate::code_action::verify::{Keeps, is_kept};
use crate::document::Document;
use crate::files::Files;
use crate::location::WorkspaceEdit;

/// Above this length a refactoring is verified when it is chosen, not when it is offered.
const MAX_EAGER_BYTES: usize = 64 << 10;

/// Of how many findings in a selection the fixes are offered one by one.
const MAX_FINDINGS: usize = 50;

/// The title of the action that applies every safe fix.
const FIX_ALL: &str = "apply all safe fixes";

/// What an action is for, as editors group actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeActionKind {
    /// Mends a finding.
    QuickFix,
    /// Puts several things into one.
    RefactorExtract,
    /// The reverse.
    RefactorInline,
    /// Writes the same in another way.
    RefactorRewrite,
    /// Mends all findings that need no consent.
    FixAll,
}

/// The change of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionEdit {
    /// Known already.
    Ready(WorkspaceEdit),
    /// Costs something to work out: ask [`resolve_code_action`] with the title.
    OnRequest,
}

/// Something that can be done at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeAction {
    /// What it does, as an imperative.
    pub title: String,
    /// What it is for.
    pub kind: CodeActionKind,
    /// True for the fix that is most likely wanted.
    pub is_preferred: bool,
    /// The rule and the place of the finding that it mends.
    pub finding: Option<(&'static str, TextRange)>,
    /// The change.
    pub edit: ActionEdit,
}

/// What can be done in a range. `kinds` is what the editor asks for; empty for all.
pub fn code_actions(
    document: &Document,
    range: TextRange,
    kinds: &[CodeActionKind],
    files: &dyn Files,
) -> Vec<CodeAction> {
    let range = clamped(document, range);
    let wants = |kind: CodeActionKind| kinds.is_empty() || kinds.contains(&kind);
    let mut actions = Vec::new();
    if wants(CodeActionKind::QuickFix) {
        let findings = document.findings().diagnostics.iter();
        let here = findings.filter(|found| found.range.start <= range.end && range.start <= found.range.end);
        for finding in here.take(MAX_FINDINGS) {
            actions.extend(finding_actions(document, finding));
        }
    }
    let is_small = document.source().len() <= MAX_EAGER_BYTES;
    for found in refactorings(document, range, files).into_iter().filter(|found| wants(found.kind)) {
        let edit = if !is_small {
            ActionEdit::OnRequest
        } else if is_kept(document, &found.edit, found.keeps) {
            ActionEdit::Ready(found.edit)
        } else {
            continue;
        };
        let (title, kind) = (found.title, found.kind);
        actions.push(CodeAction { title, kind, is_preferred: false, finding: None, edit });
    }
    let is_safe = |finding: &Diagnostic| {
        finding.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe)
    };
    let has_safe = || document.findings().diagnostics.iter().any(is_safe);
    if wants(CodeActionKind::FixAll) && has_safe() {
        actions.push(CodeAction {
            title: FIX_ALL.to_owned(),
            kind: CodeActionKind::FixAll,
            is_preferred: false,
            finding: None,
            edit: ActionEdit::OnRequest,
        });
    }
    actions
}

/// The change of an action whose edit is [`ActionEdit::OnRequest`]; `None` when it would change what it has to keep.
pub fn resolve_code_action(
    document: &Document,
    range: TextRange,
    title: &str,
    files: &dyn Files,
) -> Option<WorkspaceEdit> {
    if title == FIX_ALL {
        return Some(WorkspaceEdit::here(fix_all(document)));
    }
    let range = clamped(document, range);
    let mut offered = refactorings(document, range, files).into_iter();
    let found = offered.find(|found| found.title == title)?;
    is_kept(document, &found.edit, found.keeps).then_some(found.edit)
}

/// The edits that apply every safe fix; none when there is nothing to mend.
pub fn fix_all(document: &Document) -> Vec<TextEdit> {
    let source = document.source();
    let outcome = fix(source, document.settings(), &|_| External::default(), FixMode::Safe);
    changed(source, &outcome.source).into_iter().collect()
}

/// The part between the common head and the common tail of two texts.
fn changed(before: &str, after: &str) -> Option<TextEdit> {
    if before == after {
        return None;
    }
    let head = before.char_indices().zip(after.chars()).find(|((_, a), b)| a != b);
    let head = head.map_or(before.len().min(after.len()), |((at, _), _)| at);
    let (old, new) = (before.get(head..)?, after.get(head..)?);
    let same = old.chars().rev().zip(new.chars().rev()).take_while(|(a, b)| a == b);
    let tail: usize = same.map(|(c, _)| c.len_utf8()).sum();
    let range = TextRange::new(head as u32, (before.len() - tail) as u32);
    Some(TextEdit::replace(range, new.get(..new.len() - tail)?))
}

fn clamped(document: &Document, range: TextRange) -> TextRange {
    TextRange::new(document.clamp(range.start), document.clamp(range.end))
}

/// The fix of a finding and the comments that allow it.
fn finding_actions(document: &Document, finding: &Diagnostic) -> Vec<CodeAction> {
    let action = |title: String, is_preferred, edits| CodeAction {
        title,
        kind: CodeActionKind::QuickFix,
        is_preferred,
        finding: Some((finding.rule, finding.range)),
        edit: ActionEdit::Ready(WorkspaceEdit::here(edits)),
    };
    let mut actions = Vec::new();
    if let Some(fix) = finding.fix.as_ref().filter(|fix| !fix.edits.is_empty()) {
        let is_preferred = fix.applicability == Applicability::Safe;
        actions.push(action(fix.title.clone(), is_preferred, fix.edits.clone()));
    }
    for (title, edit) in suppress::comments(document, finding) {
        actions.push(action(title, false, vec![edit]));
    }
    actions
}

/// A refactoring before it is verified.
struct Refactoring {
    title: String,
    kind: CodeActionKind,
    edit: WorkspaceEdit,
    keeps: Keeps,
}

impl Refactoring {
    fn new(
        title: impl Into<String>,
        kind: CodeActionKind,
        keeps: Keeps,
        edits: Vec<TextEdit>,
    ) -> Refactoring {
        Refactoring { title: title.into(), kind, edit: WorkspaceEdit::here(merged(edits)), keeps }
    }
}

/// Edits with overlapping deletions put into one, as neighbouring pairs share their separator. Other overlaps stay, and
/// verification refuses them.
fn merged(mut edits: Vec<TextEdit>) -> Vec<TextEdit> {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut merged: Vec<TextEdit> = Vec::with_capacity(edits.len());
    for edit in edits {
        match merged.last_mut() {
            Some(last)
                if edit.range.start < last.range.end && edit.text.is_empty() && last.text.is_empty() =>
            {
                last.range.end = last.range.end.max(edit.range.end);
            }
            Some(_) | None => merged.push(edit),
        }
    }
    merged
}

fn refactorings(document: &Document, range: TextRange, files: &dyn Files) -> Vec<Refactoring> {
    // Of broken text nobody can say what a change keeps, and only the first graph has a model.
    if !document.syntax().errors.is_empty() || document.graph_at(range.start) != Some(0) {
        return Vec::new();
    }
    let mut found = Vec::new();
    attributes::refactorings(document, range, files, &mut found);
    edges::refactorings(document, range, &mut found);
    nodes::refactorings(document, range, &mut found);
    found
}

/// The document after edits of its own text.
fn after(document: &Document, edit: &WorkspaceEdit) -> Option<Document> {
    let mut text = document.source().to_owned();
    for file in edit.files.iter().filter(|file| file.path.is_none()) {
        text = dotwright_diagnostics::apply_edits(&text, &file.edits).ok()?;
    }
    Some(Document::new(text, Arc::clone(document.settings())))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{Workspace, document, edited};

    /// The action whose title begins so, applied to the selection between `$0` and the second `$0`, or at `$0`.
    #[track_caller]
    fn check(source: &str, title: &str, expect: Expect) {
        let start = source.find("$0").unwrap();
        let rest = source.replacen("$0", "", 1);
        let end = rest.find("$0").unwrap_or(start);
        let document = document(&rest.replacen("$0", "", 1));
        let files = Workspace::new("main.dot", &[]);
        let range = TextRange::new(start as u32, end as u32);
        let actions = code_actions(&document, range, &[], &files);
        let titles: Vec<&str> = actions.iter().map(|action| action.title.as_str()).collect();
        let Some(action) = actions.iter().find(|action| action.title.starts_with(title)) else {
            expect.assert_eq(&format!("not offered: {titles:?}"));
            return;
        };
        let edit = match &action.edit {
            ActionEdit::Ready(edit) => edit.clone(),
            ActionEdit::OnRequest => resolve_code_action(&document, range, &action.title, &files).unwrap(),
        };
        let mut text = format!("{}\n", action.title);
        for (path, content) in &edit.creates {
            text.push_str(&format!("+ {path}: {content}\n"));
        }
        text.push_str(&edited(&document, &edit.files[0].edits));
        expect.assert_eq(&text);
    }

    #[test]
    fn findings_offer_their_fix_and_comments() {
        let source = "digraph {\n  start [shape=Mdiamond]\n  exit [shape=Msquare]\n  start -> exit\n  lo$0st [prompt=x]\n}";
        check(
            source,
            "allow",
            expect![[r#"
            allow `unreachable-node` here
            digraph {
              start [shape=Mdiamond]
              exit [shape=Msquare]
              start -> exit
              // dotwright: ignore(unreachable-node)
              lost [prompt=x]
            }"#]],
        );
        check(
            source,
            "allow `unreachable-node` in this file",
            expect![[r#"
            allow `unreachable-node` in this file
            // dotwright: ignore-file(unreachable-node)
            digraph {
              start [shape=Mdiamond]
              exit [shape=Msquare]
              start -> exit
              lost [prompt=x]
            }"#]],
        );
        check(
            "digraph { start [shape=Mdiamond co$0lor=red] }",
            "apply all",
            expect![[r#"
            apply all safe fixes
            digraph { start [shape=Mdiamond, color=red] }"#]],
        );
    }

    #[test]
    fn a_comment_silences_its_finding() {
        let source = "digraph {\n  start [shape=Mdiamond]\n  exit [shape=Msquare]\n  start -> exit; lost [\n    prompt=x]\n}";
        let document = document(source);
        let finding = document.findings().diagnostics.first().unwrap();
        for (title, edit) in suppress::comments(&document, finding) {
            let quiet = crate::test_support::document(&edited(&document, &[edit]));
            assert!(quiet.findings().diagnostics.is_empty(), "{title}: {}", quiet.source());
        }
    }

    #[test]
    fn equal_attributes_move_to_a_default_block_and_back() {
        check(
            "digraph {\n  a [timeout=$09s, prompt=x]\n  b [timeout=9s]\n  a -> b\n}",
            "move `timeout=9s`",
            expect![[r#"
                move `timeout=9s` of 2 nodes to `node [...]`
                digraph {
                  node [timeout=9s]
                  a [prompt=x]
                  b
                  a -> b
                }"#]],
        );
        check(
            "digraph {\n  a [timeout=$09s]\n  b\n}",
            "move `timeout=9s`",
            expect![[r#"not offered: ["wrap in a subgraph", "quote it"]"#]],
        );
        check(
            "digraph {\n  no$0de [timeout=9s]\n  a b [prompt=x] c [timeout=1s]\n}",
            "write the defaults",
            expect![[r#"
                write the defaults out where they are in force
                digraph {
                  a [timeout=9s] b [prompt=x, timeout=9s] c [timeout=1s]
                }"#]],
        );
    }

    #[test]
    fn prompts_and_models_move_out() {
        check(
            "digraph {\n  a [prompt=\"Do$0 it\\nnow\"]\n}",
            "move the prompt",
            expect![[r#"
            move the prompt to `prompts/a.md`
            + prompts/a.md: Do it
            now

            digraph {
              a [prompt="@prompts/a.md"]
            }"#]],
        );
        check(
            "digraph {\n  model_stylesheet=\"* { llm_model: x; }\"\n  a$0 [llm_model=\"gpt-5\", prompt=p]\n}",
            "move the model",
            expect![[r#"
                move the model of `a` to the stylesheet
                digraph {
                  model_stylesheet="* { llm_model: x; } #a { llm_model: gpt-5; }"
                  a [prompt=p]
                }"#]],
        );
        check(
            "digraph {\n  a$0 [llm_model=\"gpt-5\", prompt=p]\n}",
            "move the model",
            expect![[r##"
            move the model of `a` to the stylesheet
            digraph {
              model_stylesheet="#a { llm_model: gpt-5; }"
              a [prompt=p]
            }"##]],
        );
    }

    #[test]
    fn chains_are_split_and_joined() {
        check(
            "digraph {\n  a -$0> b -> c [weight=2]\n}",
            "split",
            expect![[r#"
            split the chain
            digraph {
              a -> b [weight=2]
              b -> c [weight=2]
            }"#]],
        );
        check(
            "digraph {\n  a -$0> b [weight=2]\n  b -> c [weight=2]\n}",
            "join",
            expect![[r#"
            join 2 edge statements to a chain
            digraph {
              a -> b -> c [weight=2]
            }"#]],
        );
        check(
            "digraph {\n  a -$0> b\n  b -> c [weight=2]\n}",
            "join",
            expect![[r#"not offered: ["wrap in a subgraph", "apply all safe fixes"]"#]],
        );
    }

    #[test]
    fn nodes_are_wrapped_and_converted() {
        check(
            "digraph {\n  $0a [prompt=x]\n  b\n$0  a -> b\n}",
            "wrap",
            expect![[r#"
            wrap in a subgraph
            digraph {
              subgraph cluster_1 {
                  a [prompt=x]
                  b
              }
              a -> b
            }"#]],
        );
        check(
            "digraph {\n  $0node [shape=diamond]\n  b\n$0  c\n}",
            "wrap",
            expect![[r#"not offered: ["write the defaults out where they are in force"]"#]],
        );
        check(
            "digraph {\n  a$0 [prompt=\"x\", llm_model=y]\n}",
            "convert",
            expect![[r#"
            convert `a` to a tool
            digraph {
              a [shape=parallelogram, tool_command="false"]
            }"#]],
        );
        check(
            "digraph {\n  s [shape=Mdiamond] e [shape=Msquare]\n  s -> w -> t$0 t [shape=parallelogram, tool_command=make] w [prompt=x]\n  t -> e [condition=\"outcome=success\"]\n}",
            "add `t ->",
            expect![[r#"
                add `t -> w` for failures
                digraph {
                  s [shape=Mdiamond] e [shape=Msquare]
                  s -> w -> t t [shape=parallelogram, tool_command=make] w [prompt=x]
                  t -> e [condition="outcome=success"]
                  t -> w [condition="outcome=fail"]
                }"#]],
        );
    }

    #[test]
    fn spellings_change_and_meaning_stays() {
        check(
            "digraph { a [sh$0ape=box, label=x, class=c] }",
            "sort",
            expect![[r#"
            sort the attributes by name
            digraph { a [class=c, label=x, shape=box] }"#]],
        );
        check(
            "digraph { a$0 }",
            "quote",
            expect![[r#"
            quote it
            digraph { "a" }"#]],
        );
        check(
            "digraph { \"a$0\" }",
            "remove the quotes",
            expect![[r#"
            remove the quotes
            digraph { a }"#]],
        );
        check(
            "digraph { \"a$0 b\" }",
            "remove the quotes",
            expect![[
                r#"not offered: ["allow `missing-prompt` here", "allow `missing-prompt` in this file", "allow `non-identifier-node-id` here", "allow `non-identifier-node-id` in this file", "convert `a b` to a tool"]"#
            ]],
        );
    }

    #[test]
    fn broken_text_offers_no_refactoring() {
        check("digraph { a$0 [x=1", "quote", expect!["not offered: []"]);
    }
}
