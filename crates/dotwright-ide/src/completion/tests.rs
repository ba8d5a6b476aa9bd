//! Completion at `$0`: the first items by rank, and the text with the first one taken.

use expect_test::{Expect, expect};

use super::*;
use crate::test_support::{Workspace, cursor, document, edited};

/// The first items by rank, and the text after the first one of them is taken.
#[track_caller]
fn check(source: &str, expect: Expect) {
    let (document, offset) = cursor(source);
    let files = Workspace::new(
        "p/main.dot",
        &[("p/a.md", ""), ("p/prompts/b.md", ""), ("p/child.dot", "digraph {}")],
    );
    let found = completion(&document, offset, &files);
    let labels: Vec<String> =
        found.items.iter().take(12).map(|item| format!("{:?} {}", item.kind, item.label)).collect();
    let mut text = format!("{} items: {}\n", found.items.len(), labels.join(", "));
    if let Some(first) = found.items.first() {
        text.push_str(&edited(&document, std::slice::from_ref(&first.edit)));
    }
    for item in &found.items {
        edited(&document, std::slice::from_ref(&item.edit));
        let key = item.documentation.as_deref();
        assert!(key.is_none_or(|key| resolve_completion(&document, key).is_some()), "{key:?}");
    }
    expect.assert_eq(&text);
}

