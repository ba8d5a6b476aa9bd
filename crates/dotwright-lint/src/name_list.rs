//! Lists of names in messages.

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

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn lists_name_three_and_count_the_rest() {
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(listed(["a", "b", "c", "d", "e"]), "`a`, `b`, `c` and 2 more");
    }
}
