//! `dotwright test`: scenario files beside pipelines, run on the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dotwright_engine::Analysis;
use dotwright_engine::run::{
    Cost, EdgeKey, Limits, NodeKey, Plan, RunStatus, Scenario, ScriptedAttempt, ScriptedEnd, ScriptedVisit,
    Simulation, Visited, WalkId, micro_usd,
};
use serde::{Deserialize, Serialize};

use crate::args::TestArgs;
use crate::error::AppError;
use crate::report::junit::escaped;
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

/// What the scenarios of some files came to.
#[derive(Serialize)]
struct Tested {
    schema: u32,
    cases: Vec<TestedCase>,
    /// Files whose pipeline the checker refuses, and why.
    refused: Vec<Refused>,
    coverage: Vec<Coverage>,
}

#[derive(Serialize)]
struct TestedCase {
    file: String,
    name: String,
    passed: bool,
    /// What is not as expected.
    differences: Vec<String>,
    /// The lines of the run.
    story: Vec<String>,
}

#[derive(Serialize)]
struct Refused {
    file: String,
    reason: String,
}

/// What the scenarios of a file use of what can be used.
#[derive(Serialize)]
struct Coverage {
    pipeline: String,
    nodes: usize,
    nodes_taken: usize,
    edges: usize,
    edges_taken: usize,
    /// Edges that no scenario takes, as `a -> b`.
    edges_left: Vec<String>,
}

pub(crate) fn run(arguments: &TestArgs) -> Result<Verdict, AppError> {
    let files = files(&arguments.paths)?;
    if files.is_empty() {
        return Err(AppError::usage("no scenario file is here", "scenario files are called NAME.test.toml"));
    }
    let mut tested = Tested { schema: 1, cases: Vec::new(), refused: Vec::new(), coverage: Vec::new() };
    for path in &files {
        tested.file(path, arguments)?;
    }
    if let Some(filter) = arguments.filter.as_ref().filter(|_| tested.is_empty()) {
        return Err(AppError::usage(
            format!("no scenario has a name that matches `{filter}`"),
            "`dotwright test --json` names all scenarios",
        ));
    }
    if let Some(path) = &arguments.junit {
        output::write_file(path, tested.junit().as_bytes())?;
    }
    let text = if arguments.json { tested.json()? } else { tested.text() };
    output::write_stdout(text.as_bytes())?;
    let enough = |coverage: &Coverage| match arguments.min_coverage {
        Some(percent) => coverage.percent() >= percent,
        None => coverage.edges_left.is_empty(),
    };
    let good = tested.cases.iter().all(|case| case.passed) && tested.coverage.iter().all(enough);
    Ok(match (tested.refused.is_empty(), good) {
        (false, _) => Verdict::GraphRefused,
        (true, false) => Verdict::Findings,
        (true, true) => Verdict::Clean,
    })
}

impl Tested {
    fn file(&mut self, path: &Path, arguments: &TestArgs) -> Result<(), AppError> {
        let file = read(path)?;
        let wanted =
            |case: &&Case| arguments.filter.as_ref().is_none_or(|filter| filter.is_match(&case.name));
        let cases: Vec<&Case> = file.scenario.iter().filter(wanted).collect();
        if cases.is_empty() && arguments.filter.is_some() {
            return Ok(());
        }
        let pipeline = pipeline_of(path, &file);
        let plan = match prove::plan(&pipeline, None)? {
            Ok(plan) => plan,
            Err(reason) => {
                self.refused.push(Refused { file: input::shown(path), reason });
                return Ok(());
            }
        };
        let mut covered = Covered::default();
        for case in cases {
            let scenario = scenario(&plan, case)?;
            let simulation = Simulation::run(&plan, &scenario);
            let (nodes, edges) = simulation.covered();
            covered.nodes.extend(nodes);
            covered.edges.extend(edges);
            let differences = differences(&plan, &simulation, case)?;
            let mut story: Vec<String> =
                story::steps(&plan, &simulation).iter().map(story::Step::line).collect();
            story.push(story::ending(&plan, &simulation));
            self.cases.push(TestedCase {
                file: input::shown(path),
                name: case.name.clone(),
                passed: differences.is_empty(),
                differences,
                story,
            });
        }
        if arguments.coverage || arguments.min_coverage.is_some() {
            self.coverage.push(Coverage::new(&pipeline, &plan, &covered));
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.cases.is_empty() && self.refused.is_empty()
    }

    /// The files with scenarios that were looked at.
    fn files(&self) -> BTreeSet<&str> {
        let cases = self.cases.iter().map(|case| case.file.as_str());
        cases.chain(self.refused.iter().map(|refused| refused.file.as_str())).collect()
    }

    fn text(&self) -> String {
        let mut text: String = self.refused.iter().map(|refused| refused.reason.as_str()).collect();
        let failed: Vec<_> = self.cases.iter().filter(|case| !case.passed).collect();
        for case in &failed {
            text.push_str(&format!("{}: {}\n{}\n", case.file, case.name, case.told()));
        }
        for coverage in &self.coverage {
            text.push_str(&coverage.text());
        }
        text.push_str(&format!(
            "{} passed, {} failed in {}\n",
            report::counted(self.cases.len() - failed.len(), "scenario"),
            failed.len(),
            report::counted(self.files().len(), "file")
        ));
        text
    }

    fn json(&self) -> Result<String, AppError> {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n").map_err(|error| AppError::WriteOutput { error: error.into() })
    }

    /// JUnit XML with one suite for each file; a file with a refused pipeline is one error.
    fn junit(&self) -> String {
        let failed = self.cases.iter().filter(|case| !case.passed).count();
        let (tests, errors) = (self.cases.len() + self.refused.len(), self.refused.len());
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dotwright test\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\">\n"
        );
        for file in self.files() {
            let cases: Vec<_> = self.cases.iter().filter(|case| case.file == file).collect();
            let refused: Vec<_> = self.refused.iter().filter(|refused| refused.file == file).collect();
            let name = escaped(file);
            text.push_str(&format!(
                "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\">\n",
                cases.len() + refused.len(),
                cases.iter().filter(|case| !case.passed).count(),
                refused.len(),
            ));
            for refused in refused {
                let reason = escaped(refused.reason.trim_end());
                text.push_str(&format!(
                    "    <testcase name=\"{name}\" classname=\"{name}\"><error message=\"{reason}\"/></testcase>\n"
                ));
            }
            for case in cases {
                let start = format!("    <testcase name=\"{}\" classname=\"{name}\"", escaped(&case.name));
                text.push_str(&start);
                if case.passed {
                    text.push_str("/>\n");
                    continue;
                }
                let message = case.differences.join("; ");
                text.push_str(&format!("><failure message=\"{}\">", escaped(&message)));
                let told = case.told();
                for line in told.lines() {
                    text.push_str(&format!("\n{}", escaped(line)));
                }
                text.push_str("\n    </failure></testcase>\n");
            }
            text.push_str("  </testsuite>\n");
        }
        text + "</testsuites>\n"
    }
}

