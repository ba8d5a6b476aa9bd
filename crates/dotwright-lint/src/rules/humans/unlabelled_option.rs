//! A person who is asked to choose reads labels; without one the id of a node is the answer.

use std::collections::HashSet;

use dotwright_engine::gate::choices;
use dotwright_model::{AttributeKey, EdgeId, Level};
use dotwright_syntax::ast::Endpoint;

use crate::category::Category;
use crate::edits::{insert_attribute, quoted};
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::rules::humans::{free_key, gates};

pub(crate) static RULE: Rule = Rule {
    name: "unlabelled-option",
    category: Category::Humans,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unlabelled-option.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    for gate in gates(context) {
        if pipeline.outgoing(gate).len() < 2 {
            continue;
        }
        let mut keys: Option<HashSet<String>> = None;
        for &edge in pipeline.outgoing(gate) {
            if pipeline.is_recovered_edge(edge)
                || !pipeline.is_plain(edge)
                || pipeline.edge_label(edge).is_some()
                || is_free_text(context, edge)
            {
                continue;
            }
            let keys = keys.get_or_insert_with(|| {
                let labelled = choices(pipeline, gate).into_iter();
                let labelled = labelled.filter(|choice| pipeline.edge_label(choice.edge).is_some());
                labelled.map(|choice| choice.key).collect()
            });
            let words = words(context, edge);
            let key = free_key(&words, |key| keys.contains(key));
            let label = match key {
                Some(key) => {
                    keys.insert(key.clone());
                    format!("[{key}] {words}")
                }
                None => words,
            };
            let pair = format!("label={}", quoted(&label));
            let target = context.id(pipeline.target_of(edge));
            let message = format!("the reviewer at `{}` reads `{target}` as an answer", context.id(gate));
            let help = format!("label `{}`, for example `{pair}`", context.edge(edge));
            let finding = report.finding(pipeline.edge_ends_range(edge), message).help(help);
            report.push(if has_statement_of_its_own(context, edge) {
                let edit = insert_attribute(pipeline, pipeline.edge(edge).stmt, &pair);
                finding.fix(unsafe_fix(format!("add `{pair}`"), vec![edit]))
            } else {
                finding
            });
        }
    }
}

fn is_free_text(context: &Context<'_>, edge: EdgeId) -> bool {
    let freeform = context.pipeline.edge_attribute(edge, AttributeKey::FREEFORM);
    freeform.is_some_and(|freeform| freeform.text() == "true")
}

/// What the target is about: its label, else its id in words.
fn words(context: &Context<'_>, edge: EdgeId) -> String {
    let target = context.pipeline.target_of(edge);
    let label = context.pipeline.node_attribute(target, AttributeKey::LABEL).map(|label| label.text());
    let line = label.as_deref().and_then(|label| label.lines().next()).map(str::trim);
    let text = line.filter(|line| !line.is_empty()).map(str::to_owned);
    let text = text.unwrap_or_else(|| context.id(target).replace(['_', '-'], " "));
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

/// True when the attributes of the statement belong to this edge alone.
fn has_statement_of_its_own(context: &Context<'_>, edge: EdgeId) -> bool {
    let ast = context.pipeline.ast();
    let ends = ast.endpoints(&ast[context.pipeline.edge(edge).stmt]);
    ends.len() == 2 && ends.iter().all(|end| matches!(end, Endpoint::Node(_)))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[test]
    fn options_get_labels_with_free_keys() {
        check(
            &RULE,
            "digraph {\n g [shape=hexagon]\n ship [label=\"Release it\"]\n g -> ship\n g -> fix_it [weight=2]\n g -> x [label=\"[R] Reject\"]\n}",
            expect![[r#"
                4:2-4:11 warning: the reviewer at `g` reads `ship` as an answer
                  help: label `g -> ship`, for example `label="[E] Release it"`
                  unsafe fix: add `label="[E] Release it"`
                  -  g -> ship
                  +  g -> ship [label="[E] Release it"]
                5:2-5:13 warning: the reviewer at `g` reads `fix_it` as an answer
                  help: label `g -> fix_it`, for example `label="[F] Fix it"`
                  unsafe fix: add `label="[F] Fix it"`
                  -  g -> fix_it [weight=2]
                  +  g -> fix_it [weight=2, label="[F] Fix it"]
            "#]],
        );
    }

    #[test]
    fn edges_that_share_a_statement_have_no_fix() {
        check(
            &RULE,
            "digraph { g [shape=hexagon]; g -> {a b} }",
            expect![[r#"
            1:30-1:40 warning: the reviewer at `g` reads `a` as an answer
              help: label `g -> a`, for example `label="[A] A"`
            1:30-1:40 warning: the reviewer at `g` reads `b` as an answer
              help: label `g -> b`, for example `label="[B] B"`
        "#]],
        );
    }

    #[test]
    fn single_conditional_and_free_text_edges_are_fine() {
        check(&RULE, "digraph { g [shape=hexagon]; g -> a }", expect![[""]]);
        check(
            &RULE,
            "digraph { g [shape=hexagon]; g -> a [label=\"[Y] Yes\"]; g -> b [condition=\"outcome=fail\"] }",
            expect![[""]],
        );
        check_in(
            &RULE,
            "fabro",
            "digraph { g [shape=hexagon]; g -> a [label=\"[Y] Yes\"]; g -> b [freeform=true] }",
            expect![[""]],
        );
    }
}
