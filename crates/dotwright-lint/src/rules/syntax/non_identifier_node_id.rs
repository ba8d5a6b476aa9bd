//! Graphviz takes any text as the id of a node. Runners build file names, context keys and selectors from it, and most
//! of their parsers stop at anything but a plain name.

use dotwright_model::{Level, NodeId};

use crate::category::Category;
use crate::edits::{quoted, written_id};
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "non-identifier-node-id",
    category: Category::Syntax,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/non-identifier-node-id.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    for node in context.sound_nodes().filter(|&node| !is_identifier(context.id(node))) {
        if !report.has_room() {
            continue;
        }
        let id = context.id(node);
        let shown = if id.is_empty() { "\"\"" } else { id };
        let finding = report.finding(pipeline.node_range(node), format!("`{shown}` is not an identifier"));
        report.push(finding.help(help(context, node)));
    }
}

/// True for what the specification takes as the id of a node.
fn is_identifier(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn help(context: &Context<'_>, node: NodeId) -> String {
    let id = context.id(node);
    let is_free = |name: &String| context.pipeline.node_by_id(name).is_none() && written_id(name) == *name;
    let rename = match plain(id).filter(is_free) {
        Some(name) => format!("rename it to `{name}`"),
        None => "rename it with ASCII letters, digits and `_`".to_owned(),
    };
    if id.is_empty() || context.pipeline.own_attributes(node).any(|pair| pair.name() == "label") {
        return rename;
    }
    format!("{rename}, and keep the text in `label={}`", quoted(id))
}

/// The id with `_` for each stretch that no name has; `None` when too little would be left of it.
fn plain(id: &str) -> Option<String> {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let name = words.collect::<Vec<&str>>().join("_");
    let name = if name.starts_with(|c: char| c.is_ascii_digit()) { format!("step_{name}") } else { name };
    (id.is_ascii() && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::test_support;

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        test_support::check(&super::RULE, source, expect);
    }

    #[test]
    fn ids_that_only_graphviz_takes_are_named_once() {
        check(
            "digraph { \"run tests\" -> café; a -> 12; 12 -> -1.5; \"\" \n \"run tests\" [label=x] }",
            expect![[r#"
                1:26-1:31 error: `café` is not an identifier
                  help: rename it with ASCII letters, digits and `_`, and keep the text in `label="café"`
                1:38-1:40 error: `12` is not an identifier
                  help: rename it to `step_12`, and keep the text in `label="12"`
                1:48-1:52 error: `-1.5` is not an identifier
                  help: rename it to `step_1_5`, and keep the text in `label="-1.5"`
                1:54-1:56 error: `""` is not an identifier
                  help: rename it with ASCII letters, digits and `_`
                2:2-2:13 error: `run tests` is not an identifier
                  help: rename it to `run_tests`
            "#]],
        );
    }

    #[test]
    fn a_name_that_is_taken_is_not_proposed() {
        check(
            "digraph { run_tests; \"run-tests\" }",
            expect![[r#"
            1:22-1:33 error: `run-tests` is not an identifier
              help: rename it with ASCII letters, digits and `_`, and keep the text in `label="run-tests"`
        "#]],
        );
    }

    #[test]
    fn quotes_around_a_plain_name_change_nothing() {
        check("digraph { \"start\" -> _a1:n; subgraph \"x y\" { b } }", expect![[""]]);
    }
}
