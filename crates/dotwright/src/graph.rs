//! `dotwright graph`: the pipeline as the runner reads it, for other programs and for pictures.

mod dot;
mod json;
mod mermaid;

use std::collections::BTreeMap;
use std::path::Path;

use dotwright_config::Overrides;
use dotwright_model::{Attribute, EdgeId, NodeId, Pipeline, SubgraphId};
use dotwright_syntax::ast::{Id, StmtKind};

use crate::args::{GraphArgs, GraphFormat};
use crate::error::AppError;
use crate::input::Input;
use crate::{Verdict, check, output, report};

pub(crate) fn run(arguments: &GraphArgs) -> Result<Verdict, AppError> {
    let Some(file) = arguments.file.as_deref().filter(|_| !arguments.schema) else {
        output::write_stdout(include_bytes!("../schema/graph.schema.json"))?;
        return Ok(Verdict::Clean);
    };
    let input = match file == Path::new("-") {
        true => Input::Stdin(file.to_owned()),
        false => Input::File(file.to_owned()),
    };
    let mut discovery = check::discovery(arguments.config.as_deref(), arguments.isolated)?;
    let configuration = discovery.configuration(file)?;
    let overrides = Overrides { profile: arguments.profile, ..Overrides::default() };
    let settings = configuration.settings(file, &overrides);
    let pipeline = input.read()?.pipeline(settings.profile);
    let text = match arguments.format {
        GraphFormat::Json => json::text(&pipeline),
        GraphFormat::Dot => dot::text(&pipeline),
        GraphFormat::Mermaid => mermaid::text(&pipeline),
    };
    output::write_stdout(text.as_bytes())?;
    let errors = pipeline.syntax().errors.len();
    if errors == 0 {
        return Ok(Verdict::Clean);
    }
    let errors = report::counted(errors, "syntax error");
    let name = input.name();
    output::write_stderr(&format!(
        "`{name}` has {errors}; the graph may lack what `dotwright check` shows\n"
    ));
    Ok(Verdict::Findings)
}

/// Attributes in force by name: what stands later wins.
type Attributes<'p> = BTreeMap<String, Attribute<'p>>;

fn by_name<'p>(attributes: impl Iterator<Item = Attribute<'p>>) -> Attributes<'p> {
    attributes.map(|attribute| (attribute.name().into_owned(), attribute)).collect()
}

fn node_attributes(pipeline: &Pipeline, node: NodeId) -> Attributes<'_> {
    by_name(pipeline.default_attributes(node).chain(pipeline.own_attributes(node)))
}

fn edge_attributes(pipeline: &Pipeline, edge: EdgeId) -> Attributes<'_> {
    let own = pipeline.statement_attributes(pipeline.edge(edge).stmt);
    by_name(pipeline.default_edge_attributes(edge).chain(own))
}

fn subgraph_attributes(pipeline: &Pipeline, subgraph: SubgraphId) -> Attributes<'_> {
    by_name(pipeline.subgraph_attributes(subgraph))
}

/// The id of the graph itself, or of a subgraph, where it has one.
fn subgraph_id(pipeline: &Pipeline, subgraph: SubgraphId) -> Option<Id> {
    let Some((_, found)) = pipeline.subgraphs().nth(subgraph.0 as usize) else { return None };
    match found.stmt.map(|stmt| pipeline.ast()[stmt].kind) {
        None => pipeline.graph_syntax()?.id,
        Some(StmtKind::Subgraph(syntax)) => syntax.id,
        Some(StmtKind::Node(_) | StmtKind::Edge { .. } | StmtKind::Default(_) | StmtKind::Assign) => None,
    }
}

/// One step of a walk over subgraphs in their nesting.
#[derive(Debug, Clone, Copy)]
enum Step {
    Open(SubgraphId),
    Node(NodeId),
    Close,
}

/// The subgraphs below the graph itself with the nodes in each, and then the nodes outside of them.
fn walk(pipeline: &Pipeline) -> Vec<Step> {
    let count = pipeline.subgraphs().len();
    let mut inner: Vec<Vec<SubgraphId>> = vec![Vec::new(); count];
    for (id, subgraph) in pipeline.subgraphs() {
        if let Some(inner) = subgraph.parent.and_then(|parent| inner.get_mut(parent.0 as usize)) {
            inner.push(id);
        }
    }
    let mut nodes: Vec<Vec<NodeId>> = vec![Vec::new(); count];
    for node in pipeline.nodes() {
        if let Some(nodes) = nodes.get_mut(pipeline.node(node).subgraph.0 as usize) {
            nodes.push(node);
        }
    }
    let mut steps = Vec::new();
    // Subgraphs still to visit, the next one last; `None` closes the innermost open one.
    let mut waiting = vec![Some(SubgraphId::ROOT)];
    while let Some(next) = waiting.pop() {
        let Some(subgraph) = next else {
            steps.push(Step::Close);
            continue;
        };
        if subgraph != SubgraphId::ROOT {
            steps.push(Step::Open(subgraph));
            waiting.push(None);
        }
        steps.extend(nodes.get(subgraph.0 as usize).into_iter().flatten().copied().map(Step::Node));
        waiting.extend(inner.get(subgraph.0 as usize).into_iter().flatten().rev().copied().map(Some));
    }
    steps
}
