//! Where a diamond always succeeds, an edge out of it that waits for another outcome never fires.

use dotwright_engine::condition::holds_for_outcome;
use dotwright_model::{DiamondOutcome, Handler, Level, Outcome};

use super::outcome_test::tests_of;
use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};
use crate::wording::names;

pub(crate) static RULE: Rule = Rule {
    name: "dead-diamond-outcome",
    category: Category::Routing,
    level: Level::Off,
    selected_level: Level::Warning,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/dead-diamond-outcome.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let (pipeline, profile) = (context.pipeline, context.profile());
    match profile.diamond_outcome {
        DiamondOutcome::Forward => return,
        DiamondOutcome::Success => {}
    }
    for edge in context.sound_edges() {
        let node = pipeline.source_of(edge);
        let Some(condition) = pipeline.condition(edge) else { continue };
        if context.handler(node) != Handler::Conditional
            || holds_for_outcome(condition.condition, condition.text, Outcome::Success, profile)
                != Some(false)
        {
            continue;
        }
        let at_fault = tests_of(pipeline, edge).find(|test| {
            let outcome = profile.outcome(&test.word);
            // A word of the author's own may be a label, where the key reads the label first.
            let is_known = outcome.is_some() || !profile.outcome_reads_label;
            is_known && (outcome == Some(Outcome::Success)) != test.equal
        });
        let Some(test) = at_fault else { continue };
        let message = format!(
            "`{}` never fires, the diamond `{}` always succeeds in {}",
            context.edge(edge),
            context.id(node),
            profile.name
        );
        let sources = pipeline.incoming(node).iter().map(|&edge| context.id(pipeline.source_of(edge)));
        let before = names(sources);
        let help = if before.is_empty() {
            "put the conditions on the edges out of the step that knows the result".to_owned()
        } else {
            format!("put the conditions on the edges out of {before}, which knows the result")
        };
        let finding = report.finding(test.clause_range(), message).help(help);
        report.push(finding.label(pipeline.node_range(node), "always succeeds"));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    const HEAD: &str = "digraph { s [shape=Mdiamond]; x [shape=Msquare]; a; b; t [shape=parallelogram, tool_command=make]; s -> t\n";

    #[track_caller]
    fn found(body: &str, expect: expect_test::Expect) {
        check(&RULE, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[track_caller]
    fn found_in(profile: &str, body: &str, expect: expect_test::Expect) {
        check_in(&RULE, profile, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[test]
    fn edges_for_failures_never_fire() {
        found_in(
            "attractor-literal",
            r#"d [shape=diamond]; t -> d
d -> x [condition="outcome=success"]
d -> a [condition="context.k=1 && outcome=fail"]"#,
            expect![[r#"
                4:35-4:47 warning: `d -> a` never fires, the diamond `d` always succeeds in attractor-literal
                  help: put the conditions on the edges out of `t`, which knows the result
                  2:1-2:2 always succeeds
            "#]],
        );
    }

    #[test]
    fn diamonds_that_work_or_forward_are_fine() {
        found_in(
            "tracker",
            r#"d [shape=diamond, prompt=Judge]; t -> d
d -> a [condition="outcome=fail"]"#,
            expect![[""]],
        );
        found(
            r#"d [shape=diamond]; t -> d
d -> a [condition="outcome=fail"]"#,
            expect![[""]],
        );
        found_in(
            "amplifier",
            r#"d [shape=diamond]; t -> d
d -> a [condition="outcome=yes"]"#,
            expect![[""]],
        );
    }
}
