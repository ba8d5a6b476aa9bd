//! What the model says about DOT text: scoping, origins, handlers, ranges.

#![allow(clippy::panic, reason = "tests fail loudly")]

use dotwright_model::{AttributeKey, EdgeLimit, Handler, NodeId, Origin, Pipeline, Profile};

fn pipeline(body: &str) -> Pipeline {
    Pipeline::parse(&format!("digraph g {{\n{body}\n}}\n"), Profile::default())
}

#[track_caller]
fn node(pipeline: &Pipeline, id: &str) -> NodeId {
    pipeline.node_by_id(id).unwrap_or_else(|| panic!("no node {id}"))
}

#[track_caller]
fn timeout(body: &str, id: &str) -> Option<(String, Origin)> {
    let pipeline = pipeline(body);
    let attribute = pipeline.node_attribute(node(&pipeline, id), AttributeKey::TIMEOUT)?;
    Some((attribute.text().into_owned(), attribute.origin))
}

#[track_caller]
fn handlers(body: &str, expected: &[(&str, Handler)]) {
    let pipeline = pipeline(body);
    let found: Vec<_> = pipeline.nodes().map(|node| (pipeline.id(node), pipeline.handler(node))).collect();
    assert_eq!(found, expected);
}

fn edges(pipeline: &Pipeline) -> Vec<String> {
    pipeline
        .edges()
        .map(|edge| {
            format!("{} -> {}", pipeline.id(pipeline.source_of(edge)), pipeline.id(pipeline.target_of(edge)))
        })
        .collect()
}

#[test]
fn defaults_hold_for_nodes_made_after_them() {
    assert_eq!(timeout("a; node [timeout=\"5s\"]; b", "a"), None);
    assert!(
        matches!(timeout("a; node [timeout=\"5s\"]; b", "b"), Some((t, Origin::DefaultBlock(_))) if t == "5s")
    );
}

#[test]
fn a_node_keeps_the_defaults_of_its_first_mention() {
    assert_eq!(timeout("a -> b; node [timeout=\"5s\"]; b [label=x]", "b"), None);
}

#[test]
fn an_own_value_wins_over_a_default_and_the_last_of_several_wins() {
    assert_eq!(
        timeout("node [timeout=\"5s\"]; a [timeout=\"6s\"]", "a"),
        Some(("6s".into(), Origin::Explicit))
    );
    assert_eq!(timeout("a [timeout=\"6s\"]; a [timeout=\"7s\"]", "a"), Some(("7s".into(), Origin::Explicit)));
}

#[test]
fn defaults_of_a_subgraph_end_with_it() {
    let body = "node [timeout=\"5s\"]; subgraph x { node [timeout=\"6s\"]; a } b";
    assert!(matches!(timeout(body, "a"), Some((t, Origin::SubgraphDefault(_))) if t == "6s"));
    assert!(matches!(timeout(body, "b"), Some((t, Origin::DefaultBlock(_))) if t == "5s"));
}

#[test]
fn handlers_come_from_type_then_shape_then_nothing() {
    handlers(
        "a [shape=parallelogram] b [shape=hexagon, type=tool] c d [type=nobody]",
        &[("a", Handler::Tool), ("b", Handler::Tool), ("c", Handler::Codergen), ("d", Handler::Custom)],
    );
}

#[test]
fn ids_make_start_and_exit_only_when_no_shape_does() {
    handlers("start -> exit", &[("start", Handler::Start), ("exit", Handler::Exit)]);
    handlers(
        "start [shape=box] done [shape=Msquare] exit",
        &[("start", Handler::Start), ("done", Handler::Exit), ("exit", Handler::Codergen)],
    );
}

#[test]
fn hops_of_a_chain_share_their_condition() {
    let pipeline = pipeline("a -> b -> c [condition=\"outcome=success\", weight=3]");
    let conditions: Vec<_> = pipeline.edges().map(|edge| pipeline.condition(edge).map(|c| c.text)).collect();
    assert_eq!(conditions, [Some("outcome=success"), Some("outcome=success")]);
    assert_eq!(pipeline.edges().map(|edge| pipeline.edge(edge).weight).collect::<Vec<_>>(), [3, 3]);
}

