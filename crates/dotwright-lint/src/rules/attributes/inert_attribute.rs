//! A key that the step's handler does not read says something that never happens.

use dotwright_diagnostics::Fix;
use dotwright_model::{
    Attribute, AttributeKey, AttributeSchema, Handler, HandlerSource, Level, NodeId, Scope, attribute,
};
use dotwright_syntax::ast::StmtKind;

use crate::category::Category;
use crate::edits::{delete_attribute, insert_node_attribute, replace_value};
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::with_article;
use crate::written::is_read;

pub(crate) static RULE: Rule = Rule {
    name: "inert-attribute",
    category: Category::Attributes,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/inert-attribute.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.sound_nodes() {
        let handler = context.handler(node);
        if handler == Handler::Custom || context.pipeline.node(node).has_fallback_handler {
            continue;
        }
        for written in context.pipeline.own_attributes(node) {
            let Some(remedy) = written.key().and_then(|key| inert_on_node(context, node, key)) else {
                continue;
            };
            let help = match remedy {
                Remedy::Delete => "delete it".to_owned(),
                Remedy::MakeTool => "make it `shape=parallelogram`".to_owned(),
                Remedy::Move => format!("move it to an edge out of `{}`", context.id(node)),
            };
            let noun = with_article(handler.noun());
            let message = format!("`{}` is {noun} and ignores `{}`", context.id(node), written.name());
            let mut finding = report.finding(written.key_range(), message).help(help);
            if let Some(reason) = handler_attribute(context, node) {
                finding = finding.label(reason.range(), format!("this makes it {noun}"));
            }
            report.push(match fix(context, node, remedy, written) {
                Some(fix) => finding.fix(fix),
                None => finding,
            });
        }
    }
    for pair in context.unknown_pairs().iter().filter(|pair| pair.scope == Scope::Edge) {
        let on_edge = matches!(context.pipeline.ast()[pair.stmt].kind, StmtKind::Edge { .. });
        let Some(key) = pair.attribute.key().filter(|_| on_edge) else { continue };
        if attribute(key, Scope::Node).is_some_and(|schema| does_something(context, schema)) {
            let message = format!("{} is an edge and ignores `{}`", pair.owner(), key.name());
            let finding = report.finding(pair.attribute.key_range(), message);
            report.push(finding.help("move it to the node it is for"));
        }
    }
}

/// What to do about a key that a handler ignores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// The key says nothing worth keeping.
    Delete,
    /// The key is a command, so the step is meant to be a tool.
    MakeTool,
    /// The key belongs on an edge.
    Move,
}

/// The edit that does what the help says; `None` where the author has to choose a place.
fn fix(context: &Context<'_>, node: NodeId, remedy: Remedy, written: Attribute<'_>) -> Option<Fix> {
    let pipeline = context.pipeline;
    match remedy {
        Remedy::Delete => {
            let title = format!("delete `{}`", written.name());
            Some(unsafe_fix(title, delete_attribute(pipeline, written)))
        }
        Remedy::MakeTool => {
            // A prompt, or a command that this profile does not read, would be the next mistake.
            let is_a_tool = pipeline.own_attribute(node, AttributeKey::TYPE).is_none()
                && pipeline.node_attribute(node, AttributeKey::PROMPT).is_none()
                && pipeline.node_attribute(node, AttributeKey::TOOL_COMMAND).is_some();
            let edit = match pipeline.own_attribute(node, AttributeKey::SHAPE).filter(|_| is_a_tool) {
                Some(shape) => Some(replace_value(shape, "parallelogram")),
                None => insert_node_attribute(pipeline, node, "shape=parallelogram").filter(|_| is_a_tool),
            };
            edit.map(|edit| unsafe_fix("make it `shape=parallelogram`", vec![edit]))
        }
        Remedy::Move => None,
    }
}

/// What to do about a key that this handler ignores; `None` for one that it reads or that is nobody's business.
fn inert_on_node(context: &Context<'_>, node: NodeId, key: AttributeKey) -> Option<Remedy> {
    let handler = context.handler(node);
    let on_node = attribute(key, Scope::Node);
    let on_edge = attribute(key, Scope::Edge).filter(|schema| schema.in_spec);
    if on_edge.is_some() && on_node.is_none_or(|schema| !is_read(context.profile(), schema)) {
        return Some(Remedy::Move);
    }
    let schema = on_node.filter(|schema| does_something(context, schema) && !schema.is_used_by(handler))?;
    let is_command =
        schema.key == AttributeKey::TOOL_COMMAND || schema.alias_of == Some(AttributeKey::TOOL_COMMAND);
    let wants_tool = is_command && handler == Handler::Codergen;
    Some(if wants_tool { Remedy::MakeTool } else { Remedy::Delete })
}

