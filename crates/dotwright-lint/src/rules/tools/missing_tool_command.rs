//! A tool without a command fails whenever the run comes to it.

use dotwright_diagnostics::TextEdit;
use dotwright_model::{AttributeKey, Handler, Level, NodeId, Profile, Scope};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "missing-tool-command",
    category: Category::Tools,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/missing-tool-command.md"),
    check,
};

/// Names that people write for it.
const MISNAMED: [&str; 5] = ["command", "cmd", "script", "run", "tool_command"];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    let key = command_key(context);
    for node in context.sound_nodes().filter(|&node| context.handler(node) == Handler::Tool) {
        let id = context.id(node);
        let written = pipeline.node_attribute(node, AttributeKey::TOOL_COMMAND);
        if let Some(written) = written {
            if written.is_blank() {
                let message = format!("the `{}` of the tool `{id}` is empty", written.name());
                report.push(report.finding(written.value_range(), message).help("write the command to run"));
            }
            continue;
        }
        let misnamed = pipeline.own_attributes(node).find(|attribute| {
            let name = attribute.name();
            name != key && MISNAMED.contains(&name.as_ref()) && !attribute.is_blank()
        });
        let range = finding_range(context, node);
        let Some(misnamed) = misnamed else {
            let finding = report.finding(range, format!("the tool `{id}` has no `{key}`"));
            report.push(finding.help(format!("add `{key}=\"...\"`")));
            continue;
        };
        let name = misnamed.name();
        let title = format!("rename `{name}` to `{key}`");
        let edit = TextEdit::replace(misnamed.key_range(), key);
        let message = format!("the tool `{id}` has no `{key}`, `{name}` is not read");
        let help = match reader(&name) {
            Some(profile) => format!("{title}, or check with `--profile {profile}`, which reads `{name}`"),
            None => title.clone(),
        };
        let finding = report.finding(range, message).help(help);
        let finding = finding.label(misnamed.key_range(), "this is not read");
        report.push(finding.fix(unsafe_fix(title, vec![edit])));
    }
}

/// The name under which the runner looks first.
fn command_key(context: &Context<'_>) -> &'static str {
    let aliases = context.profile().aliases.iter();
    let mut first = aliases.filter(|alias| {
        alias.wins && alias.scope == Scope::Node && alias.stands_for == AttributeKey::TOOL_COMMAND
    });
    first.next().map_or(AttributeKey::TOOL_COMMAND, |alias| alias.key).name()
}

/// The profile that takes this key for the command.
fn reader(name: &str) -> Option<&'static str> {
    let reads = |profile: &&Profile| {
        profile.aliases.iter().any(|alias| {
            alias.scope == Scope::Node
                && alias.stands_for == AttributeKey::TOOL_COMMAND
                && alias.key.name() == name
        })
    };
    Profile::all().iter().find(reads).map(|profile| profile.name)
}

fn finding_range(context: &Context<'_>, node: NodeId) -> dotwright_diagnostics::TextRange {
    context.pipeline.node_range(node)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[test]
    fn a_tool_needs_a_command() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram] }",
            expect![[r#"
            1:11-1:12 error: the tool `t` has no `tool_command`
              help: add `tool_command="..."`
        "#]],
        );
        check(
            &RULE,
            "digraph { t [type=tool, tool_command=\" \"] }",
            expect![[r#"
            1:38-1:41 error: the `tool_command` of the tool `t` is empty
              help: write the command to run
        "#]],
        );
    }

    #[test]
    fn another_name_is_named() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram, script=\"make\"] }",
            expect![[r#"
                1:11-1:12 error: the tool `t` has no `tool_command`, `script` is not read
                  help: rename `script` to `tool_command`, or check with `--profile fabro`, which reads `script`
                  1:35-1:41 this is not read
                  unsafe fix: rename `script` to `tool_command`
                  - digraph { t [shape=parallelogram, script="make"] }
                  + digraph { t [shape=parallelogram, tool_command="make"] }
            "#]],
        );
        check(
            &RULE,
            "digraph { t [shape=parallelogram, cmd=\"\"] }",
            expect![[r#"
            1:11-1:12 error: the tool `t` has no `tool_command`
              help: add `tool_command="..."`
        "#]],
        );
    }

    #[test]
    fn runners_have_names_of_their_own() {
        check_in(
            &RULE,
            "fabro",
            "digraph { t [shape=parallelogram, script=\"make\"] u [shape=parallelogram, command=\"make\"] }",
            expect![[r#"
                1:50-1:51 error: the tool `u` has no `script`, `command` is not read
                  help: rename `command` to `script`, or check with `--profile mammoth`, which reads `command`
                  1:74-1:81 this is not read
                  unsafe fix: rename `command` to `script`
                  - digraph { t [shape=parallelogram, script="make"] u [shape=parallelogram, command="make"] }
                  + digraph { t [shape=parallelogram, script="make"] u [shape=parallelogram, script="make"] }
            "#]],
        );
        check_in(&RULE, "mammoth", "digraph { t [shape=octagon, command=\"make\"] }", expect![[""]]);
    }

    #[test]
    fn default_blocks_count_and_other_steps_do_not() {
        check(
            &RULE,
            "digraph { node [tool_command=\"make\"] t [shape=parallelogram] a [label=\"x\"] }",
            expect![[""]],
        );
    }
}
