//! A model step without prompt and label sends the model its node id.

use dotwright_model::{AttributeKey, Handler, Level};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "missing-prompt",
    category: Category::Attributes,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::None,
    spec_id: Some("prompt_on_llm_nodes"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/missing-prompt.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    const TEXTS: [AttributeKey; 3] = [AttributeKey::PROMPT, AttributeKey::PROMPT_FILE, AttributeKey::LABEL];
    for node in context.sound_nodes() {
        let pipeline = context.pipeline;
        // A node that only edges name is no step yet: `undeclared-node` reports it.
        let is_step = context.handler(node) == Handler::Codergen && pipeline.node(node).declaration.is_some();
        if !is_step || context.pipeline.node(node).has_fallback_handler {
            continue;
        }
        let mut texts = TEXTS.into_iter().filter_map(|key| pipeline.node_attribute(node, key));
        if texts.any(|text| !text.is_blank()) {
            continue;
        }
        let id = context.id(node);
        let finding =
            report.finding(pipeline.node_range(node), format!("`{id}` has nothing to ask the model"));
        report.push(finding.help(format!("add `prompt=\"...\"` to `{id}`")));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[test]
    fn a_model_step_needs_a_text() {
        check(
            &RULE,
            "digraph { a; b [prompt=\" \", label=\"\"]; c [llm_model=\"m\"] }",
            expect![[r#"
            1:11-1:12 warning: `a` has nothing to ask the model
              help: add `prompt="..."` to `a`
            1:14-1:15 warning: `b` has nothing to ask the model
              help: add `prompt="..."` to `b`
            1:40-1:41 warning: `c` has nothing to ask the model
              help: add `prompt="..."` to `c`
        "#]],
        );
    }

    #[test]
    fn any_text_will_do() {
        check(
            &RULE,
            "digraph { a [prompt=\"x\"]; b [label=\"x\"]; c [prompt_file=\"x.md\"] }",
            expect![[""]],
        );
        check(&RULE, "digraph { node [prompt=\"x\"]; a }", expect![[""]]);
        check_in(&RULE, "kilroy", "digraph { a [llm_prompt=\"x\"] }", expect![[""]]);
    }

    #[test]
    fn other_steps_and_doubtful_ones_are_left_alone() {
        check(
            &RULE,
            "digraph { t [shape=parallelogram]; d [shape=diamond]; x [shape=star]; y [type=zzz] }",
            expect![[""]],
        );
        check(&RULE, "digraph { a [label=\"x\"]; a -> b }", expect![[""]]);
    }
}
