//! Names of the things in a run, as events, commands and the log use them.
//!
//! Nodes and edges are numbers of the pipeline: a run is bound to one graph by its hash, so they never change, and a
//! step does no work on texts.

use dotwright_model::{EdgeId, NodeId};
use serde::{Deserialize, Serialize};

/// A node of the pipeline by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeKey(pub u32);

impl NodeKey {
    /// The node in the model.
    pub fn id(self) -> NodeId {
        NodeId::new(self.0 as usize)
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl From<NodeId> for NodeKey {
    fn from(node: NodeId) -> NodeKey {
        NodeKey(node.index() as u32)
    }
}

/// An edge of the pipeline by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EdgeKey(pub u32);

impl EdgeKey {
    /// The edge in the model.
    pub fn id(self) -> EdgeId {
        EdgeId::new(self.0 as usize)
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl From<EdgeId> for EdgeKey {
    fn from(edge: EdgeId) -> EdgeKey {
        EdgeKey(edge.index() as u32)
    }
}

/// One arrival at a node. Numbers count from 1 over the whole run: restarts and branches do not reset them, so the pair
/// is unique in a run. A gate is named by its visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VisitId {
    /// The node.
    pub node: NodeKey,
    /// Its how-manieth visit.
    pub visit: u32,
}

/// One try inside a visit, from 1. Lost attempts count here, though not against `max_retries`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AttemptId {
    /// The visit.
    pub visit: VisitId,
    /// Its how-manieth attempt.
    pub attempt: u32,
}

/// A paid call inside an attempt. The driver numbers the calls of an attempt; those of a child pipeline are calls of
/// the manager's attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId {
    /// The attempt that makes it.
    pub attempt: AttemptId,
    /// Its number in that attempt.
    pub call: u32,
}

/// A timer that the engine asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimerId(pub u64);

/// A walk: 0 is the main one, every branch has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WalkId(pub u32);

impl WalkId {
    /// The walk from start to exit.
    pub const MAIN: WalkId = WalkId(0);
}
