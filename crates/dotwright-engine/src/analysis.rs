//! Facts about one pipeline that several rules share, computed once.

use dotwright_model::Pipeline;

/// What a pipeline can do, as its profile reads it.
#[derive(Debug)]
pub struct Analysis<'p> {
    pipeline: &'p Pipeline,
}

impl<'p> Analysis<'p> {
    /// Analyses a pipeline. Linear in its size.
    pub fn new(pipeline: &'p Pipeline) -> Analysis<'p> {
        Analysis { pipeline }
    }

    /// The pipeline.
    pub fn pipeline(&self) -> &'p Pipeline {
        self.pipeline
    }
}
