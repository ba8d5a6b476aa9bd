//! Rules about loops.

pub(crate) mod restart_inside_region;