/// Keys that steer a run in this profile, and commands under any name.
fn does_something(context: &Context<'_>, schema: &AttributeSchema) -> bool {
    let is_command = schema.alias_of == Some(AttributeKey::TOOL_COMMAND);
    !schema.layout_only && (is_command || is_read(context.profile(), schema))
}

/// The attribute that gives a node its handler.
fn handler_attribute<'c>(context: &Context<'c>, node: NodeId) -> Option<Attribute<'c>> {
    let key = match context.pipeline.node(node).handler_source {
        HandlerSource::Type => AttributeKey::TYPE,
        HandlerSource::Shape => AttributeKey::SHAPE,
        HandlerSource::Id | HandlerSource::Omitted => return None,
    };
    context.pipeline.node_attribute(node, key)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[test]
    fn keys_of_other_handlers_are_inert() {
        check(
            &RULE,
            "digraph { a [tool_command=\"make\", prompt=\"x\"] }",
            expect![[r#"
                1:14-1:26 warning: `a` is an LLM step and ignores `tool_command`
                  help: make it `shape=parallelogram`
            "#]],
        );
        check(
            &RULE,
            "digraph { t [shape=parallelogram, prompt=\"x\"] }",
            expect![[r#"
            1:35-1:41 warning: `t` is a tool and ignores `prompt`
              help: delete it
              1:14-1:33 this makes it a tool
              unsafe fix: delete `prompt`
              - digraph { t [shape=parallelogram, prompt="x"] }
              + digraph { t [shape=parallelogram] }
        "#]],
        );
        check(
            &RULE,
            "digraph { s [shape=Mdiamond, max_retries=2] }",
            expect![[r#"
            1:30-1:41 warning: `s` is a start and ignores `max_retries`
              help: delete it
              1:14-1:28 this makes it a start
              unsafe fix: delete `max_retries`
              - digraph { s [shape=Mdiamond, max_retries=2] }
              + digraph { s [shape=Mdiamond] }
        "#]],
        );
    }

    #[test]
    fn keys_of_edges_do_nothing_on_nodes_and_the_other_way_round() {
        check(
            &RULE,
            "digraph { d [shape=diamond, condition=\"outcome=fail\"] }",
            expect![[r#"
                1:29-1:38 warning: `d` is a diamond and ignores `condition`
                  help: move it to an edge out of `d`
                  1:14-1:27 this makes it a diamond
            "#]],
        );
        check(
            &RULE,
            "digraph { a -> b [prompt=\"x\", label=\"y\"] }",
            expect![[r#"
                1:19-1:25 warning: `a -> b` is an edge and ignores `prompt`
                  help: move it to the node it is for
            "#]],
        );
    }

    #[test]
    fn a_command_makes_a_tool_and_is_never_deleted() {
        check(
            &RULE,
            "digraph { a [shape=\"box\", tool_command=\"make\"] }",
            expect![[r#"
            1:27-1:39 warning: `a` is an LLM step and ignores `tool_command`
              help: make it `shape=parallelogram`
              1:14-1:25 this makes it an LLM step
              unsafe fix: make it `shape=parallelogram`
              - digraph { a [shape="box", tool_command="make"] }
              + digraph { a [shape="parallelogram", tool_command="make"] }
        "#]],
        );
        check(
            &RULE,
            "digraph { a [tool_command=\"make\"] }",
            expect![[r#"
            1:14-1:26 warning: `a` is an LLM step and ignores `tool_command`
              help: make it `shape=parallelogram`
              unsafe fix: make it `shape=parallelogram`
              - digraph { a [tool_command="make"] }
              + digraph { a [tool_command="make", shape=parallelogram] }
        "#]],
        );
        check(
            &RULE,
            "digraph { a [script=\"make\"] }",
            expect![[r#"
            1:14-1:20 warning: `a` is an LLM step and ignores `script`
              help: make it `shape=parallelogram`
        "#]],
        );
    }

    #[test]
    fn default_blocks_and_opaque_handlers_are_left_alone() {
        check(
            &RULE,
            "digraph { node [prompt=\"x\"] edge [prompt=\"x\"] t [shape=parallelogram] }",
            expect![[""]],
        );
        check(&RULE, "digraph { t [type=deploy, prompt=\"x\", tool_command=\"y\"] }", expect![[""]]);
    }

    #[test]
    fn a_diamond_runs_a_prompt_where_the_profile_says_so() {
        check_in(&RULE, "mammoth", "digraph { d [shape=diamond, prompt=\"x\"] }", expect![[""]]);
        check(
            &RULE,
            "digraph { d [shape=diamond, prompt=\"x\"] }",
            expect![[r#"
            1:29-1:35 warning: `d` is a diamond and ignores `prompt`
              help: delete it
              1:14-1:27 this makes it a diamond
              unsafe fix: delete `prompt`
              - digraph { d [shape=diamond, prompt="x"] }
              + digraph { d [shape=diamond] }
        "#]],
        );
    }
}
