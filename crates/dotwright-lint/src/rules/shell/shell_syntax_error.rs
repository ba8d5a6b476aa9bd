//! A command that no shell can read fails before its first word runs.

use dotwright_diagnostics::{Severity, TextRange};
use dotwright_engine::{ShellTraits, ToolCommand};
use dotwright_model::{Attribute, Level, NodeId};
use dotwright_syntax::shell::{ShellError, ShellErrorKind};
use dotwright_syntax::template::{TemplateKind, references};

use crate::category::Category;
use crate::external::ShellcheckComment;
use crate::rule::{Context, Fixability, Report, Rule};
use crate::rules::shell::{comment_range, comment_text, is_parse_error, parsed, shellcheck_comments};
use crate::wording::excerpt;

pub(crate) static RULE: Rule = Rule {
    name: "shell-syntax-error",
    category: Category::Shell,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/shell-syntax-error.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.sound_nodes() {
        let mut confirmed = None;
        let is_wanted = |traits: ShellTraits| {
            confirmed = shellcheck_comments(context, node).and_then(most_telling);
            traits.is_broken || confirmed.is_some()
        };
        let Some((written, command)) = parsed(context, node, is_wanted) else { continue };
        match (command.shell().errors().first(), confirmed) {
            (None, None) => {}
            (Some(error), _) => {
                if confirmed.is_some() || !has_template(&command.text) {
                    own_finding(context, report, (node, written, command), error, confirmed.is_some());
                }
            }
            (None, Some(comment)) => {
                let range = written.inner_range(comment_range(&command.text, comment));
                let text = comment_text(comment);
                let reason = text.split(". ").next().unwrap_or(&text);
                let message = format!("the command of `{}` does not parse: {reason}", context.id(node));
                report.push(report.finding(range, message).help(CHECK_QUOTES));
            }
        }
    }
}

const CHECK_QUOTES: &str = "check the quotes, `\\n` in a DOT string is a line break in the script";

/// A finding of our own parser; unless shellcheck agrees it may be our mistake.
fn own_finding(
    context: &Context<'_>,
    report: &mut Report<'_>,
    (node, written, command): (NodeId, Attribute<'_>, &ToolCommand<'_>),
    error: &ShellError,
    is_confirmed: bool,
) {
    let text = command.text.as_ref();
    let reason = reason(error, text);
    let message = format!("the command of `{}` does not parse: {reason}", context.id(node));
    let range = written.inner_range(error.range);
    let mut finding = if is_confirmed {
        report.finding(range, message)
    } else {
        report.variant(Severity::Warning, range, message)
    };
    if let Some(opener) = error.opener.filter(|&opener| opener != error.range) {
        finding = finding.label(written.inner_range(opener), "this is open");
    }
    report.push(finding.help(match open_mark(error) {
        Some(open) => format!("close the {}{}", code(open, text), line(open, text)),
        None => CHECK_QUOTES.to_owned(),
    }));
}

/// What has to be closed.
fn open_mark(error: &ShellError) -> Option<TextRange> {
    match error.kind {
        ShellErrorKind::UnclosedQuote
        | ShellErrorKind::UnclosedParenthesis
        | ShellErrorKind::UnclosedExpansion
        | ShellErrorKind::UnclosedBacktick
        | ShellErrorKind::UnclosedHeredoc
        | ShellErrorKind::UnclosedCompound => Some(error.range),
        ShellErrorKind::UnexpectedToken | ShellErrorKind::MissingCommand => error.opener,
    }
}

/// In which line of a command of several lines something stands.
fn line(range: TextRange, text: &str) -> String {
    if !text.contains('\n') {
        return String::new();
    }
    let before = text.get(..range.start as usize).unwrap_or("");
    format!(" in line {} of the command", before.matches('\n').count() + 1)
}

fn reason(error: &ShellError, text: &str) -> String {
    let found = code(error.range, text);
    match error.kind {
        ShellErrorKind::UnclosedQuote
        | ShellErrorKind::UnclosedParenthesis
        | ShellErrorKind::UnclosedExpansion
        | ShellErrorKind::UnclosedBacktick
        | ShellErrorKind::UnclosedCompound => format!("nothing closes the {found}"),
        ShellErrorKind::UnclosedHeredoc => format!("nothing ends the heredoc {found}"),
        ShellErrorKind::UnexpectedToken if error.range.is_empty() => "it ends too early".to_owned(),
        ShellErrorKind::UnexpectedToken => format!("unexpected {found}"),
        ShellErrorKind::MissingCommand if error.range.is_empty() => {
            "a command is missing at its end".to_owned()
        }
        ShellErrorKind::MissingCommand => format!("a command is missing at {found}"),
    }
}

