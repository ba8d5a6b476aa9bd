//! Colours in `color`, `fillcolor` and the like, and other ways to write one.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_lint::edits::written_id;
use dotwright_model::ValueType;
use dotwright_syntax::ast::IdKind;

use crate::cursor::{Inside, content_range};
use crate::document::Document;

/// X11's names, sorted, each with six hexadecimal digits; `gray` as Graphviz reads it.
const NAMES: &str = include_str!("../data/colors.txt");

/// A colour; all parts are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Color {
    /// Red.
    pub red: f64,
    /// Green.
    pub green: f64,
    /// Blue.
    pub blue: f64,
    /// 0 for transparent.
    pub alpha: f64,
}

/// A colour and where it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColorInformation {
    /// The colour's bytes, without quotes.
    pub range: TextRange,
    /// The colour.
    pub color: Color,
}

/// The colours of a document; lists of colours and gradients one by one.
pub fn document_colors(document: &Document) -> Vec<ColorInformation> {
    let mut colors = Vec::new();
    for pair in document.pairs().filter(|pair| pair.value_type() == ValueType::Color) {
        let inside = Inside::new(document.source(), pair.written.value);
        let mut at = 0;
        for part in inside.text.split(':') {
            let name = part.split(';').next().unwrap_or(part);
            if let Some(color) = Color::parse(name) {
                let range = inside.map.range(TextRange::new(at, at + name.len() as u32));
                colors.push(ColorInformation { range, color });
            }
            at += part.len() as u32 + 1;
        }
    }
    colors
}

/// Ways to write a colour at a place: the label to show, and the edit.
pub fn color_presentations(document: &Document, range: TextRange, color: Color) -> Vec<(String, TextEdit)> {
    let mut texts = Vec::new();
    let hex = color.hex();
    if let Some((name, _)) = named_colors().find(|(_, known)| hex.strip_prefix('#') == Some(known)) {
        texts.push(name.to_owned());
    }
    texts.push(hex);
    texts.push(color.hsv());
    let value = document.attribute_at(range.start).map(|pair| pair.value);
    let value = value.filter(|value| value.range.contains(range));
    // Inside quotes the text goes in as it is; a bare value gets quotes where it needs them.
    let in_quotes = value.is_some_and(|value| {
        matches!(value.kind, IdKind::Quoted | IdKind::Concatenated | IdKind::Html)
            && content_range(document.source(), value).contains(range)
    });
    texts
        .into_iter()
        .map(|text| {
            let written = if in_quotes { text.clone() } else { written_id(&text) };
            (text, TextEdit::replace(range, written))
        })
        .collect()
}

/// Known names with their hexadecimal digits.
pub(crate) fn named_colors() -> impl Iterator<Item = (&'static str, &'static str)> {
    NAMES.lines().filter_map(|line| line.split_once(' '))
}

impl Color {
    /// Reads a name, `#rrggbb`, `#rrggbbaa` or three numbers for hue, saturation and value.
    pub(crate) fn parse(text: &str) -> Option<Color> {
        let text = text.trim();
        if let Some(digits) = text.strip_prefix('#') {
            return Color::from_digits(digits);
        }
        if text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return Color::from_hsv(text);
        }
        if text.eq_ignore_ascii_case("transparent") {
            return Some(Color { red: 1.0, green: 1.0, blue: 1.0, alpha: 0.0 });
        }
        let name = text.rsplit('/').next().unwrap_or(text).to_ascii_lowercase();
        let (_, digits) = named_colors().find(|(known, _)| *known == name)?;
        Color::from_digits(digits)
    }

    fn from_digits(digits: &str) -> Option<Color> {
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        if !matches!(digits.len(), 6 | 8) {
            return None;
        }
        let alpha = if digits.len() == 8 { part(6)? } else { u8::MAX };
        let share = |part: u8| f64::from(part) / 255.0;
        Some(Color {
            red: share(part(0)?),
            green: share(part(2)?),
            blue: share(part(4)?),
            alpha: share(alpha),
        })
    }

    fn from_hsv(text: &str) -> Option<Color> {
        let mut numbers = text.split([',', ' ', '\t']).filter(|part| !part.is_empty());
        let mut number = || numbers.next()?.parse::<f64>().ok().filter(|n| (0.0..=1.0).contains(n));
        let (hue, saturation, value) = (number()?, number()?, number()?);
        let sector = hue * 6.0;
        let channel = |shift: f64| {
            let k = (shift + sector) % 6.0;
            value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)
        };
        Some(Color { red: channel(5.0), green: channel(3.0), blue: channel(1.0), alpha: 1.0 })
    }

    /// `#rrggbb`, with the alpha where it is not opaque.
    pub(crate) fn hex(self) -> String {
        let byte = |share: f64| (share.clamp(0.0, 1.0) * 255.0).round() as u8;
        let mut text = format!("#{:02x}{:02x}{:02x}", byte(self.red), byte(self.green), byte(self.blue));
        if byte(self.alpha) != u8::MAX {
            text.push_str(&format!("{:02x}", byte(self.alpha)));
        }
        text
    }

    fn hsv(self) -> String {
        let (red, green, blue) = (self.red, self.green, self.blue);
        let value = red.max(green).max(blue);
        let spread = value - red.min(green).min(blue);
        let saturation = if value > 0.0 { spread / value } else { 0.0 };
        let sector = if spread <= 0.0 {
            0.0
        } else if value <= red {
            ((green - blue) / spread).rem_euclid(6.0)
        } else if value <= green {
            (blue - red) / spread + 2.0
        } else {
            (red - green) / spread + 4.0
        };
        format!("{:.3} {saturation:.3} {value:.3}", sector / 6.0)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{document, edited, place};

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let document = document(source);
        let mut text = String::new();
        for found in document_colors(&document) {
            text.push_str(&format!("{} {}\n", place(&document, found.range), found.color.hex()));
            for (label, edit) in color_presentations(&document, found.range, found.color) {
                text.push_str(&format!("  {label}: {}\n", edited(&document, &[edit])));
            }
        }
        expect.assert_eq(&text);
    }

    #[test]
    fn names_digits_and_hsv_are_colours() {
        check(
            "digraph { a [color=red] }",
            expect![[r##"
            1:20-1:23 `red` #ff0000
              red: digraph { a [color=red] }
              #ff0000: digraph { a [color="#ff0000"] }
              0.000 1.000 1.000: digraph { a [color="0.000 1.000 1.000"] }
        "##]],
        );
        check(
            "digraph { a [fillcolor=\"#add8e680:0.5 1 1;0.3\"] }",
            expect![[r##"
            1:25-1:34 `#add8e680` #add8e680
              #add8e680: digraph { a [fillcolor="#add8e680:0.5 1 1;0.3"] }
              0.541 0.248 0.902: digraph { a [fillcolor="0.541 0.248 0.902:0.5 1 1;0.3"] }
            1:35-1:42 `0.5 1 1` #00ffff
              cyan: digraph { a [fillcolor="#add8e680:cyan;0.3"] }
              #00ffff: digraph { a [fillcolor="#add8e680:#00ffff;0.3"] }
              0.500 1.000 1.000: digraph { a [fillcolor="#add8e680:0.500 1.000 1.000;0.3"] }
        "##]],
        );
        check("digraph { a [color=\"\"] b [label=red] c [color=\"#12\"] }", expect![[r#""#]]);
    }

    #[test]
    fn names_are_sorted() {
        let names: Vec<_> = named_colors().map(|(name, _)| name).collect();
        assert!(names.is_sorted() && names.len() > 600);
    }
}
