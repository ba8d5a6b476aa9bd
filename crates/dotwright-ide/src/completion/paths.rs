//! Files and folders, one step of a path at a time.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_model::AttributeKey;

use super::values::Place;
use super::{CompletionKind, List, escaped};
use crate::files::{Files, resolve_path};

/// Entries of the folder that is typed; `skip` bytes before the path are no part of it.
pub(super) fn complete(list: &mut List<'_>, place: &Place<'_>, skip: usize, files: &dyn Files) {
    let typed = place.before().get(skip..).unwrap_or("");
    let folder = typed.rsplit_once('/').map_or("", |(folder, _)| folder);
    let start = skip + if typed.contains('/') { folder.len() + 1 } else { 0 };
    let rest = place.text.get(place.at as usize..).unwrap_or("");
    let end = place.at as usize + rest.find('/').unwrap_or(rest.len());
    let range = place.range(TextRange::new(start as u32, end as u32));
    let only_pipelines = [
        AttributeKey::STACK_CHILD_DOTFILE,
        AttributeKey::MANAGER_CHILD_DOTFILE,
        AttributeKey::GRAPH_REF,
        AttributeKey::DOT_FILE,
    ]
    .contains(&place.schema.key);
    for entry in files.list(&resolve_path(files.path(), folder)) {
        let is_pipeline = entry.name.ends_with(".dot") || entry.name.ends_with(".gv");
        if entry.name.starts_with('.') || (only_pipelines && !entry.is_folder && !is_pipeline) {
            continue;
        }
        let (kind, text) = match entry.is_folder {
            true => (CompletionKind::Folder, format!("{}/", entry.name)),
            false => (CompletionKind::File, entry.name.clone()),
        };
        list.add(&entry.name, kind, u8::from(entry.is_folder), TextEdit::replace(range, escaped(&text)));
    }
}
