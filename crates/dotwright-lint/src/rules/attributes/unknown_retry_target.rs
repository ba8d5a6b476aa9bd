//! A retry target that names no node is skipped without a word, and the next one or none is taken.

use dotwright_diagnostics::did_you_mean;
use dotwright_model::{JumpTarget, Level};

use crate::category::Category;
use crate::edits::replace_value;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::suggestion;

pub(crate) static RULE: Rule = Rule {
    name: "unknown-retry-target",
    category: Category::Attributes,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: Some("retry_target_exists"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unknown-retry-target.md"),
    check,
};

/// Looking for a near name goes through all nodes, so it stops after this many findings.
const SUGGESTIONS: usize = 50;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    let profile = context.profile();
    let mut suggestions = 0;
    let mut targets: Vec<JumpTarget> = Vec::new();
    for target in profile.failure_targets.iter().chain(profile.gate_targets) {
        if !targets.contains(target) {
            targets.push(*target);
        }
    }
    for pair in context.typed_pairs() {
        let Some(key) = pair.attribute.key() else { continue };
        if !targets.contains(&JumpTarget { scope: pair.scope, key }) {
            continue;
        }
        let Some((value, range)) = pair.plain_value() else { continue };
        let id = value.trim();
        if id.is_empty() || pipeline.node_by_id(id).is_some() {
            continue;
        }
        suggestions += 1;
        let ids = pipeline.nodes().take_while(|_| suggestions <= SUGGESTIONS).map(|node| context.id(node));
        let meant = did_you_mean(id, ids);
        let key = pair.attribute.name();
        let message = format!("`{key}={id}` on {} names no node{}", pair.owner(), suggestion(meant));
        let finding = report.finding(range, message).help("use the id of a declared node");
        report.push(match meant {
            Some(meant) => {
                let edit = replace_value(pair.attribute, meant);
                finding.fix(unsafe_fix(format!("write `{meant}`"), vec![edit]))
            }
            None => finding,
        });
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[test]
    fn a_target_is_a_node() {
        check(
            &RULE,
            "digraph { review [retry_target=\"reviw\"] }",
            expect![[r#"
            1:32-1:39 error: `retry_target=reviw` on `review` names no node; did you mean `review`?
              help: use the id of a declared node
              unsafe fix: write `review`
              - digraph { review [retry_target="reviw"] }
              + digraph { review [retry_target="review"] }
        "#]],
        );
        check(
            &RULE,
            "digraph { fallback_retry_target=nowhere; node [retry_target=none]; a }",
            expect![[r#"
            1:33-1:40 error: `fallback_retry_target=nowhere` on the graph names no node
              help: use the id of a declared node
            1:61-1:65 error: `retry_target=none` on `node [...]` names no node
              help: use the id of a declared node
        "#]],
        );
    }

    #[test]
    fn nodes_blanks_and_templates_are_fine() {
        check(
            &RULE,
            "digraph { a [retry_target=a, fallback_retry_target=\"\"]; b [retry_target=\"$x\"] }",
            expect![[""]],
        );
        check(&RULE, "digraph { subgraph s { retry_target=zzz }; a -> b [retry_target=zzz] }", expect![[""]]);
    }

    #[test]
    fn only_keys_that_the_runner_jumps_by_count() {
        check(&RULE, "digraph { a [fallback_target=zzz] }", expect![[""]]);
        check_in(
            &RULE,
            "tracker",
            "digraph { a [shape=box, fallback_target=zzz] }",
            expect![[r#"
            1:41-1:44 error: `fallback_target=zzz` on `a` names no node
              help: use the id of a declared node
        "#]],
        );
    }
}
