//! What bash reads and a POSIX shell does not.

use dotwright_diagnostics::TextRange;

/// A use of bash-only syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BashConstruct {
    /// The operator, keyword or expression.
    pub range: TextRange,
    /// Which syntax.
    pub syntax: BashSyntax,
}

/// Bash-only syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BashSyntax {
    /// `[[ ... ]]`
    DoubleBracket,
    /// `(( ... ))`
    ArithmeticCommand,
    /// `a=( ... )`, `${a[0]}`
    Array,
    /// `<<<`
    Herestring,
    /// `<( ... )`
    ProcessSubstitution,
    /// `function f`
    FunctionKeyword,
    /// `source file`
    Source,
    /// `set -o pipefail`
    Pipefail,
    /// `$PIPESTATUS`
    PipeStatus,
    /// `$RANDOM`
    Random,
    /// `${x^^}`, `${x,,}`
    CaseChange,
    /// `${x/a/b}`
    Replacement,
    /// `${x:0:2}`
    Substring,
    /// `${!x}`
    Indirection,
    /// `&>`
    OutputAndError,
    /// `|&`
    PipeWithStderr,
    /// `$'...'`
    AnsiQuotes,
    /// `{1..3}`
    BraceExpansion,
}

impl BashSyntax {
    /// How to name it in a message.
    pub const fn name(self) -> &'static str {
        match self {
            BashSyntax::DoubleBracket => "[[ ]]",
            BashSyntax::ArithmeticCommand => "(( ))",
            BashSyntax::Array => "array",
            BashSyntax::Herestring => "<<<",
            BashSyntax::ProcessSubstitution => "<( )",
            BashSyntax::FunctionKeyword => "function",
            BashSyntax::Source => "source",
            BashSyntax::Pipefail => "pipefail",
            BashSyntax::PipeStatus => "PIPESTATUS",
            BashSyntax::Random => "$RANDOM",
            BashSyntax::CaseChange => "${x^^}",
            BashSyntax::Replacement => "${x/a/b}",
            BashSyntax::Substring => "${x:0:2}",
            BashSyntax::Indirection => "${!x}",
            BashSyntax::OutputAndError => "&>",
            BashSyntax::PipeWithStderr => "|&",
            BashSyntax::AnsiQuotes => "$'...'",
            BashSyntax::BraceExpansion => "{1..3}",
        }
    }
}

/// The syntax that a variable name alone shows.
pub(super) fn of_variable(name: &str) -> Option<BashSyntax> {
    match name {
        "PIPESTATUS" => Some(BashSyntax::PipeStatus),
        "RANDOM" => Some(BashSyntax::Random),
        _ => None,
    }
}

/// The syntax of `${...}`; `inner` begins behind the brace.
pub(super) fn of_expansion(inner: &str) -> Option<BashSyntax> {
    let body = inner.strip_prefix(['!', '#']).unwrap_or(inner);
    let name = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(body.len());
    let operator = body.get(name..).unwrap_or("");
    if let Some(syntax) = of_variable(body.get(..name).unwrap_or("")) {
        return Some(syntax);
    }
    if name == 0 {
        return None;
    }
    if inner.starts_with('!') {
        return Some(BashSyntax::Indirection);
    }
    let mut bytes = operator.bytes();
    match (bytes.next()?, bytes.next()) {
        (b'[', _) => Some(BashSyntax::Array),
        (b'^' | b',', _) => Some(BashSyntax::CaseChange),
        (b'/', _) => Some(BashSyntax::Replacement),
        (b':', Some(b'-' | b'=' | b'?' | b'+')) => None,
        (b':', Some(_)) => Some(BashSyntax::Substring),
        (_, _) => None,
    }
}

/// Length of `{1..3}` or `{a..z..2}` at the start of `rest`.
pub(super) fn brace_expansion(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('{')?;
    let is_inner = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let length = inner.bytes().take_while(is_inner).count();
    let body = inner.get(..length)?;
    let (from, to) = body.split_once("..")?;
    let is_whole = !from.is_empty() && !to.is_empty() && inner.get(length..)?.starts_with('}');
    is_whole.then_some(length + 2)
}
