//! What [`Analysis`] says about small graphs.

use dotwright_model::{Pipeline, Profile};

use super::*;

const ENDS: &str = "start [shape=Mdiamond]; exit [shape=Msquare];";

#[track_caller]
fn domain(profile: &str, body: &str, node: &str, expected: &str) {
    let pipeline =
        Pipeline::parse(&format!("digraph {{ {ENDS} {body} }}"), Profile::by_name(profile).unwrap());
    let analysis = Analysis::new(&pipeline);
    assert_eq!(analysis.domain(pipeline.node_by_id(node).unwrap()).to_string(), expected, "{body}");
}

#[track_caller]
fn missing(body: &str, expected: &str) {
    let pipeline = Pipeline::parse(&format!("digraph {{ {ENDS} {body} }}"), Profile::default());
    let analysis = Analysis::new(&pipeline);
    let coverage = analysis.coverage(pipeline.node_by_id("n").unwrap());
    let found = if coverage.exhaustive { String::new() } else { coverage.missing.to_string() };
    assert_eq!(found, expected, "{body}");
}

const TOOL: &str = "n [shape=parallelogram, tool_command=make]; a; b;";

#[test]
fn a_pair_beside_the_outcome_covers_that_outcome() {
    missing(&format!("{TOOL} n -> a [condition=\"outcome=success && context.k=x\"]"), "success, fail");
    missing(
        &format!(
            "{TOOL} n -> a [condition=\"outcome=success && context.k=x\"];
             n -> b [condition=\"outcome=success && context.k!=x\"]; n -> b [condition=\"outcome=fail\"]"
        ),
        "",
    );
    missing(
        &format!(
            "{TOOL} n -> a [condition=\"outcome=success && context.k=x\"];
             n -> b [condition=\"outcome=fail && context.k!=x\"]"
        ),
        "success, fail",
    );
}

#[test]
fn values_and_the_rest_cover_a_key() {
    missing(
        &format!(
            "{TOOL} n -> a [condition=\"context.k=x\"]; n -> b [condition=\"context.k=y\"];
             n -> exit [condition=\"context.k!=y && context.k!=x\"]"
        ),
        "",
    );
    missing(
        &format!(
            "{TOOL} n -> a [condition=\"context.k=x\"]; n -> b [condition=\"context.k!=y && context.k!=x\"]"
        ),
        "success, fail",
    );
}

#[test]
fn other_operators_leave_nothing_certain() {
    missing(
        &format!("{TOOL} n -> a [condition=\"context.k contains x\"]; n -> b [condition=\"outcome=fail\"]"),
        "",
    );
}

#[test]
fn a_tool_without_command_has_the_outcomes_of_a_tool() {
    domain("attractor", "n [shape=parallelogram]", "n", "success, fail");
}

#[test]
fn a_diamond_behind_a_gate_sees_that_nobody_answered() {
    let gate = "g [shape=hexagon]; d [shape=diamond]; a; start -> g -> d;";
    domain("attractor", &format!("{gate} d -> a [condition=\"outcome=fail\"]"), "d", "success, fail");
    domain("attractor", &format!("{gate} d -> a [condition=\"context.x=1\"]"), "d", "success");
}

#[test]
fn a_jump_out_of_a_diamond_hands_on_the_failure() {
    let body = "t [shape=parallelogram, tool_command=make]; d [shape=diamond, retry_target=e]; e [shape=diamond];
        start -> t -> d; d -> exit [condition=\"outcome=success\"]; d -> exit [condition=\"outcome=skipped\"]";
    domain("attractor", body, "e", "fail");
}

#[test]
fn a_diamond_that_joins_branches_sees_the_status_of_the_region() {
    let body = "f [shape=component]; a [shape=parallelogram, tool_command=make]; d [shape=diamond];
        b [shape=parallelogram, tool_command=make]; start -> f; f -> a -> d; f -> b -> d; d -> exit";
    domain("attractor", body, "d", "success, partial_success, fail");
}

#[test]
fn a_diamond_that_forwards_is_no_goal_gate() {
    let gates = |profile: &str| {
        let source = format!("digraph {{ {ENDS} d [shape=diamond, goal_gate=true] }}");
        let pipeline = Pipeline::parse(&source, Profile::by_name(profile).unwrap());
        Analysis::new(&pipeline).goal_gates().count()
    };
    assert_eq!((gates("attractor"), gates("attractor-literal")), (0, 1));
}

#[test]
fn a_word_of_the_authors_own_does_not_take_the_edge_of_a_known_outcome() {
    let travelling = |condition: &str| {
        let source = format!("digraph {{ {ENDS} n; a; n -> a [condition=\"{condition}\"] }}");
        let pipeline = Pipeline::parse(&source, Profile::by_name("kilroy").unwrap());
        Analysis::new(&pipeline).travelling(pipeline.edges().next().unwrap()).to_string()
    };
    assert_eq!(travelling("outcome=fail"), "fail");
    assert_eq!(travelling("outcome=needs_work"), "other words");
    assert_eq!(travelling("outcome!=fail"), "success, partial_success, other words");
}

#[test]
fn an_edge_for_failures_excludes_success() {
    let is_failure_edge = |condition: &str| {
        let source = format!("digraph {{ {ENDS} n; a; n -> a [condition=\"{condition}\"] }}");
        let pipeline = Pipeline::parse(&source, Profile::default());
        Analysis::new(&pipeline).is_failure_edge(pipeline.edges().next().unwrap())
    };
    assert!(is_failure_edge("outcome=fail && context.x=1"));
    assert!(is_failure_edge("outcome!=success"));
    assert!(!is_failure_edge("outcome=partial_success"));
    assert!(!is_failure_edge("context.x=1"));
}

#[test]
fn a_loop_has_one_entry_or_none_to_name() {
    let entry = |body: &str| {
        let source = format!("digraph {{ {ENDS} {body} }}");
        let pipeline = Pipeline::parse(&source, Profile::default());
        let analysis = Analysis::new(&pipeline);
        let entry = analysis.loop_entry(pipeline.node_by_id("b").unwrap());
        entry.map(|entry| pipeline.id(entry).to_owned())
    };
    assert_eq!(entry("start -> a -> b -> c -> a; c -> exit").as_deref(), Some("a"));
    assert_eq!(entry("start -> a -> b -> a; start -> b").as_deref(), None);
    assert_eq!(entry("start -> a -> b -> exit").as_deref(), None);
}
