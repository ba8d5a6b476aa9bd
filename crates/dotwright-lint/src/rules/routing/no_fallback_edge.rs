//! Out of a step whose edges all have conditions there may be a case that none of them takes; the run ends there.

use dotwright_diagnostics::Severity;
use dotwright_engine::OutcomeSet;
use dotwright_engine::condition::{Key, facts};
use dotwright_model::{AttributeKey, EdgeId, Handler, Level, NoRoute, NodeId, Outcome};

use crate::category::Category;
use crate::edits;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::names;

pub(crate) static RULE: Rule = Rule {
    name: "no-fallback-edge",
    category: Category::Routing,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/no-fallback-edge.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.sound_nodes() {
        if may_end_open(context, node) {
            check_node(context, report, node);
        }
    }
}

fn may_end_open(context: &Context<'_>, node: NodeId) -> bool {
    let pipeline = context.pipeline;
    let edges = pipeline.outgoing(node);
    let selects = match context.handler(node) {
        Handler::Start | Handler::Exit | Handler::Human | Handler::Parallel => false,
        Handler::Codergen
        | Handler::Tool
        | Handler::Conditional
        | Handler::FanIn
        | Handler::Manager
        | Handler::Custom => true,
    };
    selects && !edges.is_empty() && edges.iter().all(|&edge| !pipeline.is_plain(edge))
}

fn check_node(context: &Context<'_>, report: &mut Report<'_>, node: NodeId) {
    let (pipeline, analysis, profile) = (context.pipeline, context.analysis, context.profile());
    let coverage = analysis.coverage(node);
    let edges = pipeline.outgoing(node);
    let known = coverage.missing.without(OutcomeSet::CUSTOM);
    if coverage.exhaustive || known.without(OutcomeSet::FAIL).is_empty() {
        return;
    }
    let partial_only = known == OutcomeSet::of(Outcome::PartialSuccess);
    let allows_partial = || {
        let allows = pipeline.node_attribute(node, AttributeKey::ALLOW_PARTIAL);
        allows.is_some_and(|attribute| attribute.text() == "true")
    };
    let is_unlikely = partial_only && !allows_partial();
    if is_unlikely && !report.is_variant_wanted(Severity::Hint) {
        return;
    }
    // A failure that no edge can ever take is what `unrouted-failure` reports.
    let fails_open = edges.iter().any(|&edge| analysis.travels(edge, Outcome::Fail));
    let cases = if fails_open { known } else { known.without(OutcomeSet::FAIL) };
    let when = if coverage.by_context { when_none_of(context, edges) } else { String::new() };
    let message = format!(
        "no edge out of `{}` matches {}{when}; {}",
        context.id(node),
        cases.alternatives(profile),
        consequence(context, node)
    );
    let range = pipeline.node_range(node);
    let mut finding = if is_unlikely {
        report.variant(Severity::Hint, range, message)
    } else {
        report.finding(range, message)
    };
    for &edge in edges.iter().take(5) {
        let covers = analysis.travelling(edge).words(profile);
        let covers = match (covers.is_empty(), analysis.tests_only_outcome(edge)) {
            (true, _) => "covers nothing".to_owned(),
            (false, true) => format!("covers {covers}"),
            (false, false) => format!("covers {covers} where the rest of it holds"),
        };
        finding = finding.label(pipeline.edge_ends_range(edge), covers);
    }
    let first = cases.iter().find_map(|outcome| profile.outcome_word(outcome)).unwrap_or("success");
    let fallback = edges.iter().copied().find(|&edge| analysis.is_failure_edge(edge));
    let Some(fallback) = fallback else {
        let cover = format!(", or cover the case with `condition=\"outcome={first}\"`");
        let cover = if coverage.by_context { "" } else { cover.as_str() };
        report.push(
            finding.help(format!("add an edge without a condition out of `{}`{cover}", context.id(node))),
        );
        return;
    };
    let edge = context.edge(fallback);
    let help = format!(
        "add an edge without a condition, `{edge}`, or cover the case with `condition=\"outcome={first}\"`"
    );
    let statement = edits::edge_statement(pipeline, node, pipeline.target_of(fallback));
    let last = edges.last().copied().unwrap_or(fallback);
    let edit = edits::insert_behind_edge(pipeline, last, &statement);
    report.push(finding.help(help).fix(unsafe_fix(format!("add `{edge}`"), vec![edit])));
}

