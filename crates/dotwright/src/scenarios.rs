//! `dotwright test`: scenario files beside pipelines, run on the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dotwright_engine::Analysis;
use dotwright_engine::run::{
    Cost, EdgeKey, Limits, NodeKey, Plan, RunStatus, Scenario, ScriptedAttempt, ScriptedEnd, ScriptedVisit,
    Simulation, Visited, WalkId, micro_usd,
};
use serde::Deserialize;

use crate::args::TestArgs;
use crate::error::AppError;
use crate::{Verdict, input, output, prove, report, story};

/// A file `NAME.test.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The pipeline, from the folder of this file; by default `NAME.dot`.
    pipeline: Option<PathBuf>,
    scenario: Vec<Case>,
}

/// A scenario of such a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// By node, what happens in each visit.
    #[serde(default)]
    outcomes: BTreeMap<String, Visits>,
    /// By gate, the answer of each visit.
    #[serde(default)]
    answers: BTreeMap<String, Vec<String>>,
    /// Initial context.
    #[serde(default)]
    context: BTreeMap<String, String>,
    #[serde(default)]
    max_nodes: Option<u64>,
    #[serde(default)]
    budget_usd: Option<String>,
    expect: Expect,
}

/// A list comes first: serde would read one as the fields of a table, in their order.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Visits {
    Several(Vec<Visit>),
    One(Visit),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Visit {
    Words(String),
    Detailed(Box<Detailed>),
}

/// A visit with more than a word.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Detailed {
    #[serde(default)]
    outcome: Option<String>,
    #[serde(default)]
    label: String,
    #[serde(default)]
    next: Vec<String>,
    #[serde(default)]
    context: BTreeMap<String, String>,
    #[serde(default)]
    output: String,
    /// Milliseconds.
    #[serde(default)]
    takes: u64,
    #[serde(default)]
    tokens: u64,
    #[serde(default)]
    cost_usd: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    status: Option<String>,
    reason: Option<String>,
    reason_node: Option<String>,
    /// Nodes of the main walk in the order of arrival.
    path: Option<Vec<String>>,
    #[serde(default)]
    visits: BTreeMap<String, u32>,
    #[serde(default)]
    attempts: BTreeMap<String, u32>,
    #[serde(default)]
    not_visited: Vec<String>,
    #[serde(default)]
    context: BTreeMap<String, String>,
    max_cost_usd: Option<String>,
    max_tokens: Option<u64>,
}

/// What all scenarios of one pipeline used.
#[derive(Default)]
struct Covered {
    nodes: BTreeSet<NodeKey>,
    edges: BTreeSet<EdgeKey>,
}

pub(crate) fn run(arguments: &TestArgs) -> Result<Verdict, AppError> {
    let files = files(&arguments.paths)?;
    if files.is_empty() {
        return Err(AppError::usage("no scenario file is here", "scenario files are called NAME.test.toml"));
    }
    let mut text = String::new();
    let (mut passed, mut failed, mut refused, mut incomplete) = (0, 0, false, false);
    for path in &files {
        let file = read(path)?;
        let pipeline = pipeline_of(path, &file);
        let plan = match prove::plan(&pipeline, None)? {
            Ok(plan) => plan,
            Err(refusal) => {
                text.push_str(&refusal);
                refused = true;
                continue;
            }
        };
        let mut covered = Covered::default();
        for case in &file.scenario {
            let scenario = scenario(&plan, case)?;
            let simulation = Simulation::run(&plan, &scenario);
            let (nodes, edges) = simulation.covered();
            covered.nodes.extend(nodes);
            covered.edges.extend(edges);
            let wrong = differences(&plan, &simulation, &case.expect)?;
            if wrong.is_empty() {
                passed += 1;
            } else {
                failed += 1;
                text.push_str(&told(path, case, &plan, &simulation, &wrong));
            }
        }
        if arguments.coverage {
            incomplete |= coverage(&pipeline, &plan, &covered, &mut text);
        }
    }
    text.push_str(&format!(
        "{} passed, {failed} failed in {}\n",
        report::counted(passed, "scenario"),
        report::counted(files.len(), "file")
    ));
    output::write_stdout(text.as_bytes())?;
    Ok(match (refused, failed > 0 || incomplete) {
        (true, _) => Verdict::GraphRefused,
        (false, true) => Verdict::Findings,
        (false, false) => Verdict::Clean,
    })
}

