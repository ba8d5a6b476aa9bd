//! DOT makes a node of every id that an edge names, so a typing error becomes a model call without a prompt.

use dotwright_diagnostics::did_you_mean;
use dotwright_model::{EdgeId, Handler, HandlerSource, Level, NodeId};

use crate::category::Category;
use crate::edits::{rename_node, written_id};
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::suggestion;

/// A file with more undeclared nodes than this declares none on purpose, and similar names in it mean nothing.
const MAX_MISSPELLINGS: usize = 16;

pub(crate) static RULE: Rule = Rule {
    name: "undeclared-node",
    category: Category::Structure,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: Some("edge_target_exists"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/undeclared-node.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let undeclared: Vec<NodeId> =
        context.sound_nodes().filter(|&node| is_undeclared(context, node)).collect();
    for &node in &undeclared {
        let Some(edge) = first_edge(context, node).filter(|_| report.has_room()) else { continue };
        let (id, shown) = (context.id(node), context.edge(edge));
        let similar = if undeclared.len() <= MAX_MISSPELLINGS { similar(context, node) } else { None };
        let meant = suggestion(similar.map(|similar| context.id(similar)));
        let range = context.pipeline.node_range(node);
        let mut finding = report.finding(range, format!("`{id}` in `{shown}` is not declared{meant}"));
        finding = match similar {
            Some(similar) => {
                let name = context.id(similar);
                let edits = rename_node(context.pipeline, node, name);
                finding
                    .help(format!("write `{name}`"))
                    .label(context.pipeline.node_range(similar), format!("`{name}` is declared here"))
                    .fix(unsafe_fix(format!("write `{name}` for `{id}`"), edits))
            }
            None => {
                finding.help(format!("declare it: `{} [{}]`", written_id(id), role(context.handler(node))))
            }
        };
        report.push(finding);
    }
}

/// The attribute that a statement of the node would begin with.
fn role(handler: Handler) -> &'static str {
    match handler {
        Handler::Start => "shape=Mdiamond",
        Handler::Exit => "shape=Msquare",
        Handler::Codergen
        | Handler::Tool
        | Handler::Conditional
        | Handler::Human
        | Handler::Parallel
        | Handler::FanIn
        | Handler::Manager
        | Handler::Custom => "prompt=\"...\"",
    }
}

/// True when only edges name the node, and no damaged one among them, whose text may hold the declaration.
fn is_undeclared(context: &Context<'_>, node: NodeId) -> bool {
    let pipeline = context.pipeline;
    let edges = || pipeline.outgoing(node).iter().chain(pipeline.incoming(node));
    pipeline.node(node).declaration.is_none()
        && !edges().any(|&edge| pipeline.ast()[pipeline.edge(edge).stmt].recovered)
}

fn first_edge(context: &Context<'_>, node: NodeId) -> Option<EdgeId> {
    let pipeline = context.pipeline;
    pipeline.outgoing(node).first().into_iter().chain(pipeline.incoming(node).first()).min().copied()
}

