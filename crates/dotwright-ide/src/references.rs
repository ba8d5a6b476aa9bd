//! All places where a name is used, in this and in other pipelines.

use std::collections::BTreeSet;
use std::sync::Arc;

use dotwright_diagnostics::TextRange;
use dotwright_model::ValueType;

use crate::cursor::content_range;
use crate::document::Document;
use crate::files::{Files, resolve_path};
use crate::location::Location;
use crate::names::{NameKind, Role};

/// The places of the name under the cursor. On the header of a graph: the places in other pipelines that run this
/// file. `None` when `is_cancelled` said so.
pub fn references(
    document: &Document,
    offset: u32,
    with_declaration: bool,
    files: &dyn Files,
    is_cancelled: &dyn Fn() -> bool,
) -> Option<Vec<Location>> {
    let offset = document.clamp(offset);
    let names = document.names();
    let Some((name, _)) = names.at(offset) else {
        let on_header = document.ast().graphs().iter().any(|graph| graph.header().touches(offset));
        return if on_header { users(files, is_cancelled) } else { Some(Vec::new()) };
    };
    let wanted = |role: Role| with_declaration || role != Role::Declaration;
    let own = names.occurrences(name).filter(|found| wanted(found.role));
    let mut places: Vec<Location> = own.map(|found| Location::here(found.range)).collect();
    if name.kind == NameKind::ContextKey {
        for (path, other) in related_pipelines(document, files, is_cancelled)? {
            let names = other.names();
            for same in names.names().iter().filter(|n| n.kind == name.kind && n.text == name.text) {
                let found = names.occurrences(same).filter(|found| wanted(found.role));
                places.extend(found.map(|found| Location { path: Some(path.clone()), range: found.range }));
            }
        }
    }
    Some(places)
}

/// The values of a document that name other pipelines, with the paths that they mean.
pub(crate) fn child_paths(document: &Document, path: &str) -> Vec<(TextRange, String)> {
    let mut found = Vec::new();
    for pair in document.pairs().filter(|pair| pair.value_type() == ValueType::Path) {
        let text = document.text(pair.written.value);
        if text.ends_with(".dot") || text.ends_with(".gv") {
            let range = content_range(document.source(), pair.written.value);
            found.push((range, resolve_path(path, &text)));
        }
    }
    found
}

/// The pipelines that a document runs, at any depth, with their paths. `None` when cancelled.
pub(crate) fn related_pipelines(
    document: &Document,
    files: &dyn Files,
    is_cancelled: &dyn Fn() -> bool,
) -> Option<Vec<(String, Arc<Document>)>> {
    let mut seen = BTreeSet::from([files.path().to_owned()]);
    let mut waiting: Vec<String> =
        child_paths(document, files.path()).into_iter().map(|(_, path)| path).collect();
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if is_cancelled() {
            return None;
        }
        if !seen.insert(path.clone()) {
            continue;
        }
        let Some(child) = files.document(&path) else { continue };
        waiting.extend(child_paths(&child, &path).into_iter().map(|(_, path)| path));
        found.push((path, child));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Some(found)
}

/// The places in the pipelines of the workspace that run the file itself.
fn users(files: &dyn Files, is_cancelled: &dyn Fn() -> bool) -> Option<Vec<Location>> {
    let mut places = Vec::new();
    for path in files.pipelines() {
        if is_cancelled() {
            return None;
        }
        let Some(other) = files.document(&path) else { continue };
        let own = child_paths(&other, &path).into_iter().filter(|(_, child)| child == files.path());
        let here = path == files.path();
        places.extend(own.map(|(range, _)| Location { path: (!here).then(|| path.clone()), range }));
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{Workspace, cursor};

    #[track_caller]
    fn check(source: &str, others: &[(&str, &str)], expect: Expect) {
        let (document, offset) = cursor(source);
        let mut files = Workspace::new("p/main.dot", others);
        files.texts.insert("p/main.dot".to_owned(), document.source().to_owned());
        let found = references(&document, offset, true, &files, &|| false).unwrap();
        let lines = found.into_iter().map(|place| {
            let path = place.path.unwrap_or_default();
            let text = files.texts.get(&path).map_or(document.source(), String::as_str);
            format!("{path} {}..{} {}\n", place.range.start, place.range.end, place.range.text(text))
        });
        expect.assert_eq(&lines.collect::<String>());
        assert_eq!(
            references(&document, offset, true, &files, &|| true).is_none(),
            found_elsewhere(&document, offset)
        );
    }

    fn found_elsewhere(document: &Document, offset: u32) -> bool {
        document.names().at(offset).is_none_or(|(name, _)| name.kind == NameKind::ContextKey)
    }

    #[test]
    fn context_keys_reach_into_child_pipelines() {
        check(
            "digraph { m [shape=house, \"stack.child_dotfile\"=\"c.dot\"] m -> x [condition=\"context.k$0ey=1\"] }",
            &[("p/c.dot", "digraph { a [writes=key] }"), ("p/other.dot", "digraph { a [writes=key] }")],
            expect![[r#"
                 84..87 key
                p/c.dot 20..23 key
            "#]],
        );
    }

    #[test]
    fn the_header_shows_who_runs_the_file() {
        check(
            "digra$0ph { a }",
            &[("top.dot", "digraph { m [\"stack.child_dotfile\"=\"p/main.dot\"] }")],
            expect![[r#"
                top.dot 36..46 p/main.dot
            "#]],
        );
    }
}