/// Scenario files among the paths and below the folders, by name.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, AppError> {
    let is_scenario = |path: &Path| path.to_string_lossy().ends_with(".test.toml");
    let mut found: BTreeSet<PathBuf> = BTreeSet::new();
    let mut stack: Vec<(PathBuf, bool)> = paths.iter().map(|path| (path.clone(), true)).collect();
    while let Some((path, named)) = stack.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path);
            for entry in entries.map_err(|error| AppError::Read { path: path.clone(), error })?.flatten() {
                let hidden = entry.file_name().to_string_lossy().starts_with('.');
                if !hidden && entry.file_name() != "target" && entry.file_name() != "node_modules" {
                    stack.push((entry.path(), false));
                }
            }
        } else if is_scenario(&path) || named {
            found.insert(path);
        }
    }
    Ok(found.into_iter().collect())
}

fn read(path: &Path) -> Result<File, AppError> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| AppError::Read { path: path.to_owned(), error })?;
    toml::from_str(&text).map_err(|error| {
        let place = error
            .span()
            .map(|span| dotwright_diagnostics::TextRange::new(span.start as u32, span.end as u32));
        let help = "`dotwright test --help` describes the file".to_owned();
        AppError::in_text(
            input::shown(path),
            text.as_str().into(),
            place,
            error.message().to_owned(),
            Some(help),
        )
    })
}

fn pipeline_of(path: &Path, file: &File) -> PathBuf {
    let folder = path.parent().unwrap_or(Path::new(""));
    match &file.pipeline {
        Some(named) => folder.join(named),
        None => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            folder.join(format!("{}.dot", name.trim_end_matches(".test.toml")))
        }
    }
}

fn scenario(plan: &Plan, case: &Case) -> Result<Scenario, AppError> {
    let mut scenario = Scenario { context: case.context.clone(), ..Scenario::default() };
    for (node, visits) in &case.outcomes {
        prove::node(plan, node)?;
        let visits = match visits {
            Visits::One(visit) => std::slice::from_ref(visit),
            Visits::Several(visits) => visits,
        };
        let visits = visits.iter().map(|visit| scripted(case, node, visit));
        scenario.steps.insert(node.clone(), visits.collect::<Result<_, _>>()?);
    }
    for (gate, answers) in &case.answers {
        prove::node(plan, gate)?;
        scenario.answers.insert(gate.clone(), answers.clone());
    }
    scenario.limits = Limits {
        max_attempts: case.max_nodes.unwrap_or(scenario.limits.max_attempts),
        micro_usd: case.budget_usd.as_deref().map(|text| money(case, text)).transpose()?,
        ..scenario.limits
    };
    Ok(scenario)
}

fn scripted(case: &Case, node: &str, visit: &Visit) -> Result<ScriptedVisit, AppError> {
    let wrong = |error: String| {
        let help = "write success, partial_success, fail, fail:CLASS, retry, skipped, exit:N or signal:N";
        AppError::usage(format!("scenario `{}`, outcome of `{node}`: {error}", case.name), help)
    };
    let detailed = match visit {
        Visit::Words(words) => return ScriptedVisit::parse(words).map_err(wrong),
        Visit::Detailed(detailed) => detailed,
    };
    let end = detailed.outcome.as_deref().map_or(Ok(ScriptedEnd::default()), ScriptedEnd::parse);
    let money = detailed.cost_usd.as_deref().map(|text| money(case, text)).transpose()?;
    let cost = (money.is_some() || detailed.tokens > 0)
        .then_some(Cost { tokens: detailed.tokens, micro_usd: Some(money.unwrap_or(0)) });
    Ok(ScriptedVisit::of(vec![ScriptedAttempt {
        end: end.map_err(wrong)?,
        label: detailed.label.clone(),
        next: detailed.next.clone(),
        context: detailed.context.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect(),
        output: detailed.output.clone(),
        takes: detailed.takes,
        cost,
    }]))
}

fn money(case: &Case, text: &str) -> Result<u64, AppError> {
    micro_usd(text).ok_or_else(|| {
        AppError::usage(
            format!("scenario `{}`: `{text}` is no amount", case.name),
            "write dollars, as in \"0.25\"",
        )
    })
}

