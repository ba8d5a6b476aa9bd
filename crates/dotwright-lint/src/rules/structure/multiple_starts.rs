//! Where two nodes could begin the run, runners take the first, the last or neither.

use dotwright_model::{Handler, Level};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "multiple-starts",
    category: Category::Structure,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::None,
    spec_id: Some("start_node"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/multiple-starts.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut starts = context.sound_nodes().filter(|&node| context.handler(node) == Handler::Start);
    let (Some(first), Some(second)) = (starts.next(), starts.next()) else { return };
    let (node, kept) = (context.id(second), context.id(first));
    let range = |node| context.pipeline.node_range(node);
    let mut finding = report
        .finding(range(second), format!("`{node}` is a second start node, `{kept}` is already one"))
        .help(format!("give `{node}` another shape, or merge the two"))
        .label(range(first), "the first start node");
    for more in starts {
        finding = finding.label(range(more), "another start node");
    }
    report.push(finding);
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
    fn three_starts_are_one_finding() {
        check(
            "digraph { a [shape=Mdiamond] b [shape=Mdiamond] c [type=start] }",
            expect![[r#"
            1:30-1:31 error: `b` is a second start node, `a` is already one
              help: give `b` another shape, or merge the two
              1:11-1:12 the first start node
              1:49-1:50 another start node
        "#]],
        );
    }

    #[test]
    fn an_id_is_no_second_start_beside_a_shape() {
        check("digraph { begin [shape=Mdiamond] start }", expect![[r#""#]]);
    }
}
