//! From a name to what it stands for.

use dotwright_diagnostics::TextRange;
use dotwright_model::{AttributeKey, HandlerSource, NodeId};

use crate::document::Document;
use crate::document_link::{path_value, path_values};
use crate::files::{Files, resolve_path};
use crate::location::Target;
use crate::names::NameKind;

/// Where the name under the cursor is declared.
pub fn declaration(document: &Document, offset: u32, files: &dyn Files) -> Vec<Target> {
    definition(document, offset, files)
}

/// Where the name under the cursor is defined: node statement, stylesheet rule of a class, writer of a context key,
/// `goal` for `$goal`, the file of a path.
pub fn definition(document: &Document, offset: u32, files: &dyn Files) -> Vec<Target> {
    let offset = document.clamp(offset);
    let names = document.names();
    if let Some((name, own)) = names.at(offset) {
        let found = names.declarations(name).into_iter();
        return found.map(|place| here(document, own.range, place.range)).collect();
    }
    file_at(document, offset, files).into_iter().collect()
}

/// What decides the handler of the node under the cursor: its `type` or `shape`, or that of a default block.
pub fn type_definition(document: &Document, offset: u32) -> Vec<Target> {
    let offset = document.clamp(offset);
    let Some((node, origin)) = node_at(document, offset) else { return Vec::new() };
    let pipeline = document.pipeline();
    let key = match pipeline.node(node).handler_source {
        HandlerSource::Type => AttributeKey::TYPE,
        HandlerSource::Shape => AttributeKey::SHAPE,
        HandlerSource::Id | HandlerSource::Omitted => return Vec::new(),
    };
    let attribute = pipeline.node_attribute(node, key);
    attribute.map(|found| here(document, origin, found.range())).into_iter().collect()
}

/// The prompt file or child pipeline of the value or node under the cursor.
pub fn implementation(document: &Document, offset: u32, files: &dyn Files) -> Vec<Target> {
    let offset = document.clamp(offset);
    if let Some(target) = file_at(document, offset, files) {
        return vec![target];
    }
    let Some((node, origin)) = node_at(document, offset) else { return Vec::new() };
    let statements: Vec<_> = document.pipeline().declarations(node).collect();
    let values = path_values(document).filter(|(pair, _, _)| statements.contains(&pair.stmt));
    let targets = values.filter_map(|(_, _, path)| file_target(files, origin, &path));
    targets.collect()
}

/// The node of the first graph that is named at an offset, and where.
pub(crate) fn node_at(document: &Document, offset: u32) -> Option<(NodeId, TextRange)> {
    let (name, own) = document.names().at(offset)?;
    if name.kind != NameKind::Node || name.graph != 0 {
        return None;
    }
    Some((document.pipeline().node_by_id(&name.text)?, own.range))
}

fn file_at(document: &Document, offset: u32, files: &dyn Files) -> Option<Target> {
    let pair = document.pair_at(offset)?;
    let (range, path) = path_value(document, &pair)?;
    let inside = range.touches(offset) || pair.written.value.range.touches(offset);
    if inside { file_target(files, range, &path) } else { None }
}

fn file_target(files: &dyn Files, origin: TextRange, written: &str) -> Option<Target> {
    let path = resolve_path(files.path(), written);
    let start = TextRange::default();
    files.exists(&path).then_some(Target { origin, path: Some(path), focus: start, full: start })
}

