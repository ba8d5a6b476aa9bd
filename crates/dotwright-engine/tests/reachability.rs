//! What a run can reach without a failure, what lies in a loop, and what counts as a goal gate.

#![allow(clippy::unwrap_used, reason = "the sources of the tests are known")]

use dotwright_engine::Analysis;
use dotwright_model::{NodeId, Pipeline, Profile};

#[track_caller]
fn check(source: &str, ask: impl Fn(&Analysis<'_>, NodeId) -> bool, expected: &str) {
    check_in("attractor", source, ask, expected);
}

#[track_caller]
fn check_in(profile: &str, source: &str, ask: impl Fn(&Analysis<'_>, NodeId) -> bool, expected: &str) {
    let pipeline = Pipeline::parse(source, Profile::by_name(profile).unwrap());
    let analysis = Analysis::new(&pipeline);
    let found: Vec<&str> =
        pipeline.nodes().filter(|&node| ask(&analysis, node)).map(|node| pipeline.id(node)).collect();
    assert_eq!(found.join(" "), expected);
}

#[test]
fn a_fail_edge_and_a_jump_are_no_way_of_success() {
    check(
        r#"digraph {
            start [shape=Mdiamond] a [retry_target=jumped] b failed jumped exit [shape=Msquare]
            start -> a -> b -> exit
            a -> failed [condition="outcome=fail"] failed -> exit
        }"#,
        |analysis, node| analysis.is_reachable_by_success(node),
        "start a b exit",
    );
}

#[test]
fn nodes_of_a_cycle_and_with_an_edge_to_themselves_are_in_a_loop() {
    check(
        "digraph { a -> b -> c -> b; d -> d; c -> e }",
        |analysis, node| analysis.is_in_loop(node),
        "b c d",
    );
}

#[test]
fn a_diamond_is_a_goal_gate_only_where_it_has_an_outcome_of_its_own() {
    let source = "digraph { a [goal_gate=true] b [shape=diamond, goal_gate=true] c [goal_gate=yes] }";
    check(source, |analysis, node| analysis.is_goal_gate(node), "a");
    check_in("tracker", source, |analysis, node| analysis.is_goal_gate(node), "a b");
}

#[test]
fn gate_targets_come_in_the_order_in_which_they_are_tried() {
    let source = "digraph { retry_target=b a [fallback_retry_target=nowhere, goal_gate=true] b }";
    let pipeline = Pipeline::parse(source, Profile::default());
    let analysis = Analysis::new(&pipeline);
    let gate = pipeline.node_by_id("a").unwrap();
    let targets: Vec<_> = analysis
        .gate_target_attributes(gate)
        .map(|(attribute, node)| (attribute.text().into_owned(), node.map(|node| pipeline.id(node))))
        .collect();
    assert_eq!(targets, [("nowhere".to_owned(), None), ("b".to_owned(), Some("b"))]);
}
