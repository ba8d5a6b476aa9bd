//! The marks of Markdown that show in prompts: headings, code and emphasis, line by line.

use dotwright_diagnostics::TextRange;

use super::SemanticType;

/// Reports headings, code and emphasis of a text.
pub(super) fn pieces(text: &str, mut add: impl FnMut(TextRange, SemanticType)) {
    let mut in_fence = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let range = |from: usize, to: usize| TextRange::new((at + from) as u32, (at + to) as u32);
        let indent = content.len() - content.trim_start().len();
        let body = content.trim_start();
        if body.starts_with("```") || body.starts_with("~~~") {
            in_fence = !in_fence;
            add(range(indent, content.len()), SemanticType::Code);
        } else if in_fence {
            add(range(indent, content.len()), SemanticType::Code);
        } else if is_heading(body) {
            add(range(indent, content.len()), SemanticType::Heading);
        } else {
            spans(content, |from, to, kind| add(range(from, to), kind));
        }
        at += line.len();
    }
}

fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    (1..=6).contains(&level) && rest.starts_with(' ')
}

/// Code and emphasis in one line.
fn spans(line: &str, mut add: impl FnMut(usize, usize, SemanticType)) {
    let mut at = 0;
    while let Some(offset) = line.get(at..).and_then(|rest| rest.find(['`', '*', '_'])) {
        let open = at + offset;
        let rest = line.get(open..).unwrap_or("");
        let mark = rest.chars().next().unwrap_or('`');
        let width = rest.len() - rest.trim_start_matches(mark).len();
        let fence = rest.get(..width).unwrap_or("");
        let inner = rest.get(width..).unwrap_or("");
        let before = line.get(..open).and_then(|before| before.chars().next_back());
        let close = inner.find(fence).filter(|&close| {
            let after = inner.get(close + width..).and_then(|after| after.chars().next());
            let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let tight = !inner.starts_with(' ') && !inner.get(..close).unwrap_or("").ends_with(' ');
            close > 0 && (mark == '`' || (width <= 3 && tight && !word(before) && !word(after)))
        });
        match close {
            Some(close) => {
                let end = open + width + close + width;
                let kind = if mark == '`' { SemanticType::Code } else { SemanticType::Emphasis };
                add(open, end, kind);
                at = end;
            }
            None => at = open + width,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, SemanticType)]) {
        let mut found = Vec::new();
        pieces(text, |range, kind| found.push((range.text(text), kind)));
        assert_eq!(found, expected);
    }

    #[test]
    fn headings_code_and_emphasis_are_found() {
        use SemanticType::{Code, Emphasis, Heading};
        check(
            "## Plan\n#no\nuse `a b` and **c**",
            &[("## Plan", Heading), ("`a b`", Code), ("**c**", Emphasis)],
        );
        check(
            "```sh\nx *y*\n```\n*z*",
            &[("```sh", Code), ("x *y*", Code), ("```", Code), ("*z*", Emphasis)],
        );
    }

    #[test]
    fn names_and_lists_are_no_emphasis() {
        check("snake_case_name and a * b * c\n* item\n** x", &[]);
    }
}
