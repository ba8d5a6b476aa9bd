//! Conditions: whether one holds, whether it can hold, and how two of them relate (runner reference, section 6).

use std::borrow::Cow;

use dotwright_model::{Outcome, Profile};
use dotwright_syntax::condition::{Clause, Condition, ExprId, ExprKind, OperatorKind};

/// The name that a key is compared under: the two prefixes of context keys are one, and a copy of the outcome in the
/// context counts as the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key<'t> {
    /// `outcome`
    Outcome,
    /// `preferred_label`
    PreferredLabel,
    /// A context key, without its prefix.
    Context(&'t str),
}

impl<'t> Key<'t> {
    /// The key that `name` stands for.
    pub fn new(name: &'t str) -> Key<'t> {
        let context = name.strip_prefix("context.").or_else(|| name.strip_prefix("ctx."));
        match context.unwrap_or(name) {
            "outcome" => Key::Outcome,
            "preferred_label" => Key::PreferredLabel,
            key => Key::Context(key),
        }
    }
}

/// Whether a condition holds when `value` gives the text of each key; a missing key is the empty text.
pub fn holds<'v>(condition: &Condition, text: &str, value: impl Fn(&str) -> Cow<'v, str>) -> bool {
    // With all keys known nothing is unknown; a clause that does not parse never holds.
    holds_if_known(condition, text, |key| Some(value(key))).unwrap_or(false)
}

/// Whether a condition holds when only some keys are known: `None` when it depends on the others.
pub fn holds_if_known<'v>(
    condition: &Condition,
    text: &str,
    value: impl Fn(&str) -> Option<Cow<'v, str>>,
) -> Option<bool> {
    evaluate(condition, |clause| {
        let found = value(clause.key.text(text))?;
        Some(clause_holds(clause, text, &found))
    })
}

/// A condition in three-valued logic over what is known of its clauses; an empty one holds.
fn evaluate(condition: &Condition, known: impl Fn(&Clause) -> Option<bool>) -> Option<bool> {
    condition.root().map_or(Some(true), |root| expression(condition, root, &known))
}

/// The parser bounds the nesting, so the recursion is at most a few hundred calls deep.
fn expression(condition: &Condition, id: ExprId, known: &impl Fn(&Clause) -> Option<bool>) -> Option<bool> {
    let mut operands = condition.children(id).map(|child| expression(condition, child, known));
    match condition[id].kind {
        ExprKind::Missing => Some(false),
        ExprKind::Not(_) => operands.next().flatten().map(|operand| !operand),
        ExprKind::And(_) => fold(operands, false),
        ExprKind::Or(_) => fold(operands, true),
        ExprKind::Clause(_) => known(condition.clause(id)?),
    }
}

