//! The same text means one thing to one runner and another thing to the next; nothing fails, it only goes elsewhere.

use dotwright_diagnostics::{Diagnostic, Severity, TextRange};
use dotwright_model::{
    Attribute, AttributeKey, DeadEnd, DiamondOutcome, FailedStep, Handler, Level, NodeId, Outcome, Profile,
    QuotedLiterals, Scope, ValueType, attribute, parse_boolean, parse_integer,
};
use dotwright_syntax::ast::IdKind;

use crate::category::Category;
use crate::registry::rule;
use crate::rule::{Context, Fixability, Report, Rule};
use crate::rules::routing::outcome_test::tests_of;
use crate::wording::names;

pub(crate) static RULE: Rule = Rule {
    name: "semantics-differ",
    category: Category::Portability,
    level: Level::Hint,
    selected_level: Level::Hint,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/semantics-differ.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let targets = &context.settings.targets;
    if targets.len() < 2 {
        if !report.is_wanted() {
            return;
        }
        let all: Vec<&'static Profile> = Profile::all().iter().collect();
        let Some(meanings) = Meanings::among(&all, examined_outcome_means) else { return };
        for node in diamonds(context) {
            examined_outcome(context, &meanings, node)
                .into_iter()
                .for_each(|found| report.push(hint(report, found)));
        }
        return;
    }
    let mut found = Vec::new();
    if let Some(meanings) = Meanings::among(targets, examined_outcome_means) {
        found.extend(diamonds(context).filter_map(|node| examined_outcome(context, &meanings, node)));
    }
    for node in context.sound_nodes() {
        found.extend(plain_edge(context, targets, node));
        found.extend(diamond_work(context, targets, node));
        found.extend(dead_end(context, targets, node));
        for attribute in context.pipeline.own_attributes(node) {
            found.extend(quoted_literal(targets, attribute, Scope::Node, context.id(node)));
        }
    }
    for attribute in context.pipeline.graph_attributes() {
        found.extend(quoted_literal(targets, attribute, Scope::Graph, "graph"));
    }
    for found in found {
        let finding = report.variant(Severity::Warning, found.range, found.message);
        report.push(complete(finding, found.help, found.labels));
    }
}

/// A construct that runners read differently.
struct Difference {
    range: TextRange,
    message: String,
    help: String,
    labels: Vec<TextRange>,
}

fn hint(report: &Report<'_>, found: Difference) -> Diagnostic {
    complete(report.finding(found.range, found.message), found.help, found.labels)
}

fn complete(finding: Diagnostic, help: String, labels: Vec<TextRange>) -> Diagnostic {
    labels.into_iter().fold(finding.help(help), |finding, label| finding.label(label, "the same"))
}

/// What a construct means, when the targets differ about it.
struct Meanings(String);

