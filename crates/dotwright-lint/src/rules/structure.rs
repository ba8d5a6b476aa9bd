//! Rules about nodes and edges as such.

pub(crate) mod dead_end;
pub(crate) mod duplicate_edge;
pub(crate) mod edge_into_start;
pub(crate) mod edge_out_of_exit;
pub(crate) mod missing_exit;
pub(crate) mod missing_start;
pub(crate) mod multiple_exits;
pub(crate) mod multiple_starts;
pub(crate) mod undeclared_node;
pub(crate) mod unreachable_node;
