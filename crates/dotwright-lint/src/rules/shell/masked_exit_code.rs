//! A pipeline ends with the code of its last command: behind `npm test | tail` a failed test is a success.

use dotwright_diagnostics::{Severity, TextEdit, TextRange};
use dotwright_engine::{ShellTraits, ToolCommand};
use dotwright_model::{Level, Shell};
use dotwright_syntax::shell::{Command, CommandKind, Shell as Words, ShellOption};

use crate::category::Category;
use crate::edits::insert_node_attribute;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::rules::shell::{parsed, reads_pipefail, runs_with_pipefail};
use crate::wording::excerpt;

pub(crate) static RULE: Rule = Rule {
    name: "masked-exit-code",
    category: Category::Shell,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/masked-exit-code.md"),
    check,
};

/// Commands that succeed whatever they read.
const FILTERS: [&str; 12] =
    ["tail", "head", "grep", "sed", "awk", "cut", "sort", "uniq", "wc", "tee", "cat", "xargs"];

/// Commands in front of a filter whose own failure tells nothing.
const PRODUCERS: [&str; 12] =
    ["echo", "printf", "true", "yes", "seq", "date", "pwd", "env", "ls", "find", "tr", "basename"];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.sound_nodes() {
        let is_wanted = |traits: ShellTraits| traits.ends_in_pipe && !traits.is_broken;
        let Some((written, command)) = parsed(context, node, is_wanted) else { continue };
        if runs_with_pipefail(context, node) {
            continue;
        }
        let is_used = context.analysis.failure_use(node).is_some();
        if !is_used && !report.is_variant_wanted(Severity::Hint) {
            continue;
        }
        let Some(masked) = masked(command) else { continue };
        let id = context.id(node);
        let lost = excerpt(masked.lost.text(&command.text));
        let message = format!(
            "the exit code of `{lost}` in `{id}` is lost, the step ends with the code of `{}`",
            masked.filter
        );
        let range = written.inner_range(masked.pipe);
        let finding = if is_used {
            report.finding(range, message)
        } else {
            report.variant(Severity::Hint, range, message)
        };
        let finding = finding.label(written.inner_range(masked.lost), "its exit code is lost");
        let has_shebang = command.text.starts_with("#!");
        report.push(if context.settings.shell() == Shell::Bash && !has_shebang {
            let start = written.inner_range(TextRange::empty(0)).start;
            let edit = TextEdit::insert(start, "set -o pipefail; ");
            let title = "start with `set -o pipefail`";
            finding.help(title).fix(unsafe_fix(title, vec![edit]))
        } else if let Some(edit) =
            insert_node_attribute(context.pipeline, node, "pipefail=true").filter(|_| reads_pipefail(context))
        {
            let title = format!("add `pipefail=true` to `{id}`");
            finding.help(title.as_str()).fix(unsafe_fix(title, vec![edit]))
        } else {
            finding.help("write the output to a file and read it in a second command")
        });
    }
}

/// A pipeline whose exit code is that of a filter; ranges in the decoded command.
struct Masked {
    pipe: TextRange,
    lost: TextRange,
    filter: String,
}

fn masked(command: &ToolCommand<'_>) -> Option<Masked> {
    let (text, shell) = (command.text.as_ref(), command.shell());
    let last = shell.last_pipeline().filter(|last| shell.errors().is_empty() && !last.negated)?;
    let (filter, before) = shell.commands(last).split_last()?;
    let name = shell.name(filter, text).filter(|name| FILTERS.contains(&name.as_ref()))?;
    if decides_itself(filter, &name, text, shell)
        || shell.sets_option_before(text, ShellOption::Pipefail, last.range.start)
    {
        return None;
    }
    let lost = before.iter().find(|command| can_fail(command, text, shell))?;
    Some(Masked { pipe: filter.pipe?.range, lost: words_range(lost, shell), filter: name.into_owned() })
}

/// True for a filter whose code is a verdict on what it read.
fn decides_itself(filter: &Command, name: &str, text: &str, shell: &Words) -> bool {
    let mut arguments = shell.words(filter).iter().skip(1).map(|word| word.range.text(text));
    match name {
        "grep" => arguments.any(|word| {
            let short = word.starts_with('-') && !word.starts_with("--") && word.contains('q');
            short || word == "--quiet" || word == "--silent"
        }),
        "awk" | "sed" => arguments.any(|word| word.contains("exit")),
        _ => false,
    }
}