impl Meanings {
    fn among(targets: &[&'static Profile], meaning: impl Fn(&Profile) -> &'static str) -> Option<Meanings> {
        let first = meaning(targets.first()?);
        let second = targets.iter().map(|target| meaning(target)).find(|&meaning| meaning != first)?;
        let with = |wanted: &str| {
            names(targets.iter().filter(|target| meaning(target) == wanted).map(|target| target.name))
        };
        let (some, others) = (with(first), with(second));
        Some(Meanings(format!("means \"{first}\" in {some} and \"{second}\" in {others}")))
    }

    fn sentence(&self, construct: &str, node: &str) -> String {
        format!("{construct} at `{node}` {}", self.0)
    }
}

/// The sentence about a construct when the targets differ about it.
fn difference(
    targets: &[&'static Profile],
    construct: &str,
    node: &str,
    meaning: impl Fn(&Profile) -> &'static str,
) -> Option<String> {
    Meanings::among(targets, meaning).map(|meanings| meanings.sentence(construct, node))
}

fn diamonds<'c>(context: &'c Context<'_>) -> impl Iterator<Item = NodeId> + 'c {
    context.sound_nodes().filter(|&node| context.handler(node) == Handler::Conditional)
}

/// What it means that an edge out of a diamond waits for another outcome than success.
fn examined_outcome_means(target: &Profile) -> &'static str {
    match target.diamond_outcome {
        DiamondOutcome::Forward => "the step before ended so",
        DiamondOutcome::Success => "never",
    }
}

/// An edge out of a diamond that waits for another outcome than success.
fn examined_outcome(context: &Context<'_>, meanings: &Meanings, node: NodeId) -> Option<Difference> {
    let (pipeline, profile) = (context.pipeline, context.profile());
    // Where a diamond succeeds, `dead-diamond-outcome` reports the edge.
    match profile.diamond_outcome {
        DiamondOutcome::Forward => {}
        DiamondOutcome::Success => return None,
    }
    let edges = pipeline.outgoing(node).iter().copied();
    let feasible = edges.filter(|&edge| context.analysis.is_feasible(edge));
    let mut tests = feasible
        .flat_map(|edge| tests_of(pipeline, edge))
        .filter(|test| (profile.outcome(&test.word) == Some(Outcome::Success)) != test.equal);
    let test = tests.next()?;
    let operator = if test.equal { "=" } else { "!=" };
    let construct = format!("`outcome{operator}{}`", test.word);
    let message = meanings.sentence(&construct, context.id(node));
    let before = names(pipeline.incoming(node).iter().map(|&edge| context.id(pipeline.source_of(edge))));
    Some(Difference {
        range: test.clause_range(),
        message,
        help: format!("where that matters, put the conditions on the edges out of {before}"),
        labels: tests.take(3).map(|test| test.clause_range()).collect(),
    })
}

/// A tool or goal gate that can fail and has only plain edges.
fn plain_edge(context: &Context<'_>, targets: &[&'static Profile], node: NodeId) -> Option<Difference> {
    let (pipeline, analysis) = (context.pipeline, context.analysis);
    let handler = context.handler(node);
    let is_gate = analysis.is_goal_gate(node);
    let edges = pipeline.outgoing(node);
    let edge = *edges.first()?;
    if !(handler == Handler::Tool || is_gate)
        || !analysis.domain(node).contains(Outcome::Fail)
        || edges.iter().any(|&edge| {
            !pipeline.is_plain(edge) || context.handler(pipeline.target_of(edge)) == Handler::Conditional
        })
    {
        return None;
    }
    // Where a failure goes on, `swallowed-failure` reports the step, but not a gate.
    if !is_gate && analysis.carries_failure(edge) {
        return None;
    }
    let runs_on = pipeline.node_attribute(pipeline.target_of(edge), AttributeKey::RUNS_ON);
    let asks_for_failures =
        runs_on.is_some_and(|value| matches!(value.text().as_ref(), "failure" | "always"));
    let construct = format!("the plain edge `{}`", context.edge(edge));
    let message = difference(targets, &construct, context.id(node), |target| {
        let follows = match target.failed_step {
            FailedStep::Follow => !target.failed_step_stops.contains(&handler),
            FailedStep::IfTargetRunsOn => asks_for_failures,
            FailedStep::Strict | FailedStep::FollowBesideConditional | FailedStep::Never => false,
        };
        if follows { "taken after a failure too" } else { "not taken after a failure" }
    })?;
    let success = context.profile().outcome_word(Outcome::Success).unwrap_or("success");
    let help =
        format!("write `condition=\"outcome={success}\"` on it, and give the failure an edge of its own");
    Some(Difference { range: pipeline.edge_ends_range(edge), message, help, labels: Vec::new() })
}

/// Work on a diamond, which some runners do.
fn diamond_work(context: &Context<'_>, targets: &[&'static Profile], node: NodeId) -> Option<Difference> {
    let pipeline = context.pipeline;
    let shape = pipeline.node_attribute(node, AttributeKey::SHAPE)?;
    if shape.text() != "diamond" || pipeline.node_attribute(node, AttributeKey::TYPE).is_some() {
        return None;
    }
    let mut work = [AttributeKey::TOOL_COMMAND, AttributeKey::PROMPT].into_iter();
    let work = work.find_map(|key| pipeline.own_attribute(node, key).filter(|work| !work.is_blank()))?;
    let key = work.key()?;
    let construct = format!("`{}`", key.name());
    let message = difference(targets, &construct, context.id(node), |target| {
        if target.diamond_runs.contains(&key) { "work to do" } else { "nothing, a diamond only routes" }
    })?;
    let help = format!("move it to a step before `{}`", context.id(node));
    Some(Difference { range: work.key_range(), message, help, labels: Vec::new() })
}

/// A step without out-edges.
fn dead_end(context: &Context<'_>, targets: &[&'static Profile], node: NodeId) -> Option<Difference> {
    let pipeline = context.pipeline;
    let has_finding = rule("dead-end").is_some_and(|dead_end| {
        context.settings.selection.level(dead_end, context.profile()).0 != Level::Off
    });
    if has_finding || context.handler(node) == Handler::Exit || !pipeline.outgoing(node).is_empty() {
        return None;
    }
    let message = difference(targets, "no out-edge", context.id(node), |target| match target.dead_end {
        DeadEnd::Fail => "the run fails",
        DeadEnd::Success => "the run ends as a success",
    })?;
    let help = "add an edge to the next step or to the exit".to_owned();
    Some(Difference { range: pipeline.node_range(node), message, help, labels: Vec::new() })
}

