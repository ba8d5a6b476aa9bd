//! A restart begins the whole run again, and a branch cannot do that while its siblings go on.

use dotwright_diagnostics::TextEdit;
use dotwright_model::{AttributeKey, Level, parse_boolean};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "restart-inside-region",
    category: Category::Loops,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/restart-inside-region.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    let mut seen = Vec::new();
    for edge in context.sound_edges() {
        let Some(attribute) = pipeline.edge_attribute(edge, AttributeKey::LOOP_RESTART) else { continue };
        if parse_boolean(attribute.text().trim()) != Some(true) {
            continue;
        }
        let source = pipeline.source_of(edge);
        let regions = context.analysis.regions().iter();
        let Some(region) =
            regions.into_iter().find(|region| region.fan_out == source || region.contains(source))
        else {
            continue;
        };
        // A chain and a default block write it once for many edges.
        let range = attribute.value_range();
        if seen.contains(&range) {
            continue;
        }
        seen.push(range);
        let message = format!(
            "`{}` restarts the run inside the branches of `{}`",
            context.edge(edge),
            context.id(region.fan_out)
        );
        let finding = report.finding(range, message).help("restart behind the join, or write `false`");
        report.push(finding.fix(unsafe_fix("write `false`", vec![TextEdit::replace(range, "false")])));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::check;

    const HEAD: &str = "digraph { s [shape=Mdiamond] x [shape=Msquare] fan [shape=component] join [shape=tripleoctagon] \
        node [shape=parallelogram, tool_command=make] a b c s -> fan\n";

    #[track_caller]
    fn found(body: &str, expect: expect_test::Expect) {
        check(&RULE, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[test]
    fn a_branch_cannot_restart_the_run() {
        found(
            "fan -> a -> join fan -> b -> join a -> a [condition=\"outcome=fail\", loop_restart=true] join -> x",
            expect![[r#"
                2:82-2:86 error: `a -> a` restarts the run inside the branches of `fan`
                  help: restart behind the join, or write `false`
                  unsafe fix: write `false`
                  - fan -> a -> join fan -> b -> join a -> a [condition="outcome=fail", loop_restart=true] join -> x
                  + fan -> a -> join fan -> b -> join a -> a [condition="outcome=fail", loop_restart=false] join -> x
            "#]],
        );
        found(
            "fan -> { a b } [loop_restart=true] { a b } -> join -> x",
            expect![[r#"
            2:30-2:34 error: `fan -> a` restarts the run inside the branches of `fan`
              help: restart behind the join, or write `false`
              unsafe fix: write `false`
              - fan -> { a b } [loop_restart=true] { a b } -> join -> x
              + fan -> { a b } [loop_restart=false] { a b } -> join -> x
        "#]],
        );
    }

    #[test]
    fn behind_the_join_it_can() {
        found(
            "fan -> { a b } -> join join -> x join -> c [condition=\"outcome=fail\"] c -> fan [loop_restart=true]",
            expect![[""]],
        );
        found("fan -> { a b } -> join [loop_restart=false] join -> x", expect![[""]]);
    }
}
