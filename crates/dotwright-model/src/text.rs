//! Decoded text that is borrowed from the source wherever decoding changes nothing.

use std::borrow::Cow;

use dotwright_diagnostics::TextRange;
use dotwright_syntax::ast::{Id, IdKind};
use dotwright_syntax::decode;

/// Text of a model: a place in the source, or text of its own where escapes had to be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text {
    Source(TextRange),
    Owned(Box<str>),
}

impl Text {
    pub(crate) fn new(source: &str, id: Id) -> Text {
        match decode(source, id) {
            Cow::Owned(text) => Text::Owned(text.into()),
            Cow::Borrowed(text) => Text::Source(match id.kind {
                IdKind::Name | IdKind::Number | IdKind::Dialect | IdKind::Missing => id.range,
                IdKind::Quoted | IdKind::Concatenated | IdKind::Html => {
                    let start = id.range.start + 1;
                    TextRange::new(start, start + text.len() as u32)
                }
            }),
        }
    }

    pub(crate) fn get<'t>(&'t self, source: &'t str) -> &'t str {
        match self {
            Text::Source(range) => range.text(source),
            Text::Owned(text) => text,
        }
    }
}
