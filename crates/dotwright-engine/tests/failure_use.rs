//! What in a pipeline depends on the failure of a step.

use dotwright_engine::{Analysis, FailureUse};
use dotwright_model::{Pipeline, Profile};

#[track_caller]
fn check(statements: &str, expected: &str) {
    let source = format!("digraph {{ t [shape=parallelogram, tool_command=\"make\"]; {statements} }}");
    let pipeline = Pipeline::parse(&source, Profile::default());
    let analysis = Analysis::new(&pipeline);
    let found = match analysis.failure_use(pipeline.nodes().next().unwrap_or_default()) {
        None => "nothing".to_owned(),
        Some(FailureUse::GoalGate) => "gate".to_owned(),
        Some(FailureUse::Target(node)) => pipeline.id(node).to_owned(),
        Some(FailureUse::Edge(edge)) => {
            format!("{} -> {}", pipeline.id(pipeline.source_of(edge)), pipeline.id(pipeline.target_of(edge)))
        }
    };
    assert_eq!(found, expected, "{statements}");
}

#[test]
fn an_edge_for_failures_uses_them() {
    check("t -> a; t -> b [condition=\"outcome=fail\"]", "t -> b");
    check("t -> a [condition=\"outcome=success\"]", "t -> a");
}

#[test]
fn a_diamond_that_asks_for_the_outcome_uses_them() {
    check("d [shape=diamond]; t -> d; d -> a; d -> b [condition=\"outcome=fail\"]", "d -> b");
    check("d [shape=diamond]; t -> d; d -> a [condition=\"context.x=1\"]; d -> b", "nothing");
}

#[test]
fn gates_and_retry_targets_use_them() {
    check("t [goal_gate=true]; t -> a", "gate");
    check("t [retry_target=a]; t -> a", "a");
    check("retry_target=a; t -> a", "a");
    check("t -> a", "nothing");
}
