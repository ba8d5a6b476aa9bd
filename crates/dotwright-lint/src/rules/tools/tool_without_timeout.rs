//! Tools have no timeout of their own: a command that waits for ever holds the run for ever.

use dotwright_diagnostics::TextEdit;
use dotwright_model::{AttributeKey, Handler, Level, NodeId, Scope, attribute};

use crate::category::Category;
use crate::edits::insert_node_attribute;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "tool-without-timeout",
    category: Category::Tools,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/tool-without-timeout.md"),
    check,
};

/// Up to this many tools are reported one by one.
const FEW: usize = 3;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    if has_default_timeout(context) {
        return;
    }
    let pipeline = context.pipeline;
    let tools: Vec<NodeId> = context
        .sound_nodes()
        .filter(|&node| context.handler(node) == Handler::Tool && pipeline.node(node).declaration.is_some())
        .filter(|&node| {
            pipeline.node_attribute(node, AttributeKey::TIMEOUT).is_none_or(|found| found.is_blank())
        })
        .collect();
    let pair = format!("timeout=\"{}\"", context.settings.default_timeout);
    if tools.len() <= FEW {
        for node in tools {
            let message =
                format!("`{}` has no timeout, a hanging command holds the run forever", context.id(node));
            let finding = report.finding(pipeline.node_range(node), message).help(format!("add `{pair}`"));
            report.push(match timeout_edit(context, node, &pair) {
                Some(edit) => finding.fix(unsafe_fix(format!("add `{pair}`"), vec![edit])),
                None => finding,
            });
        }
        return;
    }
    let message = format!("{} tools have no timeout, a hanging command holds the run forever", tools.len());
    let help = if context.sound_nodes().any(|node| takes_longer(context, node)) {
        format!("add `{pair}` to each of them")
    } else {
        format!("set it once: `node [{pair}]`")
    };
    let edits = tools.iter().filter_map(|&node| timeout_edit(context, node, &pair)).collect();
    let title = format!("add `{pair}` to each of them");
    report.push(report.finding(pipeline.header_range(), message).help(help).fix(unsafe_fix(title, edits)));
}

/// True for a step that a timeout for all nodes would end too: models and people take longer than commands.
fn takes_longer(context: &Context<'_>, node: NodeId) -> bool {
    match context.handler(node) {
        Handler::Start | Handler::Exit | Handler::Conditional | Handler::Tool => false,
        Handler::Codergen
        | Handler::Human
        | Handler::Parallel
        | Handler::FanIn
        | Handler::Manager
        | Handler::Custom => context.pipeline.node_attribute(node, AttributeKey::TIMEOUT).is_none(),
    }
}

/// Adds the timeout, or gives an empty one its value.
fn timeout_edit(context: &Context<'_>, node: NodeId, pair: &str) -> Option<TextEdit> {
    match context.pipeline.own_attribute(node, AttributeKey::TIMEOUT) {
        Some(empty) => Some(TextEdit::replace(empty.range(), pair)),
        None => insert_node_attribute(context.pipeline, node, pair),
    }
}

/// True when the graph sets a timeout for all nodes and the runner reads it.
fn has_default_timeout(context: &Context<'_>) -> bool {
    let key = AttributeKey::DEFAULT_NODE_TIMEOUT;
    attribute(key, Scope::Graph).is_some_and(|schema| context.profile().reads(schema))
        && context.pipeline.graph_attribute(key).is_some_and(|timeout| !timeout.is_blank())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[test]
    fn each_of_a_few_tools_is_reported() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram]; u [shape=parallelogram, timeout=\"\"] }",
            expect![[r#"
                1:11-1:12 warning: `t` has no timeout, a hanging command holds the run forever
                  help: add `timeout="600s"`
                  unsafe fix: add `timeout="600s"`
                  - digraph { t [shape=parallelogram]; u [shape=parallelogram, timeout=""] }
                  + digraph { t [shape=parallelogram, timeout="600s"]; u [shape=parallelogram, timeout=""] }
                1:36-1:37 warning: `u` has no timeout, a hanging command holds the run forever
                  help: add `timeout="600s"`
                  unsafe fix: add `timeout="600s"`
                  - digraph { t [shape=parallelogram]; u [shape=parallelogram, timeout=""] }
                  + digraph { t [shape=parallelogram]; u [shape=parallelogram, timeout="600s"] }
            "#]],
        );
    }

    #[test]
    fn many_tools_are_one_finding() {
        check(
            &RULE,
            "digraph g { node [shape=parallelogram] a; b; c; d [tool_command=\"make\"] }",
            expect![[r#"
                1:1-1:10 warning: 4 tools have no timeout, a hanging command holds the run forever
                  help: set it once: `node [timeout="600s"]`
                  unsafe fix: add `timeout="600s"` to each of them
                  - digraph g { node [shape=parallelogram] a; b; c; d [tool_command="make"] }
                  + digraph g { node [shape=parallelogram] a [timeout="600s"]; b [timeout="600s"]; c [timeout="600s"]; d [tool_command="make", timeout="600s"] }
            "#]],
        );
        check(
            &RULE,
            "digraph g { node [shape=parallelogram] a; b; c; d; h [shape=hexagon] }",
            expect![[r#"
            1:1-1:10 warning: 4 tools have no timeout, a hanging command holds the run forever
              help: add `timeout="600s"` to each of them
              unsafe fix: add `timeout="600s"` to each of them
              - digraph g { node [shape=parallelogram] a; b; c; d; h [shape=hexagon] }
              + digraph g { node [shape=parallelogram] a [timeout="600s"]; b [timeout="600s"]; c [timeout="600s"]; d [timeout="600s"]; h [shape=hexagon] }
        "#]],
        );
    }

    #[test]
    fn a_timeout_for_all_nodes_would_also_end_models() {
        check(
            &RULE,
            "digraph g { node [shape=parallelogram] a; b; c; d; m [shape=box, prompt=\"think\"] }",
            expect![[r#"
                1:1-1:10 warning: 4 tools have no timeout, a hanging command holds the run forever
                  help: add `timeout="600s"` to each of them
                  unsafe fix: add `timeout="600s"` to each of them
                  - digraph g { node [shape=parallelogram] a; b; c; d; m [shape=box, prompt="think"] }
                  + digraph g { node [shape=parallelogram] a [timeout="600s"]; b [timeout="600s"]; c [timeout="600s"]; d [timeout="600s"]; m [shape=box, prompt="think"] }
            "#]],
        );
    }

    #[test]
    fn a_timeout_may_come_from_a_default() {
        check(&RULE, "digraph { node [timeout=60s] t [shape=parallelogram] }", expect![[""]]);
        check_in(
            &RULE,
            "mammoth",
            "digraph { default_node_timeout=60s t [shape=parallelogram] }",
            expect![[""]],
        );
        check(&RULE, "digraph { a [label=x] }", expect![[""]]);
    }
}
