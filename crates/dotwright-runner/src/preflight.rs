//! What refuses a run before its first step (section 1.1). It starts nothing and writes nothing.

use std::fmt;

use dotwright_engine::run::{NodeKey, Plan};
use dotwright_model::{AttributeKey, Handler, Pipeline};

use crate::agent;
use crate::attributes::{flag, list, text, text_or_graph};
use crate::fidelity::{Fidelity, Unknown};
use crate::graph::Graph;
use crate::setup::Setup;
use crate::worktree::{Repository, WorktreeMode};
use crate::{child, inputs};

/// Something that refuses a run, or that is worth saying about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The node.
    pub node: String,
    /// The fact.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Everything that refuses to run this pipeline like this, children included.
pub fn preflight(graph: &Graph, setup: &Setup) -> Vec<Refusal> {
    let mut found = Vec::new();
    // A queue and no recursion: children nest as deep as their authors like.
    let mut graphs = vec![graph];
    while let Some(graph) = graphs.pop() {
        one(graph, setup, &mut found);
        graphs.extend(graph.children.values().map(std::sync::Arc::as_ref));
    }
    if setup.worktree == WorktreeMode::Require && Repository::around(&setup.workdir).is_none() {
        let workdir = setup.workdir.display();
        found.push(Refusal {
            node: String::new(),
            message: format!("`{workdir}` is in no git repository with a commit, and worktrees are required"),
            help: "commit something first, or leave out `--worktree require`".to_owned(),
        });
    }
    found
}

fn one(graph: &Graph, setup: &Setup, found: &mut Vec<Refusal>) {
    let pipeline = graph.pipeline.share();
    let plan = graph.plan();
    for node in pipeline.nodes() {
        let id = pipeline.id(node);
        let key: NodeKey = node.into();
        let mut refuse = |message: String, help: &str| {
            found.push(Refusal { node: id.to_owned(), message, help: help.to_owned() });
        };
        if matches!(plan.handler(key), Handler::Codergen | Handler::FanIn) {
            let edges = pipeline.incoming(node).iter().map(|&edge| Some(edge.into()));
            let unknown = edges.chain([None]).find_map(|edge| Fidelity::of(&pipeline, key, edge).err());
            if let Some(Unknown(word)) = unknown {
                let help = "write one of full, truncate, compact, summary:low, summary:medium, summary:high";
                refuse(format!("`{id}` asks for the fidelity `{word}`, which is none"), help);
            }
        }
        let backend_for = |what: &str| format!("`{id}` {what} and no model backend is configured");
        let with_backend = "name one, as in `--backend \"claude -p\"`";
        match plan.handler(key) {
            Handler::Codergen if setup.backend.is_none() => {
                refuse(backend_for("is a model step"), with_backend);
            }
            Handler::FanIn
                if setup.backend.is_none() && text(&pipeline, key, AttributeKey::PROMPT).is_some() =>
            {
                refuse(backend_for("asks a model to judge"), with_backend);
            }
            Handler::Tool => {
                if text(&pipeline, key, AttributeKey::TOOL_COMMAND).is_none() {
                    refuse(format!("`{id}` has no command"), "give it a `tool_command`");
                }
                let piped = flag(&pipeline, key, AttributeKey::PIPEFAIL)
                    || text_or_graph(&pipeline, key, AttributeKey::PIPEFAIL).is_some_and(|on| on == "true");
                if piped && crate::tool::pipefail_shell().is_none() {
                    refuse(format!("`{id}` asks for `pipefail` and there is no bash"), "install bash");
                }
            }
            Handler::Custom => {
                let kind = text(&pipeline, key, AttributeKey::TYPE).unwrap_or_default();
                if !setup.handlers.contains_key(kind.trim()) {
                    let help =
                        format!("register it, as in `--handler {}=PROGRAM`, or correct `type`", kind.trim());
                    refuse(format!("`{id}` has the handler type `{kind}`, which nobody registered"), &help);
                }
            }
            Handler::Manager if steers(&pipeline, key) && setup.backend.is_none() => {
                refuse(backend_for("steers its child"), with_backend);
            }
            Handler::Manager
                if steers(&pipeline, key) && text(&pipeline, key, AttributeKey::PROMPT).is_none() =>
            {
                refuse(
                    format!("`{id}` steers its child and has no prompt"),
                    "give it a `prompt`, or take `steer` out of `manager.actions`",
                );
            }
            Handler::Manager if !graph.children.contains_key(id) => {
                refuse(format!("`{id}` has no child pipeline"), "name a file in `stack.child_dotfile`");
            }
            Handler::Manager => {
                let inputs = child::inputs(&pipeline, key);
                let given = inputs.keys().map(String::as_str);
                let wrong = graph.children.get(id).map(|child| inputs::check(&child.pipeline.share(), given));
                if let Some(Err(error)) = wrong {
                    let help = "`stack.child.input.KEY` gives an input to a child";
                    refuse(format!("the child pipeline of `{id}` is refused: {error}"), help);
                }
            }
            Handler::Human if dotwright_engine::gate::choices(&pipeline, node).is_empty() => {
                refuse(format!("`{id}` offers no choice"), "give it an edge without a condition");
            }
            Handler::Start
            | Handler::Exit
            | Handler::Codergen
            | Handler::Conditional
            | Handler::Human
            | Handler::Parallel
            | Handler::FanIn => {}
        }
    }
    if !setup.workdir.is_dir() {
        let workdir = setup.workdir.display();
        let message = format!("the working directory `{workdir}` does not exist");
        found.push(Refusal { node: String::new(), message, help: "create it".to_owned() });
    }
}

