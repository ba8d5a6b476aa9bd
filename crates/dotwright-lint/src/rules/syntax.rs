//! Rules about how the file is written.

pub(crate) mod missing_comma;
pub(crate) mod multiple_graphs;
pub(crate) mod non_identifier_node_id;
pub(crate) mod syntax_error;
pub(crate) mod undirected_or_strict_graph;
pub(crate) mod unknown_escape;
pub(crate) mod unquoted_value;
