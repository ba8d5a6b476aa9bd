//! From what the features answer to types of the protocol.

use std::collections::HashMap;
use std::path::Path;

use dotwright_config::ConfigError;
use dotwright_diagnostics::{Applicability, Severity, TextEdit, TextRange};
use dotwright_ide::{
    CallItem, CodeActionKind, CompletionKind, Document, Finding, HighlightKind, LineIndex, Location,
    SemanticModifier, SemanticType, SymbolKind, Tag, Target, WorkspaceEdit,
};
use serde_json::json;
use tower_lsp::ls_types::{self as lsp, Uri};

use crate::session::Session;
use crate::snapshot::{Buffer, Snapshot};

/// The kind of the action that mends everything.
pub(crate) const FIX_ALL: lsp::CodeActionKind = lsp::CodeActionKind::new("source.fixAll.dotwright");

pub(crate) fn uri(path: &Path) -> Option<Uri> {
    path.is_absolute().then(|| Uri::from_file_path(path))?
}

pub(crate) fn position(session: &Session, document: &Document, offset: u32) -> lsp::Position {
    let place = document.lines().position(document.source(), offset, session.encoding.0);
    lsp::Position::new(place.line, place.column)
}

pub(crate) fn range(session: &Session, document: &Document, range: TextRange) -> lsp::Range {
    lsp::Range::new(position(session, document, range.start), position(session, document, range.end))
}

pub(crate) fn edit(session: &Session, document: &Document, edit: &TextEdit) -> lsp::TextEdit {
    lsp::TextEdit { range: range(session, document, edit.range), new_text: edit.text.clone() }
}

pub(crate) fn edits(session: &Session, document: &Document, edits: &[TextEdit]) -> Vec<lsp::TextEdit> {
    edits.iter().map(|one| edit(session, document, one)).collect()
}

/// Text for people, as the client shows it.
pub(crate) fn markup(is_markdown: bool, text: String) -> lsp::MarkupContent {
    let kind = if is_markdown { lsp::MarkupKind::Markdown } else { lsp::MarkupKind::PlainText };
    lsp::MarkupContent { kind, value: text }
}

/// The page of a rule on the web. The client may open it; the server never does.
fn page(rule: &str) -> Option<lsp::CodeDescription> {
    let address = format!("{}/blob/main/lints/{rule}.md", env!("CARGO_PKG_REPOSITORY"));
    Some(lsp::CodeDescription { href: address.parse().ok()? })
}

fn severity(severity: Severity) -> lsp::DiagnosticSeverity {
    match severity {
        Severity::Hint => lsp::DiagnosticSeverity::HINT,
        Severity::Info => lsp::DiagnosticSeverity::INFORMATION,
        Severity::Warning => lsp::DiagnosticSeverity::WARNING,
        Severity::Error => lsp::DiagnosticSeverity::ERROR,
    }
}

/// The findings of a document, with as much as the client shows.
pub(crate) fn diagnostics(session: &Session, buffer: &Buffer, findings: &[Finding]) -> Vec<lsp::Diagnostic> {
    findings.iter().map(|finding| diagnostic(session, buffer, finding)).collect()
}

pub(crate) fn diagnostic(session: &Session, buffer: &Buffer, finding: &Finding) -> lsp::Diagnostic {
    let Finding { diagnostic: found, tags } = finding;
    let document = buffer.document();
    let support = &session.findings;
    let mut message = found.message.clone();
    if let Some(help) = &found.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    let mut related = None;
    if support.related {
        let places = found.labels.iter().map(|label| lsp::DiagnosticRelatedInformation {
            location: lsp::Location { uri: buffer.uri.clone(), range: range(session, document, label.range) },
            message: label.message.clone(),
        });
        related = Some(places.collect::<Vec<_>>()).filter(|places| !places.is_empty());
    } else {
        for label in &found.labels {
            let line = document.lines().line(label.range.start) + 1;
            message.push_str(&format!("\nline {line}: {}", label.message));
        }
    }
    let tags: Vec<lsp::DiagnosticTag> = tags.iter().filter_map(|&one| tag(session, one)).collect();
    lsp::Diagnostic {
        range: range(session, document, found.range),
        severity: Some(severity(found.severity)),
        code: Some(lsp::NumberOrString::String(found.rule.to_owned())),
        code_description: page(found.rule).filter(|_| support.page),
        source: Some("dotwright".to_owned()),
        message,
        related_information: related,
        tags: Some(tags).filter(|tags| !tags.is_empty()),
        data: found.fix.as_ref().filter(|_| support.data).map(|fix| {
            json!({
                "fix": {
                    "title": fix.title,
                    "applicability": applicability(fix.applicability),
                    "edits": edits(session, document, &fix.edits),
                }
            })
        }),
    }
}

