//! What a command leaves behind about a run: `final.json` and `--report` (section 20.4).

use std::collections::BTreeMap;

use dotwright_engine::run::{FailureClass, NodeKey, Plan, ReportedVisit, RunStatus, State, Trace, WalkId};
use serde::{Deserialize, Serialize};

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this form.
    pub schema: u32,
    /// The run, or the empty text where none was begun.
    pub run_id: String,
    /// A word of section 21.
    pub status: String,
    /// The exit code that goes with it.
    pub exit_code: u8,
    /// A failure class, why the run rests, or the empty text.
    pub reason: String,
    /// The node it is about, or the empty text.
    pub reason_node: String,
    /// The reason in a sentence.
    pub message: String,
    /// Arrivals in order.
    pub visits: Vec<ReportedVisit>,
    /// Attempts by node, lost ones included.
    pub attempts: BTreeMap<String, u32>,
    /// The context of the main walk.
    pub context: BTreeMap<String, String>,
    /// What was spent.
    pub cost: Cost,
    /// Last outcomes of the goal gates.
    pub gates: BTreeMap<String, String>,
    /// Gates that wait for an answer, as `NODE#VISIT`, those of child pipelines behind the own ones.
    pub open_gates: Vec<String>,
    /// True while the run can go on.
    pub partial: bool,
    /// SHA-256 of the pipeline's source.
    pub graph_sha256: String,
    /// The digest of the last record of the log.
    pub log_sha256: String,
}

/// What was spent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Tokens.
    pub tokens: u64,
    /// Millionths of a dollar.
    pub micro_usd: u64,
    /// Attempts of steps.
    pub attempts: u64,
}

impl Report {
    /// The report of a run that was refused, so that nothing was begun.
    pub fn refused(exit_code: u8, reason: &str, node: &str, message: &str) -> Report {
        Report {
            schema: 1,
            run_id: String::new(),
            status: "refused".to_owned(),
            exit_code,
            reason: reason.to_owned(),
            reason_node: node.to_owned(),
            message: message.to_owned(),
            visits: Vec::new(),
            attempts: BTreeMap::new(),
            context: BTreeMap::new(),
            cost: Cost::default(),
            gates: BTreeMap::new(),
            open_gates: Vec::new(),
            partial: false,
            graph_sha256: String::new(),
            log_sha256: String::new(),
        }
    }

    /// The report of a run that could begin and was not to.
    pub fn dry() -> Report {
        Report { status: "success".to_owned(), ..Report::refused(0, "", "", "nothing was started") }
    }

    /// The report of a run whose runner failed. The log says more than this, where it can be read.
    pub fn failed(run: &str, message: &str) -> Report {
        Report {
            run_id: run.to_owned(),
            status: "internal_error".to_owned(),
            partial: true,
            ..Report::refused(9, "internal_error", "", message)
        }
    }

    /// How a run stands. A run that neither ended nor rests is `running`.
    pub fn of(run: &str, plan: &Plan, state: &State, trace: &Trace, graph: &str, log: &str) -> Report {
        let end = trace.end.as_ref();
        let pause = trace.pause.as_ref().filter(|_| end.is_none());
        let status = end.map(|end| end.status).or_else(|| pause.map(|pause| pause.reason.status()));
        let reason = end.and_then(|end| end.class).map(FailureClass::as_str);
        let reason = reason.or_else(|| pause.map(|pause| pause.reason.as_str()));
        let node = end.and_then(|end| end.node).or_else(|| pause.and_then(|pause| pause.node));
        let name = |node: NodeKey| plan.name(node).to_owned();
        let nodes = plan.pipeline().nodes().map(NodeKey::from);
        let attempts = nodes.map(|node| (name(node), state.attempts(node))).filter(|(_, count)| *count > 0);
        let budget = state.budget();
        Report {
            schema: 1,
            run_id: run.to_owned(),
            status: status.map_or("running", RunStatus::as_str).to_owned(),
            exit_code: status.map_or(9, RunStatus::exit_code),
            reason: reason.unwrap_or_default().to_owned(),
            reason_node: node.map(name).unwrap_or_default(),
            message: end.map(|end| end.reason.clone()).unwrap_or_default(),
            visits: trace.report(plan),
            attempts: attempts.collect(),
            context: state.context(plan, WalkId::MAIN).all(),
            cost: Cost {
                tokens: budget.settled.tokens,
                micro_usd: budget.settled.micro_usd,
                attempts: budget.attempts,
            },
            gates: gates(plan, state),
            open_gates: state
                .open_gates()
                .map(|gate| format!("{}#{}", plan.name(gate.gate.node), gate.gate.visit))
                .collect(),
            partial: end.is_none(),
            graph_sha256: graph.to_owned(),
            log_sha256: log.to_owned(),
        }
    }

    /// The report as JSON.
    pub fn json(&self) -> String {
        // A report holds only texts, numbers and maps by text.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

fn gates(plan: &Plan, state: &State) -> BTreeMap<String, String> {
    let outcome = |node| state.goals().and_then(|ledger| ledger.outcome(node));
    let word = |gate: NodeKey| outcome(gate.id()).map_or("unvisited", |outcome| outcome.as_str());
    plan.goal_gates().map(|(gate, _)| (plan.name(gate).to_owned(), word(gate).to_owned())).collect()
}
