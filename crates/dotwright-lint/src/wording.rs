//! Turns of phrase that messages of several rules share.

use dotwright_engine::OutcomeSet;
use dotwright_model::Profile;

/// Names in back-ticks, three at most: "`a`, `b`, `c` and 2 more".
pub(crate) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<String> = names.by_ref().take(3).map(|name| format!("`{name}`")).collect();
    match (names.count(), shown.split_last()) {
        (0, Some((last, []))) => last.clone(),
        (0, Some((last, first))) => format!("{} and {last}", first.join(", ")),
        (more, Some(_)) => format!("{} and {more} more", shown.join(", ")),
        (_, None) => String::new(),
    }
}

/// The words of a profile for a set of outcomes as alternatives: "`success` or `fail`".
pub(crate) fn alternatives(outcomes: OutcomeSet, profile: &Profile) -> String {
    let words: Vec<String> =
        outcomes.iter().filter_map(|outcome| Some(format!("`{}`", profile.outcome_word(outcome)?))).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_name_three_and_count_the_rest() {
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(listed(["a", "b", "c", "d", "e"]), "`a`, `b`, `c` and 2 more");
    }

    #[test]
    fn alternatives_use_the_words_of_the_profile() {
        let fabro = Profile::by_name("fabro").unwrap();
        assert_eq!(alternatives(OutcomeSet::SUCCESS_OR_FAIL, fabro), "`succeeded` or `failed`");
    }
}
