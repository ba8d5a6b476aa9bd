//! The attribute schema as other crates see it.

use dotwright_model::{
    AttributeKey, Handler, Profile, Scope, ValueType, attribute, attribute_families, attribute_family,
    attributes,
};

#[test]
fn names_are_sorted_and_lead_back_to_their_key() {
    let names: Vec<&str> = AttributeKey::all().map(AttributeKey::name).collect();
    assert_eq!(names.len(), AttributeKey::COUNT);
    assert!(names.is_sorted_by(|a, b| a < b));
    for key in AttributeKey::all() {
        assert_eq!(AttributeKey::from_name(key.name()), Some(key), "{}", key.name());
    }
}

#[test]
fn unknown_names_have_no_key() {
    for name in
        ["", "goal_gat", "Goal_gate", "goal_gate ", "context.x", "k_", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "é"]
    {
        assert_eq!(AttributeKey::from_name(name), None, "{name:?}");
    }
}

#[test]
fn constants_name_what_they_say() {
    assert_eq!(AttributeKey::GOAL_GATE.name(), "goal_gate");
    assert_eq!(AttributeKey::HUMAN_DEFAULT_CHOICE.name(), "human.default_choice");
    assert_eq!(AttributeKey::K.name(), "k");
    assert_eq!(AttributeKey::SPRING_K.name(), "K");
}

#[test]
fn every_row_is_found_under_its_key_and_scope() {
    for schema in attributes() {
        let found = attribute(schema.key, schema.scope).map(std::ptr::from_ref);
        assert_eq!(
            found,
            Some(std::ptr::from_ref(schema)),
            "{} {}",
            schema.scope.as_str(),
            schema.key.name()
        );
    }
    let found = AttributeKey::all().flat_map(|key| Scope::ALL.map(|scope| attribute(key, scope)));
    assert_eq!(found.flatten().count(), attributes().len());
}

#[test]
fn scopes_are_kept_apart() {
    assert!(attribute(AttributeKey::GOAL_GATE, Scope::Edge).is_none());
    assert_eq!(attribute(AttributeKey::STYLE, Scope::Node).map(|schema| schema.layout_only), Some(true));
    let label = attribute(AttributeKey::LABEL, Scope::Edge).expect("edges have labels");
    assert!(label.in_spec && !label.layout_only);
}

#[test]
fn every_row_says_what_the_attribute_does() {
    for schema in attributes() {
        let name = schema.key.name();
        assert!(schema.docs.len() > 10 && schema.docs.ends_with('.'), "{name}: {}", schema.docs);
        assert!(!schema.docs.contains("  "), "{name}: {}", schema.docs);
    }
}

#[test]
fn aliases_stand_for_a_key_of_the_same_scope_and_type() {
    for schema in attributes() {
        let Some(target) = schema.alias_of else { continue };
        let name = schema.key.name();
        let target = attribute(target, schema.scope).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(target.alias_of, None, "{name}");
        let text = |value_type| matches!(value_type, ValueType::String | ValueType::Enum);
        let same =
            schema.value_type == target.value_type || text(schema.value_type) && text(target.value_type);
        assert!(same, "{name}: {:?} stands for {:?}", schema.value_type, target.value_type);
    }
}

#[test]
fn the_bundled_runner_reads_the_whole_base_spec() {
    for schema in attributes().iter().filter(|schema| schema.in_spec) {
        assert!(Profile::default().reads(schema), "{}", schema.key.name());
    }
}

#[test]
fn attributes_of_the_runner_reference_are_there() {
    let node = "expect_exit pipefail env reads writes kill_grace keep_background goal_gate_unvisited retry_on \
                retry_policy require_verdict merge merge_conflict on_branch_fail join_policy k error_policy \
                max_parallel stall_timeout on_resume merge_work human.default_choice max_visits manager.poll_interval \
                manager.max_cycles manager.stop_condition manager.actions manager.steer_cooldown stack.child_dotfile \
                stack.child_workdir stack.child_autostart stack.child_outputs tool_hooks.pre tool_hooks.post \
                max_cost_usd max_tokens_total allow_partial auto_status tool_command timeout";
    let graph = "max_node_visits default_max_retries default_max_retry loop_restart_persist_keys inputs \
                 default_thread_id stack.child_dotfile tool_hooks.pre tool_hooks.post pipefail model_stylesheet \
                 llm_model llm_provider reasoning_effort stall_timeout";
    for (scope, names) in
        [(Scope::Node, node), (Scope::Graph, graph), (Scope::Edge, "loop_restart weight condition")]
    {
        for name in names.split_whitespace() {
            let schema = AttributeKey::from_name(name).and_then(|key| attribute(key, scope));
            assert!(
                schema.is_some_and(|schema| Profile::default().reads(schema)),
                "{} {name}",
                scope.as_str()
            );
        }
    }
}

#[test]
fn layout_keys_of_graphviz_are_known() {
    for (scope, names) in [
        (Scope::Graph, "bgcolor rankdir splines nodesep fontname _background K"),
        (Scope::Subgraph, "rank style bgcolor pencolor label cluster"),
        (Scope::Node, "fillcolor fontname width xlabel URL peripheries style"),
        (Scope::Edge, "arrowhead dir minlen constraint edgeURL headport"),
    ] {
        for name in names.split_whitespace() {
            let schema = AttributeKey::from_name(name).and_then(|key| attribute(key, scope));
            assert!(schema.is_some(), "{} {name}", scope.as_str());
        }
    }
}

#[test]
fn handlers_say_who_uses_an_attribute() {
    let command = attribute(AttributeKey::TOOL_COMMAND, Scope::Node).expect("known");
    assert!(command.is_used_by(Handler::Tool));
    assert!(command.is_used_by(Handler::Custom));
    assert!(!command.is_used_by(Handler::Codergen));
    let label = attribute(AttributeKey::LABEL, Scope::Node).expect("known");
    assert!(label.is_used_by(Handler::Exit));
}

#[test]
fn families_take_names_with_something_after_the_prefix() {
    let prefix = |name| attribute_family(name, Scope::Node).map(|family| family.prefix);
    assert_eq!(prefix("stack.child.input.branch"), Some("stack.child.input."));
    assert_eq!(prefix("context.goal"), Some("context."));
    assert_eq!(prefix("context."), None);
    assert_eq!(attribute_family("context.goal", Scope::Edge), None);
    assert!(attribute_families().iter().all(|family| family.prefix.ends_with('.')));
}
