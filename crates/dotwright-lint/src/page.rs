//! The pages of the rules, as the terminal and other programs show them.

/// The sentence under the heading: what the rule finds.
pub fn summary(page: &str) -> String {
    paragraph(page.lines().skip_while(|line| line.starts_with('#') || line.trim().is_empty()))
}

/// The paragraph that says what the runner would do.
pub fn reason(page: &str) -> String {
    let behind = page.lines().skip_while(|line| !line.starts_with("## Why"));
    paragraph(behind.skip(1).skip_while(|line| line.trim().is_empty()))
}

fn paragraph<'p>(lines: impl Iterator<Item = &'p str>) -> String {
    let lines: Vec<&str> =
        lines.take_while(|line| !line.trim().is_empty() && !line.starts_with('#')).collect();
    lines.join(" ")
}

/// The page as text for a terminal: headings without marks, examples indented and without fences.
pub fn text(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut in_example = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_example = !in_example;
            continue;
        }
        let shown = if in_example { line } else { line.trim_start_matches('#').trim_start() };
        if in_example && !shown.is_empty() {
            text.push_str("    ");
        }
        text.push_str(shown);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    const PAGE: &str =
        "# name\n\nFinds a\nthing.\n\n## Why this is bad\nIt stops\nthere.\n\n## Example\n```dot\n# x\n```\n";

    #[test]
    fn parts_of_a_page_are_found() {
        assert_eq!(super::summary(PAGE), "Finds a thing.");
        assert_eq!(super::reason(PAGE), "It stops there.");
    }

    #[test]
    fn text_has_no_marks() {
        let expected = "name\n\nFinds a\nthing.\n\nWhy this is bad\nIt stops\nthere.\n\nExample\n    # x\n";
        assert_eq!(super::text(PAGE), expected);
    }
}