/// The declared node whose id is nearest. Ids of one or two letters are all near each other, a start or exit by its id
/// is no slip, a node that an edge joins with this one is another step of a numbered row, and nobody means the start
/// where an edge arrives or the exit where one leaves.
fn similar(context: &Context<'_>, node: NodeId) -> Option<NodeId> {
    let pipeline = context.pipeline;
    if context.id(node).chars().count() < 3 || pipeline.node(node).handler_source == HandlerSource::Id {
        return None;
    }
    let (arrives, leaves) = (!pipeline.incoming(node).is_empty(), !pipeline.outgoing(node).is_empty());
    let fits = |other: NodeId| match context.handler(other) {
        Handler::Start => !arrives,
        Handler::Exit => !leaves,
        Handler::Codergen
        | Handler::Tool
        | Handler::Conditional
        | Handler::Human
        | Handler::Parallel
        | Handler::FanIn
        | Handler::Manager
        | Handler::Custom => true,
    };
    let declared =
        pipeline.nodes().filter(|&other| pipeline.node(other).declaration.is_some() && fits(other));
    let name = did_you_mean(context.id(node), declared.map(|other| context.id(other)))?;
    let similar = pipeline.node_by_id(name)?;
    let joined = pipeline.outgoing(node).iter().any(|&edge| pipeline.target_of(edge) == similar)
        || pipeline.incoming(node).iter().any(|&edge| pipeline.source_of(edge) == similar);
    (!joined).then_some(similar)
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
    fn both_ends_of_edges_have_to_be_declared() {
        check(
            "digraph { start [shape=Mdiamond] exit [shape=Msquare] start -> build -> exit }",
            expect![[r#"
            1:64-1:69 error: `build` in `start -> build` is not declared
              help: declare it: `build [prompt="..."]`
        "#]],
        );
    }

    #[test]
    fn a_near_name_is_suggested_and_written_everywhere() {
        check(
            "digraph {\n  review\n  a -> reveiw\n  reveiw -> b\n  a b\n}",
            expect![[r#"
            3:8-3:14 error: `reveiw` in `a -> reveiw` is not declared; did you mean `review`?
              help: write `review`
              2:3-2:9 `review` is declared here
              unsafe fix: write `review` for `reveiw`
              -   a -> reveiw
              -   reveiw -> b
              +   a -> review
              +   review -> b
        "#]],
        );
    }

    #[test]
    fn a_neighbour_in_a_numbered_row_is_no_misspelling() {
        check(
            "digraph { step1 step1 -> step2 }",
            expect![[r#"
            1:26-1:31 error: `step2` in `step1 -> step2` is not declared
              help: declare it: `step2 [prompt="..."]`
        "#]],
        );
    }

    #[test]
    fn short_ids_and_the_start_are_no_misspellings() {
        check(
            "digraph { ab ac -> x }",
            expect![[r#"
            1:14-1:16 error: `ac` in `ac -> x` is not declared
              help: declare it: `ac [prompt="..."]`
            1:20-1:21 error: `x` in `ac -> x` is not declared
              help: declare it: `x [prompt="..."]`
        "#]],
        );
        check(
            "digraph { sort start -> x exit }",
            expect![[r#"
                1:16-1:21 error: `start` in `start -> x` is not declared
                  help: declare it: `start [shape=Mdiamond]`
                1:25-1:26 error: `x` in `start -> x` is not declared
                  help: declare it: `x [prompt="..."]`
            "#]],
        );
    }

    #[test]
    fn an_id_of_a_damaged_statement_is_left_alone() {
        check("digraph { a a -> b [label= }", expect![[r#""#]]);
    }

    #[test]
    fn nobody_means_the_exit_where_an_edge_leaves() {
        check(
            "digraph { start [shape=Mdiamond] done [shape=Msquare] run start -> code code -> run run -> done }",
            expect![[r#"
                1:68-1:72 error: `code` in `start -> code` is not declared
                  help: declare it: `code [prompt="..."]`
            "#]],
        );
        check(
            "digraph { begin [shape=Mdiamond] done [shape=Msquare] run begin -> run run -> beginn run -> dome }",
            expect![[r#"
                1:79-1:85 error: `beginn` in `run -> beginn` is not declared
                  help: declare it: `beginn [prompt="..."]`
                1:93-1:97 error: `dome` in `run -> dome` is not declared; did you mean `done`?
                  help: write `done`
                  1:34-1:38 `done` is declared here
                  unsafe fix: write `done` for `dome`
                  - digraph { begin [shape=Mdiamond] done [shape=Msquare] run begin -> run run -> beginn run -> dome }
                  + digraph { begin [shape=Mdiamond] done [shape=Msquare] run begin -> run run -> beginn run -> done }
            "#]],
        );
    }
}
