//! Turns of phrase that the messages of several rules share.

use std::fmt::Display;

/// `; did you mean `x`?`, or nothing.
pub(crate) fn suggestion(meant: Option<&str>) -> String {
    meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default()
}

/// Names in back-ticks, three at most: "`a`, `b`, `c` and 2 more".
pub(crate) fn names<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<String> = names.by_ref().take(3).map(|name| format!("`{name}`")).collect();
    match (names.count(), shown.split_last()) {
        (0, Some((last, []))) => last.clone(),
        (0, Some((last, first))) => format!("{} and {last}", first.join(", ")),
        (more, Some(_)) => format!("{} and {more} more", shown.join(", ")),
        (_, None) => String::new(),
    }
}

/// All names in back-ticks, for sets of at most seven.
pub(crate) fn all_names<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A noun with `a` or `an`; `LLM step` is read letter by letter.
pub(crate) fn with_article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']) || noun.starts_with("LLM");
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// Code for a message: its first line, cut after about forty characters.
pub(crate) fn excerpt(code: &str) -> String {
    const LONGEST: usize = 40;
    let code = code.trim();
    let line = code.lines().next().unwrap_or("").trim_end();
    match line.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}...", line.get(..cut).unwrap_or("").trim_end()),
        None if line.len() < code.len() => format!("{line} ..."),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_show_three_names() {
        assert_eq!(names(["a"]), "`a`");
        assert_eq!(names(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(names(["a", "b", "c", "d", "e"]), "`a`, `b`, `c` and 2 more");
    }

    #[test]
    fn articles_follow_the_sound() {
        assert_eq!(with_article("LLM step"), "an LLM step");
        assert_eq!(with_article("exit"), "an exit");
        assert_eq!(with_article("tool"), "a tool");
    }

    #[test]
    fn code_is_shown_on_one_line() {
        assert_eq!(excerpt(" make all\n"), "make all");
        assert_eq!(excerpt("make\ntest"), "make ...");
        assert_eq!(excerpt(&"x".repeat(50)), format!("{}...", "x".repeat(40)));
    }
}
