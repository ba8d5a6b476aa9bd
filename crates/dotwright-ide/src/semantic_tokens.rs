//! What each piece of text is, for colouring; also inside strings.

use dotwright_diagnostics::TextRange;

use crate::document::Document;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SemanticType {
    /// `digraph`, `subgraph`, `node`; words of the shell.
    Keyword,
    /// The id of a node.
    Node,
    /// The id of a graph or subgraph.
    Graph,
    /// The name of an attribute; the property of a stylesheet.
    Property,
    /// A word out of a closed list, such as a shape.
    EnumMember,
    /// Text.
    String,
    /// A number or duration.
    Number,
    /// An operator.
    Operator,
    /// A comment.
    Comment,
    /// A key of a condition.
    Variable,
    /// A template variable such as `$goal`; an expansion of the shell.
    Parameter,
    /// A class of a stylesheet.
    Class,
    /// The command of a shell line.
    Function,
    /// An escape in a string.
    Escape,
    /// A heading of a prompt.
    Heading,
    /// Code in a prompt.
    Code,
    /// Emphasis in a prompt.
    Emphasis,
    /// A file or folder.
    Path,
}

impl SemanticType {
    /// All types, in the order of the declaration: a legend for editors.
    pub const ALL: [SemanticType; 18] = [
        SemanticType::Keyword,
        SemanticType::Node,
        SemanticType::Graph,
        SemanticType::Property,
        SemanticType::EnumMember,
        SemanticType::String,
        SemanticType::Number,
        SemanticType::Operator,
        SemanticType::Comment,
        SemanticType::Variable,
        SemanticType::Parameter,
        SemanticType::Class,
        SemanticType::Function,
        SemanticType::Escape,
        SemanticType::Heading,
        SemanticType::Code,
        SemanticType::Emphasis,
        SemanticType::Path,
    ];
}

/// What is special about a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SemanticModifier {
    /// The name is declared here.
    Declaration,
    /// An old spelling.
    Deprecated,
    /// Nobody knows the name.
    Unknown,
    /// Part of a language inside a string.
    Embedded,
}

impl SemanticModifier {
    /// All modifiers, in the order of the declaration.
    pub const ALL: [SemanticModifier; 4] = [
        SemanticModifier::Declaration,
        SemanticModifier::Deprecated,
        SemanticModifier::Unknown,
        SemanticModifier::Embedded,
    ];
}

/// A set of modifiers; bit `n` is entry `n` of [`SemanticModifier::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SemanticModifiers(pub u8);

impl SemanticModifiers {
    /// The set with another modifier in it.
    #[must_use]
    pub const fn with(self, modifier: SemanticModifier) -> SemanticModifiers {
        SemanticModifiers(self.0 | 1 << modifier as u8)
    }

    /// Whether a modifier is in the set.
    pub const fn contains(self, modifier: SemanticModifier) -> bool {
        self.0 & 1 << modifier as u8 != 0
    }
}

/// A piece of text on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SemanticToken {
    /// Its bytes; never empty, never over a line break.
    pub range: TextRange,
    /// What it is.
    pub kind: SemanticType,
    /// What is special about it.
    pub modifiers: SemanticModifiers,
}

/// The tokens of a document: sorted, without overlap.
pub fn semantic_tokens(document: &Document) -> Vec<SemanticToken> {
    semantic_tokens_in(document, document.range())
}

/// The tokens that touch a range.
pub fn semantic_tokens_in(_document: &Document, _range: TextRange) -> Vec<SemanticToken> {
    Vec::new()
}
