//! Goal gates are checked where the run ends. A profile that knows one exit checks them at one of several, or at none.

use dotwright_model::{Handler, Level};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "multiple-exits",
    category: Category::Structure,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::None,
    spec_id: Some("terminal_node"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/multiple-exits.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    if context.profile().multiple_exits {
        return;
    }
    let mut exits = context.sound_nodes().filter(|&node| context.handler(node) == Handler::Exit);
    let (Some(first), Some(second)) = (exits.next(), exits.next()) else { return };
    let (node, kept) = (context.id(second), context.id(first));
    let range = |node| context.pipeline.node_range(node);
    let mut finding = report
        .finding(range(second), format!("`{node}` is a second exit, this profile allows one"))
        .help(format!("send its edges to `{kept}` and delete `{node}`"))
        .label(range(first), "the first exit");
    for more in exits {
        finding = finding.label(range(more), "another exit");
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
    fn three_exits_are_one_finding() {
        check(
            "digraph { a [shape=Msquare] b [shape=Msquare] c [type=exit] }",
            expect![[r#"
            1:29-1:30 error: `b` is a second exit, this profile allows one
              help: send its edges to `a` and delete `b`
              1:11-1:12 the first exit
              1:47-1:48 another exit
        "#]],
        );
    }

    #[test]
    fn a_step_called_end_is_no_exit_beside_a_shape() {
        check("digraph { done [shape=Msquare] end }", expect![[r#""#]]);
    }

    #[test]
    fn profiles_with_several_exits_have_nothing_to_say() {
        let source = "digraph { a [shape=Msquare] b [shape=Msquare] }";
        test_support::check_in(&super::RULE, "kilroy", source, expect![[r#""#]]);
    }
}