/// What is wrong with a configuration file, at its place.
pub(crate) fn configuration(session: &Session, error: Option<&ConfigError>) -> Vec<lsp::Diagnostic> {
    let Some(error) = error else { return Vec::new() };
    let mut message = error.to_string();
    let mut place = lsp::Range::default();
    match error {
        ConfigError::Read { .. } => {}
        ConfigError::Content { source, range, help, .. } => {
            let lines = LineIndex::new(source);
            let position = |offset| {
                let place = lines.position(source, offset, session.encoding.0);
                lsp::Position::new(place.line, place.column)
            };
            place = lsp::Range::new(position(range.start), position(range.end));
            if let Some(help) = help {
                message.push_str("\nhelp: ");
                message.push_str(help);
            }
        }
    }
    vec![lsp::Diagnostic {
        range: place,
        severity: Some(lsp::DiagnosticSeverity::ERROR),
        source: Some("dotwright".to_owned()),
        message,
        ..lsp::Diagnostic::default()
    }]
}

fn applicability(applicability: Applicability) -> &'static str {
    applicability.as_str()
}

fn tag(session: &Session, tag: Tag) -> Option<lsp::DiagnosticTag> {
    match tag {
        Tag::Unnecessary => session.findings.unnecessary.then_some(lsp::DiagnosticTag::UNNECESSARY),
        Tag::Deprecated => session.findings.deprecated.then_some(lsp::DiagnosticTag::DEPRECATED),
    }
}

/// A document that a feature names, or the one that was asked about.
fn named<'s>(snapshot: &'s Snapshot, here: &'s Buffer, path: Option<&str>) -> Option<Place<'s>> {
    match path {
        None => Some(Place { uri: here.uri.clone(), version: here.version, buffer: Some(Named::Here(here)) }),
        Some(path) => {
            let path = Path::new(path);
            let buffer = snapshot.buffer_at(path);
            Some(Place {
                uri: snapshot.uri(path)?,
                version: buffer.as_ref().and_then(|buffer| buffer.version),
                buffer: buffer.map(Named::Other),
            })
        }
    }
}

struct Place<'s> {
    uri: Uri,
    version: Option<i32>,
    buffer: Option<Named<'s>>,
}

enum Named<'s> {
    Here(&'s Buffer),
    Other(std::sync::Arc<Buffer>),
}

impl Place<'_> {
    fn range(&self, session: &Session, bytes: TextRange) -> lsp::Range {
        match &self.buffer {
            Some(Named::Here(buffer)) => range(session, buffer.document(), bytes),
            Some(Named::Other(buffer)) => range(session, buffer.document(), bytes),
            None => lsp::Range::default(),
        }
    }

    fn edits(&self, session: &Session, edits: &[TextEdit]) -> Vec<lsp::TextEdit> {
        let edits = edits.iter().map(|edit| lsp::TextEdit {
            range: self.range(session, edit.range),
            new_text: edit.text.clone(),
        });
        edits.collect()
    }
}

pub(crate) fn location(snapshot: &Snapshot, here: &Buffer, location: &Location) -> Option<lsp::Location> {
    let place = named(snapshot, here, location.path.as_deref())?;
    let range = place.range(&snapshot.session, location.range);
    Some(lsp::Location { uri: place.uri, range })
}

/// Where a jump goes, with as much as the client understands. `None` for nowhere.
pub(crate) fn targets(
    snapshot: &Snapshot,
    here: &Buffer,
    targets: &[Target],
) -> Option<lsp::GotoDefinitionResponse> {
    if targets.is_empty() {
        return None;
    }
    let session = &snapshot.session;
    let places =
        targets.iter().filter_map(|target| Some((target, named(snapshot, here, target.path.as_deref())?)));
    if session.location_links {
        let links = places.map(|(target, place)| lsp::LocationLink {
            origin_selection_range: Some(range(session, here.document(), target.origin)),
            target_range: place.range(session, target.full),
            target_selection_range: place.range(session, target.focus),
            target_uri: place.uri,
        });
        return Some(lsp::GotoDefinitionResponse::Link(links.collect()));
    }
    let places = places.map(|(target, place)| {
        let range = place.range(session, target.focus);
        lsp::Location { uri: place.uri, range }
    });
    Some(lsp::GotoDefinitionResponse::Array(places.collect()))
}

