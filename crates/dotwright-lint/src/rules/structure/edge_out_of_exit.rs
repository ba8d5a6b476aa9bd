//! At an exit the run is over, so whatever is drawn behind it is work that its author believes in and nobody does.

use dotwright_model::{EdgeId, Handler, Level, Pipeline};

use crate::category::Category;
use crate::edits::delete_edge;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "edge-out-of-exit",
    category: Category::Structure,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: Some("exit_no_outgoing"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/edge-out-of-exit.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    for edge in context.sound_edges() {
        let exit = pipeline.source_of(edge);
        if context.handler(exit) != Handler::Exit {
            continue;
        }
        let (shown, node) = (context.edge(edge), context.id(exit));
        let target = pipeline.target_of(edge);
        let help = match context.handler(target) {
            Handler::Start | Handler::Exit => "delete the edge".to_owned(),
            Handler::Codergen
            | Handler::Tool
            | Handler::Conditional
            | Handler::Human
            | Handler::Parallel
            | Handler::FanIn
            | Handler::Manager
            | Handler::Custom => format!("delete the edge, or put `{}` before `{node}`", context.id(target)),
        };
        let finding = report
            .finding(pipeline.edge_range(edge), format!("`{shown}` never runs, the run is over at `{node}`"))
            .help(help);
        report.push(match delete_edge(pipeline, edge) {
            // Without it there would be no exit.
            Some(_) if is_only_mention_of_exit(pipeline, edge) => finding,
            Some(edits) => finding.fix(unsafe_fix(format!("delete `{shown}`"), edits)),
            None => finding,
        });
    }
}

/// True when the exit is neither declared nor named by another edge.
fn is_only_mention_of_exit(pipeline: &Pipeline, edge: EdgeId) -> bool {
    let exit = pipeline.source_of(edge);
    let others =
        pipeline.outgoing(exit).iter().chain(pipeline.incoming(exit)).filter(|&&other| other != edge);
    pipeline.node(exit).declaration.is_none() && others.count() == 0
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
    fn a_chain_through_the_exit_is_split() {
        check(
            "digraph { exit [shape=Msquare] a -> exit -> b -> c; a b c }",
            expect![[r#"
            1:37-1:46 error: `exit -> b` never runs, the run is over at `exit`
              help: delete the edge, or put `b` before `exit`
              unsafe fix: delete `exit -> b`
              - digraph { exit [shape=Msquare] a -> exit -> b -> c; a b c }
              + digraph { exit [shape=Msquare] a -> exit; b -> c; a b c }
        "#]],
        );
    }

    #[test]
    fn a_group_behind_the_exit_gets_no_fix() {
        check(
            "digraph { exit [shape=Msquare] exit -> { a } }",
            expect![[r#"
            1:32-1:45 error: `exit -> a` never runs, the run is over at `exit`
              help: delete the edge, or put `a` before `exit`
        "#]],
        );
    }

    #[test]
    fn the_only_mention_of_the_exit_stays() {
        check(
            "digraph { a; exit -> a }",
            expect![[r#"
            1:14-1:23 error: `exit -> a` never runs, the run is over at `exit`
              help: delete the edge, or put `a` before `exit`
        "#]],
        );
    }

    #[test]
    fn an_edge_of_the_exit_to_itself_can_only_go() {
        check(
            "digraph { exit [shape=Msquare]; exit -> exit; }",
            expect![[r#"
            1:33-1:45 error: `exit -> exit` never runs, the run is over at `exit`
              help: delete the edge
              unsafe fix: delete `exit -> exit`
              - digraph { exit [shape=Msquare]; exit -> exit; }
              + digraph { exit [shape=Msquare]; }
        "#]],
        );
    }
}
