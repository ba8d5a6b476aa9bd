//! A key that two answers share does not tell the runner which of them a person means.

use std::collections::{BTreeMap, BTreeSet};

use dotwright_diagnostics::{Severity, TextEdit, TextRange};
use dotwright_engine::accelerator;
use dotwright_engine::gate::{Choice, choices};
use dotwright_model::{Attribute, Level};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::rules::humans::{free_key, gates};

pub(crate) static RULE: Rule = Rule {
    name: "accelerator-collision",
    category: Category::Humans,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/accelerator-collision.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let pipeline = context.pipeline;
    for gate in gates(context) {
        if pipeline.outgoing(gate).len() < 2 {
            continue;
        }
        let choices = choices(pipeline, gate);
        let mut first: BTreeMap<String, &Choice> = BTreeMap::new();
        let mut given: BTreeSet<String> = choices.iter().map(|choice| choice.key.clone()).collect();
        for choice in &choices {
            // An answer without label is the business of `unlabelled-option`.
            let Some(label) = pipeline.edge_label(choice.edge) else { continue };
            let Some(earlier) = first.get(&choice.key) else {
                first.insert(choice.key.clone(), choice);
                continue;
            };
            let Some(earlier_label) = pipeline.edge_label(earlier.edge) else { continue };
            let key = &choice.key;
            let message = format!(
                "`{}` and `{}` share the key `{key}`, it does not choose `{}`",
                earlier_label.text(),
                label.text(),
                label.text()
            );
            let range = label.value_range();
            let both_say_so = choice.has_accelerator && earlier.has_accelerator;
            let finding = if both_say_so {
                report.finding(range, message)
            } else {
                report.variant(Severity::Hint, range, message)
            };
            let finding = finding.label(earlier_label.value_range(), format!("has the key `{key}` too"));
            let free = free_key(&choice.text, |key| given.contains(key));
            report.push(match free {
                Some(free) => {
                    let title = format!("give one of them another key, for example `[{free}]`");
                    let edit = key_edit(label, choice, &free);
                    given.insert(free);
                    finding.help(title.as_str()).fix(unsafe_fix(title, vec![edit]))
                }
                None => finding.help("give one of them another key, for example `[1]`"),
            });
        }
    }
}

/// Replaces the key that a label carries, or puts one in front of it.
fn key_edit(label: Attribute<'_>, choice: &Choice, key: &str) -> TextEdit {
    let text = label.text();
    let start = (text.len() - text.trim_start().len()) as u32;
    match accelerator(&text) {
        Some(old) if choice.has_accelerator => {
            let at = start + u32::from(text.trim_start().starts_with('['));
            let range = label.inner_range(TextRange::new(at, at + old.len() as u32));
            TextEdit::replace(range, key)
        }
        Some(_) | None if label.written().starts_with('"') => {
            TextEdit::insert(label.inner_range(TextRange::empty(start)).start, format!("[{key}] "))
        }
        Some(_) | None => {
            TextEdit::replace(label.value_range(), crate::edits::quoted(&format!("[{key}] {text}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::check;

    #[test]
    fn written_keys_collide() {
        check(
            &RULE,
            "digraph {\n g [shape=hexagon]\n g -> a [label=\"[A] Approve\"]\n g -> b [label=\"[a] Abort now\"]\n}",
            expect![[r#"
                4:16-4:31 warning: `[A] Approve` and `[a] Abort now` share the key `A`, it does not choose `[a] Abort now`
                  help: give one of them another key, for example `[B]`
                  3:16-3:29 has the key `A` too
                  unsafe fix: give one of them another key, for example `[B]`
                  -  g -> b [label="[a] Abort now"]
                  +  g -> b [label="[B] Abort now"]
            "#]],
        );
        check(
            &RULE,
            "digraph {\n g [shape=hexagon]\n g -> a [label=\"R) Run\"]\n g -> b [label=\"R - Reject\"]\n}",
            expect![[r#"
                4:16-4:28 warning: `R) Run` and `R - Reject` share the key `R`, it does not choose `R - Reject`
                  help: give one of them another key, for example `[E]`
                  3:16-3:24 has the key `R` too
                  unsafe fix: give one of them another key, for example `[E]`
                  -  g -> b [label="R - Reject"]
                  +  g -> b [label="E - Reject"]
            "#]],
        );
    }

    #[test]
    fn first_letters_collide_too() {
        check(
            &RULE,
            "digraph {\n g [shape=hexagon]\n g -> a [label=\"Revise\"]\n g -> b [label=Reject]\n}",
            expect![[r#"
                4:16-4:22 hint: `Revise` and `Reject` share the key `R`, it does not choose `Reject`
                  help: give one of them another key, for example `[E]`
                  3:16-3:24 has the key `R` too
                  unsafe fix: give one of them another key, for example `[E]`
                  -  g -> b [label=Reject]
                  +  g -> b [label="[E] Reject"]
            "#]],
        );
    }

    #[test]
    fn new_keys_do_not_collide_again() {
        check(
            &RULE,
            "digraph {\n g [shape=hexagon]\n g -> a [label=\"[A] A\"]\n g -> b [label=\"[A] AB\"]\n g -> c [label=\"[A] ABC\"]\n}",
            expect![[r#"
                4:16-4:24 warning: `[A] A` and `[A] AB` share the key `A`, it does not choose `[A] AB`
                  help: give one of them another key, for example `[B]`
                  3:16-3:23 has the key `A` too
                  unsafe fix: give one of them another key, for example `[B]`
                  -  g -> b [label="[A] AB"]
                  +  g -> b [label="[B] AB"]
                5:16-5:25 warning: `[A] A` and `[A] ABC` share the key `A`, it does not choose `[A] ABC`
                  help: give one of them another key, for example `[C]`
                  3:16-3:23 has the key `A` too
                  unsafe fix: give one of them another key, for example `[C]`
                  -  g -> c [label="[A] ABC"]
                  +  g -> c [label="[C] ABC"]
            "#]],
        );
    }

    #[test]
    fn other_keys_and_edges_that_are_no_answers_are_fine() {
        check(
            &RULE,
            "digraph { g [shape=hexagon]; g -> a [label=\"[A] Yes\"]; g -> b [label=\"[B] Abort\"] }",
            expect![[""]],
        );
        check(
            &RULE,
            "digraph { g [shape=hexagon]; g -> a [label=\"[F] Fine\"]; g -> b [label=\"Failed\", condition=\"outcome=fail\"] }",
            expect![[""]],
        );
        check(
            &RULE,
            "digraph { g [label=x]; g -> a [label=\"[F] Fine\"]; g -> b [label=\"[F] Fail\"] }",
            expect![[""]],
        );
    }
}