/// A change of files. `None` when it makes files and the client cannot.
pub(crate) fn workspace_edit(
    snapshot: &Snapshot,
    here: &Buffer,
    edit: &WorkspaceEdit,
) -> Option<lsp::WorkspaceEdit> {
    let (session, support) = (&snapshot.session, snapshot.session.edits);
    let makes_files = support.versions && support.creates;
    if !edit.creates.is_empty() && !makes_files {
        return None;
    }
    let mut changes = Vec::new();
    for file in &edit.files {
        let place = named(snapshot, here, file.path.as_deref())?;
        let edits = place.edits(session, &file.edits);
        changes.push((place.uri, place.version, edits));
    }
    if !support.versions {
        let changes: HashMap<_, _> = changes.into_iter().map(|(uri, _, edits)| (uri, edits)).collect();
        return Some(lsp::WorkspaceEdit::new(changes));
    }
    let changes = changes.into_iter().map(|(uri, version, edits)| lsp::TextDocumentEdit {
        text_document: lsp::OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.into_iter().map(lsp::OneOf::Left).collect(),
    });
    let document_changes = if edit.creates.is_empty() {
        lsp::DocumentChanges::Edits(changes.collect())
    } else {
        let mut operations = Vec::new();
        for (path, text) in &edit.creates {
            operations.extend(new_file(uri(Path::new(path))?, text));
        }
        operations.extend(changes.map(lsp::DocumentChangeOperation::Edit));
        lsp::DocumentChanges::Operations(operations)
    };
    Some(lsp::WorkspaceEdit { document_changes: Some(document_changes), ..lsp::WorkspaceEdit::default() })
}

/// A file that must not be there yet, and its text.
fn new_file(uri: Uri, text: &str) -> [lsp::DocumentChangeOperation; 2] {
    let options = lsp::CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(false) };
    let create = lsp::CreateFile { uri: uri.clone(), options: Some(options), annotation_id: None };
    let insert = lsp::TextEdit { range: lsp::Range::default(), new_text: text.to_owned() };
    let edit = lsp::TextDocumentEdit {
        text_document: lsp::OptionalVersionedTextDocumentIdentifier { uri, version: None },
        edits: vec![lsp::OneOf::Left(insert)],
    };
    [
        lsp::DocumentChangeOperation::Op(lsp::ResourceOp::Create(create)),
        lsp::DocumentChangeOperation::Edit(edit),
    ]
}

pub(crate) fn completion_kind(kind: CompletionKind) -> lsp::CompletionItemKind {
    match kind {
        CompletionKind::Node => lsp::CompletionItemKind::REFERENCE,
        CompletionKind::Attribute | CompletionKind::Property => lsp::CompletionItemKind::PROPERTY,
        CompletionKind::Value => lsp::CompletionItemKind::ENUM_MEMBER,
        CompletionKind::Keyword => lsp::CompletionItemKind::KEYWORD,
        CompletionKind::Operator => lsp::CompletionItemKind::OPERATOR,
        CompletionKind::ConditionKey => lsp::CompletionItemKind::FIELD,
        CompletionKind::Class => lsp::CompletionItemKind::CLASS,
        CompletionKind::Variable => lsp::CompletionItemKind::VARIABLE,
        CompletionKind::Color => lsp::CompletionItemKind::COLOR,
        CompletionKind::File => lsp::CompletionItemKind::FILE,
        CompletionKind::Folder => lsp::CompletionItemKind::FOLDER,
        CompletionKind::Snippet => lsp::CompletionItemKind::SNIPPET,
    }
}

pub(crate) fn highlight_kind(kind: HighlightKind) -> lsp::DocumentHighlightKind {
    match kind {
        HighlightKind::Write => lsp::DocumentHighlightKind::WRITE,
        HighlightKind::Read => lsp::DocumentHighlightKind::READ,
        HighlightKind::Text => lsp::DocumentHighlightKind::TEXT,
    }
}

