//! `dotwright estimate`: the least, the expected and the most that a run can cost.

use std::collections::BTreeMap;

use dotwright_engine::Analysis;
use dotwright_engine::gate::choices;
use dotwright_engine::run::{
    Bounds, DEFAULT_MAX_ATTEMPTS, NodeKey, Plan, Scenario, ScriptedVisit, Simulation, explore,
};
use dotwright_model::{AttributeKey, Handler, NodeId, Outcome};
use dotwright_runner::Price;
use serde_json::json;

use crate::args::{EstimateArgs, SimulateFormat};
use crate::error::AppError;
use crate::prices::Prices;
use crate::{Verdict, output, prove};

/// Simulated runs behind the expected numbers.
const RUNS: u32 = 400;
/// Visits of a node that one simulated run has made up its mind about; the last one repeats.
const VISITS: u32 = 26;
/// Characters of a prompt that make a token, roughly.
const CHARACTERS_PER_TOKEN: usize = 4;

pub(crate) fn run(arguments: &EstimateArgs) -> Result<Verdict, AppError> {
    if !(0.0..=1.0).contains(&arguments.success) {
        return Err(AppError::usage("`--success` is no probability", "write a number from 0 to 1"));
    }
    let prices = arguments.prices.as_deref().map_or_else(Prices::listed, Prices::read)?;
    let plan = match prove::plan(&arguments.file, None)? {
        Ok(plan) => plan,
        Err(text) => {
            output::write_stderr(&text);
            return Ok(Verdict::GraphRefused);
        }
    };
    let estimate = Estimate::new(&plan, &prices, arguments.success);
    let text = match arguments.format.or_json(arguments.json) {
        SimulateFormat::Text => estimate.text(),
        SimulateFormat::Json => format!("{:#}\n", estimate.json()),
    };
    output::write_stdout(text.as_bytes())?;
    let above = arguments.fail_above.is_some_and(|limit| estimate.may_cost_more_than(limit));
    Ok(if above { Verdict::Findings } else { Verdict::Clean })
}

/// What one step contributes.
struct Line {
    node: String,
    key: NodeKey,
    /// The model, for steps that call one.
    model: Option<String>,
    is_call: bool,
    /// Tokens in and out of one call.
    tokens: (u64, u64),
    price: Option<Price>,
    /// `None` without a bound.
    most: Option<u64>,
}

/// How often each step is tried in one run that succeeds.
type Attempts = BTreeMap<NodeKey, u64>;

/// The three numbers of one quantity; `None` for a most without bound.
#[derive(Clone, Copy)]
struct Span {
    least: f64,
    expected: f64,
    most: Option<f64>,
}

struct Estimate {
    lines: Vec<Line>,
    /// The shortest run that the exploration found, and the simulated ones.
    shortest: Option<Attempts>,
    simulated: Vec<Attempts>,
}

impl Estimate {
    fn new(plan: &Plan, prices: &Prices, success: f64) -> Estimate {
        let pipeline = plan.pipeline();
        let analysis = Analysis::new(pipeline);
        let found = explore(plan, Bounds::default());
        let shortest = found.ends.iter().find(|(end, _)| end.succeeded).map(|(_, told)| {
            let mut attempts = Attempts::new();
            told.iter().for_each(|choice| *attempts.entry(choice.node).or_default() += 1);
            attempts
        });
        let repeatable = plan.repeatable();
        let line = |node: NodeId| {
            let key = NodeKey::from(node);
            let handler = pipeline.handler(node);
            let prompt = pipeline.node_attribute(node, AttributeKey::PROMPT);
            let is_call = match handler {
                Handler::Codergen => true,
                Handler::FanIn => prompt.is_some(),
                Handler::Tool | Handler::Manager | Handler::Custom => false,
                Handler::Start
                | Handler::Exit
                | Handler::Conditional
                | Handler::Human
                | Handler::Parallel => return None,
            };
            if handler == Handler::FanIn && !is_call {
                return None;
            }
            let own = prompt.map_or(0, |prompt| prompt.text().chars().count() / CHARACTERS_PER_TOKEN) as u64;
            let model = pipeline.resolve_property(node, "llm_model").map(|model| model.text.into_owned());
            let again = repeatable.get(node.index()).copied().unwrap_or(false);
            let visits = if again { plan.visit_cap(key).map(u64::from) } else { Some(1) };
            let reached = analysis.is_feasibly_reachable(node);
            let most = visits.map(|visits| visits.saturating_mul(u64::from(plan.attempts(key))));
            Some(Line {
                node: pipeline.id(node).to_owned(),
                key,
                price: model.as_deref().and_then(|model| prices.catalogue.of(model)),
                model: model.filter(|_| is_call),
                is_call,
                tokens: (own + prices.call.context_tokens, prices.call.output_tokens),
                most: if reached { most } else { Some(0) },
            })
        };
        let lines = pipeline.nodes().filter_map(line).collect();
        Estimate { lines, shortest, simulated: simulate(plan, &analysis, success) }
    }