#[test]
fn node_ids_come_behind_an_arrow() {
    check(
        "digraph { start -> review \"my node\" review -> $0 }",
        expect![[r#"
        3 items: Node my node, Node start, Node review
        digraph { start -> review "my node" review -> "my node" }"#]],
    );
    check(
        "digraph { start -> review; review -> st$0 }",
        expect![[r#"
        2 items: Node start, Node review
        digraph { start -> review; review -> start }"#]],
    );
    check(
        "digraph { start -> review; review -> $0",
        expect![[r#"
        2 items: Node start, Node review
        digraph { start -> review; review -> start"#]],
    );
}

#[test]
fn attribute_names_fit_the_element() {
    check(
        "digraph { t [shape=parallelogram, $0] }",
        expect![[r#"
        67 items: Attribute allow_partial, Attribute class, Attribute fallback_retry_target, Attribute goal_gate, Attribute label, Attribute max_retries, Attribute retry_target, Attribute timeout, Attribute tool_command, Attribute type, Attribute env, Attribute expect_exit
        digraph { t [shape=parallelogram, allow_partial=$0] }"#]],
    );
    check(
        "digraph { a -> b [co$0] }",
        expect![[r#"
        71 items: Attribute condition, Attribute fidelity, Attribute label, Attribute loop_restart, Attribute thread_id, Attribute weight, Attribute URL, Attribute arrowhead, Attribute arrowsize, Attribute arrowtail, Attribute class, Attribute color
        digraph { a -> b [condition="$0"] }"#]],
    );
    check(
        "digraph { a -> b [co$0=x] }",
        expect![[r#"
        71 items: Attribute condition, Attribute fidelity, Attribute label, Attribute loop_restart, Attribute thread_id, Attribute weight, Attribute URL, Attribute arrowhead, Attribute arrowsize, Attribute arrowtail, Attribute class, Attribute color
        digraph { a -> b [condition=x] }"#]],
    );
    check(
        "digraph { g [shape=hexagon, hum$0",
        expect![[r#"
        62 items: Attribute allow_partial, Attribute class, Attribute fallback_retry_target, Attribute goal_gate, Attribute human.default_choice, Attribute label, Attribute max_retries, Attribute prompt, Attribute retry_target, Attribute timeout, Attribute type, Attribute goal_gate_unvisited
        digraph { g [shape=hexagon, allow_partial=$0"#]],
    );
}

#[test]
fn values_fit_the_attribute() {
    check(
        "digraph { a [shape=$0] }",
        expect![[r#"
        9 items: Value Mdiamond, Value Msquare, Value box, Value component, Value diamond, Value hexagon, Value house, Value parallelogram, Value tripleoctagon
        digraph { a [shape=Mdiamond] }"#]],
    );
    check(
        "digraph { a [goal_gate=\"$0\"] }",
        expect![[r#"
        2 items: Value false, Value true
        digraph { a [goal_gate="false"] }"#]],
    );
    check(
        "digraph { a b [retry_target=\"$0\"] }",
        expect![[r#"
        2 items: Node a, Node b
        digraph { a b [retry_target="a"] }"#]],
    );
    check(
        "digraph { a [fidelity=$0",
        expect![[r#"
        6 items: Value compact, Value full, Value summary:high, Value summary:low, Value summary:medium, Value truncate
        digraph { a [fidelity=compact"#]],
    );
}

#[test]
fn conditions_offer_keys_operators_and_outcomes() {
    check(
        "digraph { t [shape=parallelogram] t -> b [condition=\"$0\"] }",
        expect![[r#"
        11 items: ConditionKey outcome, ConditionKey preferred_label, ConditionKey context.current_node, ConditionKey context.failure_class, ConditionKey context.failure_reason, ConditionKey context.last_stage, ConditionKey context.tool.exit_code, ConditionKey context.tool.last_line, ConditionKey context.tool.output, ConditionKey context.tool.signal, ConditionKey context.tool.stderr
        digraph { t [shape=parallelogram] t -> b [condition="outcome"] }"#]],
    );
    check(
        "digraph { t [shape=parallelogram, tool_command=make] t -> b [condition=\"outcome=$0\"] }",
        expect![[r#"
            2 items: Value fail, Value success
            digraph { t [shape=parallelogram, tool_command=make] t -> b [condition="outcome=fail"] }"#]],
    );
    check(
        "digraph { t -> b [condition=\"outcome=fail && context.x $0\"] }",
        expect![[r#"
        3 items: Operator !=, Operator &&, Operator =
        digraph { t -> b [condition="outcome=fail && context.x !="] }"#]],
    );
    check(
        "digraph { g [shape=hexagon] g -> a [label=\"[Y] Yes\"] g -> b [condition=\"preferred_label=$0",
        expect![[r#"
            1 items: Value Yes
            digraph { g [shape=hexagon] g -> a [label="[Y] Yes"] g -> b [condition="preferred_label=Yes"#]],
    );
}

#[test]
fn stylesheets_offer_selectors_properties_and_values() {
    check(
        "digraph { model_stylesheet=\"$0\" a [class=fast] }",
        expect![[r#"
        4 items: Keyword *, Class .fast, Value box, Node #a
        digraph { model_stylesheet="*" a [class=fast] }"#]],
    );
    check(
        "digraph { model_stylesheet=\".fast { $0 }\" a [class=fast] }",
        expect![[r#"
        3 items: Property llm_model, Property llm_provider, Property reasoning_effort
        digraph { model_stylesheet=".fast { llm_model:  }" a [class=fast] }"#]],
    );
    check(
        "digraph { model_stylesheet=\"* { reasoning_effort: $0 }\" }",
        expect![[r#"
        3 items: Value high, Value low, Value medium
        digraph { model_stylesheet="* { reasoning_effort: high }" }"#]],
    );
}

#[test]
fn prompts_offer_variables_and_files() {
    check(
        "digraph { goal=x a [prompt=\"Do $go$0 now\"] }",
        expect![[r#"
        1 items: Variable $goal
        digraph { goal=x a [prompt="Do $goal now"] }"#]],
    );
    check(
        "digraph { a [prompt=\"@$0\"] }",
        expect![[r#"
        3 items: File a.md, File child.dot, Folder prompts
        digraph { a [prompt="@a.md"] }"#]],
    );
    check(
        "digraph { a [prompt=\"@prompts/$0\"] }",
        expect![[r#"
        1 items: File b.md
        digraph { a [prompt="@prompts/b.md"] }"#]],
    );
    check(
        "digraph { m [shape=house, \"stack.child_dotfile\"=\"$0\"] }",
        expect![[r#"
        2 items: File child.dot, Folder prompts
        digraph { m [shape=house, "stack.child_dotfile"="child.dot"] }"#]],
    );
}

#[test]
fn a_gate_offers_its_choices() {
    check(
        "digraph { g [shape=hexagon, \"human.default_choice\"=\"$0\"] g -> a [label=\"[Y] Yes\"] g -> b }",
        expect![[r#"
            5 items: Value Yes, Value b, Value a, Value B, Value Y
            digraph { g [shape=hexagon, "human.default_choice"="Yes"] g -> a [label="[Y] Yes"] g -> b }"#]],
    );
}

#[test]
fn classes_complete_a_part_of_a_list() {
    check(
        "digraph { a [class=fast] b [class=\"code, f$0\"] }",
        expect![[r#"
        1 items: Class fast
        digraph { a [class=fast] b [class="code, fast"] }"#]],
    );
}

#[test]
fn statements_and_empty_files_offer_snippets() {
    let (document, offset) = cursor("digraph {\n  $0\n}");
    let found = completion(&document, offset, &Workspace::default());
    assert!(found.items.iter().any(|item| item.kind == CompletionKind::Snippet));
    check(
        "$0",
        expect![[r#"
        2 items: Keyword digraph, Snippet pipeline
        digraph"#]],
    );
}

#[test]
fn comments_offer_rule_names() {
    let (document, offset) = cursor("digraph {} // dotwright: ignore(dead$0)");
    let found = completion(&document, offset, &Workspace::default());
    assert!(found.items.iter().any(|item| item.label == "dead-end"));
}

#[test]
fn configuration_adds_names_and_types() {
    let extra = dotwright_lint::ExtraHandler {
        name: "my.deploy".to_owned(),
        domain: Vec::new(),
        attributes: vec!["region".to_owned()],
    };
    let settings = dotwright_lint::Settings { handlers: vec![extra], ..Default::default() };
    let settings = std::sync::Arc::new(settings);
    let offers = |source: &str, label: &str| {
        let document = Document::new(source, std::sync::Arc::clone(&settings));
        let found = completion(&document, source.len() as u32, &Workspace::default());
        found.items.iter().any(|item| item.label == label)
    };
    assert!(offers("digraph { a [", "region") && !offers("digraph { a -> b [", "region"));
    assert!(offers("digraph { a [type=", "my.deploy"));
}

#[test]
fn broken_text_is_completed_all_the_same() {
    check(
        "digraph {\n a [shape=box\n b -> $0\n c -> d\n}",
        expect![[r#"
        4 items: Node a, Node c, Node d, Node b
        digraph {
         a [shape=box
         b -> a
         c -> d
        }"#]],
    );
    check(
        "digraph {\n a -> b [condition=\"outcome=$0]\n c -> d\n}",
        expect![[r#"
        3 items: Value fail, Value partial_success, Value success
        digraph {
         a -> b [condition="outcome=fail]
         c -> d
        }"#]],
    );
    check(
        "digraph {\n a -> b [condition=\"$0\n c -> d [label=\"x\"]\n}",
        expect![[r#"
            8 items: ConditionKey outcome, ConditionKey preferred_label, ConditionKey context.current_node, ConditionKey context.failure_class, ConditionKey context.failure_reason, ConditionKey context.last_response, ConditionKey context.last_stage, ConditionKey context.response.a
            digraph {
             a -> b [condition="outcome
             c -> d [label="x"]
            }"#]],
    );
    check(
        "digraph {\n a [prompt=\"x\", $0\n b\n}",
        expect![[r#"
            80 items: Attribute allow_partial, Attribute auto_status, Attribute class, Attribute fallback_retry_target, Attribute fidelity, Attribute goal_gate, Attribute label, Attribute llm_model, Attribute llm_provider, Attribute max_retries, Attribute reasoning_effort, Attribute retry_target
            digraph {
             a [prompt="x", allow_partial=$0
             b
            }"#]],
    );
    check(
        "digraph {\n a [shape=$0\n b -> c\n}",
        expect![[r#"
        9 items: Value Mdiamond, Value Msquare, Value box, Value component, Value diamond, Value hexagon, Value house, Value parallelogram, Value tripleoctagon
        digraph {
         a [shape=Mdiamond
         b -> c
        }"#]],
    );
    check(
        "digraph {\n a [shape=$0, label=x]\n}",
        expect![[r#"
        9 items: Value Mdiamond, Value Msquare, Value box, Value component, Value diamond, Value hexagon, Value house, Value parallelogram, Value tripleoctagon
        digraph {
         a [shape=Mdiamond, label=x]
        }"#]],
    );
    check(
        "digraph {\n graph [$0]\n}",
        expect![[r#"
        129 items: Attribute default_fidelity, Attribute default_max_retries, Attribute fallback_retry_target, Attribute goal, Attribute label, Attribute model_stylesheet, Attribute retry_target, Attribute stack.child_dotfile, Attribute stack.child_workdir, Attribute tool_hooks.post, Attribute tool_hooks.pre, Attribute default_thread_id
        digraph {
         graph [default_fidelity=$0]
        }"#]],
    );
    check(
        "digraph {\n a -> b:n -> c [$0]\n}",
        expect![[r#"
        71 items: Attribute condition, Attribute fidelity, Attribute label, Attribute loop_restart, Attribute thread_id, Attribute weight, Attribute URL, Attribute arrowhead, Attribute arrowsize, Attribute arrowtail, Attribute class, Attribute color
        digraph {
         a -> b:n -> c [condition="$0"]
        }"#]],
    );
    check(
        "digraph {\n {a b} -> c [x=1][$0]\n}",
        expect![[r#"
        71 items: Attribute condition, Attribute fidelity, Attribute label, Attribute loop_restart, Attribute thread_id, Attribute weight, Attribute URL, Attribute arrowhead, Attribute arrowsize, Attribute arrowtail, Attribute class, Attribute color
        digraph {
         {a b} -> c [x=1][condition="$0"]
        }"#]],
    );
    check(
        "digraph {\n a [retry_t$0]\n}",
        expect![[r#"
            81 items: Attribute allow_partial, Attribute auto_status, Attribute class, Attribute fallback_retry_target, Attribute fidelity, Attribute goal_gate, Attribute label, Attribute llm_model, Attribute llm_provider, Attribute max_retries, Attribute prompt, Attribute reasoning_effort
            digraph {
             a [allow_partial=$0]
            }"#]],
    );
    check(
        "digraph {\n rankdir=L$0\n}",
        expect![[r#"
        4 items: Value BT, Value LR, Value RL, Value TB
        digraph {
         rankdir=BT
        }"#]],
    );
    check(
        "digraph {\n a -> b [condition=outcome$0]\n}",
        expect![[r#"
            8 items: ConditionKey outcome, ConditionKey preferred_label, ConditionKey context.current_node, ConditionKey context.failure_class, ConditionKey context.failure_reason, ConditionKey context.last_response, ConditionKey context.last_stage, ConditionKey context.response.a
            digraph {
             a -> b [condition=outcome]
            }"#]],
    );
    check(
        "a -> $0",
        expect![[r#"
        0 items: 
    "#]],
    );
}

#[test]
fn unknown_documentation_is_none() {
    assert_eq!(resolve_completion(&document("digraph { a }"), "node:b"), None);
}
