//! Rules about how the file is written.

pub(crate) mod missing_comma;
pub(crate) mod syntax_error;
pub(crate) mod unknown_escape;
pub(crate) mod unquoted_value;
