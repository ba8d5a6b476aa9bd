//! What shellcheck says about a command, shown at the bytes of the DOT file.

use dotwright_diagnostics::Severity;
use dotwright_model::{Level, NodeId};
use dotwright_syntax::StringMap;

use crate::category::Category;
use crate::external::{ShellcheckComment, ShellcheckLevel};
use crate::rule::{Context, Fixability, Report, Rule};
use crate::rules::shell::{comment_range, comment_text, is_about_bash, is_parse_error, shellcheck_comments};

pub(crate) static RULE: Rule = Rule {
    name: "shellcheck-finding",
    category: Category::Shell,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/shellcheck-finding.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.sound_nodes() {
        let comments = shellcheck_comments(context, node).unwrap_or_default();
        if comments.is_empty() {
            continue;
        }
        let Some(written) = context.pipeline.shell_command(node) else { continue };
        let text = written.text();
        let map = StringMap::new(context.source(), written.value());
        for comment in comments {
            let Some(severity) = severity(context, comment) else { continue };
            let range = comment_range(&text, comment);
            if comment.code == 1010 && is_printed(context, node, range.start) {
                continue;
            }
            let code = comment.code;
            let message = format!("{} (SC{code})", comment_text(comment));
            let help = format!(
                "see shellcheck's page on it, or allow it with `# shellcheck disable=SC{code}` in the command"
            );
            report.push(report.variant(severity, map.range(range), message).help(help));
        }
    }
}

/// The level of a comment; `None` for one that is left out or belongs to another rule.
fn severity(context: &Context<'_>, comment: &ShellcheckComment) -> Option<Severity> {
    let settings = &context.settings.shellcheck;
    // SC1009 only says in which command a syntax error stands.
    let elsewhere = is_parse_error(comment) || is_about_bash(comment) || comment.code == 1009;
    if elsewhere || settings.exclude.contains(&comment.code) {
        return None;
    }
    // Missing quotes are the most frequent comment by far, and rarely matter in the commands of pipelines.
    if comment.code == 2086 {
        return Some(Severity::Hint);
    }
    if comment.level < settings.min_level {
        return None;
    }
    Some(match comment.level {
        ShellcheckLevel::Style => Severity::Hint,
        ShellcheckLevel::Info => Severity::Info,
        ShellcheckLevel::Warning => Severity::Warning,
        ShellcheckLevel::Error => Severity::Error,
    })
}

/// True when the word at `offset` is an argument of `printf` or `echo`: shellcheck takes `echo done` for a loop's end.
fn is_printed(context: &Context<'_>, node: NodeId, offset: u32) -> bool {
    let Some(command) = context.analysis.shell_command(node) else { return false };
    let (text, shell) = (command.text.as_ref(), command.shell());
    shell.all_commands().iter().filter(|found| found.range.touches(offset)).any(|found| {
        let prints = matches!(shell.name(found, text).as_deref(), Some("echo" | "printf"));
        prints && shell.words(found).iter().skip(1).any(|word| word.range.start == offset)
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::external::{ShellcheckComment, ShellcheckLevel};
    use crate::test_support::check_after_shellcheck;

    /// A comment as shellcheck 0.9 wrote it.
    fn comment(
        (line, column, end_line, end_column): (u32, u32, u32, u32),
        level: ShellcheckLevel,
        code: u32,
        message: &str,
    ) -> ShellcheckComment {
        ShellcheckComment { line, column, end_line, end_column, level, code, message: message.to_owned() }
    }

    #[test]
    fn places_lead_through_escapes_to_the_file() {
        let comments = vec![
            comment(
                (1, 13, 1, 20),
                ShellcheckLevel::Warning,
                2164,
                "Use 'cd ... || exit' or 'cd ... || return' in case cd fails.",
            ),
            comment((2, 23, 2, 29), ShellcheckLevel::Warning, 2046, "Quote this to prevent word splitting."),
            comment(
                (2, 23, 2, 29),
                ShellcheckLevel::Style,
                2006,
                "Use $(...) notation instead of legacy backticks `...`.",
            ),
        ];
        let source = r#"digraph { t [shape=parallelogram, tool_command="x=$(ls é*); cd \"$x\"\necho \"done\" | grep -q `date`"] }"#;
        check_after_shellcheck(
            &RULE,
            source,
            comments,
            expect![[r#"
            1:62-1:71 warning: use 'cd ... || exit' or 'cd ... || return' in case cd fails (SC2164)
              help: see shellcheck's page on it, or allow it with `# shellcheck disable=SC2164` in the command
            1:97-1:103 warning: quote this to prevent word splitting (SC2046)
              help: see shellcheck's page on it, or allow it with `# shellcheck disable=SC2046` in the command
        "#]],
        );
    }

    #[test]
    fn missing_quotes_are_a_hint() {
        let quotes = "Double quote to prevent globbing and word splitting.";
        let comments = vec![comment((1, 4, 1, 6), ShellcheckLevel::Info, 2086, quotes)];
        check_after_shellcheck(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"rm $1\"] }",
            comments,
            expect![[r#"
                1:52-1:54 hint: double quote to prevent globbing and word splitting (SC2086)
                  help: see shellcheck's page on it, or allow it with `# shellcheck disable=SC2086` in the command
            "#]],
        );
    }

    #[test]
    fn printed_words_are_no_keywords() {
        let keyword = "Use semicolon or linefeed before 'done' (or quote to make it literal).";
        let comments = vec![
            comment((1, 6, 1, 6), ShellcheckLevel::Warning, 1010, keyword),
            comment((1, 22, 1, 22), ShellcheckLevel::Warning, 1010, keyword),
        ];
        let source = "digraph { t [shape=parallelogram, tool_command=\"echo done; printf %s done fi\"] }";
        check_after_shellcheck(&RULE, source, comments, expect![""]);
        let comments = vec![comment((1, 10, 1, 10), ShellcheckLevel::Warning, 1010, keyword)];
        let source = "digraph { t [shape=parallelogram, tool_command=\"for i in done; do :; done\"] }";
        check_after_shellcheck(
            &RULE,
            source,
            comments,
            expect![[r#"
                1:58-1:62 warning: use semicolon or linefeed before 'done' (or quote to make it literal) (SC1010)
                  help: see shellcheck's page on it, or allow it with `# shellcheck disable=SC1010` in the command
            "#]],
        );
    }

    #[test]
    fn comments_with_a_rule_of_their_own_are_left_to_it() {
        let comments = vec![
            comment((1, 1, 1, 1), ShellcheckLevel::Error, 1073, "Couldn't parse this."),
            comment(
                (1, 1, 1, 1),
                ShellcheckLevel::Info,
                1009,
                "The mentioned syntax error was in this simple command.",
            ),
            comment((1, 1, 1, 4), ShellcheckLevel::Warning, 3010, "In POSIX sh, [[ ]] is undefined."),
        ];
        check_after_shellcheck(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"make 'x\"] }",
            comments,
            expect![[""]],
        );
    }
}