#[test]
fn a_blank_condition_is_none() {
    let pipeline = pipeline("a -> b [condition=\" \"]");
    assert!(pipeline.edges().all(|edge| pipeline.is_plain(edge)));
}

#[test]
fn groups_and_lists_expand_in_order() {
    assert_eq!(edges(&pipeline("a -> {b c} -> d")), ["a -> b", "a -> c", "b -> d", "c -> d"]);
    assert_eq!(edges(&pipeline("a, b -> c")), ["a -> c", "b -> c"]);
    assert_eq!(edges(&pipeline("{a {b}} -> {c}")), ["a -> c", "b -> c"]);
}

#[test]
fn a_huge_product_of_groups_is_cut_and_said() {
    let many = |prefix: &str| (0..200).map(|i| format!("{prefix}{i} ")).collect::<String>();
    let pipeline = pipeline(&format!("{{{}}} -> {{{}}}", many("a"), many("b")));
    assert_eq!(pipeline.edges().len(), 10_000);
    assert_eq!(pipeline.unread_edges().map(|unread| unread.limit), Some(EdgeLimit::Groups(40_000)));
}

#[test]
fn edges_beyond_ten_thousand_out_of_one_node_are_cut_and_said() {
    let pipeline = pipeline(&"a -> b; ".repeat(10_001));
    assert_eq!(pipeline.edges().len(), 10_000);
    let unread = pipeline.unread_edges().unwrap();
    assert_eq!(unread.limit, EdgeLimit::OutOf(node(&pipeline, "a")));
    assert!(unread.range.start > 80_000, "{unread:?}");
}

#[test]
fn edges_are_listed_in_file_order() {
    let pipeline = pipeline("a -> b; a -> c; b -> c; a -> b");
    let a = node(&pipeline, "a");
    let targets: Vec<_> =
        pipeline.outgoing(a).iter().map(|&edge| pipeline.id(pipeline.target_of(edge))).collect();
    assert_eq!(targets, ["b", "c", "b"]);
    assert_eq!(pipeline.incoming(node(&pipeline, "c")).len(), 2);
}

#[test]
fn the_last_graph_attribute_wins_in_both_spellings() {
    let pipeline = pipeline("graph [goal=one] goal=two");
    let goal = pipeline.graph_attribute(AttributeKey::GOAL).map(|goal| goal.text().into_owned());
    assert_eq!(goal.as_deref(), Some("two"));
}

#[test]
fn attributes_of_a_subgraph_are_not_those_of_the_graph() {
    let pipeline = pipeline("subgraph cluster_a { label=\"Phase\"; a }");
    assert!(pipeline.graph_attribute(AttributeKey::LABEL).is_none());
    let (inner, _) = pipeline.subgraphs().nth(1).unwrap();
    assert_eq!(pipeline.subgraph_attribute(inner, AttributeKey::LABEL).unwrap().text(), "Phase");
    assert_eq!(pipeline.node(node(&pipeline, "a")).subgraph, inner);
}

#[test]
fn the_old_spelling_of_the_retry_default_counts() {
    let pipeline = pipeline("graph [default_max_retry=3]");
    let retries = pipeline.graph_attribute(AttributeKey::DEFAULT_MAX_RETRIES);
    assert_eq!(retries.map(|retries| retries.text().into_owned()).as_deref(), Some("3"));
}

#[test]
fn quoted_ids_with_escapes_are_found_by_their_text() {
    let pipeline = pipeline(r#""a \"b\"" -> c"#);
    assert!(pipeline.node_by_id(r#"a "b""#).is_some());
}

#[test]
fn a_condition_range_leads_to_the_bytes_inside_the_string() {
    let pipeline = pipeline(r#"a -> b [condition="context.x=\"y\" && outcome=fail"]"#);
    let condition = pipeline.condition(pipeline.edges().next().unwrap()).unwrap();
    let clause = condition.condition.clauses().last().unwrap();
    assert_eq!(condition.source_range(clause.range).text(pipeline.source()), "outcome=fail");
}

#[test]
fn nodes_of_a_damaged_statement_are_marked() {
    let pipeline = pipeline("a [label=]\nb [label=x]\na -> b");
    assert!(pipeline.node(node(&pipeline, "a")).recovered);
    assert!(!pipeline.node(node(&pipeline, "b")).recovered);
}
