//! A pipeline that may run, with the child pipelines of its managers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dotwright_engine::Checked;
use dotwright_engine::run::Plan;
use dotwright_model::Pipeline;

/// A pipeline that may run.
#[derive(Debug)]
pub struct Graph {
    /// The proof that it was checked.
    pub pipeline: Checked<Pipeline>,
    plan: Arc<Plan>,
    /// The file it came from.
    pub path: PathBuf,
    /// The pipelines of its manager nodes by node id.
    pub children: BTreeMap<String, Arc<Graph>>,
}

impl Graph {
    /// Makes a pipeline ready to run, once for all that look at it before and in a run.
    pub fn new(pipeline: Checked<Pipeline>, path: PathBuf, children: BTreeMap<String, Arc<Graph>>) -> Graph {
        let plan = Arc::new(Plan::new(pipeline.share()));
        Graph { pipeline, plan, path, children }
    }

    /// What never changes in its runs.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }
}