/// A number or boolean in quotes.
fn quoted_literal(
    targets: &[&'static Profile],
    pair: Attribute<'_>,
    scope: Scope,
    owner: &str,
) -> Option<Difference> {
    let is_quoted = matches!(pair.value().kind, IdKind::Quoted | IdKind::Concatenated);
    let schema = attribute(pair.key()?, scope).filter(|schema| is_quoted && !schema.layout_only)?;
    let text = pair.text();
    let fits = match schema.value_type {
        ValueType::Integer => parse_integer(&text).is_some(),
        ValueType::Float => text.parse::<f64>().is_ok(),
        ValueType::Boolean => parse_boolean(&text).is_some(),
        ValueType::String
        | ValueType::Template
        | ValueType::Command
        | ValueType::Duration
        | ValueType::NodeId
        | ValueType::Condition
        | ValueType::Stylesheet
        | ValueType::CommaList
        | ValueType::Path
        | ValueType::Enum
        | ValueType::Shape
        | ValueType::HandlerType
        | ValueType::Fidelity
        | ValueType::Color
        | ValueType::Style
        | ValueType::Json => false,
    };
    if !fits {
        return None;
    }
    let readers: Vec<&'static Profile> =
        targets.iter().copied().filter(|target| target.reads(schema)).collect();
    let construct = format!("`{}={}`", pair.name(), pair.written());
    let message = difference(&readers, &construct, owner, |target| match target.quoted_literals {
        QuotedLiterals::Typed => "the value without its quotes",
        QuotedLiterals::Text => "text, which is not read",
    })?;
    let help = format!("write `{}={text}`", pair.name());
    Some(Difference { range: pair.value_range(), message, help, labels: Vec::new() })
}

#[cfg(test)]
mod tests {
    use dotwright_model::Profile;
    use expect_test::{Expect, expect};

    use super::RULE;
    use crate::Settings;
    use crate::test_support::{check, check_in, check_with};

    const HEAD: &str = "digraph { s [shape=Mdiamond]; x [shape=Msquare]; t [shape=parallelogram, tool_command=make]; s -> t\n";
    const DIAMOND: &str = "d [shape=diamond]; t -> d\nd -> x [condition=\"outcome=success\"]\n\
        d -> t [condition=\"outcome!=success\"]\n}";

    #[track_caller]
    fn between(targets: &[&str], body: &str, expect: Expect) {
        let targets = targets.iter().map(|name| Profile::by_name(name).unwrap()).collect();
        check_with(&RULE, &format!("{HEAD}{body}\n}}"), Settings { targets, ..Settings::default() }, expect);
    }

    #[test]
    fn a_diamond_that_looks_at_the_outcome_is_a_hint() {
        check(
            &RULE,
            &format!("{HEAD}{DIAMOND}"),
            expect![[r#"
            4:20-4:36 hint: `outcome!=success` at `d` means "the step before ended so" in `attractor`, `kilroy` and `mammoth` and "never" in `attractor-literal`, `tracker`, `fabro` and 1 more
              help: where that matters, put the conditions on the edges out of `t`
        "#]],
        );
    }

    #[test]
    fn where_diamonds_succeed_another_rule_speaks() {
        check_in(&RULE, "attractor-literal", &format!("{HEAD}{DIAMOND}"), expect![[""]]);
    }

    #[test]
    fn targets_that_differ_make_it_a_warning() {
        let diamond = "d [shape=diamond]; t -> d; d -> t [condition=\"outcome=fail\"]; d -> x";
        between(
            &["attractor", "tracker"],
            diamond,
            expect![[r#"
            2:47-2:59 warning: `outcome=fail` at `d` means "the step before ended so" in `attractor` and "never" in `tracker`
              help: where that matters, put the conditions on the edges out of `t`
        "#]],
        );
        between(&["attractor", "kilroy"], diamond, expect![[""]]);
    }

    #[test]
    fn plain_edges_out_of_tools() {
        between(
            &["attractor", "fabro"],
            "t -> x",
            expect![[r#"
            2:1-2:7 warning: the plain edge `t -> x` at `t` means "not taken after a failure" in `attractor` and "taken after a failure too" in `fabro`
              help: write `condition="outcome=success"` on it, and give the failure an edge of its own
        "#]],
        );
        between(&["attractor", "tracker"], "t -> x", expect![[""]]);
        between(&["attractor", "fabro"], "t -> x [condition=\"outcome=success\"]", expect![[""]]);
    }

    #[test]
    fn work_on_diamonds() {
        between(
            &["attractor", "tracker"],
            "d [shape=diamond, prompt=\"Judge\"]; t -> d -> x",
            expect![[r#"
            2:19-2:25 warning: `prompt` at `d` means "nothing, a diamond only routes" in `attractor` and "work to do" in `tracker`
              help: move it to a step before `d`
        "#]],
        );
    }

    #[test]
    fn quoted_numbers() {
        between(
            &["attractor", "fabro"],
            "a [max_retries=\"3\", label=\"3\", goal_gate=true]; t -> a [condition=\"outcome=success\"]; a -> x [condition=\"outcome=success\"]",
            expect![[r#"
                2:16-2:19 warning: `max_retries="3"` at `a` means "the value without its quotes" in `attractor` and "text, which is not read" in `fabro`
                  help: write `max_retries=3`
            "#]],
        );
    }
}
