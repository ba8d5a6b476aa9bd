//! Fixes of findings, and refactorings.

use dotwright_diagnostics::TextRange;

use crate::document::Document;
use crate::files::Files;
use crate::location::WorkspaceEdit;

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
    _document: &Document,
    _range: TextRange,
    _kinds: &[CodeActionKind],
    _files: &dyn Files,
) -> Vec<CodeAction> {
    Vec::new()
}

/// The change of an action whose edit is [`ActionEdit::OnRequest`].
pub fn resolve_code_action(
    _document: &Document,
    _range: TextRange,
    _title: &str,
    _files: &dyn Files,
) -> Option<WorkspaceEdit> {
    None
}

/// The edits that apply every safe fix.
pub fn fix_all(_document: &Document) -> Vec<dotwright_diagnostics::TextEdit> {
    Vec::new()
}
