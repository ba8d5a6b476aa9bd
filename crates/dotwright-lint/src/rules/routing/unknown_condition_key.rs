//! A key that the runner does not know is empty in every run, so the edge is decided before the run begins.

use dotwright_diagnostics::{TextEdit, did_you_mean};
use dotwright_model::{Level, Profile};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "unknown-condition-key",
    category: Category::Routing,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unknown-condition-key.md"),
    check,
};

/// Names of other runners, and what this one calls the same.
const ELSEWHERE: [(&str, &str); 3] =
    [("status", "outcome"), ("result", "outcome"), ("tool_stdout", "context.tool.output")];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let profile = context.profile();
    for &edge in context.conditional_edges() {
        let Some(condition) = context.pipeline.condition(edge) else { continue };
        if !condition.condition.errors.is_empty() {
            continue;
        }
        for clause in condition.condition.clauses() {
            let key = clause.key.text(condition.text);
            let range = condition.source_range(clause.key.range);
            if profile.knows_condition_key(key) {
                continue;
            }
            let meant = meant(profile, key);
            let finding = report
                .finding(range, format!("`{key}` on `{}` is no condition key", context.edge(edge)))
                .help(format!("write `{meant}`"));
            report.push(
                finding.fix(unsafe_fix(format!("write `{meant}`"), vec![TextEdit::replace(range, meant)])),
            );
        }
    }
}

/// What an author of this key most probably meant.
fn meant(profile: &Profile, key: &str) -> String {
    if let Some((_, here)) = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == key) {
        return (*here).to_owned();
    }
    if let Some(near) = did_you_mean(key, profile.condition_keys.iter().copied()) {
        return near.to_owned();
    }
    format!("context.{}", key.strip_prefix("ctx.").unwrap_or(key))
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

    #[test]
    fn a_key_needs_its_prefix() {
        found(
            r#"t -> a [condition="outcome=fail && tool.exit_code=3"]"#,
            expect![[r#"
            2:36-2:50 error: `tool.exit_code` on `t -> a` is no condition key
              help: write `context.tool.exit_code`
              unsafe fix: write `context.tool.exit_code`
              - t -> a [condition="outcome=fail && tool.exit_code=3"]
              + t -> a [condition="outcome=fail && context.tool.exit_code=3"]
        "#]],
        );
        found(
            r#"t -> a [condition="ctx.ready=yes"]"#,
            expect![[r#"
            2:20-2:29 error: `ctx.ready` on `t -> a` is no condition key
              help: write `context.ready`
              unsafe fix: write `context.ready`
              - t -> a [condition="ctx.ready=yes"]
              + t -> a [condition="context.ready=yes"]
        "#]],
        );
    }

    #[test]
    fn names_of_other_runners_are_known() {
        found(
            r#"t -> a [condition="status=success"]"#,
            expect![[r#"
            2:20-2:26 error: `status` on `t -> a` is no condition key
              help: write `outcome`
              unsafe fix: write `outcome`
              - t -> a [condition="status=success"]
              + t -> a [condition="outcome=success"]
        "#]],
        );
        found(
            r#"t -> a [condition="outcom=success"]"#,
            expect![[r#"
            2:20-2:26 error: `outcom` on `t -> a` is no condition key
              help: write `outcome`
              unsafe fix: write `outcome`
              - t -> a [condition="outcom=success"]
              + t -> a [condition="outcome=success"]
        "#]],
        );
    }

    #[test]
    fn the_output_of_a_tool_has_another_name_in_tracker() {
        let edge = r#"t -> a [condition="tool_stdout=1"]"#;
        found(
            edge,
            expect![[r#"
            2:20-2:31 error: `tool_stdout` on `t -> a` is no condition key
              help: write `context.tool.output`
              unsafe fix: write `context.tool.output`
              - t -> a [condition="tool_stdout=1"]
              + t -> a [condition="context.tool.output=1"]
        "#]],
        );
        check_in(&RULE, "tracker", &format!("{HEAD}{edge}\n}}"), expect![[""]]);
    }

    #[test]
    fn keys_of_the_profile_are_left_alone() {
        found(
            r#"t -> a [condition="outcome=fail && preferred_label=Fix && context.x!=1 && context.context.y=2"]"#,
            expect![[""]],
        );
        found(r#"t -> a [condition="=success"]"#, expect![[""]]);
        let bare = format!("{HEAD}t -> a [condition=\"ready=yes\"]\n}}");
        check_in(&RULE, "kilroy", &bare, expect![[""]]);
    }
}
