//! Commands run under `sh`, which is no bash on most machines: bash syntax fails there, or means something else.

use dotwright_diagnostics::TextRange;
use dotwright_engine::ShellTraits;
use dotwright_model::{Level, Shell};
use dotwright_syntax::StringMap;
use dotwright_syntax::shell::BashSyntax;

use crate::category::Category;
use crate::external::ShellcheckComment;
use crate::rule::{Context, Fixability, Report, Rule};
use crate::rules::shell::{comment_range, is_about_bash, parsed, runs_with_pipefail, shellcheck_comments};
use crate::wording::excerpt;

pub(crate) static RULE: Rule = Rule {
    name: "bash-syntax-under-sh",
    category: Category::Shell,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/bash-syntax-under-sh.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    if !runs_under_sh(context) {
        return;
    }
    for node in context.sound_nodes() {
        let mut commented: &[ShellcheckComment] = &[];
        let is_wanted = |traits: ShellTraits| {
            commented = shellcheck_comments(context, node).unwrap_or_default();
            traits.has_bash || !commented.is_empty()
        };
        let Some((written, command)) = parsed(context, node, is_wanted) else { continue };
        // `pipefail=true` asks for a shell that has it, which may have the rest too.
        if runs_with_pipefail(context, node) {
            continue;
        }
        let constructs = command.shell().bash_constructs();
        let map = StringMap::new(context.source(), written.value());
        let mut push = |range: TextRange, construct: &str| {
            let message =
                format!("`{construct}` in `{}` is bash, the command runs under `sh`", context.id(node));
            let finding = report.finding(map.range(range), message);
            report.push(finding.help("use a POSIX form, or run `bash -c '...'`"));
        };
        let mut seen: Vec<BashSyntax> = Vec::new();
        for construct in constructs {
            if !seen.contains(&construct.syntax) {
                seen.push(construct.syntax);
                push(construct.range, construct.syntax.name());
            }
        }
        let mut codes: Vec<u32> = Vec::new();
        for comment in commented.iter().filter(|comment| is_about_bash(comment)) {
            let range = comment_range(&command.text, comment);
            let text = range.text(&command.text);
            let is_known = constructs.iter().any(|construct| overlaps(construct.range, range));
            if !is_known && !works_in_practice(comment, text) && !codes.contains(&comment.code) {
                codes.push(comment.code);
                push(range, &excerpt(text));
            }
        }
    }
}

fn runs_under_sh(context: &Context<'_>) -> bool {
    let settings = context.settings;
    settings.shell() == Shell::Sh
        || settings.shell.is_none() && settings.targets.iter().any(|target| target.shell == Shell::Sh)
}

fn overlaps(a: TextRange, b: TextRange) -> bool {
    a.start < b.end && b.start < a.end
}

/// What POSIX does not define and every `sh` has: `local`, `echo -n`.
fn works_in_practice(comment: &ShellcheckComment, text: &str) -> bool {
    match comment.code {
        3043 => true,
        3037 => text == "-n",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::external::{ShellcheckComment, ShellcheckLevel};
    use crate::settings::Settings;
    use crate::test_support::{check, check_after_shellcheck, check_in, check_with};

    #[test]
    fn bash_syntax_is_reported_once_per_kind() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"[[ -f \\\"a\\\" ]] && [[ -f b ]]; exit ${PIPESTATUS[0]}\"] }",
            expect![[r#"
                1:49-1:51 warning: `[[ ]]` in `t` is bash, the command runs under `sh`
                  help: use a POSIX form, or run `bash -c '...'`
                1:84-1:100 warning: `PIPESTATUS` in `t` is bash, the command runs under `sh`
                  help: use a POSIX form, or run `bash -c '...'`
            "#]],
        );
    }

    #[test]
    fn other_shells_and_quoted_text_are_fine() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"bash -c '[[ -f a ]]'\"] }",
            expect![[""]],
        );
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"bash <<'E'\\n[[ -f a ]]\\nE\"] }",
            expect![[""]],
        );
        check(
            &RULE,
            "digraph { t [shape=parallelogram, pipefail=true, tool_command=\"[[ -f a ]] | cat\"] }",
            expect![[""]],
        );
        check_in(
            &RULE,
            "kilroy",
            "digraph { t [shape=parallelogram, tool_command=\"[[ -f a ]]\"] }",
            expect![[""]],
        );
        let settings = Settings { shell: Some(dotwright_model::Shell::Bash), ..Settings::default() };
        check_with(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"[[ -f a ]]\"] }",
            settings,
            expect![[""]],
        );
    }

    fn comment(column: u32, end_column: u32, code: u32, message: &str) -> ShellcheckComment {
        let level = ShellcheckLevel::Warning;
        let message = message.to_owned();
        ShellcheckComment { line: 1, column, end_line: 1, end_column, level, code, message }
    }

    #[test]
    fn shellcheck_knows_more_of_it() {
        let comments = vec![
            comment(1, 8, 3043, "In POSIX sh, 'local' is undefined."),
            comment(17, 19, 3045, "In POSIX sh, read -p is undefined."),
            comment(31, 33, 3037, "In POSIX sh, echo flags are undefined."),
        ];
        check_after_shellcheck(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"local x=1; read -p hi y; echo -n x\"] }",
            comments,
            expect![[r#"
                1:65-1:67 warning: `-p` in `t` is bash, the command runs under `sh`
                  help: use a POSIX form, or run `bash -c '...'`
            "#]],
        );
    }

    #[test]
    fn what_both_find_is_one_finding() {
        let comments = vec![
            comment(22, 38, 3028, "In POSIX sh, PIPESTATUS is undefined."),
            comment(22, 38, 3054, "In POSIX sh, array references are undefined."),
        ];
        check_after_shellcheck(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"make | tee log; exit ${PIPESTATUS[0]}\"] }",
            comments,
            expect![[r#"
                1:70-1:86 warning: `PIPESTATUS` in `t` is bash, the command runs under `sh`
                  help: use a POSIX form, or run `bash -c '...'`
            "#]],
        );
    }
}
