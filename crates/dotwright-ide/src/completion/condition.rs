//! Keys, operators and literals of conditions.

use std::collections::BTreeSet;

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_engine::condition::Key;
use dotwright_engine::label_text;
use dotwright_model::Operator;

use super::values::{Place, context_keys};
use super::{CompletionKind, List, escaped};

/// What is due in the clause at the cursor.
pub(crate) enum Due<'t> {
    Key { typed: &'t str },
    Operator { typed: &'t str },
    Literal { key: &'t str, typed: &'t str },
    Connective { typed: &'t str },
}

pub(super) fn complete(list: &mut List<'_>, place: &Place<'_>) {
    match due(place.before()) {
        Due::Key { typed } => keys(list, place, typed),
        Due::Operator { typed } => operators(list, place, typed, true),
        Due::Connective { typed } => operators(list, place, typed, false),
        Due::Literal { key, typed } => literals(list, place, key, typed),
    }
}

pub(crate) fn due(before: &str) -> Due<'_> {
    let clause = clause_start(before);
    let clause = before.get(clause..).unwrap_or("").trim_start();
    let key_length =
        clause.find(|c: char| !(c.is_alphanumeric() || "_.-".contains(c))).unwrap_or(clause.len());
    let (key, rest) = clause.split_at_checked(key_length).unwrap_or((clause, ""));
    if rest.is_empty() {
        return Due::Key { typed: key };
    }
    let operator = rest.trim_start();
    let length = match operator.find(|c: char| !"=!<>".contains(c)).unwrap_or(operator.len()) {
        0 => {
            let words = Operator::ALL.map(Operator::as_str);
            let word = words.into_iter().find(|word| {
                word.starts_with(|c: char| c.is_alphabetic())
                    && operator.strip_prefix(word).is_some_and(|rest| rest.starts_with(' '))
            });
            word.map_or(0, str::len)
        }
        length => length,
    };
    if length == 0 {
        return Due::Operator { typed: operator };
    }
    let literal = operator.get(length..).unwrap_or("").trim_start();
    let is_complete =
        literal.trim_end().len() < literal.len() || (literal.len() > 1 && literal.ends_with('"'));
    if is_complete && !literal.trim().is_empty() {
        Due::Connective { typed: "" }
    } else {
        Due::Literal { key, typed: literal }
    }
}

/// Where the clause begins that the text ends in.
fn clause_start(before: &str) -> usize {
    let ends = ["&&", "||", "(", " and ", " or ", "not "].into_iter();
    let end = ends.filter_map(|mark| before.rfind(mark).map(|at| at + mark.len())).max().unwrap_or(0);
    let rest = before.get(end..).unwrap_or("");
    let negation = rest.trim_start();
    let is_negated = negation.starts_with('!');
    end + if is_negated { rest.len() - negation.len() + 1 } else { 0 }
}

fn typed_range(place: &Place<'_>, typed: &str) -> TextRange {
    let decoded = TextRange::new(place.at - typed.len() as u32, place.at);
    if place.in_string { place.range(decoded) } else { place.whole }
}

fn keys(list: &mut List<'_>, place: &Place<'_>, typed: &str) {
    let range = typed_range(place, typed);
    let profile = list.document.settings().profile;
    for key in profile.condition_keys {
        list.add(key, CompletionKind::ConditionKey, 0, TextEdit::replace(range, *key));
    }
    let prefix = profile.condition_prefixes.first().copied().unwrap_or("");
    for key in context_keys(list.document, place.node(list.document)) {
        let label = format!("{prefix}{key}");
        list.add(&label, CompletionKind::ConditionKey, 1, TextEdit::replace(range, label.clone()));
    }
}

fn operators(list: &mut List<'_>, place: &Place<'_>, typed: &str, compares: bool) {
    let range = typed_range(place, typed);
    for operator in list.document.settings().profile.operators.iter() {
        let (wanted, is_word) = match operator {
            Operator::And | Operator::Or => (true, true),
            Operator::AndWord | Operator::OrWord => (true, true),
            Operator::Equal
            | Operator::DoubleEqual
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessEqual
            | Operator::Greater
            | Operator::GreaterEqual => (compares, false),
            Operator::Contains
            | Operator::StartsWith
            | Operator::EndsWith
            | Operator::Matches
            | Operator::In => (compares, true),
            Operator::Not | Operator::NotWord | Operator::Parentheses | Operator::BareKey => (false, false),
        };
        if wanted {
            let text = if is_word { format!("{} ", operator.as_str()) } else { operator.as_str().to_owned() };
            list.add(operator.as_str(), CompletionKind::Operator, 0, TextEdit::replace(range, text));
        }
    }
}

fn literals(list: &mut List<'_>, place: &Place<'_>, key: &str, typed: &str) {
    let range = typed_range(place, typed);
    let document = list.document;
    let mut add = |word: &str, rank: u8| {
        list.add(word, CompletionKind::Value, rank, TextEdit::replace(range, escaped(word)));
    };
    let profile = document.settings().profile;
    let pipeline = document.pipeline();
    let node = place.node(document);
    match Key::new(key) {
        Key::Outcome => {
            let domain =
                node.map(|node| document.analysis().domain(node)).filter(|domain| !domain.is_empty());
            for word in profile.outcome_words.iter().filter(|word| word.routable) {
                let is_possible = domain.is_none_or(|domain| domain.contains(word.outcome));
                if is_possible {
                    add(word.word, 0);
                }
            }
        }
        Key::PreferredLabel => {
            let edges = node.map_or(&[][..], |node| pipeline.outgoing(node));
            for label in edges.iter().filter_map(|&edge| pipeline.edge_label(edge)) {
                add(label_text(&label.text()), 0);
            }
        }
        Key::Context(key) => {
            literals_in_use(document, key).iter().for_each(|word| add(word, 0));
            let usual = if key.ends_with("exit_code") { ["0", "1"] } else { ["true", "false"] };
            usual.into_iter().for_each(|word| add(word, 1));
        }
    }
}

/// What other conditions compare a context key with.
fn literals_in_use(document: &crate::Document, key: &str) -> BTreeSet<String> {
    let pipeline = document.pipeline();
    let conditions = pipeline.edges().filter_map(|edge| pipeline.condition(edge));
    let mut words = BTreeSet::new();
    for condition in conditions {
        for clause in condition.condition.clauses() {
            let is_same = Key::new(clause.key.text(condition.text)) == Key::Context(key);
            if let Some(literal) = clause.literal.filter(|_| is_same) {
                words.insert(literal.decoded(condition.text).into_owned());
            }
        }
    }
    words.retain(|word| !word.trim().is_empty());
    words
}
