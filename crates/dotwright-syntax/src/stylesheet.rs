//! Model stylesheets: `selector { property: value; ... }` (attractor spec 8.2, runner.md 18).
//!
//! Ranges count bytes of the decoded attribute value. Which properties exist and which selector wins is decided in
//! later layers.

#[cfg(test)]
mod tests;
pub(crate) mod tokens;

use std::borrow::Cow;
use std::ops::Range;

use dotwright_diagnostics::TextRange;

use crate::stylesheet::tokens::Tokens;

lalrpop_util::lalrpop_mod!(
    #[allow(
        clippy::all,
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        unused,
        rust_2018_idioms
    )]
    grammar,
    "/stylesheet.rs"
);

/// Reads a stylesheet from the decoded text of the attribute.
pub fn parse(text: &str) -> Stylesheet {
    let mut builder = Builder::default();
    let mut tokens = Tokens::new(text);
    let outcome = grammar::StylesheetParser::new().parse(&mut builder, &mut tokens);
    let mut sheet = builder.sheet;
    sheet.errors = tokens.into_errors();
    if outcome.is_err() && sheet.errors.is_empty() {
        let kind = StylesheetErrorKind::Expected(Expected::Selector);
        sheet.errors.push(StylesheetError { range: TextRange::empty(0), kind, open: None });
    }
    sheet
}

/// A parsed stylesheet. Ranges refer to the text it was parsed from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stylesheet {
    /// The rules in the order of the text.
    pub rules: Vec<Rule>,
    declarations: Vec<Declaration>,
    /// What does not parse, in the order of the text.
    pub errors: Vec<StylesheetError>,
}

impl Stylesheet {
    /// The declarations of a rule of this stylesheet.
    pub fn declarations(&self, rule: &Rule) -> &[Declaration] {
        self.declarations.get(rule.declarations.clone()).unwrap_or(&[])
    }
}

/// A selector with the declarations in its braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it applies to.
    pub selector: Selector,
    declarations: Range<usize>,
    /// From the selector to the closing brace.
    pub range: TextRange,
    /// The opening brace; empty when it is missing.
    pub open: TextRange,
    /// The closing brace; empty when it is missing.
    pub close: TextRange,
}

/// What a rule applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selector {
    /// Which kind.
    pub kind: SelectorKind,
    /// The name without `.` and `#`; `*` for all nodes.
    pub name: TextRange,
    /// The whole selector.
    pub range: TextRange,
}

/// The kinds of selectors, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SelectorKind {
    /// `*`
    Universal,
    /// `box`
    Shape,
    /// `.code`
    Class,
    /// `#review`
    Id,
}

/// `property: value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declaration {
    /// The name of the property.
    pub property: TextRange,
    /// Its value.
    pub value: Value,
}

impl Declaration {
    /// From the property to the value.
    pub fn range(self) -> TextRange {
        self.property.cover(self.value.range)
    }
}

/// The value of a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// How it is written.
    pub kind: ValueKind,
    /// Where it is written, quotes included; empty when it is missing.
    pub range: TextRange,
}

impl Value {
    /// The value without quotes and escapes; `text` is the stylesheet.
    pub fn decoded(self, text: &str) -> Cow<'_, str> {
        let raw = self.range.text(text);
        match self.kind {
            ValueKind::Bare => Cow::Borrowed(raw),
            ValueKind::Quoted => crate::quoted::unquote(raw),
        }
    }
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// `claude-opus-4-6`
    Bare,
    /// `"claude-opus-4-6"`
    Quoted,
}

/// Something in a stylesheet that does not parse, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StylesheetError {
    /// The text found at the place; empty at the end of the text and where a separator is missing.
    pub range: TextRange,
    /// What is wrong with it.
    pub kind: StylesheetErrorKind,
    /// The opening brace of the rule the error stands in.
    pub open: Option<TextRange>,
}

/// What is wrong with a stylesheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StylesheetErrorKind {
    /// Something else, or nothing, stands where this is needed.
    Expected(Expected),
    /// A class name with an upper-case letter or `_`. Some runners take it, the spec does not.
    ForeignClassName,
    /// A shape, class or id with characters that no such name has.
    SelectorName(SelectorKind),
    /// `"` that nothing closes.
    UnclosedQuote,
    /// `/*` without `*/`.
    UnclosedComment,
}

/// What a stylesheet needs at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expected {
    /// `*`, a shape, `.class` or `#id`
    Selector,
    /// `{`
    OpenBrace,
    /// a property or `}`
    Property,
    /// `:`
    Colon,
    /// a value
    Value,
    /// `;`
    Semicolon,
    /// `}`
    CloseBrace,
}

/// Builds the stylesheet; the grammar calls it.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    sheet: Stylesheet,
    /// Declarations that belong to earlier rules.
    taken: usize,
}

impl Builder {
    pub(crate) fn declaration(&mut self, property: TextRange, value: Value) {
        self.sheet.declarations.push(Declaration { property, value });
    }

    pub(crate) fn rule(&mut self, selector: Selector, open: TextRange, close: TextRange) {
        let declarations = self.taken..self.sheet.declarations.len();
        self.taken = declarations.end;
        let range = selector.range.cover(open).cover(close);
        self.sheet.rules.push(Rule { selector, declarations, range, open, close });
    }
}
