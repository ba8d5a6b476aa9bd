//! Links to prompts, scripts, child pipelines and web pages.

use dotwright_diagnostics::TextRange;
use dotwright_model::ValueType;
use dotwright_syntax::shell;
use dotwright_syntax::template::{self, TemplateKind};

use crate::cursor::{Inside, Pair};
use crate::document::Document;
use crate::files::{Files, resolve_path};

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// A file that exists, by its path.
    File(String),
    /// A web page.
    Url(String),
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLink {
    /// What to click.
    pub range: TextRange,
    /// Where it leads.
    pub target: LinkTarget,
    /// What it is.
    pub tooltip: String,
}

/// The links of a document. Files that are missing are no links.
pub fn document_links(document: &Document, files: &dyn Files) -> Vec<DocumentLink> {
    let mut links = Vec::new();
    let mut file = |range: TextRange, written: &str, tooltip: &str| {
        let path = resolve_path(files.path(), written);
        if files.exists(&path) {
            links.push(DocumentLink { range, target: LinkTarget::File(path), tooltip: tooltip.to_owned() });
        }
    };
    for (pair, range, path) in path_values(document) {
        let name = document.text(pair.written.key);
        file(range, &path, &format!("open the file of `{name}`"));
    }
    for pair in document.pairs().filter(|pair| pair.value_type() == ValueType::Command) {
        let inside = Inside::new(document.source(), pair.written.value);
        for (range, word) in script_words(&inside.text) {
            file(inside.map.range(range), &word, "open the script");
        }
    }
    for comment in &document.syntax().comments {
        links.extend(urls(comment.range.text(document.source())).map(|(at, url)| {
            let start = comment.range.start + at as u32;
            let range = TextRange::new(start, start + url.len() as u32);
            DocumentLink {
                range,
                target: LinkTarget::Url(url.to_owned()),
                tooltip: "open the page".to_owned(),
            }
        }));
    }
    links.sort_by_key(|link| (link.range.start, link.range.end));
    links
}

/// The values that name files: the pair, the bytes of the path and the path as written.
pub(crate) fn path_values(document: &Document) -> impl Iterator<Item = (Pair, TextRange, String)> + '_ {
    document.pairs().filter_map(|pair| path_value(document, &pair).map(|(range, path)| (pair, range, path)))
}

/// The path in a value of a path attribute, or behind the `@` of a prompt.
pub(crate) fn path_value(document: &Document, pair: &Pair) -> Option<(TextRange, String)> {
    let value = pair.written.value;
    match pair.value_type() {
        ValueType::Path => {
            let inside = Inside::new(document.source(), value);
            let path = inside.text.trim();
            let range = inside.map.range(TextRange::new(0, inside.text.len() as u32));
            (!path.is_empty() && !path.contains(['\n', '$', '{'])).then(|| (range, path.to_owned()))
        }
        ValueType::Template if value.range.text(document.source()).contains('@') => {
            let inside = Inside::new(document.source(), value);
            let found = template::references(&inside.text).next()?;
            let name = found.name.text(&inside.text).to_owned();
            (found.kind == TemplateKind::File).then(|| (inside.map.range(found.name), name))
        }
        ValueType::Template
        | ValueType::String
        | ValueType::Command
        | ValueType::Integer
        | ValueType::Float
        | ValueType::Boolean
        | ValueType::Duration
        | ValueType::NodeId
        | ValueType::Condition
        | ValueType::Stylesheet
        | ValueType::CommaList
        | ValueType::Enum
        | ValueType::Shape
        | ValueType::HandlerType
        | ValueType::Fidelity
        | ValueType::Color
        | ValueType::Style
        | ValueType::Json => None,
    }
}

/// Words of a command that look like files.
fn script_words(text: &str) -> Vec<(TextRange, String)> {
    let shell = shell::parse(text);
    let words = shell.all_commands().iter().flat_map(|command| shell.words(command));
    let found = words.filter_map(|word| {
        let literal = word.literal(text)?;
        let is_file = literal.contains('/')
            || literal.rsplit_once('.').is_some_and(|(name, suffix)| {
                !name.is_empty() && ["sh", "py", "js", "ts", "rb", "md"].contains(&suffix)
            });
        (is_file && !literal.contains("://")).then(|| (word.range, literal.into_owned()))
    });
    found.collect()
}

/// Web addresses in a text, with their offsets.
fn urls(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("http").filter_map(move |(at, _)| {
        let rest = text.get(at..)?;
        let is_url = rest.starts_with("http://") || rest.starts_with("https://");
        let end = rest.find(|c: char| c.is_whitespace() || "<>\"'`|".contains(c)).unwrap_or(rest.len());
        let url = rest.get(..end)?.trim_end_matches(['.', ',', ';', ':', ')', ']', '*', '/']);
        (is_url && url.len() > "https://".len()).then_some((at, url))
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{Workspace, document, place};

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let document = document(source);
        let files = Workspace::new("p/main.dot", &[("p/a.md", ""), ("p/c.dot", ""), ("p/run.sh", "")]);
        let links = document_links(&document, &files);
        let lines =
            links.iter().map(|link| format!("{} => {:?}\n", place(&document, link.range), link.target));
        expect.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn files_that_exist_and_pages_are_links() {
        check(
            r#"// see https://example.org/x.
digraph {
  a [prompt="@a.md"] b [prompt="@b.md"]
  m [shape=house, "stack.child_dotfile"="./c.dot"]
  t [shape=parallelogram, tool_command="bash run.sh && echo \"x\" > none.sh"]
}"#,
            expect![[r#"
                1:8-1:29 `https://example.org/x` => Url("https://example.org/x")
                3:15-3:19 `a.md` => File("p/a.md")
                4:42-4:49 `./c.dot` => File("p/c.dot")
                5:46-5:52 `run.sh` => File("p/run.sh")
            "#]],
        );
    }
}
