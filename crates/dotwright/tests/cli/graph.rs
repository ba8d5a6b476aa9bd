//! `graph` in its three formats.

use boon::{Compiler, Schemas};
use expect_test::{Expect, expect};
use serde_json::Value;

use crate::project::{BROKEN, Project};

const PIPELINE: &str = "digraph flow {
    rankdir=LR; node [timeout=900s]
    start [shape=Mdiamond]; exit [shape=Msquare]
    subgraph cluster_work { label=\"Work\"; edge [weight=2]
        test [shape=parallelogram, tool_command=\"make \\\"all\\\"\", human.default_choice=yes]
        test -> exit [condition=\"outcome=success\"]
    }
    start -> test -> start [label=\"[R] #again\"]
}";

#[track_caller]
fn check(format: &str, expected: Expect) {
    let project = Project::new(&[("a.dot", PIPELINE)]);
    expected.assert_eq(&project.run(&format!("graph a.dot --format {format}")).all());
}

#[test]
fn dot_is_quoted_and_resolved() {
    check(
        "dot",
        expect![[r#"
        digraph "flow" {
            "rankdir"="LR"
            "start" ["shape"="Mdiamond", "timeout"="900s"]
            "exit" ["shape"="Msquare", "timeout"="900s"]
            subgraph "cluster_work" {
                "label"="Work"
                "test" ["human.default_choice"="yes", "shape"="parallelogram", "timeout"="900s", "tool_command"="make \"all\""]
            }
            "test" -> "exit" ["condition"="outcome=success", "weight"="2"]
            "start" -> "test" ["label"="[R] #again"]
            "test" -> "start" ["label"="[R] #again"]
        }
        -- exit code 0
    "#]],
    );
}

#[test]
fn mermaid_draws_handlers_as_shapes() {
    check(
        "mermaid",
        expect![[r#"
        flowchart LR
            n0(["start"])
            n1(["exit"])
            subgraph s1["Work"]
                n2[/"test"/]
            end
            n2 -->|"outcome=success"| n1
            n0 -->|"[R] #35;again"| n2
            n2 -->|"[R] #35;again"| n0
        -- exit code 0
    "#]],
    );
}

#[test]
fn dot_is_its_own_normal_form() {
    let project = Project::new(&[("a.dot", PIPELINE)]);
    let once = project.run("graph a.dot --format dot").stdout;
    assert_eq!(project.run_with("graph - --format dot", once.as_bytes()).stdout, once);
}

#[test]
fn json_says_where_values_come_from_and_follows_its_schema() {
    let project = Project::new(&[("a.dot", PIPELINE)]);
    let graph: Value = serde_json::from_str(&project.run("graph a.dot").stdout).unwrap();
    let test = graph["nodes"].as_array().unwrap().iter().find(|node| node["id"] == "test").unwrap();
    assert_eq!((&test["handler"], &test["handler_source"]), (&"tool".into(), &"shape".into()));
    let origin = |name: &str| {
        let attributes = test["attributes"].as_array().unwrap();
        attributes.iter().find(|attribute| attribute["name"] == name).unwrap()["origin"].clone()
    };
    assert_eq!((origin("tool_command"), origin("timeout")), ("explicit".into(), "default-block".into()));
    assert_eq!(graph["edges"][0]["condition"], "outcome=success");
    assert_eq!(graph["edges"][0]["weight"], 2);
    let schema = serde_json::from_str(&project.run("graph --schema").stdout).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("graph.schema.json", schema).unwrap();
    let schema = compiler.compile("graph.schema.json", &mut schemas).unwrap();
    schemas.validate(&graph, schema).unwrap();
}

#[test]
fn a_damaged_file_is_printed_and_said_to_be_damaged() {
    let run = Project::new(&[("a.dot", BROKEN)]).run("graph a.dot --format mermaid");
    assert_eq!(run.code, 1);
    assert_eq!(run.stderr, "`a.dot` has 1 syntax error; the graph may lack what `dotwright check` shows\n");
}

#[test]
fn a_missing_file_is_an_error() {
    assert_eq!(Project::new(&[]).run("graph a.dot").code, 2);
    assert_eq!(Project::new(&[]).run("graph").code, 2);
}