pub(crate) fn symbol_kind(kind: SymbolKind) -> lsp::SymbolKind {
    match kind {
        SymbolKind::Graph => lsp::SymbolKind::MODULE,
        SymbolKind::Subgraph => lsp::SymbolKind::NAMESPACE,
        SymbolKind::Node => lsp::SymbolKind::FUNCTION,
        SymbolKind::Route => lsp::SymbolKind::EVENT,
        SymbolKind::Class => lsp::SymbolKind::CLASS,
        SymbolKind::ContextKey => lsp::SymbolKind::KEY,
    }
}

pub(crate) fn action_kind(kind: CodeActionKind) -> lsp::CodeActionKind {
    match kind {
        CodeActionKind::QuickFix => lsp::CodeActionKind::QUICKFIX,
        CodeActionKind::RefactorExtract => lsp::CodeActionKind::REFACTOR_EXTRACT,
        CodeActionKind::RefactorInline => lsp::CodeActionKind::REFACTOR_INLINE,
        CodeActionKind::RefactorRewrite => lsp::CodeActionKind::REFACTOR_REWRITE,
        CodeActionKind::FixAll => FIX_ALL,
    }
}

pub(crate) fn call_item(session: &Session, buffer: &Buffer, item: &CallItem) -> lsp::CallHierarchyItem {
    let document = buffer.document();
    lsp::CallHierarchyItem {
        name: item.name.clone(),
        kind: symbol_kind(SymbolKind::Node),
        tags: None,
        detail: Some(item.detail.clone()).filter(|detail| !detail.is_empty()),
        uri: buffer.uri.clone(),
        range: range(session, document, item.range),
        selection_range: range(session, document, item.selection),
        data: None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "parts of a colour are small")]
pub(crate) fn color(color: dotwright_ide::Color) -> lsp::Color {
    lsp::Color {
        red: color.red as f32,
        green: color.green as f32,
        blue: color.blue as f32,
        alpha: color.alpha as f32,
    }
}

/// The names that numbers of semantic tokens stand for.
pub(crate) fn legend() -> lsp::SemanticTokensLegend {
    lsp::SemanticTokensLegend {
        token_types: SemanticType::ALL.map(token_type).to_vec(),
        token_modifiers: SemanticModifier::ALL.map(token_modifier).to_vec(),
    }
}

/// Standard names where there are any, so that every theme has colours.
fn token_type(kind: SemanticType) -> lsp::SemanticTokenType {
    match kind {
        SemanticType::Keyword => lsp::SemanticTokenType::KEYWORD,
        SemanticType::Node => lsp::SemanticTokenType::VARIABLE,
        SemanticType::Graph => lsp::SemanticTokenType::NAMESPACE,
        SemanticType::Property => lsp::SemanticTokenType::PROPERTY,
        SemanticType::EnumMember => lsp::SemanticTokenType::ENUM_MEMBER,
        SemanticType::String => lsp::SemanticTokenType::STRING,
        SemanticType::Number => lsp::SemanticTokenType::NUMBER,
        SemanticType::Operator => lsp::SemanticTokenType::OPERATOR,
        SemanticType::Comment => lsp::SemanticTokenType::COMMENT,
        SemanticType::Variable => lsp::SemanticTokenType::new("conditionKey"),
        SemanticType::Parameter => lsp::SemanticTokenType::PARAMETER,
        SemanticType::Class => lsp::SemanticTokenType::CLASS,
        SemanticType::Function => lsp::SemanticTokenType::FUNCTION,
        SemanticType::Escape => lsp::SemanticTokenType::REGEXP,
        SemanticType::Heading => lsp::SemanticTokenType::TYPE,
        SemanticType::Code => lsp::SemanticTokenType::MACRO,
        SemanticType::Emphasis => lsp::SemanticTokenType::MODIFIER,
        SemanticType::Path => lsp::SemanticTokenType::new("path"),
    }
}

fn token_modifier(modifier: SemanticModifier) -> lsp::SemanticTokenModifier {
    match modifier {
        SemanticModifier::Declaration => lsp::SemanticTokenModifier::DECLARATION,
        SemanticModifier::Deprecated => lsp::SemanticTokenModifier::DEPRECATED,
        SemanticModifier::Unknown => lsp::SemanticTokenModifier::new("unknown"),
        SemanticModifier::Embedded => lsp::SemanticTokenModifier::new("embedded"),
    }
}
