//! The other files of a workspace, as the features see them: whoever has buffers and a disk implements [`Files`].

use std::sync::Arc;

use crate::document::Document;

/// Files and pipelines around a document. Paths use `/` and are all of one kind: relative to one folder, or absolute.
pub trait Files {
    /// The path of the document that is asked about.
    fn path(&self) -> &str;

    /// The text of a file.
    fn read(&self, path: &str) -> Option<Arc<str>>;

    /// Whether a file is there.
    fn exists(&self, path: &str) -> bool;

    /// What a folder holds; nothing when it is no folder.
    fn list(&self, folder: &str) -> Vec<Entry>;

    /// The analysed pipeline in a file; open buffers win over the disk.
    fn document(&self, path: &str) -> Option<Arc<Document>>;

    /// The paths of all pipelines of the workspace, the document's own among them if it belongs to it.
    fn pipelines(&self) -> Vec<String>;
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The last part of its path.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// A document without surroundings.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn path(&self) -> &str {
        ""
    }

    fn read(&self, _: &str) -> Option<Arc<str>> {
        None
    }

    fn exists(&self, _: &str) -> bool {
        false
    }

    fn list(&self, _: &str) -> Vec<Entry> {
        Vec::new()
    }

    fn document(&self, _: &str) -> Option<Arc<Document>> {
        None
    }

    fn pipelines(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The path that `written` means in the file at `path`: relative to the folder of that file, without `.` and `..`.
pub fn resolve_path(path: &str, written: &str) -> String {
    let folder = match path.rsplit_once('/') {
        Some((folder, _)) if !is_absolute(written) => folder,
        Some(_) | None => "",
    };
    let rooted = is_absolute(written) || (path.starts_with('/') && !is_absolute(written));
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(written.split(['/', '\\'])) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if rooted && !has_drive(&joined) { format!("/{joined}") } else { joined }
}

/// The way from the folder of the file at `path` to `target`, as one writes it in that file.
pub(crate) fn relative_path(path: &str, target: &str) -> String {
    let folder: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let folder = folder.split_last().map_or(&[][..], |(_, folder)| folder);
    let target: Vec<&str> = target.split('/').filter(|part| !part.is_empty()).collect();
    let shared = folder.iter().zip(&target).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", folder.len() - shared);
    up.chain(target.into_iter().skip(shared)).collect::<Vec<_>>().join("/")
}

fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || has_drive(path)
}

fn has_drive(path: &str) -> bool {
    let mut characters = path.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic()) && characters.next() == Some(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_from_the_folder_of_the_file() {
        assert_eq!(resolve_path("a/b/main.dot", "prompts/x.md"), "a/b/prompts/x.md");
        assert_eq!(resolve_path("a/b/main.dot", "../x.md"), "a/x.md");
        assert_eq!(resolve_path("/a/main.dot", "../../../x.md"), "/x.md");
        assert_eq!(resolve_path("main.dot", "../x.md"), "../x.md");
        assert_eq!(resolve_path("/a/main.dot", "/etc/x"), "/etc/x");
        assert_eq!(resolve_path("c:/a/main.dot", "./x.md"), "c:/a/x.md");
    }

    #[test]
    fn a_relative_path_leads_back() {
        for (path, target, written) in [
            ("a/b/main.dot", "a/b/x.md", "x.md"),
            ("a/b/main.dot", "a/c/x.md", "../c/x.md"),
            ("main.dot", "c/x.md", "c/x.md"),
            ("/a/main.dot", "/x.md", "../x.md"),
        ] {
            assert_eq!(relative_path(path, target), written);
            assert_eq!(resolve_path(path, written), target);
        }
    }
}
