//! Requests for what is drawn into and around the text: inlay hints, lenses, links, colours.

use std::path::Path;

use dotwright_ide::{InlayHint, LensCommand, LinkTarget};
use serde_json::json;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types as lsp;

use crate::snapshot::{Buffer, Snapshot};
use crate::{from_proto, to_proto};

pub(crate) fn inlay_hint(
    snapshot: &Snapshot,
    params: &lsp::InlayHintParams,
) -> Result<Option<Vec<lsp::InlayHint>>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let range = from_proto::range(&snapshot.session, &buffer, params.range);
    let kinds = buffer.settings.client.hints();
    let hints = dotwright_ide::inlay_hints(buffer.document(), range, kinds);
    Ok(Some(hints.into_iter().map(|hint| self::hint(snapshot, &buffer, hint)).collect()))
}

fn hint(snapshot: &Snapshot, buffer: &Buffer, hint: InlayHint) -> lsp::InlayHint {
    let session = &snapshot.session;
    let tooltip = to_proto::markup(session.markdown.hover, hint.tooltip);
    let location = hint.target.and_then(|target| to_proto::location(snapshot, buffer, &target));
    let label = match location {
        Some(_) => lsp::InlayHintLabel::LabelParts(vec![lsp::InlayHintLabelPart {
            value: hint.text,
            location,
            ..lsp::InlayHintLabelPart::default()
        }]),
        None => lsp::InlayHintLabel::String(hint.text),
    };
    lsp::InlayHint {
        position: to_proto::position(session, buffer.document(), hint.offset),
        label,
        kind: None,
        text_edits: None,
        tooltip: Some(lsp::InlayHintTooltip::MarkupContent(tooltip)),
        padding_left: Some(true),
        padding_right: Some(false),
        data: None,
    }
}

pub(crate) fn code_lens(
    snapshot: &Snapshot,
    params: &lsp::CodeLensParams,
) -> Result<Option<Vec<lsp::CodeLens>>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    if buffer.settings.client.code_lens == Some(false) {
        return Ok(Some(Vec::new()));
    }
    let lenses = dotwright_ide::code_lenses(buffer.document());
    let lenses = lenses.into_iter().map(|lens| {
        let range = to_proto::range(&snapshot.session, buffer.document(), lens.range);
        let command = command(snapshot, &buffer, lens.title, range.start, &lens.command);
        lsp::CodeLens { range, command: Some(command), data: None }
    });
    Ok(Some(lenses.collect()))
}

/// What a click does: something that only the editor can do, where it said that it can, else nothing.
fn command(
    snapshot: &Snapshot,
    buffer: &Buffer,
    title: String,
    position: lsp::Position,
    command: &LensCommand,
) -> lsp::Command {
    let (name, arguments) = match command {
        LensCommand::Run => ("dotwright.run", vec![json!(buffer.uri)]),
        LensCommand::Simulate => ("dotwright.simulate", vec![json!(buffer.uri)]),
        LensCommand::Explain => ("dotwright.explain", vec![json!(buffer.uri)]),
        LensCommand::ShowGraph => ("dotwright.showGraph", vec![json!(buffer.uri)]),
        LensCommand::ShowPlaces(places) => {
            let places = places.iter().map(|&place| lsp::Location {
                uri: buffer.uri.clone(),
                range: to_proto::range(&snapshot.session, buffer.document(), place),
            });
            let places: Vec<_> = places.collect();
            ("dotwright.showPlaces", vec![json!(buffer.uri), json!(position), json!(places)])
        }
    };
    let is_known = snapshot.session.client_commands.iter().any(|known| known == name);
    match is_known {
        true => lsp::Command { title, command: name.to_owned(), arguments: Some(arguments) },
        false => lsp::Command { title, command: String::new(), arguments: None },
    }
}

pub(crate) fn document_link(
    snapshot: &Snapshot,
    params: &lsp::DocumentLinkParams,
) -> Result<Option<Vec<lsp::DocumentLink>>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let links = dotwright_ide::document_links(buffer.document(), &snapshot.around(&buffer));
    let links = links.into_iter().filter_map(|link| {
        let target = match &link.target {
            LinkTarget::File(path) => snapshot.uri(Path::new(path))?,
            LinkTarget::Url(address) => address.parse().ok()?,
        };
        Some(lsp::DocumentLink {
            range: to_proto::range(&snapshot.session, buffer.document(), link.range),
            target: Some(target),
            tooltip: Some(link.tooltip),
            data: None,
        })
    });
    Ok(Some(links.collect()))
}

pub(crate) fn document_color(
    snapshot: &Snapshot,
    params: &lsp::DocumentColorParams,
) -> Result<Vec<lsp::ColorInformation>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let colors = dotwright_ide::document_colors(buffer.document());
    let colors = colors.iter().map(|found| lsp::ColorInformation {
        range: to_proto::range(&snapshot.session, buffer.document(), found.range),
        color: to_proto::color(found.color),
    });
    Ok(colors.collect())
}

pub(crate) fn color_presentation(
    snapshot: &Snapshot,
    params: &lsp::ColorPresentationParams,
) -> Result<Vec<lsp::ColorPresentation>> {
    let buffer = snapshot.buffer(&params.text_document.uri)?;
    let range = from_proto::range(&snapshot.session, &buffer, params.range);
    let color = from_proto::color(params.color);
    let ways = dotwright_ide::color_presentations(buffer.document(), range, color);
    let ways = ways.into_iter().map(|(label, edit)| lsp::ColorPresentation {
        label,
        text_edit: Some(to_proto::edit(&snapshot.session, buffer.document(), &edit)),
        additional_text_edits: None,
    });
    Ok(ways.collect())
}
