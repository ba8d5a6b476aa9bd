//! Requests while somebody types: completion, hover, signatures.

use dotwright_diagnostics::TextRange;
use dotwright_ide::{Completion, CompletionItem, Document};
use serde_json::json;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{self as lsp, Uri};

use super::place;
use crate::session::Session;
use crate::snapshot::{Buffer, Snapshot};
use crate::to_proto;

pub(crate) fn completion(
    snapshot: &Snapshot,
    params: &lsp::CompletionParams,
) -> Result<Option<lsp::CompletionResponse>> {
    let (buffer, offset) = place(snapshot, &params.text_document_position)?;
    let found = dotwright_ide::completion(buffer.document(), offset, &snapshot.around(&buffer));
    let found = narrowed(found, buffer.document(), offset);
    let items = found.items.into_iter().map(|item| self::item(&snapshot.session, &buffer, item));
    let list = lsp::CompletionList { is_incomplete: found.is_incomplete, items: items.collect() };
    Ok(Some(lsp::CompletionResponse::List(list)))
}

/// Items that one answer holds. Nobody reads more, and a client takes longer over them than the server.
const ITEMS: usize = 250;

/// The items that fit what is typed, when there are many. The client asks again as more is typed.
fn narrowed(mut found: Completion, document: &Document, offset: u32) -> Completion {
    if found.items.len() <= ITEMS {
        return found;
    }
    found.items.retain(|item| {
        let start = item.edit.range.start.min(offset);
        let typed = TextRange::new(start, offset).text(document.source());
        is_spread_over(typed, item.filter.as_ref().unwrap_or(&item.label))
    });
    found.items.truncate(ITEMS);
    found.is_incomplete = true;
    found
}

/// Whether the letters of `typed` occur in `word` in their order, as editors compare them.
fn is_spread_over(typed: &str, word: &str) -> bool {
    let mut letters = word.chars().flat_map(char::to_lowercase);
    let typed = typed.chars().filter(|letter| *letter != '"').flat_map(char::to_lowercase);
    typed.into_iter().all(|letter| letters.any(|other| other == letter))
}

fn item(session: &Session, buffer: &Buffer, item: CompletionItem) -> lsp::CompletionItem {
    let mut edit = to_proto::edit(session, buffer.document(), &item.edit);
    let is_snippet = item.is_snippet && session.snippets;
    if item.is_snippet && !is_snippet {
        edit.new_text = without_places(&edit.new_text);
    }
    let format = if is_snippet { lsp::InsertTextFormat::SNIPPET } else { lsp::InsertTextFormat::PLAIN_TEXT };
    lsp::CompletionItem {
        sort_text: Some(format!("{:03}{}", item.rank, item.label)),
        kind: Some(to_proto::completion_kind(item.kind)),
        detail: item.detail,
        filter_text: item.filter,
        insert_text_format: Some(format),
        text_edit: Some(edit.into()),
        tags: item.is_deprecated.then(|| vec![lsp::CompletionItemTag::DEPRECATED]),
        data: item.documentation.map(|about| json!({ "uri": buffer.uri, "about": about })),
        label: item.label,
        ..lsp::CompletionItem::default()
    }
}

/// A snippet as plain text: what stands in its places stays, the places go.
fn without_places(snippet: &str) -> String {
    let mut text = String::with_capacity(snippet.len());
    let mut depth = 0_usize;
    let mut rest = snippet.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => text.extend(rest.next()),
            '}' if depth > 0 => depth -= 1,
            '$' => {
                let is_open = rest.next_if_eq(&'{').is_some();
                while rest.next_if(char::is_ascii_digit).is_some() {}
                if is_open && rest.next_if_eq(&'|').is_some() {
                    text.extend(std::iter::from_fn(|| rest.next_if(|&next| next != ',' && next != '|')));
                    rest.by_ref().find(|&next| next == '}');
                } else if is_open {
                    depth += 1;
                    rest.next_if_eq(&':');
                }
            }
            other => text.push(other),
        }
    }
    text
}

pub(crate) fn completion_resolve(
    snapshot: &Snapshot,
    mut item: lsp::CompletionItem,
) -> Result<lsp::CompletionItem> {
    let data = item.data.as_ref();
    let uri = data.and_then(|data| data.get("uri")?.as_str()?.parse::<Uri>().ok());
    let about = data.and_then(|data| data.get("about")?.as_str());
    if let (Some(uri), Some(about)) = (uri, about) {
        let buffer = snapshot.buffer(&uri)?;
        let documentation = dotwright_ide::resolve_completion(buffer.document(), about);
        item.documentation = documentation.map(|text| {
            lsp::Documentation::MarkupContent(to_proto::markup(snapshot.session.markdown.completion, text))
        });
    }
    Ok(item)
}

pub(crate) fn hover(snapshot: &Snapshot, params: &lsp::HoverParams) -> Result<Option<lsp::Hover>> {
    let (buffer, offset) = place(snapshot, &params.text_document_position_params)?;
    let (session, document) = (&snapshot.session, buffer.document());
    Ok(dotwright_ide::hover(document, offset).map(|hover| lsp::Hover {
        contents: lsp::HoverContents::Markup(to_proto::markup(session.markdown.hover, hover.markdown)),
        range: Some(to_proto::range(session, document, hover.range)),
    }))
}

pub(crate) fn signature_help(
    snapshot: &Snapshot,
    params: &lsp::SignatureHelpParams,
) -> Result<Option<lsp::SignatureHelp>> {
    let (buffer, offset) = place(snapshot, &params.text_document_position_params)?;
    let Some(help) = dotwright_ide::signature_help(buffer.document(), offset) else { return Ok(None) };
    let documentation =
        |text| lsp::Documentation::MarkupContent(to_proto::markup(snapshot.session.markdown.signature, text));
    let parameters = help.parameters.into_iter().map(|parameter| lsp::ParameterInformation {
        label: label(&snapshot.session, &help.label, parameter.range),
        documentation: Some(documentation(parameter.documentation)),
    });
    let signature = lsp::SignatureInformation {
        parameters: Some(parameters.collect()),
        documentation: Some(documentation(help.documentation)),
        active_parameter: Some(help.active),
        label: help.label,
    };
    Ok(Some(lsp::SignatureHelp {
        signatures: vec![signature],
        active_signature: Some(0),
        active_parameter: Some(help.active),
    }))
}

/// A part of a signature: as offsets, always in UTF-16, or as the words themselves.
fn label(session: &Session, label: &str, range: TextRange) -> lsp::ParameterLabel {
    if !session.signature_offsets {
        return lsp::ParameterLabel::Simple(range.text(label).to_owned());
    }
    let units = |end: u32| label.get(..end as usize).unwrap_or(label).encode_utf16().count() as u32;
    lsp::ParameterLabel::LabelOffsets([units(range.start), units(range.end)])
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(snippet: &str, text: &str) {
        assert_eq!(super::without_places(snippet), text);
    }

    #[test]
    fn typed_letters_may_be_spread_over_a_word() {
        for (typed, word, fits) in
            [("", "a", true), ("rvw", "Review", true), ("\"re", "review", true), ("wr", "review", false)]
        {
            assert_eq!(super::is_spread_over(typed, word), fits, "{typed} {word}");
        }
    }

    #[test]
    fn snippets_become_text_for_clients_without_them() {
        check("a -> ${1:target} [label=\"$2\"]$0", "a -> target [label=\"\"]");
        check("${1|one,two|};", "one;");
        check("\\$goal \\} {x}", "$goal } {x}");
        check("${1:outer ${2:inner} rest} {", "outer inner rest {");
    }
}
