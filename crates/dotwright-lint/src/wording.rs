//! Turns of phrase that the messages of several rules share.

use std::fmt::Display;

/// `; did you mean `x`?`, or nothing.
pub(crate) fn suggestion(meant: Option<&str>) -> String {
    meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default()
}

/// Names in back-ticks: three of them and how many more there are.
pub(crate) fn names<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<String> = names.by_ref().take(3).map(|name| format!("`{name}`")).collect();
    let more = names.count();
    let shown = shown.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
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
        assert_eq!(names(["a", "b", "c"]), "`a`, `b`, `c`");
        assert_eq!(names(["a", "b", "c", "d", "e"]), "`a`, `b`, `c` and 2 more");
    }

    #[test]
    fn long_code_is_cut_at_its_first_line() {
        assert_eq!(excerpt("make test"), "make test");
        assert_eq!(excerpt("make test\nmake check"), "make test ...");
        assert_eq!(excerpt(&"x".repeat(50)), format!("{}...", "x".repeat(40)));
    }
}
