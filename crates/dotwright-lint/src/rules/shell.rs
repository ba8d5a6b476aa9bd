//! Rules about shell commands: those of tool steps, and those that verify the answer of a model.

use dotwright_diagnostics::TextRange;
use dotwright_engine::{ShellTraits, ToolCommand};
use dotwright_model::{Attribute, AttributeKey, NodeId, Scope, attribute};

use crate::external::{ShellcheckComment, ShellcheckLevel, ShellcheckRun, node_script};
use crate::rule::Context;

pub(crate) mod always_succeeding_command;
pub(crate) mod bash_syntax_under_sh;
pub(crate) mod masked_exit_code;
pub(crate) mod shell_syntax_error;
pub(crate) mod shellcheck_finding;

/// The command of a step as it is written and as it is parsed, when its traits are wanted. `None` for one plain
/// command, which most are.
fn parsed<'c>(
    context: &Context<'c>,
    node: NodeId,
    is_wanted: impl FnOnce(ShellTraits) -> bool,
) -> Option<(Attribute<'c>, &'c ToolCommand<'c>)> {
    context.analysis.shell_traits(node).filter(|&traits| is_wanted(traits))?;
    Some((context.pipeline.shell_command(node)?, context.analysis.shell_command(node)?))
}

/// True when the runner starts the command with `pipefail`.
fn runs_with_pipefail(context: &Context<'_>, node: NodeId) -> bool {
    let is_true = |found: Option<Attribute<'_>>| found.is_some_and(|found| found.text() == "true");
    context.settings.pipefail()
        || reads_pipefail(context)
            && (is_true(context.pipeline.node_attribute(node, AttributeKey::PIPEFAIL))
                || is_true(context.pipeline.graph_attribute(AttributeKey::PIPEFAIL)))
}

/// True when the runner knows the attribute `pipefail`.
fn reads_pipefail(context: &Context<'_>) -> bool {
    attribute(AttributeKey::PIPEFAIL, Scope::Node).is_some_and(|schema| context.profile().reads(schema))
}

/// What shellcheck said about the command of a node; `None` when it was not asked.
fn shellcheck_comments<'c>(context: &Context<'c>, node: NodeId) -> Option<&'c [ShellcheckComment]> {
    match &context.external.shellcheck {
        ShellcheckRun::Off | ShellcheckRun::Skipped(_) => None,
        ShellcheckRun::Done(comments) => {
            let script = node_script(context.pipeline, node, context.settings.shell())?;
            comments.get(&script).map(Vec::as_slice)
        }
    }
}

/// True for a comment that says that the command does not parse.
fn is_parse_error(comment: &ShellcheckComment) -> bool {
    comment.level == ShellcheckLevel::Error && (1000..2000).contains(&comment.code)
}

/// True for a comment about syntax that only bash has.
fn is_about_bash(comment: &ShellcheckComment) -> bool {
    (3000..4000).contains(&comment.code)
}

/// The range of a comment in the command; a place without extent becomes the word that stands there.
fn comment_range(text: &str, comment: &ShellcheckComment) -> TextRange {
    let start = offset(text, comment.line, comment.column);
    let end = offset(text, comment.end_line, comment.end_column);
    if start < end {
        return TextRange::new(start, end);
    }
    let rest = text.get(start as usize..).unwrap_or("");
    let word = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    let first = rest.chars().next().filter(|&c| c != '\n').map_or(0, char::len_utf8);
    TextRange::new(start, start + word.max(first) as u32)
}

/// The offset of a line and a column, both from 1, the column in characters.
fn offset(text: &str, line: u32, column: u32) -> u32 {
    let mut start = 0;
    for _ in 1..line {
        match text.get(start..).and_then(|rest| rest.find('\n')) {
            Some(end) => start += end + 1,
            None => return text.len() as u32,
        }
    }
    let rest = text.get(start..).unwrap_or("");
    let inside = rest.char_indices().nth(column.saturating_sub(1) as usize).map_or(rest.len(), |(at, _)| at);
    let line_end = rest.find('\n').unwrap_or(rest.len());
    (start + inside.min(line_end)) as u32
}

/// The text of a comment as house style has it: lower case start, no full stop.
fn comment_text(comment: &ShellcheckComment) -> String {
    let text = comment.message.trim().trim_end_matches('.');
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_lowercase().collect::<String>()).unwrap_or_default();
    let is_word = text.chars().nth(1).is_none_or(char::is_lowercase) || text.starts_with("A ");
    if is_word { first + chars.as_str() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn at(text: &str, place: (u32, u32, u32, u32), expected: &str) {
        let (line, column, end_line, end_column) = place;
        let level = ShellcheckLevel::Warning;
        let message = String::new();
        let comment = ShellcheckComment { line, column, end_line, end_column, level, code: 2000, message };
        assert_eq!(comment_range(text, &comment).text(text), expected, "{place:?}");
    }

    #[test]
    fn places_of_shellcheck_count_characters() {
        at("rm $1\n", (1, 4, 1, 6), "$1");
        at("x=$(ls é*); cd \"$x\"\necho `date`", (1, 13, 1, 20), "cd \"$x\"");
        at("\tcd $d\n\t[[ -f x ]]", (2, 2, 2, 12), "[[ -f x ]]");
        at("a\nb", (1, 1, 2, 2), "a\nb");
    }

    #[test]
    fn a_place_without_extent_becomes_a_word() {
        at("printf done", (1, 8, 1, 8), "done");
        at("echo 'oops", (1, 6, 1, 6), "'");
        at("if make\n", (3, 1, 3, 1), "");
        at("a", (9, 9, 9, 9), "");
    }
}
