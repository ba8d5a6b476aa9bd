//! Lines and columns by their definition, slow and plain, to compare the language server with.

use serde_json::Value;

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 units.
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

    /// The name in the protocol.
    pub const fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf32 => "utf-32",
        }
    }

    fn width(self, character: char) -> u32 {
        match self {
            Encoding::Utf8 => character.len_utf8() as u32,
            Encoding::Utf16 => character.len_utf16() as u32,
            Encoding::Utf32 => 1,
        }
    }
}

/// Line and column of every character boundary of a text, with its offset. The inside of a `\r\n` is no place.
pub fn places(text: &str, encoding: Encoding) -> Vec<((u32, u32), usize)> {
    let (mut line, mut column) = (0, 0);
    let mut places = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        places.push(((line, column), at));
        match character {
            '\r' if rest.next_if(|&(_, next)| next == '\n').is_some() => (line, column) = (line + 1, 0),
            '\r' | '\n' => (line, column) = (line + 1, 0),
            other => column += encoding.width(other),
        }
    }
    places.push(((line, column), text.len()));
    places
}

/// The offset of a line and column that are a place of the text.
pub fn offset(places: &[((u32, u32), usize)], place: (u32, u32)) -> Option<usize> {
    let found = places.binary_search_by_key(&place, |&(place, _)| place).ok()?;
    places.get(found).map(|&(_, offset)| offset)
}

/// The ranges anywhere in an answer that do not begin and end at places of the text.
pub fn wrong_ranges(places: &[((u32, u32), usize)], answer: &Value) -> Vec<Value> {
    let place = |value: &Value| -> Option<(u32, u32)> {
        let number = |key| u32::try_from(value.get(key)?.as_u64()?).ok();
        Some((number("line")?, number("character")?))
    };
    let mut wrong = Vec::new();
    let mut waiting = vec![answer];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(values) => waiting.extend(values),
            Value::Object(fields) => {
                if let (Some(start), Some(end)) =
                    (fields.get("start").and_then(place), fields.get("end").and_then(place))
                    && (offset(places, start).is_none() || offset(places, end).is_none() || end < start)
                {
                    wrong.push(value.clone());
                }
                waiting.extend(fields.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    wrong
}
