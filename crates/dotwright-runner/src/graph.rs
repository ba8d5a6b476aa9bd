//! A pipeline that may run, with the child pipelines of its managers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dotwright_engine::Checked;
use dotwright_model::Pipeline;

/// A pipeline that may run.
#[derive(Debug, Clone)]
pub struct Graph {
    /// The proof that it was checked.
    pub pipeline: Checked<Pipeline>,
    /// The file it came from.
    pub path: PathBuf,
    /// The pipelines of its manager nodes by node id.
    pub children: BTreeMap<String, Arc<Graph>>,
}
