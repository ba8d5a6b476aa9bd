//! `dotwright simulate`: one scripted run, or everything that can happen.

use dotwright_engine::Analysis;
use dotwright_engine::run::{
    Bounds, Exploration, Limits, Plan, RunStatus, Scenario, ScriptedVisit, Simulation, explore,
};
use dotwright_model::Handler;
use serde_json::json;

use crate::args::{Pair, SimulateArgs, SimulateFormat};
use crate::error::AppError;
use crate::{Verdict, output, prove, report, scenarios, story};

pub(crate) fn run(arguments: &SimulateArgs) -> Result<Verdict, AppError> {
    let plan = match prove::plan(&arguments.file, arguments.profile)? {
        Ok(plan) => plan,
        Err(text) => {
            output::write_stderr(&text);
            return Ok(Verdict::GraphRefused);
        }
    };
    if arguments.all {
        return everything(arguments, &plan);
    }
    let scenario = scenario(arguments, &plan)?;
    let simulation = Simulation::run(&plan, &scenario);
    let text = match arguments.format.or_json(arguments.json) {
        SimulateFormat::Text => text(&plan, &simulation),
        SimulateFormat::Json => json_text(&json(&plan, &simulation)),
    };
    output::write_stdout(text.as_bytes())?;
    let good = simulation.status() == Some(RunStatus::Success);
    Ok(if good { Verdict::Clean } else { Verdict::Findings })
}

fn scenario(arguments: &SimulateArgs, plan: &Plan) -> Result<Scenario, AppError> {
    let named = arguments.scenario_file.as_deref().map(|named| scenarios::named(plan, named)).transpose()?;
    let mut scenario = named.unwrap_or_default();
    for Pair { key, value } in &arguments.outcome {
        prove::node(plan, key)?;
        scenario.steps.insert(key.clone(), visits(key, value)?);
    }
    for Pair { key, value } in &arguments.answer {
        prove::node(plan, key)?;
        scenario.answers.insert(key.clone(), answers(value));
    }
    for Pair { key, value } in &arguments.scenario {
        if plan.handler(prove::node(plan, key)?) == Handler::Human {
            scenario.answers.insert(key.clone(), answers(value));
        } else {
            scenario.steps.insert(key.clone(), visits(key, value)?);
        }
    }
    scenario.context.extend(arguments.context.iter().map(|pair| (pair.key.clone(), pair.value.clone())));
    if let Some(max_attempts) = arguments.max_nodes {
        scenario.limits = Limits { max_attempts, ..scenario.limits };
    }
    Ok(scenario)
}

fn answers(text: &str) -> Vec<String> {
    text.split(',').map(|answer| answer.trim().to_owned()).collect()
}

fn visits(node: &str, text: &str) -> Result<Vec<ScriptedVisit>, AppError> {
    let visits = text.split(',').map(|visit| ScriptedVisit::parse(visit.trim()));
    visits.collect::<Result<_, _>>().map_err(|error| {
        let help = "write success, partial_success, fail, fail:CLASS, retry, skipped, exit:N or signal:N";
        AppError::usage(format!("outcome of `{node}`: {error}"), help)
    })
}

fn text(plan: &Plan, simulation: &Simulation<'_>) -> String {
    let mut lines: Vec<String> = story::steps(plan, simulation).iter().map(story::Step::line).collect();
    lines.push(String::new());
    lines.push(story::ending(plan, simulation));
    lines.join("\n") + "\n"
}

fn json(plan: &Plan, simulation: &Simulation<'_>) -> serde_json::Value {
    let node = simulation.end().and_then(|end| end.node);
    let node = node.or_else(|| simulation.pause().and_then(|pause| pause.node));
    json!({
        "schema": 1,
        "status": simulation.status().map(RunStatus::as_str),
        "exit_code": simulation.status().map(RunStatus::exit_code),
        "reason": simulation.reason(),
        "reason_node": node.map(|node| plan.name(node)),
        "visits": simulation.trace.report(plan),
        "steps": story::steps(plan, simulation),
        "context": simulation.context(),
        "milliseconds": simulation.clock,
    })
}

fn json_text(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

fn everything(arguments: &SimulateArgs, plan: &Plan) -> Result<Verdict, AppError> {
    let bounds = arguments.max_states.map_or_else(Bounds::default, |states| Bounds { states });
    let found = explore(plan, bounds);
    let summary = Summary::new(plan, &found);
    let text = match arguments.format.or_json(arguments.json) {
        SimulateFormat::Text => summary.text(),
        SimulateFormat::Json => json_text(&summary.json()),
    };
    output::write_stdout(text.as_bytes())?;
    let good = summary.succeeds && summary.nodes_left.is_empty() && summary.edges_left.is_empty();
    Ok(if good { Verdict::Clean } else { Verdict::Findings })
}

/// What an exploration shows.
struct Summary {
    states: usize,
    nodes: usize,
    edges: usize,
    nodes_left: Vec<String>,
    edges_left: Vec<String>,
    ends: Vec<(String, Vec<String>)>,
    succeeds: bool,
    cut: Vec<String>,
}

impl Summary {
    fn new(plan: &Plan, found: &Exploration) -> Summary {
        let pipeline = plan.pipeline();
        let analysis = Analysis::new(pipeline);
        let unvisited = pipeline.nodes().filter(|&node| !found.nodes.contains(&node.into()));
        let untaken = pipeline
            .edges()
            .filter(|&edge| analysis.is_feasible(edge) && !found.edges.contains(&edge.into()));
        let name = |node| pipeline.id(node).to_owned();
        let ends = found.ends.iter().rev().map(|(end, told)| {
            let class = end.class.map_or("success", |class| class.as_str());
            let at = end.node.map(|node| format!(" at {}", plan.name(node))).unwrap_or_default();
            (format!("{class}{at}"), told.iter().map(|choice| choice.text.clone()).collect())
        });
        Summary {
            states: found.states,
            nodes: found.nodes.len(),
            edges: found.edges.len(),
            nodes_left: unvisited.map(name).collect(),
            edges_left: untaken
                .map(|edge| {
                    format!("{} -> {}", name(pipeline.source_of(edge)), name(pipeline.target_of(edge)))
                })
                .collect(),
            ends: ends.collect(),
            succeeds: found.ends.keys().any(|end| end.succeeded),
            cut: found.cut.iter().cloned().collect(),
        }
    }

    fn text(&self) -> String {
        let mut lines = vec![format!(
            "{}: {} entered, {} taken",
            report::counted(self.states, "state"),
            report::counted(self.nodes, "node"),
            report::counted(self.edges, "edge"),
        )];
        lines.extend(self.nodes_left.iter().map(|node| format!("never entered: {node}")));
        lines.extend(self.edges_left.iter().map(|edge| format!("never taken: {edge}")));
        lines.extend(self.cut.iter().map(|bound| format!("cut short by the bound of {bound}")));
        for (end, told) in &self.ends {
            lines.push(String::new());
            lines.push(format!("{end}, at the earliest after"));
            lines.extend(told.iter().map(|choice| format!("  {choice}")));
        }
        lines.join("\n") + "\n"
    }

    fn json(&self) -> serde_json::Value {
        let ends = self.ends.iter().map(|(end, told)| json!({"end": end, "choices": told}));
        json!({
            "schema": 1,
            "states": self.states,
            "nodes": self.nodes,
            "edges": self.edges,
            "never_entered": self.nodes_left,
            "never_taken": self.edges_left,
            "bounds": self.cut,
            "ends": ends.collect::<Vec<_>>(),
        })
    }
}
