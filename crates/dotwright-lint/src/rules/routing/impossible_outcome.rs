//! An edge that waits for an outcome that its step never has is never taken.

use dotwright_diagnostics::Diagnostic;
use dotwright_engine::OutcomeSet;
use dotwright_model::{DiamondOutcome, Handler, Level, NodeId, Outcome, Profile};

use super::outcome_test::{OutcomeTest, outcome_tests};
use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "impossible-outcome",
    category: Category::Routing,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/impossible-outcome.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for test in outcome_tests(context).filter(|test| test.equal) {
        let node = context.pipeline.source_of(test.edge);
        let Some(domain) = closed_domain(context, node) else { continue };
        if is_impossible(context.profile(), &test.word, domain) {
            report.push(finding(context, report, &test, node, domain));
        }
    }
}

/// What a step of a closed kind can end with; `None` for steps that may end with anything.
fn closed_domain(context: &Context<'_>, node: NodeId) -> Option<OutcomeSet> {
    let profile = context.profile();
    let domain = context.analysis.domain(node);
    let domain = match context.handler(node) {
        Handler::Start => domain,
        // That a command hides its failures is a finding of its own.
        Handler::Tool => domain.union(OutcomeSet::SUCCESS_OR_FAIL),
        Handler::Human | Handler::FanIn | Handler::Manager if !profile.outcome_reads_label => domain,
        Handler::Conditional => match profile.diamond_outcome {
            DiamondOutcome::Forward => domain,
            DiamondOutcome::Success => return None,
        },
        Handler::Human
        | Handler::FanIn
        | Handler::Manager
        | Handler::Exit
        | Handler::Codergen
        | Handler::Parallel
        | Handler::Custom => return None,
    };
    (!domain.is_empty()).then_some(domain)
}

fn is_impossible(profile: &Profile, word: &str, domain: OutcomeSet) -> bool {
    match profile.outcome(word) {
        Some(Outcome::Retry | Outcome::Skipped) => false,
        Some(outcome) => !domain.contains(outcome),
        None => !domain.has_custom() && !is_miscased(profile, word),
    }
}

fn is_miscased(profile: &Profile, word: &str) -> bool {
    let words = profile.outcome_words.iter();
    words
        .flat_map(|entry| entry.synonyms.iter().chain([&entry.word]))
        .any(|known| known.eq_ignore_ascii_case(word))
}

fn finding(
    context: &Context<'_>,
    report: &Report<'_>,
    test: &OutcomeTest<'_>,
    node: NodeId,
    domain: OutcomeSet,
) -> Diagnostic {
    let (pipeline, profile) = (context.pipeline, context.profile());
    let is_diamond = context.handler(node) == Handler::Conditional;
    let reason = if is_diamond {
        let reaches = if domain.iter().nth(1).is_some() { "reach" } else { "reaches" };
        format!("only {} {reaches} it", domain.words(profile))
    } else if context.handler(node) == Handler::Start {
        "the start always succeeds".to_owned()
    } else {
        format!("a {} has only {}", context.handler(node).noun(), domain.words(profile))
    };
    let message = format!("`{}` never ends with `{}`, {reason}", context.id(node), test.word);
    let foreign = Profile::all().iter().find_map(|other| {
        let outcome = other.outcome(&test.word).filter(|&outcome| domain.contains(outcome))?;
        profile.outcome_word(outcome)
    });
    let help = match foreign {
        Some(word) => format!("write `outcome={word}`"),
        None => format!("test {}, or set a context key and test that", domain.alternatives(profile)),
    };
    let mut finding = report.finding(test.word_range(), message).help(help);
    if !is_diamond {
        return finding.label(pipeline.node_range(node), format!("is a {}", context.handler(node).noun()));
    }
    for &edge in pipeline.incoming(node).iter().take(3) {
        let delivered = context.analysis.travelling(edge).words(profile);
        let delivered = if delivered.is_empty() { "nothing".to_owned() } else { delivered };
        finding = finding.label(pipeline.edge_ends_range(edge), format!("delivers {delivered}"));
    }
    finding
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
    fn tools_gates_and_the_start_have_closed_domains() {
        found(
            r#"t -> a [condition="outcome=needs_work"]"#,
            expect![[r#"
            2:28-2:38 warning: `t` never ends with `needs_work`, a tool has only `success` and `fail`
              help: test `success` or `fail`, or set a context key and test that
              1:56-1:57 is a tool
        "#]],
        );
        found(
            r#"s -> a [condition="outcome=fail"]"#,
            expect![[r#"
            2:28-2:32 warning: `s` never ends with `fail`, the start always succeeds
              help: test `success`, or set a context key and test that
              1:11-1:12 is a start
        "#]],
        );
        found(
            r#"h [shape=hexagon]; h -> a [condition="outcome=yes"]"#,
            expect![[r#"
            2:47-2:50 warning: `h` never ends with `yes`, a human gate has only `success` and `fail`
              help: test `success` or `fail`, or set a context key and test that
              2:1-2:2 is a human gate
        "#]],
        );
    }

    #[test]
    fn a_diamond_has_what_arrives() {
        found(
            r#"d [shape=diamond]; t -> x [condition="outcome=fail"]
t -> d
d -> a [condition="outcome=fail"]"#,
            expect![[r#"
                4:28-4:32 warning: `d` never ends with `fail`, only `success` reaches it
                  help: test `success`, or set a context key and test that
                  3:1-3:7 delivers `success`
            "#]],
        );
        found(
            r#"d [shape=diamond]; t -> d
d -> a [condition="outcome=fail"]"#,
            expect![[""]],
        );
    }

    #[test]
    fn open_steps_and_other_rules_are_left_out() {
        found(r#"a -> b [condition="outcome=needs_work"]"#, expect![[""]]);
        found(r#"t -> a [condition="outcome=retry"]"#, expect![[""]]);
        found(r#"t -> a [condition="outcome=Fail"]"#, expect![[""]]);
        found(r#"t -> a [condition="outcome!=needs_work"]"#, expect![[""]]);
        found(
            r#"u [shape=parallelogram, tool_command="make || true"]; u -> a [condition="outcome=fail"]"#,
            expect![[""]],
        );
        found_in(
            "fabro",
            r#"d [shape=diamond]; t -> d; d -> a [condition="outcome=needs_work"]"#,
            expect![[""]],
        );
    }
}
