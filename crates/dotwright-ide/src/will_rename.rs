//! Keeps references to files right when files move.

use dotwright_diagnostics::TextEdit;
use dotwright_lint::edits::{quoted, written_id};
use dotwright_syntax::ast::IdKind;

use crate::document_link::path_values;
use crate::files::{Files, relative_path, resolve_path};
use crate::location::{FileEdits, WorkspaceEdit};

/// The edits that go with moving files or folders, given as old and new path. Paths in a pipeline that moves itself
/// are kept right as well; edits are for files at their old place. `None` when `is_cancelled` said so.
pub fn will_rename_files(
    renames: &[(String, String)],
    files: &dyn Files,
    is_cancelled: &dyn Fn() -> bool,
) -> Option<WorkspaceEdit> {
    let mut change = WorkspaceEdit::default();
    for path in files.pipelines() {
        if is_cancelled() {
            return None;
        }
        let Some(document) = files.document(&path) else { continue };
        let new_path = moved(renames, &path);
        let mut edits = Vec::new();
        for (pair, range, written) in path_values(&document) {
            let target = resolve_path(&path, &written);
            let new_target = moved(renames, &target);
            if new_target == target && (new_path == path || is_absolute(&written)) {
                continue;
            }
            let mut text = relative_path(&new_path, &new_target);
            if written.starts_with("./") && !text.starts_with("..") {
                text = format!("./{text}");
            }
            if text == written {
                continue;
            }
            let escaped = quoted(&text);
            let inner = escaped.get(1..escaped.len().saturating_sub(1)).unwrap_or(&text);
            edits.push(match pair.written.value.kind {
                IdKind::Quoted | IdKind::Concatenated | IdKind::Html | IdKind::Missing => {
                    TextEdit::replace(range, inner)
                }
                IdKind::Name | IdKind::Number | IdKind::Dialect => {
                    TextEdit::replace(pair.written.value.range, written_id(&text))
                }
            });
        }
        if !edits.is_empty() {
            edits.sort_by_key(|edit| edit.range.start);
            change.files.push(FileEdits { path: Some(path), edits });
        }
    }
    Some(change)
}

/// Where a path is afterwards.
fn moved(renames: &[(String, String)], path: &str) -> String {
    let found = renames.iter().find_map(|(old, new)| {
        let rest = path.strip_prefix(old.trim_end_matches('/'))?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", new.trim_end_matches('/')))
    });
    found.unwrap_or_else(|| path.to_owned())
}

fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || path.chars().nth(1) == Some(':')
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{Workspace, document, edited};

    #[track_caller]
    fn check(renames: &[(&str, &str)], expect: Expect) {
        let files = Workspace::new(
            "",
            &[
                (
                    "p/main.dot",
                    "digraph { a [prompt=\"@prompts/a.md\"] m [\"stack.child_dotfile\"=\"./c.dot\"] }",
                ),
                ("p/c.dot", "digraph {}"),
            ],
        );
        let renames: Vec<_> =
            renames.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect();
        let change = will_rename_files(&renames, &files, &|| false).unwrap();
        let lines = change.files.iter().map(|file| {
            let path = file.path.as_deref().unwrap();
            format!("{path}: {}\n", edited(&document(&files.texts[path]), &file.edits))
        });
        expect.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn paths_follow_files_and_folders() {
        check(
            &[("p/prompts/a.md", "p/prompts/b.md")],
            expect![[r#"
            p/main.dot: digraph { a [prompt="@prompts/b.md"] m ["stack.child_dotfile"="./c.dot"] }
        "#]],
        );
        check(
            &[("p/prompts", "texts")],
            expect![[r#"
            p/main.dot: digraph { a [prompt="@../texts/a.md"] m ["stack.child_dotfile"="./c.dot"] }
        "#]],
        );
        check(
            &[("p/c.dot", "p/sub/c.dot"), ("x", "y")],
            expect![[r#"
            p/main.dot: digraph { a [prompt="@prompts/a.md"] m ["stack.child_dotfile"="./sub/c.dot"] }
        "#]],
        );
    }

    #[test]
    fn a_pipeline_that_moves_keeps_its_paths() {
        check(
            &[("p/main.dot", "main.dot")],
            expect![[r#"
            p/main.dot: digraph { a [prompt="@p/prompts/a.md"] m ["stack.child_dotfile"="./p/c.dot"] }
        "#]],
        );
    }
}
