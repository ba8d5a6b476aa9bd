//! From a name to what it stands for.

use crate::document::Document;
use crate::files::Files;
use crate::location::Target;

/// Where the name under the cursor is declared.
pub fn declaration(document: &Document, offset: u32, files: &dyn Files) -> Vec<Target> {
    definition(document, offset, files)
}

/// Where the name under the cursor is defined.
pub fn definition(_document: &Document, _offset: u32, _files: &dyn Files) -> Vec<Target> {
    Vec::new()
}

/// What decides the handler of the node under the cursor.
pub fn type_definition(_document: &Document, _offset: u32) -> Vec<Target> {
    Vec::new()
}

/// The prompt file or child pipeline of what is under the cursor.
pub fn implementation(_document: &Document, _offset: u32, _files: &dyn Files) -> Vec<Target> {
    Vec::new()
}