    /// A quantity summed over some steps. Least and mean are of the same runs, so the one is never above the other.
    fn over<'l>(&self, lines: impl Iterator<Item = &'l Line> + Clone, each: impl Fn(&Line) -> f64) -> Span {
        let total = |run: &Attempts| -> f64 {
            let count = |line: &Line| run.get(&line.key).copied().unwrap_or(0) as f64;
            lines.clone().map(|line| count(line) * each(line)).sum()
        };
        let simulated: Vec<f64> = self.simulated.iter().map(total).collect();
        let shortest = self.shortest.as_ref().map(total);
        let least = simulated.iter().copied().chain(shortest).reduce(f64::min).unwrap_or(0.0);
        // Rounding may put the mean of equal numbers below them.
        let mean = (simulated.iter().sum::<f64>() / simulated.len() as f64).max(least);
        let bounded = lines.clone().all(|line| line.most.is_some() || each(line) == 0.0);
        let most = || lines.clone().map(|line| line.most.unwrap_or(0) as f64 * each(line)).sum();
        Span { least, expected: if simulated.is_empty() { least } else { mean }, most: bounded.then(most) }
    }

    fn sum(&self, each: impl Fn(&Line) -> f64) -> Span {
        self.over(self.lines.iter(), each)
    }

    fn succeeds(&self) -> bool {
        self.shortest.is_some() || !self.simulated.is_empty()
    }

    fn executions(&self) -> Span {
        self.sum(|_| 1.0)
    }

    fn calls(&self) -> Span {
        self.sum(|line| f64::from(u8::from(line.is_call)))
    }

    fn tokens(&self) -> Span {
        self.sum(|line| if line.is_call { (line.tokens.0 + line.tokens.1) as f64 } else { 0.0 })
    }

    fn dollars(&self) -> Span {
        self.sum(|line| match line.price {
            Some(price) if line.is_call => {
                (line.tokens.0 as f64 * price.input + line.tokens.1 as f64 * price.output) / 1e6
            }
            Some(_) | None => 0.0,
        })
    }

    /// Also true when nobody can know: for a most without bound, and for a call without a price.
    fn may_cost_more_than(&self, dollars: f64) -> bool {
        let unknown = |line: &Line| line.is_call && line.price.is_none() && line.most != Some(0);
        self.lines.iter().any(unknown) || self.dollars().most.is_none_or(|most| most > dollars)
    }

    /// Models that calls go to and that have no price; the empty text stands for a step that names none.
    fn unpriced(&self) -> Vec<(String, Vec<&str>)> {
        let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.is_call && line.price.is_none()) {
            found.entry(line.model.clone().unwrap_or_default()).or_default().push(&line.node);
        }
        found.into_iter().collect()
    }

    fn unbounded(&self) -> Vec<&str> {
        self.lines.iter().filter(|line| line.most.is_none()).map(|line| line.node.as_str()).collect()
    }

    fn text(&self) -> String {
        let mut rows = vec![["".to_owned(), "least".to_owned(), "expected".to_owned(), "most".to_owned()]];
        let mut row = |name: &str, span: Span, digits: usize| {
            let most = span.most.map_or("no bound".to_owned(), |most| format!("{most:.digits$}"));
            let mean = digits.max(1);
            rows.push([
                name.to_owned(),
                format!("{:.digits$}", span.least),
                format!("{:.mean$}", span.expected),
                most,
            ]);
        };
        row("executions", self.executions(), 0);
        row("model calls", self.calls(), 0);
        row("tokens", self.tokens(), 0);
        let money = if self.unpriced().is_empty() { "US dollars" } else { "US dollars, known" };
        row(money, self.dollars(), 2);
        let width = |cell: fn(&[String; 4]) -> usize| rows.iter().map(cell).max().unwrap_or(0);
        let a = width(|[name, ..]| name.len());
        let b = width(|[_, least, ..]| least.len());
        let c = width(|[_, _, expected, _]| expected.len());
        let d = width(|[.., most]| most.len());
        let mut text = String::new();
        for [name, least, expected, most] in &rows {
            let line = format!("{name:<a$}  {least:>b$}  {expected:>c$}  {most:>d$}");
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push('\n');
        if !self.succeeds() {
            text.push_str("no run was found that succeeds, so there is no least\n");
        }
        text.push_str(&format!(
            "expected: the mean of the {} of {RUNS} simulated runs that succeed\n",
            self.simulated.len()
        ));
        if self.executions().most.is_none_or(|most| most > DEFAULT_MAX_ATTEMPTS as f64) {
            text.push_str(&format!(
                "a run stops after {DEFAULT_MAX_ATTEMPTS} executions unless --max-nodes says otherwise\n"
            ));
        }
        for node in self.unbounded() {
            text.push_str(&format!("no bound: {node} is in a loop and has no visit cap\n"));
        }
        for (model, nodes) in self.unpriced() {
            let nodes = nodes.join(", ");
            match model.as_str() {
                "" => text.push_str(&format!("not in the money: no model is named for {nodes}\n")),
                model => text.push_str(&format!("not in the money: no price for {model}, used by {nodes}\n")),
            }
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let span = |span: Span| json!({"least": span.least, "expected": span.expected, "most": span.most});
        let steps: Vec<_> = self
            .lines
            .iter()
            .map(|line| {
                let attempts = self.over(std::iter::once(line), |_| 1.0);
                json!({
                    "node": line.node,
                    "model": line.model,
                    "least": attempts.least,
                    "expected": attempts.expected,
                    "most": attempts.most,
                })
            })
            .collect();
        let unpriced: Vec<_> = self
            .unpriced()
            .into_iter()
            .map(|(model, nodes)| json!({"model": model, "nodes": nodes}))
            .collect();
        json!({
            "schema": 1,
            "executions": span(self.executions()),
            "model_calls": span(self.calls()),
            "tokens": span(self.tokens()),
            "usd": span(self.dollars()),
            "steps": steps,
            "unbounded": self.unbounded(),
            "unpriced": unpriced,
        })
    }
}

/// Simulated runs that succeed, of [`RUNS`].
fn simulate(plan: &Plan, analysis: &Analysis<'_>, success: f64) -> Vec<Attempts> {
    let pipeline = plan.pipeline();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut found = Vec::new();
    for _ in 0..RUNS {
        let mut scenario = Scenario::default();
        for node in pipeline.nodes() {
            let id = pipeline.id(node).to_owned();
            match pipeline.handler(node) {
                Handler::Tool | Handler::Codergen | Handler::Custom | Handler::Manager | Handler::FanIn => {
                    let may_fail = analysis.domain(node).contains(Outcome::Fail);
                    let visits = (0..VISITS).map(|_| {
                        let attempts: Vec<&str> = (0..plan.attempts(node.into()).min(8))
                            .map(|_| if may_fail && random.next() >= success { "fail" } else { "success" })
                            .collect();
                        ScriptedVisit::parse(&attempts.join("/")).unwrap_or_default()
                    });
                    scenario.steps.insert(id, visits.collect());
                }
                Handler::Human => {
                    let offered = choices(pipeline, node);
                    let answers = (0..VISITS).filter_map(|_| {
                        let index = (random.next() * offered.len() as f64) as usize;
                        offered.get(index).map(|choice| choice.target.clone())
                    });
                    scenario.answers.insert(id, answers.collect());
                }
                Handler::Start | Handler::Exit | Handler::Conditional | Handler::Parallel => {}
            }
        }
        let simulation = Simulation::run(plan, &scenario);
        if simulation.status() == Some(dotwright_engine::run::RunStatus::Success) {
            let attempts = pipeline.nodes().map(NodeKey::from);
            found.push(attempts.map(|key| (key, u64::from(simulation.state.attempts(key)))).collect());
        }
    }
    found
}

/// Numbers from 0 to 1, the same ones in every run of the program (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dotwright_model::{Pipeline, Profile};

    use super::*;

    #[test]
    fn the_expected_lies_between_the_least_and_the_most() {
        let source = "digraph { start [shape=Mdiamond] exit [shape=Msquare] a [prompt=x, llm_model=o3]
            t [shape=parallelogram, tool_command=x, max_retries=1] start -> a -> t
            t -> exit [condition=\"outcome=success\"] t -> a [condition=\"outcome=fail\"] a [max_visits=3] }";
        let plan = Plan::new(Arc::new(Pipeline::parse(source, Profile::default())));
        for success in [0.1, 0.5, 0.9, 1.0] {
            let estimate = Estimate::new(&plan, &Prices::listed().unwrap(), success);
            for span in [estimate.executions(), estimate.calls(), estimate.tokens(), estimate.dollars()] {
                let (least, expected, most) = (span.least, span.expected, span.most.unwrap());
                assert!(least <= expected && expected <= most, "{success}: {least} {expected} {most}");
            }
        }
    }

    #[test]
    fn without_simulated_success_the_expected_is_the_shortest_run() {
        let source = "digraph { start [shape=Mdiamond] exit [shape=Msquare] a [prompt=x] start -> a
            a -> exit [condition=\"outcome=success\"] }";
        let plan = Plan::new(Arc::new(Pipeline::parse(source, Profile::default())));
        let estimate = Estimate::new(&plan, &Prices::listed().unwrap(), 0.0);
        assert!(estimate.simulated.is_empty() && estimate.succeeds());
        assert_eq!(estimate.executions().expected, estimate.executions().least);
    }
}