fn here(document: &Document, origin: TextRange, focus: TextRange) -> Target {
    let statement = document.enclosing(focus.start).last().map(|&stmt| document.ast()[stmt].range);
    let full = statement.filter(|range| range.contains(focus)).unwrap_or(focus);
    Target { origin, path: None, focus, full }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{Workspace, cursor, place};

    fn shown(document: &Document, targets: Vec<Target>) -> String {
        let lines = targets.into_iter().map(|target| match target.path {
            Some(path) => format!("{} => {path}\n", place(document, target.origin)),
            None => format!("{} => {}\n", place(document, target.origin), place(document, target.focus)),
        });
        lines.collect()
    }

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let (document, offset) = cursor(source);
        let files = Workspace::new("p/main.dot", &[("p/a.md", "x"), ("p/c.dot", "digraph {}")]);
        let mut text = shown(&document, definition(&document, offset, &files));
        text.push_str(&format!("type: {}", shown(&document, type_definition(&document, offset))));
        text.push_str(&format!(
            "implementation: {}",
            shown(&document, implementation(&document, offset, &files))
        ));
        expect.assert_eq(&text);
    }

    #[test]
    fn a_reference_leads_to_the_node_statement() {
        check(
            "digraph { a -> b b [shape=hexagon] c [retry_target=\"$0b\"] }",
            expect![[r#"
            1:53-1:54 `b` => 1:18-1:19 `b`
            type: 1:53-1:54 `b` => 1:21-1:34 `shape=hexagon`
            implementation: "#]],
        );
    }

    #[test]
    fn without_a_statement_the_first_mention_counts() {
        check(
            "digraph { a -> b b -> c$0 node [shape=box] c -> a }",
            expect![[r#"
            1:23-1:24 `c` => 1:23-1:24 `c`
            type: implementation: "#]],
        );
    }

    #[test]
    fn the_handler_may_come_from_a_default_block() {
        check(
            "digraph { node [shape=diamond] a$0 }",
            expect![[r#"
            1:32-1:33 `a` => 1:32-1:33 `a`
            type: 1:32-1:33 `a` => 1:17-1:30 `shape=diamond`
            implementation: "#]],
        );
    }

    #[test]
    fn variables_and_classes_lead_to_where_they_are_set() {
        check(
            "digraph { goal=\"x\" a [prompt=\"for $go$0al\"] }",
            expect![[r#"
            1:36-1:40 `goal` => 1:11-1:15 `goal`
            type: implementation: "#]],
        );
        check(
            "digraph { model_stylesheet=\".c {llm_model: x}\" a [class=$0c] }",
            expect![[r#"
            1:57-1:58 `c` => 1:30-1:31 `c`
            type: implementation: "#]],
        );
    }

    #[test]
    fn files_are_opened_when_they_exist() {
        check(
            "digraph { a [prompt=\"@a.$0md\"] }",
            expect![[r#"
            1:23-1:27 `a.md` => p/a.md
            type: implementation: 1:23-1:27 `a.md` => p/a.md
        "#]],
        );
        check(
            "digraph { a$0 [shape=house, \"stack.child_dotfile\"=\"c.dot\"] }",
            expect![[r#"
            1:11-1:12 `a` => 1:11-1:12 `a`
            type: 1:11-1:12 `a` => 1:14-1:25 `shape=house`
            implementation: 1:11-1:12 `a` => p/c.dot
        "#]],
        );
        check("digraph { a [prompt=\"@none.$0md\"] }", expect!["type: implementation: "]);
    }

    #[track_caller]
    fn check_declaration(source: &str, expect: Expect) {
        let (document, offset) = cursor(source);
        let files = Workspace::new("p/main.dot", &[("p/a.md", "x")]);
        expect.assert_eq(&shown(&document, declaration(&document, offset, &files)));
    }

    #[test]
    fn a_declaration_is_where_the_name_is_introduced() {
        check_declaration(
            "digraph { a -> b$0 b [shape=hexagon] b [label=x] }",
            expect![[r#"
                1:16-1:17 `b` => 1:18-1:19 `b`
                1:16-1:17 `b` => 1:36-1:37 `b`
            "#]],
        );
        check_declaration(
            r#"digraph { a [writes="score"] a -> b [condition="context.sc$0ore>1"] }"#,
            expect![[r#"
                1:57-1:62 `score` => 1:22-1:27 `score`
            "#]],
        );
        check_declaration(
            "digraph { a [prompt=\"@a.$0md\"] }",
            expect![[r#"
                1:23-1:27 `a.md` => p/a.md
            "#]],
        );
        check_declaration("digraph { a [label=$0x] }", expect![[""]]);
    }
}
