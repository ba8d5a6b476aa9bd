//! Finds what looks like a variable in prompts and commands, in any dialect, without saying what it stands for.
//!
//! Runners disagree on which of these they expand (dialects.md 6), so the caller picks by [`TemplateKind`] and name.

use dotwright_diagnostics::TextRange;
use memchr::{memchr2, memmem};

/// First parts of dotted names: behind any other name a dot is the end of a sentence.
const NAMESPACES: [&str; 9] =
    ["context", "ctx", "graph", "params", "inputs", "vars", "codergen", "tool", "item"];

/// A template expression in a decoded attribute value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateRef {
    /// How it is written.
    pub kind: TemplateKind,
    /// The name in it: the variable with its namespaces, the first word of a statement, the path.
    pub name: TextRange,
    /// The whole expression.
    pub range: TextRange,
}

/// How a template expression is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TemplateKind {
    /// `$goal`, `$context.key`
    Dollar,
    /// `${name}`, `${ctx.key}`; not `${name:-default}`, which is the shell's
    DollarBraces,
    /// `{{ name }}`, `{{ name | filter }}`
    Braces,
    /// `{{ .Field }}`, Go's text/template
    BracesField,
    /// `{% if name %}`
    Statement,
    /// `@path` as the whole value
    File,
}

/// The template expressions of a text, in order and without overlap.
pub fn references(text: &str) -> References<'_> {
    References {
        text,
        at: 0,
        expression_end: Closer::new(text, "}}"),
        statement_end: Closer::new(text, "%}"),
    }
}

/// Iterator of [`references`].
#[derive(Debug, Clone)]
pub struct References<'t> {
    text: &'t str,
    at: usize,
    expression_end: Closer<'t>,
    statement_end: Closer<'t>,
}

/// The next closing mark, searched once for all openers in front of it.
#[derive(Debug, Clone)]
struct Closer<'t> {
    text: &'t str,
    mark: &'static str,
    /// Offset of the last one found; none when there are no more.
    next: Option<usize>,
}

impl<'t> Closer<'t> {
    fn new(text: &'t str, mark: &'static str) -> Self {
        Closer { text, mark, next: Some(0) }
    }

    /// Offset of the first mark at or behind `from`, which never goes back.
    fn at_or_behind(&mut self, from: usize) -> Option<usize> {
        if self.next? < from || self.next == Some(0) {
            let tail = self.text.as_bytes().get(from..)?;
            self.next = memmem::find(tail, self.mark.as_bytes()).map(|offset| from + offset);
        }
        self.next
    }
}

impl Iterator for References<'_> {
    type Item = TemplateRef;

    fn next(&mut self) -> Option<TemplateRef> {
        if self.at == 0
            && let Some(file) = file(self.text)
        {
            self.at = self.text.len();
            return Some(file);
        }
        loop {
            let tail = self.text.as_bytes().get(self.at..)?;
            let start = self.at + memchr2(b'$', b'{', tail)?;
            let rest = self.text.get(start..)?;
            let found =
                if rest.starts_with('$') { self.dollar(start, rest) } else { self.braces(start, rest) };
            if let Some(found) = found {
                self.at = found.range.end as usize;
                return Some(found);
            }
            self.at = start + if rest.starts_with("$$") { 2 } else { 1 };
        }
    }
}

impl References<'_> {
    fn dollar(&self, start: usize, rest: &str) -> Option<TemplateRef> {
        if self.text.get(..start)?.ends_with('\\') {
            return None;
        }
        if let Some(inner) = rest.strip_prefix("${") {
            let length = dotted_length(inner);
            let is_whole = length > 0 && inner.get(length..)?.starts_with('}');
            return is_whole
                .then(|| reference(TemplateKind::DollarBraces, start + 2, length, start, length + 3));
        }
        let name = rest.get(1..)?;
        let first = name_length(name);
        let is_namespace = NAMESPACES.contains(&name.get(..first)?);
        let length = if is_namespace { dotted_length(name) } else { first };
        (length > 0).then(|| reference(TemplateKind::Dollar, start + 1, length, start, length + 1))
    }

    fn braces(&mut self, start: usize, rest: &str) -> Option<TemplateRef> {
        let (end, is_statement) = match rest.as_bytes().get(1)? {
            b'{' => (self.expression_end.at_or_behind(start + 2)?, false),
            b'%' => (self.statement_end.at_or_behind(start + 2)?, true),
            _ => return None,
        };
        let inner = self.text.get(start + 2..end)?;
        let body = inner.trim_start_matches(['-', '+', '~']).trim_start();
        let name = start + 2 + (inner.len() - body.len());
        let length = inner.len() + 4;
        if is_statement {
            return Some(reference(TemplateKind::Statement, name, name_length(body), start, length));
        }
        let field = body.strip_prefix('.').unwrap_or(body);
        let dot = body.len() - field.len();
        let kind = if dot == 1 { TemplateKind::BracesField } else { TemplateKind::Braces };
        let name_length = dotted_length(field);
        (name_length > 0).then(|| reference(kind, name + dot, name_length, start, length))
    }
}