/// Code in back-ticks, which cannot hold a back-tick.
fn code(range: TextRange, text: &str) -> String {
    match range.text(text) {
        "`" => "backtick".to_owned(),
        "\n" => "line break".to_owned(),
        other => format!("`{}`", excerpt(other)),
    }
}

/// True when the shell sees another text than the one that was parsed.
fn has_template(text: &str) -> bool {
    references(text).any(|reference| match reference.kind {
        TemplateKind::Braces | TemplateKind::BracesField | TemplateKind::Statement => true,
        TemplateKind::Dollar | TemplateKind::DollarBraces | TemplateKind::File => false,
    })
}

/// Of the comments on one syntax error the one that names it: SC1072 and SC1073 only say that there is one.
fn most_telling(comments: &[ShellcheckComment]) -> Option<&ShellcheckComment> {
    let rank = |comment: &&ShellcheckComment| match comment.code {
        1072 => 2,
        1073 => 1,
        _ => 0,
    };
    comments.iter().filter(|comment| is_parse_error(comment)).min_by_key(rank)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::external::{ShellcheckComment, ShellcheckLevel};
    use crate::test_support::{check, check_after_shellcheck};

    #[test]
    fn what_verifies_a_model_is_a_command_too() {
        check(
            &RULE,
            "digraph { m [prompt=x, verify_command=\"if make\"] t [shape=hexagon, verify_command=\"if\"] }",
            expect![[r#"
                1:40-1:42 warning: the command of `m` does not parse: nothing closes the `if`
                  help: close the `if`
            "#]],
        );
    }

    #[test]
    fn what_is_open_at_the_end_is_named() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"echo 'oops\"] }",
            expect![[r#"
                1:54-1:55 warning: the command of `t` does not parse: nothing closes the `'`
                  help: close the `'`
            "#]],
        );
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"make\\nif test -f x; then\\n  echo \\\"x\\\"\"] }",
            expect![[r#"
                1:55-1:57 warning: the command of `t` does not parse: nothing closes the `if`
                  help: close the `if` in line 2 of the command
            "#]],
        );
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"echo $(date\"] }",
            expect![[r#"
                1:54-1:56 warning: the command of `t` does not parse: nothing closes the `$(`
                  help: close the `$(`
            "#]],
        );
    }

    #[test]
    fn what_closes_nothing_is_named() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"make; fi\"] }",
            expect![[r#"
                1:55-1:57 warning: the command of `t` does not parse: unexpected `fi`
                  help: check the quotes, `\n` in a DOT string is a line break in the script
            "#]],
        );
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"make &&\"] }",
            expect![[r#"
            1:54-1:56 warning: the command of `t` does not parse: a command is missing at `&&`
              help: check the quotes, `\n` in a DOT string is a line break in the script
        "#]],
        );
    }

    #[test]
    fn templates_may_complete_the_text() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"{% if x %}echo '{% endif %}\"] }",
            expect![[""]],
        );
    }

    #[test]
    fn good_commands_are_fine() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"if a; then b; fi; x=$(c) && [[ $x == 1 ]]\"] }",
            expect![[""]],
        );
    }

    fn comment(
        line: u32,
        column: u32,
        level: ShellcheckLevel,
        code: u32,
        message: &str,
    ) -> ShellcheckComment {
        let message = message.to_owned();
        ShellcheckComment { line, column, end_line: line, end_column: column, level, code, message }
    }

    #[test]
    fn shellcheck_confirms_it() {
        use ShellcheckLevel::{Error, Info};
        let comments = vec![
            comment(1, 1, Info, 1009, "The mentioned syntax error was in this simple command."),
            comment(1, 6, Error, 1073, "Couldn't parse this single quoted string. Fix to allow more checks."),
            comment(
                1,
                11,
                Error,
                1072,
                "Expected end of single quoted string. Fix any mentioned problems and try again.",
            ),
        ];
        let source = "digraph { t [shape=parallelogram, tool_command=\"echo 'oops\"] }";
        check_after_shellcheck(
            &RULE,
            source,
            comments,
            expect![[r#"
                1:54-1:55 error: the command of `t` does not parse: nothing closes the `'`
                  help: close the `'`
            "#]],
        );
    }

    #[test]
    fn shellcheck_may_find_what_our_parser_takes() {
        let comments = vec![comment(
            1,
            13,
            ShellcheckLevel::Error,
            1089,
            "Parsing stopped here. Is this keyword correctly matched up?",
        )];
        let source = "digraph { t [shape=parallelogram, tool_command=\"echo $((1 2))\"] }";
        check_after_shellcheck(
            &RULE,
            source,
            comments,
            expect![[r#"
                1:61-1:62 error: the command of `t` does not parse: parsing stopped here
                  help: check the quotes, `\n` in a DOT string is a line break in the script
            "#]],
        );
    }
}
