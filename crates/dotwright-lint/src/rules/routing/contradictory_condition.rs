//! A condition that asks one key for two values at once never holds.

use dotwright_engine::condition::{contradiction, facts};
use dotwright_model::Level;

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "contradictory-condition",
    category: Category::Routing,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/contradictory-condition.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for &edge in context.conditional_edges() {
        let Some(condition) = context.pipeline.condition(edge) else { continue };
        let clauses = condition.condition.clauses();
        if clauses.len() < 2 {
            continue;
        }
        let Some(facts) = facts(condition.condition, condition.text) else { continue };
        let Some((earlier, later)) = contradiction(&facts, context.profile()) else { continue };
        let (Some(earlier), Some(later)) = (clauses.get(earlier), clauses.get(later)) else { continue };
        // The copy of a value in the context may be older than the value itself.
        if earlier.key.text(condition.text) != later.key.text(condition.text) {
            continue;
        }
        let text = |range: dotwright_diagnostics::TextRange| range.text(condition.text).trim();
        let message = format!(
            "`{}` can never hold, `{}` excludes `{}`",
            condition.text.trim(),
            text(earlier.range),
            text(later.range)
        );
        let finding = report
            .finding(condition.source_range(later.range), message)
            .help("split it into two edges, or drop one clause")
            .label(condition.source_range(earlier.range), "excludes it");
        report.push(finding);
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
    fn clauses_of_one_key_exclude_each_other() {
        found(
            r#"t -> a [condition="outcome=success && context.x=1 && outcome=fail"]"#,
            expect![[r#"
            2:54-2:66 error: `outcome=success && context.x=1 && outcome=fail` can never hold, `outcome=success` excludes `outcome=fail`
              help: split it into two edges, or drop one clause
              2:20-2:35 excludes it
        "#]],
        );
        found(
            r#"t -> a [condition="context.x=1 && context.x!=1"]"#,
            expect![[r#"
            2:35-2:47 error: `context.x=1 && context.x!=1` can never hold, `context.x=1` excludes `context.x!=1`
              help: split it into two edges, or drop one clause
              2:20-2:31 excludes it
        "#]],
        );
    }

    #[test]
    fn copies_and_synonyms_do_not() {
        found(r#"t -> a [condition="outcome=skipped && context.outcome=success"]"#, expect![[""]]);
        found_in("kilroy", r#"t -> a [condition="outcome=ok && outcome=success"]"#, expect![[""]]);
        found(r#"t -> a [condition="context.x!=1 && context.x!=2"]"#, expect![[""]]);
        found_in("tracker", r#"t -> a [condition="outcome=fail || outcome=success"]"#, expect![[""]]);
    }
}