/// `decisive` as soon as one operand is it, unknown if one is unknown, else the opposite.
fn fold(operands: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut result = Some(!decisive);
    for operand in operands {
        match operand {
            Some(operand) if operand == decisive => return Some(decisive),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

/// Whether a clause holds for a value of its key.
pub fn clause_holds(clause: &Clause, text: &str, value: &str) -> bool {
    let (Some(operator), Some(literal)) = (clause.operator, clause.literal) else {
        return !matches!(value, "" | "false" | "0");
    };
    let literal = literal.decoded(text);
    let literal = literal.as_ref();
    let numbers = || Some((decimal(value)?, decimal(literal)?));
    let result = match operator.kind {
        OperatorKind::Equal | OperatorKind::DoubleEqual => value == literal,
        OperatorKind::NotEqual => value != literal,
        OperatorKind::Less => numbers().is_some_and(|(a, b)| a < b),
        OperatorKind::LessEqual => numbers().is_some_and(|(a, b)| a <= b),
        OperatorKind::Greater => numbers().is_some_and(|(a, b)| a > b),
        OperatorKind::GreaterEqual => numbers().is_some_and(|(a, b)| a >= b),
        OperatorKind::Contains => value.contains(literal),
        OperatorKind::StartsWith => value.starts_with(literal),
        OperatorKind::EndsWith => value.ends_with(literal),
        OperatorKind::Matches => regex_lite::Regex::new(literal).is_ok_and(|pattern| pattern.is_match(value)),
        OperatorKind::In => literal.split(',').any(|item| item.trim() == value),
    };
    result != operator.negated
}

fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    let looks_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    if looks_decimal { text.parse().ok() } else { None }
}

/// Whether a condition holds for an outcome when nothing else is known. Words are read as `profile` reads them, so
/// `succeeded` and `success` are one outcome where the profile says so.
pub fn holds_for_outcome(
    condition: &Condition,
    text: &str,
    outcome: Outcome,
    profile: &Profile,
) -> Option<bool> {
    let is_word = |word: &str| Some(profile.outcome(word) == Some(outcome));
    evaluate(condition, |clause| for_outcome(clause, text, is_word))
}

/// Whether a condition holds for every word that is none of the profile's own, when nothing else is known.
pub fn holds_for_other_words(condition: &Condition, text: &str, profile: &Profile) -> Option<bool> {
    let is_word = |word: &str| if profile.outcome(word).is_some() { Some(false) } else { None };
    evaluate(condition, |clause| for_outcome(clause, text, is_word))
}

/// Whether a clause holds when only the outcome is known; `is_word` says whether a word of the condition is it.
fn for_outcome(clause: &Clause, text: &str, is_word: impl Fn(&str) -> Option<bool>) -> Option<bool> {
    if Key::new(clause.key.text(text)) != Key::Outcome {
        return None;
    }
    let (Some(operator), Some(literal)) = (clause.operator, clause.literal) else {
        return Some(true);
    };
    let literal = literal.decoded(text);
    match operator.kind {
        OperatorKind::Equal | OperatorKind::DoubleEqual => is_word(&literal),
        OperatorKind::NotEqual => is_word(&literal).map(|same| !same),
        OperatorKind::In => {
            let listed = fold(literal.split(',').map(|word| is_word(word.trim())), true);
            listed.map(|listed| listed != operator.negated)
        }
        OperatorKind::Less
        | OperatorKind::LessEqual
        | OperatorKind::Greater
        | OperatorKind::GreaterEqual
        | OperatorKind::Contains
        | OperatorKind::StartsWith
        | OperatorKind::EndsWith
        | OperatorKind::Matches => None,
    }
}

/// True when every clause looks at the outcome.
pub fn tests_only_outcome(condition: &Condition, text: &str) -> bool {
    let mut clauses = condition.clauses().iter();
    !condition.clauses().is_empty() && clauses.all(|clause| Key::new(clause.key.text(text)) == Key::Outcome)
}

/// True when some clause names the key `outcome` itself.
pub fn mentions_outcome(condition: &Condition, text: &str) -> bool {
    condition.clauses().iter().any(|clause| clause.key.text(text) == "outcome")
}

/// A clause of a conjunction in a form that can be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fact<'t> {
    /// What is compared.
    pub key: Key<'t>,
    /// True for `=`, false for `!=`.
    pub equal: bool,
    /// With what.
    pub literal: Cow<'t, str>,
}

/// The clauses of a conjunction of `=` and `!=`, in the order of the text. `None` for every other condition, about
/// which the comparisons below know nothing.
pub fn facts<'t>(condition: &Condition, text: &'t str) -> Option<Vec<Fact<'t>>> {
    let mut facts = Vec::with_capacity(condition.clauses().len());
    read_facts(condition, text, &mut facts).then_some(facts)
}

/// As [`facts()`], with the memory of an earlier condition; false where that gives `None`.
pub(crate) fn read_facts<'t>(condition: &Condition, text: &'t str, facts: &mut Vec<Fact<'t>>) -> bool {
    facts.clear();
    facts.extend(condition.clauses().iter().map_while(|clause| fact(clause, text)));
    condition.is_conjunction() && facts.len() == condition.clauses().len()
}