/// `@path` when that is the whole value.
fn file(text: &str) -> Option<TemplateRef> {
    let value = text.trim_ascii();
    let path = value.strip_prefix('@')?;
    let is_path = !path.is_empty() && !path.contains(char::is_whitespace) && !path.starts_with('@');
    let start = text.len() - text.trim_ascii_start().len();
    is_path.then(|| reference(TemplateKind::File, start + 1, path.len(), start, value.len()))
}

fn reference(
    kind: TemplateKind,
    name: usize,
    name_length: usize,
    start: usize,
    length: usize,
) -> TemplateRef {
    let range = |start: usize, length: usize| TextRange::new(start as u32, (start + length) as u32);
    TemplateRef { kind, name: range(name, name_length), range: range(start, length) }
}

/// Length of `name` at the start of the text.
fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_alphabetic() || c == '_') { segment_length(text) } else { 0 }
}

/// Length of `name.name.name` at the start of the text; a dot counts only with a name behind it.
fn dotted_length(text: &str) -> usize {
    let mut length = name_length(text);
    while length > 0
        && let Some(segment) = text.get(length..).and_then(|rest| rest.strip_prefix('.'))
        && segment_length(segment) > 0
    {
        length += 1 + segment_length(segment);
    }
    length
}

fn segment_length(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(TemplateKind, &str, &str)]) {
        let found: Vec<_> =
            references(text).map(|r| (r.kind, r.name.text(text), r.range.text(text))).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn dollar_name_ends_at_the_first_other_character() {
        check("do $goal.", &[(TemplateKind::Dollar, "goal", "$goal")]);
        check("$goal-x", &[(TemplateKind::Dollar, "goal", "$goal")]);
        check("$goals", &[(TemplateKind::Dollar, "goals", "$goals")]);
        check("$a_1$b", &[(TemplateKind::Dollar, "a_1", "$a_1"), (TemplateKind::Dollar, "b", "$b")]);
        check("$goalé", &[(TemplateKind::Dollar, "goalé", "$goalé")]);
    }

    #[test]
    fn only_namespaces_go_on_behind_a_dot() {
        check("$context.a.b.", &[(TemplateKind::Dollar, "context.a.b", "$context.a.b")]);
        check("$goal.then", &[(TemplateKind::Dollar, "goal", "$goal")]);
        check("$context. Next", &[(TemplateKind::Dollar, "context", "$context")]);
    }

    #[test]
    fn other_dollars_are_no_variables() {
        for text in
            ["$$goal", "$1", "$(cmd)", r"\$goal", "$", "costs 5$", "${X:-d}", "${}", "${a b}", "${#a}"]
        {
            check(text, &[]);
        }
        check("$$$goal", &[(TemplateKind::Dollar, "goal", "$goal")]);
    }

    #[test]
    fn braces_of_every_dialect() {
        check(
            "${ctx.last_response}",
            &[(TemplateKind::DollarBraces, "ctx.last_response", "${ctx.last_response}")],
        );
        check("{{ goal }}", &[(TemplateKind::Braces, "goal", "{{ goal }}")]);
        check("{{- inputs.a | upper -}}", &[(TemplateKind::Braces, "inputs.a", "{{- inputs.a | upper -}}")]);
        check("{{.Field}}", &[(TemplateKind::BracesField, "Field", "{{.Field}}")]);
        check(
            "{% if x %}y{%endif%}",
            &[(TemplateKind::Statement, "if", "{% if x %}"), (TemplateKind::Statement, "endif", "{%endif%}")],
        );
    }

    #[test]
    fn braces_of_other_languages_are_left_alone() {
        for text in ["{{", "{{ x", "}} {{", "{ x }", r#"{"a": {"b": 1}}"#, r#"{{"a": 1}}"#, "{%", "{{ 1 }}"] {
            check(text, &[]);
        }
    }

    #[test]
    fn at_path_counts_as_a_whole_value_only() {
        check(" @prompts/plan.md\n", &[(TemplateKind::File, "prompts/plan.md", "@prompts/plan.md")]);
        for text in ["@", "see @file", "@a b", "@@x", "a@b.c"] {
            check(text, &[]);
        }
    }

    #[test]
    fn unclosed_braces_are_searched_once() {
        let open = "{{ {% ".repeat(200_000);
        assert_eq!(references(&open).count(), 0);
        assert_eq!(references(&("{{ 1 ".repeat(200_000) + "}}")).count(), 0);
    }

    proptest! {
        #[test]
        fn any_text_gives_ordered_ranges_inside_it(text in r"([ab.${}%@\\ é]|\{\{|\}\}|context\.){0,40}|\PC{0,30}") {
            let mut end = 0;
            for found in references(&text) {
                prop_assert!(found.range.start >= end && !found.range.is_empty());
                prop_assert!(found.range.contains(found.name));
                for range in [found.range, found.name] {
                    prop_assert!(text.get(range.start as usize..range.end as usize).is_some(), "{range:?}");
                }
                end = found.range.end;
            }
        }
    }
}
