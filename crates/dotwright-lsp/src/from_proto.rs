//! From types of the protocol to those of the features.

use std::path::PathBuf;

use dotwright_diagnostics::TextRange;
use dotwright_ide::{CodeActionKind, LineColumn};
use tower_lsp::ls_types::{self as lsp, Uri};

use crate::session::Session;
use crate::snapshot::Buffer;

/// The path of a document that is a file.
pub(crate) fn path(uri: &Uri) -> Option<PathBuf> {
    if uri.scheme().as_str() != "file" {
        return None;
    }
    uri.to_file_path().map(|path| path.into_owned())
}

pub(crate) fn position(position: lsp::Position) -> LineColumn {
    LineColumn { line: position.line, column: position.character }
}

/// The offset of a position in a document.
pub(crate) fn offset(session: &Session, buffer: &Buffer, place: lsp::Position) -> u32 {
    let document = buffer.document();
    document.lines().offset(document.source(), position(place), session.encoding.0)
}

/// The bytes of a range in a document.
pub(crate) fn range(session: &Session, buffer: &Buffer, range: lsp::Range) -> TextRange {
    let start = offset(session, buffer, range.start);
    TextRange::new(start, offset(session, buffer, range.end).max(start))
}

/// The kinds that a client asks for; `source` stands for all that begin so. Empty for all.
pub(crate) fn action_kinds(only: &[lsp::CodeActionKind]) -> Vec<CodeActionKind> {
    let all = [
        CodeActionKind::QuickFix,
        CodeActionKind::RefactorExtract,
        CodeActionKind::RefactorInline,
        CodeActionKind::RefactorRewrite,
        CodeActionKind::FixAll,
    ];
    let wanted = |kind: CodeActionKind| {
        let name = crate::to_proto::action_kind(kind);
        only.iter().any(|only| {
            let rest = name.as_str().strip_prefix(only.as_str());
            only.as_str().is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    all.into_iter().filter(|&kind| wanted(kind)).collect()
}

pub(crate) fn color(color: lsp::Color) -> dotwright_ide::Color {
    dotwright_ide::Color {
        red: color.red.into(),
        green: color.green.into(),
        blue: color.blue.into(),
        alpha: color.alpha.into(),
    }
}
