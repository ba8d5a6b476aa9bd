//! The start node is where a run begins, not a step: going back to it means something else in every runner.

use dotwright_model::{Handler, Level};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "edge-into-start",
    category: Category::Structure,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::None,
    spec_id: Some("start_no_incoming"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/edge-into-start.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    for edge in context.sound_edges() {
        let start = pipeline.target_of(edge);
        if context.handler(start) != Handler::Start {
            continue;
        }
        let steps = pipeline.outgoing(start).iter().map(|&edge| pipeline.target_of(edge));
        let help = match steps.into_iter().find(|&step| step != start) {
            Some(first) => format!("point it at the first working step, `{}`", context.id(first)),
            None => "point it at the first working step".to_owned(),
        };
        let finding = report
            .finding(
                pipeline.target_range(edge),
                format!("`{}` re-enters the start node", context.edge(edge)),
            )
            .help(help)
            .label(pipeline.node_range(start), "the start node");
        report.push(finding);
    }
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
    fn each_edge_is_a_finding() {
        check(
            "digraph { start [shape=Mdiamond] a b start -> a -> start b -> start }",
            expect![[r#"
            1:52-1:57 error: `a -> start` re-enters the start node
              help: point it at the first working step, `a`
              1:11-1:16 the start node
            1:63-1:68 error: `b -> start` re-enters the start node
              help: point it at the first working step, `a`
              1:11-1:16 the start node
        "#]],
        );
    }

    #[test]
    fn an_edge_from_the_start_to_itself_leads_into_it_too() {
        check(
            "digraph { start [shape=Mdiamond] start -> start }",
            expect![[r#"
            1:43-1:48 error: `start -> start` re-enters the start node
              help: point it at the first working step
              1:11-1:16 the start node
        "#]],
        );
    }

    #[test]
    fn a_jump_to_the_start_is_no_edge() {
        check("digraph { start [shape=Mdiamond] a [retry_target=start] start -> a }", expect![[r#""#]]);
    }
}