/// What a person should know before a run, and what does not refuse it.
pub fn cautions(graph: &Graph, setup: &Setup) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut graphs = vec![graph];
    let limits = setup.limits.unwrap_or_default();
    while let Some(graph) = graphs.pop() {
        let pipeline = graph.pipeline.share();
        let plan = graph.plan();
        let nodes = pipeline.nodes().map(NodeKey::from);
        for node in nodes.filter(|&node| asks_a_model(plan, node)) {
            found.extend(idle_hooks(&pipeline, node));
            if limits.micro_usd.is_some() || text(&pipeline, node, AttributeKey::MAX_COST_USD).is_some() {
                found.extend(unpriced(plan, node, setup, limits.allow_unpriced));
            }
        }
        graphs.extend(graph.children.values().map(std::sync::Arc::as_ref));
    }
    found
}

fn asks_a_model(plan: &Plan, node: NodeKey) -> bool {
    match plan.handler(node) {
        Handler::Codergen => true,
        Handler::FanIn => text(plan.pipeline(), node, AttributeKey::PROMPT).is_some(),
        Handler::Manager => steers(plan.pipeline(), node),
        Handler::Tool
        | Handler::Start
        | Handler::Exit
        | Handler::Conditional
        | Handler::Human
        | Handler::Parallel
        | Handler::Custom => false,
    }
}

/// Hooks of tool calls that nobody runs: a command makes the tool calls of its model itself, so nobody here sees one.
fn idle_hooks(pipeline: &Pipeline, node: NodeKey) -> Option<Refusal> {
    let hooks = [AttributeKey::TOOL_HOOKS_PRE, AttributeKey::TOOL_HOOKS_POST].into_iter();
    let hooks: Vec<String> = hooks
        .filter(|&hook| text_or_graph(pipeline, node, hook).is_some())
        .map(|hook| format!("`{}`", hook.name()))
        .collect();
    if hooks.is_empty() {
        return None;
    }
    let id = pipeline.id(node.id());
    Some(Refusal {
        node: id.to_owned(),
        message: format!(
            "nothing runs {} of `{id}`: its backend makes the tool calls itself",
            hooks.join(" and ")
        ),
        help: "set the hook up in the backend, or delete the attribute".to_owned(),
    })
}

/// A call whose price is in no table, in a run whose money is limited (section 22).
fn unpriced(plan: &Plan, node: NodeKey, setup: &Setup, allowed: bool) -> Option<Refusal> {
    let model = agent::model(plan, node);
    if model.as_deref().is_some_and(|model| setup.catalogue.of(model).is_some()) {
        return None;
    }
    let id = plan.name(node);
    let why = match model {
        Some(model) => format!("`{model}` of `{id}` is not in the price table"),
        None => format!("`{id}` names no model"),
    };
    let (what, help) = if allowed {
        ("counts only if the backend says what it cost", "")
    } else {
        ("is refused under a budget of money", ", or give `--allow-unpriced`")
    };
    Some(Refusal {
        node: id.to_owned(),
        message: format!("{why}, so its call {what}"),
        help: format!("name a model of the table in `llm_model`{help}"),
    })
}

/// True when a manager has a model say something to its child.
fn steers(pipeline: &Pipeline, node: NodeKey) -> bool {
    list(pipeline, node, AttributeKey::MANAGER_ACTIONS).iter().any(|action| action == "steer")
}
