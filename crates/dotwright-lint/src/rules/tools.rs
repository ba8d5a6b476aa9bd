//! Rules about tool steps.

pub(crate) mod missing_tool_command;
pub(crate) mod tool_without_timeout;
