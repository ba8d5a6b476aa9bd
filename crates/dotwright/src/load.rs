//! A pipeline with the child pipelines of its managers, all of them checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dotwright_engine::Checked;
use dotwright_model::{AttributeKey, Handler, Pipeline};
use dotwright_runner::Graph;

use crate::error::AppError;
use crate::prove::{self, Reading};

/// Children of children, and so on, to this depth.
const DEEPEST: usize = 16;

/// Why a pipeline cannot run.
pub(crate) enum Refused {
    /// The checker finds errors: exit code 3.
    Checker(String),
    /// A child pipeline is missing or refused: exit code 4.
    Child { node: String, message: String },
}

/// Reads and checks a pipeline and its children. `source` is read in place of `path`, which children are searched
/// from.
pub(crate) fn graph(
    source: &Path,
    path: &Path,
    reading: Reading,
) -> Result<Result<Arc<Graph>, Refused>, AppError> {
    let proof = match prove::proof(source, reading)? {
        Ok(proof) => proof,
        Err(text) => return Ok(Err(Refused::Checker(text))),
    };
    let profile = proof.profile().name;
    if profile != "attractor" {
        let help = "set `profile = \"attractor\"` for it, or run it with the program that the profile is for";
        return Err(AppError::usage(format!("profile `{profile}` is for checking and cannot run"), help));
    }
    Ok(with_children(proof, path, reading, &mut Vec::new()))
}

fn with_children(
    pipeline: Checked<Pipeline>,
    path: &Path,
    reading: Reading,
    around: &mut Vec<PathBuf>,
) -> Result<Arc<Graph>, Refused> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    around.push(path.clone());
    let mut children = BTreeMap::new();
    for node in pipeline.nodes().filter(|&node| pipeline.handler(node) == Handler::Manager) {
        let id = pipeline.id(node).to_owned();
        let refuse = |message: String| Refused::Child { node: id.clone(), message };
        let key = AttributeKey::STACK_CHILD_DOTFILE;
        let named = pipeline.node_attribute(node, key).or_else(|| pipeline.graph_attribute(key));
        let Some(file) = named.map(|named| named.text().into_owned()) else { continue };
        let file = path.parent().unwrap_or(Path::new(".")).join(file.trim());
        if around.contains(&file) || around.len() > DEEPEST {
            return Err(refuse(format!("the child pipeline `{}` of `{id}` runs itself", file.display())));
        }
        let child = match prove::proof(&file, reading) {
            Ok(Ok(proof)) => with_children(proof, &file, reading, around)?,
            Ok(Err(text)) => {
                return Err(refuse(format!("the child pipeline of `{id}` is refused: {}", text.trim())));
            }
            Err(error) => return Err(refuse(format!("the child pipeline of `{id}`: {error}"))),
        };
        children.insert(id, child);
    }
    around.pop();
    Ok(Arc::new(Graph::new(pipeline, path, children)))
}
