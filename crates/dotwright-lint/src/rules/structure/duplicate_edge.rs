//! An edge written twice is a slip of the hand or half of an edit; out of a fan-out it starts its branch twice.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use dotwright_diagnostics::Severity;
use dotwright_engine::condition::{Normalised, normalise};
use dotwright_model::{AttributeKey, EdgeId, Handler, Level, NodeId, Scope, attributes};

use crate::category::Category;
use crate::edits::delete_edge;
use crate::rule::{Context, Fixability, Report, Rule, safe_fix, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "duplicate-edge",
    category: Category::Structure,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Safe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/duplicate-edge.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    let breaks = OnceCell::new();
    let mut edges: Vec<(NodeId, EdgeId)> = Vec::new();
    for source in pipeline.nodes().filter(|&node| pipeline.outgoing(node).len() > 1) {
        edges.clear();
        edges.extend(pipeline.outgoing(source).iter().map(|&edge| (pipeline.target_of(edge), edge)));
        edges.sort_unstable();
        let is_fan_out = context.handler(source) == Handler::Parallel;
        for parallel in edges.chunk_by(|a, b| a.0 == b.0).filter(|parallel| parallel.len() > 1) {
            let mut first_of: HashMap<Option<Meaning<'_>>, EdgeId> = HashMap::new();
            for &(_, edge) in parallel.iter().filter(|&&(_, edge)| !pipeline.is_recovered_edge(edge)) {
                // A branch is named after its first node, so a fan-out has one edge to each, whatever it says.
                let meaning = (!is_fan_out).then(|| Meaning::new(context, edge));
                match first_of.entry(meaning) {
                    Entry::Vacant(entry) => {
                        entry.insert(edge);
                    }
                    Entry::Occupied(entry) if report.has_room() => {
                        let breaks = breaks.get_or_init(|| line_breaks(context.source()));
                        push(context, report, (*entry.get(), edge), breaks);
                    }
                    Entry::Occupied(_) => {}
                }
            }
        }
    }
}

fn push(context: &Context<'_>, report: &mut Report<'_>, (first, edge): (EdgeId, EdgeId), breaks: &[u32]) {
    let pipeline = context.pipeline;
    let is_fan_out = context.handler(pipeline.source_of(edge)) == Handler::Parallel;
    let shown = context.edge(edge);
    let first_range = pipeline.edge_range(first);
    let line = breaks.partition_point(|&line_break| line_break < first_range.start) + 1;
    let (range, message) = (pipeline.edge_range(edge), format!("`{shown}` repeats the edge in line {line}"));
    let finding = if is_fan_out {
        report.variant(Severity::Error, range, message)
    } else {
        report.finding(range, message)
    };
    let finding = finding.help("delete one of the two").label(first_range, "the first of the two");
    let is_copy =
        Meaning::new(context, edge) == Meaning::new(context, first) && same_session(context, edge, first);
    report.push(match delete_edge(pipeline, edge).filter(|_| is_copy) {
        Some(edits) if is_fan_out => finding.fix(unsafe_fix(format!("delete the second `{shown}`"), edits)),
        Some(edits) => finding.fix(safe_fix(format!("delete the second `{shown}`"), edits)),
        None => finding,
    });
}

fn same_session(context: &Context<'_>, one: EdgeId, other: EdgeId) -> bool {
    [AttributeKey::FIDELITY, AttributeKey::THREAD_ID].into_iter().all(|key| {
        let text = |edge| context.pipeline.edge_attribute(edge, key).map(|value| value.text());
        text(one) == text(other)
    })
}

/// What two edges between the same nodes have in common when one of them is superfluous. Fidelity and thread are left
/// out: edges that differ in nothing else are rivals for the same transition.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Meaning<'c> {
    condition: Option<Normalised<'c>>,
    known: Vec<(AttributeKey, Cow<'c, str>)>,
    unknown: Vec<(Cow<'c, str>, Cow<'c, str>)>,
}