/// `None` for a clause that is no comparison by `=` or `!=`.
fn fact<'t>(clause: &Clause, text: &'t str) -> Option<Fact<'t>> {
    let equal = match clause.operator?.kind {
        OperatorKind::Equal | OperatorKind::DoubleEqual => true,
        OperatorKind::NotEqual => false,
        OperatorKind::Less
        | OperatorKind::LessEqual
        | OperatorKind::Greater
        | OperatorKind::GreaterEqual
        | OperatorKind::Contains
        | OperatorKind::StartsWith
        | OperatorKind::EndsWith
        | OperatorKind::Matches
        | OperatorKind::In => return None,
    };
    Some(Fact { key: Key::new(clause.key.text(text)), equal, literal: clause.literal?.decoded(text) })
}

/// A form that is equal for conditions with the same clauses in any order. Conditions that are no plain conjunction
/// are compared by their text without blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Normalised<'t> {
    /// The clauses, sorted, each once.
    Facts(Vec<Fact<'t>>),
    /// Any other text.
    Text(String),
}

/// The form of a condition in which equal ones are equal.
pub fn normalise<'t>(condition: &Condition, text: &'t str) -> Normalised<'t> {
    match facts(condition, text) {
        Some(mut facts) => {
            facts.sort_unstable();
            facts.dedup();
            Normalised::Facts(facts)
        }
        None => Normalised::Text(text.split_whitespace().collect()),
    }
}

/// The indices of two clauses that exclude each other, the later one second. Words that `profile` takes for one
/// outcome do not.
pub fn contradiction(facts: &[Fact<'_>], profile: &Profile) -> Option<(usize, usize)> {
    let same = |a: &Fact<'_>, b: &Fact<'_>| {
        a.literal == b.literal
            || (a.key == Key::Outcome
                && profile
                    .outcome(&a.literal)
                    .is_some_and(|known| profile.outcome(&b.literal) == Some(known)))
    };
    let mut seen: Vec<(usize, &Fact<'_>)> = facts.iter().enumerate().collect();
    // Sorted by key, the clauses of one key are neighbours; each excludes another one of the same run or none.
    seen.sort_by(|a, b| (&a.1.key, a.0).cmp(&(&b.1.key, b.0)));
    let mut found: Option<(usize, usize)> = None;
    for run in seen.chunk_by(|a, b| a.1.key == b.1.key) {
        let Some(&(first, required)) = run.iter().find(|(_, fact)| fact.equal) else { continue };
        let excluded = run.iter().find(
            |(_, fact)| {
                if fact.equal { !same(fact, required) } else { same(fact, required) }
            },
        );
        if let Some(&(other, _)) = excluded {
            let pair = (first.min(other), first.max(other));
            found = Some(found.map_or(pair, |known| known.min(pair)));
        }
    }
    found
}

/// Whether `a` implies `b`, both as [`facts`].
pub fn implies(a: &[Fact<'_>], b: &[Fact<'_>]) -> bool {
    b.iter().all(|wanted| {
        a.iter().any(|known| {
            known == wanted
                || (known.key == wanted.key
                    && known.equal
                    && !wanted.equal
                    && known.literal != wanted.literal)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn contradicts(profile: &str, text: &str, expected: Option<(usize, usize)>) {
        let condition = dotwright_syntax::condition::parse(text);
        let facts = facts(&condition, text).unwrap();
        assert_eq!(contradiction(&facts, Profile::by_name(profile).unwrap()), expected, "{text}");
    }

    #[test]
    fn clauses_of_one_key_can_exclude_each_other() {
        contradicts("attractor", "outcome=success && context.a=1 && outcome=fail", Some((0, 2)));
        contradicts("attractor", "context.a!=1 && context.a=1", Some((0, 1)));
        contradicts("attractor", "context.a!=1 && context.a=2", None);
        contradicts("attractor", "context.a!=1 && context.a!=2", None);
    }

    #[test]
    fn two_words_for_one_outcome_do_not() {
        contradicts("kilroy", "outcome=ok && outcome=success", None);
        contradicts("kilroy", "outcome=ok && outcome!=success", Some((0, 1)));
        contradicts("attractor", "outcome=ok && outcome=success", Some((0, 1)));
    }
}