/// What differs from the expectation, in words.
fn differences(plan: &Plan, simulation: &Simulation<'_>, expect: &Expect) -> Result<Vec<String>, AppError> {
    let mut wrong = Vec::new();
    let mut same = |what: &str, expected: Option<&str>, found: &str| {
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            wrong.push(format!("{what} is {found}, expected {expected}"));
        }
    };
    let status = simulation.status().map_or("given up", RunStatus::as_str);
    same("status", expect.status.as_deref(), status);
    same("reason", expect.reason.as_deref(), simulation.reason());
    let node = simulation.end().and_then(|end| end.node);
    let node = node.or_else(|| simulation.pause().and_then(|pause| pause.node));
    same("reason_node", expect.reason_node.as_deref(), node.map_or("", |node| plan.name(node)));
    let path: Vec<&str> = main_path(plan, simulation);
    same("path", expect.path.as_ref().map(|path| path.join(" ")).as_deref(), &path.join(" "));
    for (name, visits) in &expect.visits {
        let found = simulation.state.visits(prove::node(plan, name)?);
        same(&format!("visits of {name}"), Some(&visits.to_string()), &found.to_string());
    }
    for (name, attempts) in &expect.attempts {
        let found = simulation.state.attempts(prove::node(plan, name)?);
        same(&format!("attempts of {name}"), Some(&attempts.to_string()), &found.to_string());
    }
    for name in &expect.not_visited {
        let found = simulation.state.visits(prove::node(plan, name)?);
        same(&format!("visits of {name}"), Some("0"), &found.to_string());
    }
    let context = simulation.context();
    for (key, value) in &expect.context {
        let found = context.get(key).map_or("", String::as_str);
        same(&format!("context {key}"), Some(value), found);
    }
    let spent = simulation.state.budget().settled;
    if let Some(limit) = expect.max_cost_usd.as_deref().and_then(micro_usd)
        && spent.micro_usd > limit
    {
        wrong.push(format!("it costs {:.6} USD", spent.micro_usd as f64 / 1e6));
    }
    if let Some(limit) = expect.max_tokens.filter(|&limit| spent.tokens > limit) {
        wrong.push(format!("it takes {} tokens, expected at most {limit}", spent.tokens));
    }
    Ok(wrong)
}

fn main_path<'p>(plan: &'p Plan, simulation: &Simulation<'_>) -> Vec<&'p str> {
    let visits = simulation.trace.visits(WalkId::MAIN).iter();
    let nodes = visits.filter_map(|visited| match visited {
        Visited::Node(visit) => Some(plan.name(visit.node)),
        Visited::Region { .. } => None,
    });
    nodes.collect()
}

fn told(path: &Path, case: &Case, plan: &Plan, simulation: &Simulation<'_>, wrong: &[String]) -> String {
    let mut text = format!("{}: {}\n", input::shown(path), case.name);
    for difference in wrong {
        text.push_str(&format!("  {difference}\n"));
    }
    text.push_str("  what happened:\n");
    for step in story::steps(plan, simulation) {
        text.push_str(&format!("    {}\n", step.line()));
    }
    text.push_str(&format!("    {}\n\n", story::ending(plan, simulation)));
    text
}

/// Writes what no scenario used. True when a feasible edge is among it.
fn coverage(pipeline: &Path, plan: &Plan, covered: &Covered, text: &mut String) -> bool {
    let model = plan.pipeline();
    let analysis = Analysis::new(model);
    let feasible: Vec<_> = model.edges().filter(|&edge| analysis.is_feasible(edge)).collect();
    let left: Vec<_> = feasible.iter().filter(|&&edge| !covered.edges.contains(&edge.into())).collect();
    text.push_str(&format!(
        "{}: {} of {} nodes, {} of {} edges\n",
        input::shown(pipeline),
        covered.nodes.len(),
        model.nodes().len(),
        feasible.len() - left.len(),
        feasible.len(),
    ));
    for &&edge in &left {
        let ends = (model.id(model.source_of(edge)), model.id(model.target_of(edge)));
        text.push_str(&format!("  no scenario takes {} -> {}\n", ends.0, ends.1));
    }
    !left.is_empty()
}