/// The values that conditions on one key leave out.
fn when_none_of(context: &Context<'_>, edges: &[EdgeId]) -> String {
    let open = || " when no condition on the context holds".to_owned();
    let mut key: Option<&str> = None;
    let mut values: Vec<String> = Vec::new();
    for condition in edges.iter().filter_map(|&edge| context.pipeline.condition(edge)) {
        let Some(facts) = facts(condition.condition, condition.text) else { continue };
        for (clause, fact) in condition.condition.clauses().iter().zip(&facts) {
            if fact.key == Key::Outcome {
                continue;
            }
            let name = clause.key.text(condition.text);
            if !fact.equal || key.is_some_and(|key| key != name) {
                return open();
            }
            key = Some(name);
            values.push(format!("`{}`", fact.literal));
        }
    }
    values.sort();
    values.dedup();
    let Some(key) = key else { return open() };
    match values.as_slice() {
        [value] => format!(" when `{key}` is not {value}"),
        [a, b, c, rest @ ..] if !rest.is_empty() => {
            format!(" when `{key}` is none of {a}, {b}, {c} and {} more", rest.len())
        }
        values => format!(" when `{key}` is none of {}", values.join(", ")),
    }
}

fn consequence(context: &Context<'_>, node: NodeId) -> String {
    let pipeline = context.pipeline;
    match context.profile().no_route {
        NoRoute::Fail => "the run would fail there".to_owned(),
        NoRoute::NodeTargets => match context.analysis.failure_target(node) {
            Some(target) => format!("the run would jump to `{}`", context.id(target)),
            None => "the run would fail there".to_owned(),
        },
        NoRoute::Success => {
            let gates = names(context.analysis.goal_gates().map(|gate| context.id(gate)));
            let past = if gates.is_empty() { String::new() } else { format!(", past {gates}") };
            format!("the run would end there as a success{past}")
        }
        NoRoute::TakeFalseEdge => {
            let edges = pipeline.outgoing(node).iter().copied();
            let target = |edge: EdgeId| context.id(pipeline.target_of(edge));
            let best =
                edges.min_by_key(|&edge| (std::cmp::Reverse(pipeline.edge(edge).weight), target(edge)));
            match best {
                Some(edge) => {
                    format!("`{}` would be taken although its condition is false", context.edge(edge))
                }
                None => "the run would fail there".to_owned(),
            }
        }
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
    fn a_key_with_other_values_is_open() {
        found(
            r#"t -> a [condition="context.kind=bug"]
t -> b [condition="context.kind=docs"]"#,
            expect![[r#"
                1:56-1:57 warning: no edge out of `t` matches `success` or `fail` when `context.kind` is none of `bug`, `docs`; the run would fail there
                  help: add an edge without a condition out of `t`
                  2:1-2:7 covers `success` and `fail` where the rest of it holds
                  3:1-3:7 covers `success` and `fail` where the rest of it holds
            "#]],
        );
    }

    #[test]
    fn the_plain_edge_goes_where_failures_go() {
        found(
            r#"a -> b [condition="context.ok=yes"]
a -> t [condition="outcome=fail"]
s -> a"#,
            expect![[r#"
                1:50-1:51 warning: no edge out of `a` matches `success` or `partial_success` when `context.ok` is not `yes`; the run would fail there
                  help: add an edge without a condition, `a -> t`, or cover the case with `condition="outcome=success"`
                  2:1-2:7 covers `success`, `partial_success` and `fail` where the rest of it holds
                  3:1-3:7 covers `fail`
                  unsafe fix: add `a -> t`
                  + a -> t
            "#]],
        );
    }

    #[test]
    fn only_partial_success_is_a_hint() {
        found(
            r#"a -> b [condition="outcome=success"]
a -> t [condition="outcome=fail"]"#,
            expect![[r#"
                1:50-1:51 hint: no edge out of `a` matches `partial_success`; the run would fail there
                  help: add an edge without a condition, `a -> t`, or cover the case with `condition="outcome=partial_success"`
                  2:1-2:7 covers `success`
                  3:1-3:7 covers `fail`
                  unsafe fix: add `a -> t`
                  + a -> t
            "#]],
        );
        found(
            r#"a [allow_partial=true]
a -> b [condition="outcome=success"]
a -> t [condition="outcome=fail"]"#,
            expect![[r#"
                1:50-1:51 warning: no edge out of `a` matches `partial_success`; the run would fail there
                  help: add an edge without a condition, `a -> t`, or cover the case with `condition="outcome=partial_success"`
                  3:1-3:7 covers `success`
                  4:1-4:7 covers `fail`
                  unsafe fix: add `a -> t`
                  + a -> t
            "#]],
        );
    }

    #[test]
    fn pairs_plain_edges_and_exits_leave_nothing_open() {
        found(
            r#"t -> a [condition="outcome=success"]
t -> b [condition="outcome=fail"]"#,
            expect![[""]],
        );
        found(
            r#"t -> a [condition="outcome=success && context.k=1"]
t -> b [condition="outcome=success && context.k!=1"]
t -> x [condition="outcome=fail"]"#,
            expect![[""]],
        );
        found(
            r#"t -> a [condition="context.k=1"]
t -> b"#,
            expect![[""]],
        );
        found(r#"t -> x [condition="context.k=1"]"#, expect![[""]]);
        found(r#"t -> a [condition="outcome=success"]"#, expect![[""]]);
    }

    #[test]
    fn runners_end_in_different_ways() {
        found_in(
            "attractor-literal",
            r#"g [goal_gate=true]; s -> g -> t
t -> a [condition="context.kind=bug"]"#,
            expect![[r#"
                1:56-1:57 warning: no edge out of `t` matches `success` or `fail` when `context.kind` is not `bug`; the run would end there as a success, past `g`
                  help: add an edge without a condition out of `t`
                  3:1-3:7 covers `success` and `fail` where the rest of it holds
            "#]],
        );
        found_in(
            "kilroy",
            r#"t -> a [condition="context.kind=bug"]"#,
            expect![[r#"
                1:56-1:57 warning: no edge out of `t` matches `success` or `fail` when `context.kind` is not `bug`; `t -> a` would be taken although its condition is false
                  help: add an edge without a condition out of `t`
                  2:1-2:7 covers `success` and `fail` where the rest of it holds
            "#]],
        );
        found_in(
            "amplifier",
            r#"t -> a [condition="context.kind=bug"]"#,
            expect![[r#"
                1:56-1:57 warning: no edge out of `t` matches `success` or `fail` when `context.kind` is not `bug`; the run would fail there
                  help: add an edge without a condition out of `t`
                  2:1-2:7 covers `success` and `fail` where the rest of it holds
            "#]],
        );
    }

    #[test]
    fn an_outcome_that_the_profile_does_not_have_needs_no_edge() {
        let body = r#"t -> a; a [allow_partial=true]; a -> x [condition="outcome=success"]; a -> b [condition="outcome=fail"]"#;
        found_in(
            "attractor",
            body,
            expect![[r#"
            1:50-1:51 warning: no edge out of `a` matches `partial_success`; the run would fail there
              help: add an edge without a condition, `a -> b`, or cover the case with `condition="outcome=partial_success"`
              2:33-2:39 covers `success`
              2:71-2:77 covers `fail`
              unsafe fix: add `a -> b`
              - t -> a; a [allow_partial=true]; a -> x [condition="outcome=success"]; a -> b [condition="outcome=fail"]
              + t -> a; a [allow_partial=true]; a -> x [condition="outcome=success"]; a -> b [condition="outcome=fail"] a -> b
        "#]],
        );
        found_in("tracker", body, expect![[""]]);
    }
}