impl<'c> Meaning<'c> {
    fn new(context: &Context<'c>, edge: EdgeId) -> Meaning<'c> {
        let pipeline = context.pipeline;
        let condition = pipeline.condition(edge);
        let keys = attributes().iter().filter(|schema| schema.scope == Scope::Edge).map(|schema| schema.key);
        let apart = [AttributeKey::CONDITION, AttributeKey::FIDELITY, AttributeKey::THREAD_ID];
        let known = keys
            .filter(|key| !apart.contains(key))
            .filter_map(|key| Some((key, pipeline.edge_attribute(edge, key)?.text())));
        let written = pipeline.statement_attributes(pipeline.edge(edge).stmt);
        let mut unknown: Vec<_> = written
            .filter(|attribute| attribute.key().is_none())
            .map(|attribute| (attribute.name(), attribute.text()))
            .collect();
        unknown.sort_unstable();
        Meaning {
            condition: condition.map(|condition| normalise(condition.condition, condition.text)),
            known: known.collect(),
            unknown,
        }
    }
}

fn line_breaks(source: &str) -> Vec<u32> {
    source.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at as u32).collect()
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
    fn the_order_of_clauses_and_a_defaults_block_make_no_difference() {
        check(
            "digraph {
                a -> b [condition=\"outcome=success && context.x=1\"]
                a -> b [condition=\"context.x = 1 && outcome = success\"]
                edge [weight=1]
                a -> c [weight=1]
                a -> c
            }",
            expect![[r#"
                3:17-3:72 warning: `a -> b` repeats the edge in line 2
                  help: delete one of the two
                  2:17-2:68 the first of the two
                  safe fix: delete the second `a -> b`
                  -                 a -> b [condition="context.x = 1 && outcome = success"]
                6:17-6:23 warning: `a -> c` repeats the edge in line 5
                  help: delete one of the two
                  5:17-5:34 the first of the two
                  safe fix: delete the second `a -> c`
                  -                 a -> c
            "#]],
        );
    }

    #[test]
    fn another_label_weight_or_condition_makes_another_edge() {
        check(
            "digraph {
                a -> b a -> b [label=yes] a -> b [label=no] a -> b [weight=1] a -> b [condition=\"outcome=fail\"]
                a -> c
                edge [label=x]
                a -> c
            }",
            expect![[r#""#]],
        );
    }

    #[test]
    fn edges_that_differ_in_fidelity_are_left_to_the_author() {
        check(
            "digraph { a -> b [fidelity=full]; a -> b [fidelity=compact] }",
            expect![[r#"
            1:35-1:60 warning: `a -> b` repeats the edge in line 1
              help: delete one of the two
              1:11-1:33 the first of the two
        "#]],
        );
    }

    #[test]
    fn a_second_branch_of_a_fan_out_needs_consent() {
        check(
            "digraph { f [shape=component]; f -> a; f -> a }",
            expect![[r#"
                1:40-1:46 error: `f -> a` repeats the edge in line 1
                  help: delete one of the two
                  1:32-1:38 the first of the two
                  unsafe fix: delete the second `f -> a`
                  - digraph { f [shape=component]; f -> a; f -> a }
                  + digraph { f [shape=component]; f -> a; }
            "#]],
        );
    }

    #[test]
    fn a_fan_out_has_one_edge_to_each_branch() {
        check(
            "digraph { f [shape=component]; f -> a [label=x]; f -> a [label=y] }",
            expect![[r#"
            1:50-1:66 error: `f -> a` repeats the edge in line 1
              help: delete one of the two
              1:32-1:48 the first of the two
        "#]],
        );
    }

    #[test]
    fn a_repeated_hop_leaves_the_rest_of_its_chain() {
        check(
            "digraph {\n  a -> b\n  x -> a -> b -> c\n}",
            expect![[r#"
            3:8-3:14 warning: `a -> b` repeats the edge in line 2
              help: delete one of the two
              2:3-2:9 the first of the two
              safe fix: delete the second `a -> b`
              -   x -> a -> b -> c
              +   x -> a
              +   b -> c
        "#]],
        );
    }
}
