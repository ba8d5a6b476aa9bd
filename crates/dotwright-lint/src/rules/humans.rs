//! Rules about human gates.

use dotwright_engine::gate::{Choice, choices};
use dotwright_model::{Attribute, AttributeKey, Handler, NodeId, Scope};

use crate::rule::Context;

pub(crate) mod accelerator_collision;
pub(crate) mod human_timeout_without_default;
pub(crate) mod unattended_human_gate;
pub(crate) mod unknown_default_choice;
pub(crate) mod unlabelled_option;
pub(crate) mod unsafe_first_option;

/// Words of an answer that sends work back or stops it.
const NEGATIVE: [&str; 9] = ["reject", "no", "abort", "cancel", "fix", "revise", "redo", "retry", "back"];
/// Words of an answer that lets work through.
const POSITIVE: [&str; 7] = ["approve", "yes", "accept", "ship", "continue", "merge", "pass"];

fn gates<'c>(context: &'c Context<'_>) -> impl Iterator<Item = NodeId> + 'c {
    context.sound_nodes().filter(|&node| context.handler(node) == Handler::Human)
}

fn default_choice<'c>(context: &Context<'c>, gate: NodeId) -> Option<Attribute<'c>> {
    let choice = context.pipeline.node_attribute(gate, AttributeKey::HUMAN_DEFAULT_CHOICE);
    choice.filter(|choice| !choice.is_blank())
}

/// The name under which the runner reads the default choice.
fn default_choice_key(context: &Context<'_>) -> &'static str {
    let key = AttributeKey::HUMAN_DEFAULT_CHOICE;
    let profile = context.profile();
    let is_read = dotwright_model::attribute(key, Scope::Node).is_some_and(|schema| profile.reads(schema));
    let alias = profile.aliases.iter().find(|alias| alias.stands_for == key && alias.scope == Scope::Node);
    alias.filter(|_| !is_read).map_or(key, |alias| alias.key).name()
}

/// The only choice with a word that sends work back: the safe one to take when nobody answers.
fn safe_choice(context: &Context<'_>, gate: NodeId) -> Option<Choice> {
    let mut negative =
        choices(context.pipeline, gate).into_iter().filter(|choice| has_word(&choice.text, &NEGATIVE));
    let first = negative.next()?;
    negative.next().is_none().then_some(first)
}

/// What to write as the default to mean a choice: its target, or its label where the runner compares labels only.
fn default_value(context: &Context<'_>, choice: &Choice) -> String {
    let takes_target = context.profile().default_choice.contains(&dotwright_model::ChoiceMatch::Target);
    if takes_target { choice.target.clone() } else { choice.text.clone() }
}

fn has_word(text: &str, words: &[&str]) -> bool {
    let mut found = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    found.any(|word| words.iter().any(|known| known.eq_ignore_ascii_case(word)))
}

/// The first letter of a text that is no key yet, in upper case.
fn free_key(text: &str, is_taken: impl Fn(&str) -> bool) -> Option<String> {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.map(|letter| letter.to_uppercase().collect::<String>()).find(|key| !is_taken(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_words() {
        assert!(has_word("No, go back", &NEGATIVE));
        assert!(!has_word("Note the background", &NEGATIVE));
        assert!(has_word("SHIP_IT", &POSITIVE));
    }

    #[test]
    fn keys_are_letters_that_no_other_label_has() {
        assert_eq!(free_key("Approve", |key| key == "A").as_deref(), Some("P"));
        assert_eq!(free_key("aa", |key| key == "A"), None);
    }
}