fn can_fail(command: &Command, text: &str, shell: &Words) -> bool {
    match command.kind {
        CommandKind::Simple => {
            let Some(name) = shell.name(command, text) else { return true };
            let second = shell.words(command).get(1).and_then(|word| word.literal(text));
            let reads_history = name == "git"
                && matches!(second.as_deref(), Some("diff" | "log" | "show" | "status" | "ls-files"));
            !FILTERS.contains(&name.as_ref()) && !PRODUCERS.contains(&name.as_ref()) && !reads_history
        }
        CommandKind::Subshell | CommandKind::Group => true,
        CommandKind::If
        | CommandKind::Loop
        | CommandKind::For
        | CommandKind::Case
        | CommandKind::Test
        | CommandKind::Arithmetic => false,
    }
}

/// The words of a command without its redirections.
fn words_range(command: &Command, shell: &Words) -> TextRange {
    let words = shell.words(command).iter().map(|word| word.range);
    match command.kind {
        CommandKind::Simple => words.reduce(TextRange::cover).unwrap_or(command.range),
        CommandKind::Subshell
        | CommandKind::Group
        | CommandKind::If
        | CommandKind::Loop
        | CommandKind::For
        | CommandKind::Case
        | CommandKind::Test
        | CommandKind::Arithmetic => command.range,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[track_caller]
    fn clean(command: &str) {
        let source =
            format!("digraph {{ t [shape=parallelogram, goal_gate=true, tool_command=\"{command}\"] }}");
        check(&RULE, &source, expect![[""]]);
    }

    #[test]
    fn the_code_of_the_command_before_a_filter_is_lost() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, goal_gate=true, tool_command=\"npm test 2>&1 | tail -50\"] }",
            expect![[r#"
                1:79-1:80 warning: the exit code of `npm test` in `t` is lost, the step ends with the code of `tail`
                  help: add `pipefail=true` to `t`
                  1:65-1:73 its exit code is lost
                  unsafe fix: add `pipefail=true` to `t`
                  - digraph { t [shape=parallelogram, goal_gate=true, tool_command="npm test 2>&1 | tail -50"] }
                  + digraph { t [shape=parallelogram, goal_gate=true, tool_command="npm test 2>&1 | tail -50", pipefail=true] }
            "#]],
        );
        check(
            &RULE,
            "digraph { t [shape=parallelogram, tool_command=\"cd \\\"a\\\" && make | tee log\"] }",
            expect![[r#"
                1:66-1:67 hint: the exit code of `make` in `t` is lost, the step ends with the code of `tee`
                  help: add `pipefail=true` to `t`
                  1:61-1:65 its exit code is lost
                  unsafe fix: add `pipefail=true` to `t`
                  - digraph { t [shape=parallelogram, tool_command="cd \"a\" && make | tee log"] }
                  + digraph { t [shape=parallelogram, tool_command="cd \"a\" && make | tee log", pipefail=true] }
            "#]],
        );
    }

    #[test]
    fn bash_can_set_pipefail_itself() {
        check_in(
            &RULE,
            "kilroy",
            "digraph { t [shape=parallelogram, goal_gate=true, tool_command=\"make | tail\"] }",
            expect![[r#"
                1:70-1:71 warning: the exit code of `make` in `t` is lost, the step ends with the code of `tail`
                  help: start with `set -o pipefail`
                  1:65-1:69 its exit code is lost
                  unsafe fix: start with `set -o pipefail`
                  - digraph { t [shape=parallelogram, goal_gate=true, tool_command="make | tail"] }
                  + digraph { t [shape=parallelogram, goal_gate=true, tool_command="set -o pipefail; make | tail"] }
            "#]],
        );
        check_in(
            &RULE,
            "tracker",
            "digraph { t [shape=parallelogram, tool_command=\"make | tail\"] }",
            expect![[r#"
                1:54-1:55 hint: the exit code of `make` in `t` is lost, the step ends with the code of `tail`
                  help: write the output to a file and read it in a second command
                  1:49-1:53 its exit code is lost
            "#]],
        );
    }

    #[test]
    fn pipefail_keeps_the_code() {
        clean("set -o pipefail; make | tail");
        clean("set -eo pipefail\nmake | tail");
        check(
            &RULE,
            "digraph { pipefail=true t [shape=parallelogram, tool_command=\"make | tail\"] }",
            expect![[""]],
        );
        check(
            &RULE,
            "digraph { t [shape=parallelogram, pipefail=true, tool_command=\"make | tail\"] }",
            expect![[""]],
        );
    }

    #[test]
    fn a_filter_that_is_the_test_is_fine() {
        clean("make | grep -q ok");
        clean("make | grep -Eq ok");
        clean("curl -s x | awk 'END{exit !ok}'");
        clean("! make | grep error");
    }

    #[test]
    fn harmless_producers_and_later_commands_are_fine() {
        clean("cat log | tail");
        clean("echo x | tee y");
        clean("git diff --stat | tail -1");
        clean("make | tail; test -f out");
        clean("make | node report.js");
        clean("echo 'make | tail'");
    }
}
