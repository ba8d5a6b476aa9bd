//! A step that no edge and no jump leads to never runs. Most often its edge was forgotten, not the step.

use dotwright_diagnostics::TextEdit;
use dotwright_model::{Handler, Level, NodeId};
use dotwright_syntax::ast::Endpoint;

use crate::category::Category;
use crate::edits::{delete_edge, delete_statement};
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "unreachable-node",
    category: Category::Structure,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: Some("reachability"),
    needs_sound_graph: true,
    page: include_str!("../../../../../lints/unreachable-node.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    let mut seen = vec![false; pipeline.nodes().len()];
    for node in pipeline.nodes().filter(|&node| !context.analysis.is_reachable(node)) {
        let members = component(context, node, &mut seen);
        let Some(&entry) =
            members.iter().find(|&&node| pipeline.incoming(node).is_empty()).or(members.first())
        else {
            continue;
        };
        let name = context.id(entry);
        let mut finding = report
            .finding(pipeline.node_range(entry), format!("nothing leads to `{name}`"))
            .help(match context.handler(entry) {
                Handler::Exit => "add an edge to it from the last step",
                Handler::Start
                | Handler::Codergen
                | Handler::Tool
                | Handler::Conditional
                | Handler::Human
                | Handler::Parallel
                | Handler::FanIn
                | Handler::Manager
                | Handler::Custom => "add an edge to it from the step before, or delete it",
            });
        for &other in members.iter().filter(|&&node| node != entry) {
            let message = format!("nor to `{}`", context.id(other));
            finding = finding.label(pipeline.node_range(other), message);
        }
        if let Some(edits) = deletion(context, &members) {
            finding = finding.fix(unsafe_fix(format!("delete `{name}` and its edges"), edits));
        }
        report.push(finding);
    }
}

/// The unreachable nodes that edges join with `node`, in file order; empty when they are reported already.
fn component(context: &Context<'_>, node: NodeId, seen: &mut [bool]) -> Vec<NodeId> {
    let pipeline = context.pipeline;
    let mut members = Vec::new();
    let mut queue = vec![node];
    while let Some(node) = queue.pop() {
        let Some(seen) = seen.get_mut(node.index()).filter(|seen| !**seen) else { continue };
        if context.analysis.is_reachable(node) {
            continue;
        }
        *seen = true;
        members.push(node);
        queue.extend(pipeline.outgoing(node).iter().map(|&edge| pipeline.target_of(edge)));
        queue.extend(pipeline.incoming(node).iter().map(|&edge| pipeline.source_of(edge)));
    }
    members.sort_unstable();
    members
}

/// Deletes the statements of the nodes and all edges at them. `None` when the exit is among them, when an edge
/// statement joins groups, or when several hops but not all of a chain have to go.
fn deletion(context: &Context<'_>, members: &[NodeId]) -> Option<Vec<TextEdit>> {
    let pipeline = context.pipeline;
    if members.iter().any(|&node| context.handler(node) == Handler::Exit) {
        return None;
    }
    let statements = members.iter().flat_map(|&node| pipeline.declarations(node));
    let mut edits: Vec<TextEdit> = statements.map(|stmt| delete_statement(pipeline, stmt)).collect();
    let at = |node: NodeId| pipeline.outgoing(node).iter().chain(pipeline.incoming(node)).copied();
    let mut edges: Vec<_> = members.iter().flat_map(|&node| at(node)).collect();
    edges.sort_unstable();
    edges.dedup();
    for hops in edges.chunk_by(|&a, &b| pipeline.edge(a).stmt == pipeline.edge(b).stmt) {
        let first = *hops.first()?;
        let stmt = pipeline.edge(first).stmt;
        let ends = pipeline.ast().endpoints(&pipeline.ast()[stmt]);
        if !ends.iter().all(|end| matches!(end, Endpoint::Node(_))) {
            return None;
        }
        if hops.len() + 1 == ends.len() {
            edits.push(delete_statement(pipeline, stmt));
        } else if hops.len() == 1 {
            edits.extend(delete_edge(pipeline, first)?);
        } else {
            return None;
        }
    }
    Some(edits)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::test_support;

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        test_support::check(&super::RULE, source, expect);
    }

    const START: &str = "start [shape=Mdiamond]\n  exit [shape=Msquare]\n  start -> exit";

    #[track_caller]
    fn beside(statements: &str, expect: Expect) {
        check(&format!("digraph {{\n  {START}\n  {statements}\n}}\n"), expect);
    }

    #[test]
    fn joined_nodes_are_one_finding_at_their_entry() {
        beside(
            "b\n  a\n  a -> b\n  b -> exit",
            expect![[r#"
            6:3-6:4 warning: nothing leads to `a`
              help: add an edge to it from the step before, or delete it
              5:3-5:4 nor to `b`
              unsafe fix: delete `a` and its edges
              -   b
              -   a
              -   a -> b
              -   b -> exit
        "#]],
        );
    }

    #[test]
    fn separate_nodes_are_separate_findings() {
        beside(
            "a\n  b",
            expect![[r#"
            5:3-5:4 warning: nothing leads to `a`
              help: add an edge to it from the step before, or delete it
              unsafe fix: delete `a` and its edges
              -   a
            6:3-6:4 warning: nothing leads to `b`
              help: add an edge to it from the step before, or delete it
              unsafe fix: delete `b` and its edges
              -   b
        "#]],
        );
    }

    #[test]
    fn a_loop_beside_the_graph_has_no_entry() {
        beside(
            "a\n  b\n  a -> b -> a",
            expect![[r#"
            5:3-5:4 warning: nothing leads to `a`
              help: add an edge to it from the step before, or delete it
              6:3-6:4 nor to `b`
              unsafe fix: delete `a` and its edges
              -   a
              -   b
              -   a -> b -> a
        "#]],
        );
    }

    #[test]
    fn a_chain_that_leads_back_loses_its_hops() {
        beside(
            "a\n  b\n  a -> b -> exit [weight=2]",
            expect![[r#"
            5:3-5:4 warning: nothing leads to `a`
              help: add an edge to it from the step before, or delete it
              6:3-6:4 nor to `b`
              unsafe fix: delete `a` and its edges
              -   a
              -   b
              -   a -> b -> exit [weight=2]
        "#]],
        );
    }

    #[test]
    fn an_exit_that_nothing_leads_to_is_not_deleted() {
        check(
            "digraph { start [shape=Mdiamond] exit [shape=Msquare] a start -> a -> a }",
            expect![[r#"
                1:34-1:38 warning: nothing leads to `exit`
                  help: add an edge to it from the last step
            "#]],
        );
    }

    #[test]
    fn a_group_gets_no_fix() {
        beside(
            "a\n  { a } -> exit",
            expect![[r#"
            5:3-5:4 warning: nothing leads to `a`
              help: add an edge to it from the step before, or delete it
        "#]],
        );
    }

    #[test]
    fn a_retry_target_leads_to_its_node() {
        check(
            "digraph { retry_target=rescue start [shape=Mdiamond] exit [shape=Msquare] rescue start -> exit }",
            expect![[r#""#]],
        );
        check(
            "digraph { start [shape=Mdiamond] a [retry_target=b] b exit [shape=Msquare] start -> a -> exit }",
            expect![[r#""#]],
        );
    }
}
