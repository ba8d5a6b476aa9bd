//! Rules about how the file is written.

pub(crate) mod syntax_error;