impl TestedCase {
    /// What differs, and what happened.
    fn told(&self) -> String {
        let differences = self.differences.iter().map(|difference| format!("  {difference}\n"));
        let story = self.story.iter().map(|line| format!("    {line}\n"));
        differences.chain(["  what happened:\n".to_owned()]).chain(story).collect()
    }
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

/// The scenario that `FILE#NAME` names, or the only one of `FILE`.
pub(crate) fn named(plan: &Plan, text: &str) -> Result<Scenario, AppError> {
    let (path, name) = match text.split_once('#') {
        Some((path, name)) if !Path::new(text).exists() => (path, Some(name)),
        Some(_) | None => (text, None),
    };
    let file = read(Path::new(path))?;
    let names = || file.scenario.iter().map(|case| case.name.as_str());
    let found: Vec<&Case> =
        file.scenario.iter().filter(|case| name.is_none_or(|name| case.name == name)).collect();
    if let [case] = found.as_slice() {
        return scenario(plan, case);
    }
    let message = match (found.len(), name) {
        (0, Some(name)) => format!("`{path}` has no scenario `{name}`"),
        (0, None) => format!("`{path}` has no scenario"),
        (_, Some(name)) => format!("`{path}` has several scenarios `{name}`"),
        (_, None) => format!("`{path}` has several scenarios"),
    };
    let listed = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Err(AppError::usage(message, format!("write `FILE#NAME` with one of {listed}")))
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
fn differences(plan: &Plan, simulation: &Simulation<'_>, case: &Case) -> Result<Vec<String>, AppError> {
    let expect = &case.expect;
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
    let limit = expect.max_cost_usd.as_deref().map(|text| money(case, text)).transpose()?;
    if limit.is_some_and(|limit| spent.micro_usd > limit) {
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

impl Coverage {
    fn new(pipeline: &Path, plan: &Plan, covered: &Covered) -> Coverage {
        let model = plan.pipeline();
        let analysis = Analysis::new(model);
        let feasible: Vec<_> = model.edges().filter(|&edge| analysis.is_feasible(edge)).collect();
        let left: Vec<_> = feasible.iter().filter(|&&edge| !covered.edges.contains(&edge.into())).collect();
        let name = |node| model.id(node);
        Coverage {
            pipeline: input::shown(pipeline),
            nodes: model.nodes().len(),
            nodes_taken: covered.nodes.len(),
            edges: feasible.len(),
            edges_taken: feasible.len() - left.len(),
            edges_left: left
                .iter()
                .map(|&&edge| format!("{} -> {}", name(model.source_of(edge)), name(model.target_of(edge))))
                .collect(),
        }
    }

    /// Edges taken, of a hundred that can be.
    fn percent(&self) -> f64 {
        if self.edges == 0 { 100.0 } else { self.edges_taken as f64 * 100.0 / self.edges as f64 }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{}: {} of {} nodes, {} of {} edges\n",
            self.pipeline, self.nodes_taken, self.nodes, self.edges_taken, self.edges
        );
        for edge in &self.edges_left {
            text.push_str(&format!("  no scenario takes {edge}\n"));
        }
        text
    }
}
