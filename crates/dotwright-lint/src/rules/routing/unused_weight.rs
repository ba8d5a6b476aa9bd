//! A weight decides between edges that can both be taken; on an edge without a rival it says nothing.

use std::collections::BTreeMap;

use dotwright_model::{AttributeKey, EdgeId, Handler, Level, Origin, Pipeline};
use dotwright_syntax::ast::StmtId;

use crate::category::Category;
use crate::edits;
use crate::rule::{Context, Fixability, Report, Rule, safe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "unused-weight",
    category: Category::Routing,
    level: Level::Hint,
    selected_level: Level::Hint,
    fixability: Fixability::Safe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unused-weight.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    let plain_edges = plain_edges(pipeline);
    // The hops of a chain share their weight, which has to be without effect on all of them.
    let mut statements: BTreeMap<StmtId, Option<EdgeId>> = BTreeMap::new();
    for edge in context.sound_edges().filter(|&edge| pipeline.edge(edge).weight != 0) {
        let unused = is_alone(context, edge, &plain_edges);
        let first = statements.entry(pipeline.edge(edge).stmt).or_insert(Some(edge));
        if !unused {
            *first = None;
        }
    }
    for edge in statements.into_values().flatten() {
        let Some(weight) = pipeline.edge_attribute(edge, AttributeKey::WEIGHT) else { continue };
        if weight.origin != Origin::Explicit {
            continue;
        }
        let message = format!("`weight` on `{}` is compared with nothing", context.edge(edge));
        let fix = safe_fix("delete `weight`", edits::delete_attribute(pipeline, weight));
        report.push(report.finding(weight.value_range(), message).help("delete it").fix(fix));
    }
}

/// How many plain out-edges each node has.
fn plain_edges(pipeline: &Pipeline) -> Vec<usize> {
    let mut count = vec![0; pipeline.nodes().len()];
    for edge in pipeline.edges().filter(|&edge| pipeline.is_plain(edge)) {
        if let Some(count) = count.get_mut(pipeline.source_of(edge).index()) {
            *count += 1;
        }
    }
    count
}

/// True for the only out-edge of a step, and for the only plain one beside conditional ones.
fn is_alone(context: &Context<'_>, edge: EdgeId, plain_edges: &[usize]) -> bool {
    let pipeline = context.pipeline;
    let source = pipeline.source_of(edge);
    if pipeline.outgoing(source).len() == 1 {
        return true;
    }
    let selects = !matches!(context.handler(source), Handler::Human | Handler::Parallel);
    selects && pipeline.is_plain(edge) && plain_edges.get(source.index()) == Some(&1)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::check;

    const HEAD: &str = "digraph { s [shape=Mdiamond]; x [shape=Msquare]; a; b; t [shape=parallelogram, tool_command=make]; s -> t\n";

    #[track_caller]
    fn found(body: &str, expect: expect_test::Expect) {
        check(&RULE, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[test]
    fn an_edge_without_rival() {
        found(
            r#"t -> a [weight=2]"#,
            expect![[r#"
            2:16-2:17 hint: `weight` on `t -> a` is compared with nothing
              help: delete it
              safe fix: delete `weight`
              - t -> a [weight=2]
              + t -> a
        "#]],
        );
        found(
            r#"t -> a [condition="outcome=success", weight=1]
t -> b [weight=5, label=else]"#,
            expect![[r#"
                3:16-3:17 hint: `weight` on `t -> b` is compared with nothing
                  help: delete it
                  safe fix: delete `weight`
                  - t -> b [weight=5, label=else]
                  + t -> b [label=else]
            "#]],
        );
        found(
            r#"t -> a -> b [weight=2]"#,
            expect![[r#"
            2:21-2:22 hint: `weight` on `t -> a` is compared with nothing
              help: delete it
              safe fix: delete `weight`
              - t -> a -> b [weight=2]
              + t -> a -> b
        "#]],
        );
    }

    #[test]
    fn an_edge_with_rival_or_a_weight_of_others() {
        found(
            r#"t -> a [weight=2]
t -> b"#,
            expect![[""]],
        );
        found(r#"t -> a [weight=0]"#, expect![[""]]);
        found(
            r#"edge [weight=3]
t -> a"#,
            expect![[""]],
        );
        found(
            r#"t -> a -> b [weight=2]
t -> b"#,
            expect![[""]],
        );
        found(
            r#"h [shape=hexagon]; h -> a [weight=1]
h -> b [condition="outcome=fail"]"#,
            expect![[""]],
        );
    }
}
