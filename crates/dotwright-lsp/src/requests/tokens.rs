//! Semantic tokens: all, those of a range, and what changed since the last answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dotwright_ide::{Document, SemanticToken, SemanticType, semantic_tokens, semantic_tokens_in};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{self as lsp, Uri};

use crate::from_proto;
use crate::session::Session;
use crate::snapshot::Snapshot;

/// The last tokens that the client got for each document.
#[derive(Debug, Default)]
pub(crate) struct TokenHistory(Mutex<History>);

#[derive(Debug, Default)]
struct History {
    last: u64,
    sent: HashMap<Uri, Sent>,
}

#[derive(Debug, Clone)]
struct Sent {
    id: String,
    tokens: Arc<Vec<lsp::SemanticToken>>,
}

impl TokenHistory {
    /// Forgets a document that is closed.
    pub(crate) fn forget(&self, uri: &Uri) {
        self.lock().sent.remove(uri);
    }

    /// Notes what is sent, and gives what was sent before.
    fn replace(&self, uri: &Uri, tokens: Arc<Vec<lsp::SemanticToken>>) -> (String, Option<Sent>) {
        let mut history = self.lock();
        history.last += 1;
        let id = history.last.to_string();
        let before = history.sent.insert(uri.clone(), Sent { id: id.clone(), tokens });
        (id, before)
    }

    fn lock(&self) -> MutexGuard<'_, History> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn semantic_tokens_full(
    snapshot: &Snapshot,
    params: &lsp::SemanticTokensParams,
) -> Result<Option<lsp::SemanticTokensResult>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let tokens = encode(&snapshot.session, buffer.document(), &semantic_tokens(buffer.document()));
    let tokens = Arc::new(tokens);
    let (id, _) = snapshot.workspace.caches.tokens.replace(&buffer.uri, Arc::clone(&tokens));
    Ok(Some(full(id, &tokens).into()))
}

pub(crate) fn semantic_tokens_delta(
    snapshot: &Snapshot,
    params: &lsp::SemanticTokensDeltaParams,
) -> Result<Option<lsp::SemanticTokensFullDeltaResult>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let tokens = encode(&snapshot.session, buffer.document(), &semantic_tokens(buffer.document()));
    let tokens = Arc::new(tokens);
    let (id, before) = snapshot.workspace.caches.tokens.replace(&buffer.uri, Arc::clone(&tokens));
    Ok(Some(match before.filter(|before| before.id == params.previous_result_id) {
        Some(before) => {
            let edits = delta(&before.tokens, &tokens).into_iter().collect();
            lsp::SemanticTokensDelta { result_id: Some(id), edits }.into()
        }
        None => full(id, &tokens).into(),
    }))
}

pub(crate) fn semantic_tokens_range(
    snapshot: &Snapshot,
    params: &lsp::SemanticTokensRangeParams,
) -> Result<Option<lsp::SemanticTokensRangeResult>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let range = from_proto::range(&snapshot.session, &buffer, params.range);
    let tokens = semantic_tokens_in(buffer.document(), range);
    let data = encode(&snapshot.session, buffer.document(), &tokens);
    Ok(Some(lsp::SemanticTokens { result_id: None, data }.into()))
}

fn full(id: String, tokens: &[lsp::SemanticToken]) -> lsp::SemanticTokens {
    lsp::SemanticTokens { result_id: Some(id), data: tokens.to_vec() }
}

/// Tokens as distances from the one before.
fn encode(session: &Session, document: &Document, tokens: &[SemanticToken]) -> Vec<lsp::SemanticToken> {
    let (lines, text, encoding) = (document.lines(), document.source(), session.encoding.0);
    let (mut line, mut column) = (0, 0);
    let mut encoded = Vec::with_capacity(tokens.len());
    for token in tokens {
        let start = lines.position(text, token.range.start, encoding);
        let end = lines.position(text, token.range.end, encoding);
        if end.line != start.line || end.column <= start.column {
            continue;
        }
        let delta_line = start.line - line;
        encoded.push(lsp::SemanticToken {
            delta_line,
            delta_start: if delta_line == 0 { start.column - column } else { start.column },
            length: end.column - start.column,
            token_type: index(token.kind),
            token_modifiers_bitset: token.modifiers.0.into(),
        });
        (line, column) = (start.line, start.column);
    }
    encoded
}

/// The number of a type in the legend.
fn index(kind: SemanticType) -> u32 {
    SemanticType::ALL.iter().position(|&known| known == kind).unwrap_or(0) as u32
}

/// One edit that turns one answer into the next: what lies between the equal parts at both ends. Counted in numbers,
/// of which a token has five.
fn delta(before: &[lsp::SemanticToken], after: &[lsp::SemanticToken]) -> Option<lsp::SemanticTokensEdit> {
    let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (old, new) = (before.get(start..).unwrap_or_default(), after.get(start..).unwrap_or_default());
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (old.len() - end, new.get(..new.len() - end).unwrap_or_default());
    (old > 0 || !new.is_empty()).then(|| lsp::SemanticTokensEdit {
        start: start as u32 * 5,
        delete_count: old as u32 * 5,
        data: Some(new.to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use tower_lsp::ls_types::SemanticToken;

    use super::delta;

    #[track_caller]
    fn check(before: &[u32], after: &[u32], expected: Option<(u32, u32, usize)>) {
        let tokens = |lengths: &[u32]| -> Vec<SemanticToken> {
            lengths.iter().map(|&length| SemanticToken { length, ..SemanticToken::default() }).collect()
        };
        let edit = delta(&tokens(before), &tokens(after));
        let edit = edit.map(|edit| (edit.start, edit.delete_count, edit.data.unwrap().len()));
        assert_eq!(edit, expected);
    }

    #[test]
    fn only_what_differs_is_sent() {
        check(&[1, 2, 3], &[1, 2, 3], None);
        check(&[1, 2, 3], &[1, 9, 3], Some((5, 5, 1)));
        check(&[1, 3], &[1, 2, 3], Some((5, 0, 1)));
        check(&[1, 1, 1], &[1, 1], Some((10, 5, 0)));
        check(&[], &[7], Some((0, 0, 1)));
    }
}
