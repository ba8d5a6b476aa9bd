//! Bounded exploration: every outcome that steps can have, every answer that gates offer, and what that reaches.
//!
//! Branches of a region end in file order here, since the order does not change the result. Two states are one when
//! walks, forwarded outcomes, goal ledgers and the context keys that conditions mention are equal. A first pass leaves
//! visit counts out, which keeps the states few; a second one tells apart how often nodes with a low cap were visited,
//! so that it meets the caps. Retries are left out: they repeat a step inside its visit.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::hash::{Hash, Hasher};

use dotwright_model::{AttributeKey, Handler, Outcome};

use super::command::{AttemptSpec, Command, End, GateSpec, Question, RunStatus};
use super::event::{Answer, ChildProgress, Event, GatePolicy, Start, Unanswered};
use super::id::{EdgeKey, NodeKey};
use super::outcome::{
    Evidence, FailureClass, ModelEnd, ProcessEnd, Report, StepOutcome, ToolOutput, Updates, Verdict,
};
use super::plan::Plan;
use super::state::{Phase, State, Waiting, Walk};
use super::trace::Trace;
use crate::analysis::Analysis;
use crate::condition::Key;
use crate::context::reserved_writer;

/// Caps up to this count for themselves: a state with another number of visits is another state.
const COUNTED_CAP: u32 = 4;
/// States of the pass that counts visits.
const COUNTED_STATES: usize = 3_000;
/// Ways that one step may end with.
const MAX_WAYS: usize = 64;

/// How far to look.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Different states.
    pub states: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { states: 50_000 }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Exploration {
    /// Different states.
    pub states: usize,
    /// Nodes that some run enters.
    pub nodes: BTreeSet<NodeKey>,
    /// Edges that some run takes.
    pub edges: BTreeSet<EdgeKey>,
    /// How runs end, each with the choices of one shortest run to it.
    pub ends: BTreeMap<RunEnd, Vec<Told>>,
    /// Bounds that cut the exploration short, in words.
    pub cut: BTreeSet<String>,
}

/// A choice of the world on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The step or gate.
    pub node: NodeKey,
    /// What happened to it, for people.
    pub text: String,
}

/// An end of a run without its wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunEnd {
    /// True for a success.
    pub succeeded: bool,
    /// The class of the failure.
    pub class: Option<FailureClass>,
    /// The node that failed.
    pub node: Option<NodeKey>,
}

impl RunEnd {
    fn of(end: &End) -> RunEnd {
        RunEnd { succeeded: end.status == RunStatus::Success, class: end.class, node: end.node }
    }
}

/// A state to go on from, with what waits for the world in it.
struct Open {
    state: State,
    waits: VecDeque<Wait>,
    /// Index into the choices made so far.
    made: usize,
}

#[derive(Clone)]
enum Wait {
    Attempt(AttemptSpec),
    Gate(GateSpec),
}

/// One choice and the one before it.
struct Choice {
    before: usize,
    told: Told,
}

/// Looks at everything a pipeline can do, within bounds.
pub fn explore(plan: &Plan, bounds: Bounds) -> Exploration {
    let mut world = World::new(plan);
    let mut found = pass(&world, bounds);
    world.counts_visits = true;
    let counted = pass(&world, Bounds { states: bounds.states.min(COUNTED_STATES) });
    found.nodes.extend(counted.nodes);
    found.edges.extend(counted.edges);
    for (end, told) in counted.ends {
        found.ends.entry(end).or_insert(told);
    }
    found.cut.extend(world.cut);
    found
}

fn pass(world: &World<'_>, bounds: Bounds) -> Exploration {
    let mut found = Exploration::default();
    let mut choices = vec![Choice { before: 0, told: Told { node: NodeKey(0), text: String::new() } }];
    let mut seen: HashSet<u64> = HashSet::new();
    let mut queue: VecDeque<Open> = VecDeque::new();
    let start = Event::Started(Start {
        limits: super::budget::Limits { max_attempts: u64::MAX, ..Default::default() },
        ..Start::default()
    });
    let first = Open { state: State::new(), waits: VecDeque::new(), made: 0 };
    let mut explorer = Explorer { world, found: &mut found, choices: &mut choices };
    if let Some(open) = explorer.after(&first, VecDeque::new(), vec![start], 0) {
        seen.insert(world.key(&open));
        queue.push_back(open);
    }
    while let Some(open) = queue.pop_front() {
        let mut waits = open.waits.clone();
        let Some(wait) = waits.pop_front() else { continue };
        for (text, events) in world.ways(&open.state, &wait) {
            if seen.len() >= bounds.states {
                explorer.found.cut.insert(format!("{} states", bounds.states));
                break;
            }
            let node = match &wait {
                Wait::Attempt(spec) => spec.attempt.visit.node,
                Wait::Gate(spec) => spec.gate.node,
            };
            explorer.choices.push(Choice { before: open.made, told: Told { node, text } });
            let made = explorer.choices.len() - 1;
            if let Some(next) = explorer.after(&open, waits.clone(), events, made)
                && seen.insert(world.key(&next))
            {
                queue.push_back(next);
            }
        }
    }
    found.states = seen.len();
    found
}

struct Explorer<'e, 'p> {
    world: &'e World<'p>,
    found: &'e mut Exploration,
    choices: &'e mut Vec<Choice>,
}

impl Explorer<'_, '_> {
    /// The state after some events, unless the run is over or rests in it.
    fn after(
        &mut self,
        open: &Open,
        mut waits: VecDeque<Wait>,
        events: Vec<Event>,
        made: usize,
    ) -> Option<Open> {
        let mut state = open.state.clone();
        let mut events: VecDeque<Event> = events.into();
        let mut trace = Trace::default();
        while let Some(event) = events.pop_front() {
            let mut commands = Vec::new();
            state.apply(self.world.plan, event, &mut commands);
            for command in commands {
                trace.observe(&command);
                self.react(command, &mut waits, &mut events);
            }
        }
        self.found.nodes.extend(trace.entered());
        self.found.edges.extend(trace.edges.iter().copied());
        if let Phase::Ended(end) = state.phase() {
            let end = RunEnd::of(end);
            if !self.found.ends.contains_key(&end) {
                let told = self.told(made);
                self.found.ends.insert(end, told);
            }
            return None;
        }
        Some(Open { state, waits, made })
    }

    fn react(&self, command: Command, waits: &mut VecDeque<Wait>, events: &mut VecDeque<Event>) {
        match command {
            Command::StartAttempt(spec) | Command::StartChild(spec) => waits.push_back(Wait::Attempt(spec)),
            Command::Ask(spec) => waits.push_back(Wait::Gate(spec)),
            Command::StopAttempt { attempt, .. } => {
                waits.retain(|wait| !matches!(wait, Wait::Attempt(spec) if spec.attempt == attempt));
                events.push_back(Event::AttemptEnded { attempt, evidence: Evidence::Stopped });
            }
            Command::StopChild { attempt, .. } => {
                waits.retain(|wait| !matches!(wait, Wait::Attempt(spec) if spec.attempt == attempt));
                events.push_back(child_ended(attempt, false));
            }
            Command::CloseGate { gate, .. } => {
                waits.retain(|wait| !matches!(wait, Wait::Gate(spec) if spec.gate == gate));
            }
            Command::MergeWork { visit, .. } => {
                events.push_back(Event::WorkMerged { visit, conflicts: Vec::new() });
            }
            Command::Decide(_)
            | Command::AllowCall(_)
            | Command::RefuseCall { .. }
            | Command::StartTimer { .. }
            | Command::DropTimer(_)
            | Command::RejectAnswer { .. }
            | Command::ObserveChild(_)
            | Command::SteerChild(_)
            | Command::PauseChild(_)
            | Command::Pause(_)
            | Command::Finish(_) => {}
        }
    }

    /// The choices of the run up to here.
    fn told(&self, made: usize) -> Vec<Told> {
        let mut told = Vec::new();
        let mut at = made;
        while at != 0 {
            let Some(choice) = self.choices.get(at) else { break };
            told.push(choice.told.clone());
            at = choice.before;
        }
        told.reverse();
        told
    }
}

fn child_ended(attempt: super::AttemptId, succeeded: bool) -> Event {
    Event::ChildEnded {
        attempt,
        status: if succeeded { RunStatus::Success } else { RunStatus::Fail },
        reason: String::new(),
        progress: ChildProgress::default(),
        outputs: BTreeMap::new(),
    }
}

/// What can happen at each node, and which context keys matter.
struct World<'p> {
    plan: &'p Plan,
    domains: Vec<Vec<Outcome>>,
    /// By node, the assignments of context keys that conditions behind it tell apart.
    writes: Vec<Vec<Updates>>,
    keys: BTreeSet<String>,
    cut: BTreeSet<String>,
    /// Whether [`World::key`] tells apart how often nodes with a low cap were visited.
    counts_visits: bool,
}

impl<'p> World<'p> {
    fn new(plan: &'p Plan) -> World<'p> {
        let pipeline = plan.pipeline();
        let analysis = Analysis::new(pipeline);
        let literals = literals(plan);
        let mut cut = BTreeSet::new();
        let writes =
            pipeline.nodes().map(|node| assignments(plan, node.into(), &literals, &mut cut)).collect();
        let domains = pipeline.nodes().map(|node| analysis.domain(node).iter().collect()).collect();
        World { plan, domains, writes, keys: literals.into_keys().collect(), cut, counts_visits: false }
    }

    /// Everything that can happen to what waits: words for people, and facts.
    fn ways(&self, state: &State, wait: &Wait) -> Vec<(String, Vec<Event>)> {
        match wait {
            Wait::Gate(spec) => self.answers(state, spec),
            Wait::Attempt(spec) => self.ends(spec),
        }
    }

    fn answers(&self, state: &State, spec: &GateSpec) -> Vec<(String, Vec<Event>)> {
        let (gate, name) = (spec.gate, self.plan.name(spec.gate.node));
        let Question::Choices(choices) = &spec.question else { return Vec::new() };
        let mut ways: Vec<(String, Vec<Event>)> = choices
            .iter()
            .filter(|choice| state.would_answer(self.plan, gate, &choice.key))
            .map(|choice| {
                let answer = Answer { choice: choice.key.clone(), ..Answer::default() };
                (format!("{name}: {}", choice.text), vec![Event::GateAnswered { gate, answer }])
            })
            .collect();
        let nobody = match state.gate_timer(gate) {
            Some(timer) => vec![Event::TimerFired { timer }],
            None => {
                let why = Unanswered::NobodyThere;
                vec![Event::GateUnattended { gate, why, policy: GatePolicy::Fail }]
            }
        };
        ways.push((format!("{name}: nobody answers"), nobody));
        ways
    }

    fn ends(&self, spec: &AttemptSpec) -> Vec<(String, Vec<Event>)> {
        let attempt = spec.attempt;
        let node = attempt.visit.node;
        let name = self.plan.name(node);
        let handler = self.plan.handler(node);
        if handler == Handler::Manager {
            let way = |succeeded: bool, word: &str| {
                (format!("{name}: child {word}"), vec![child_ended(attempt, succeeded)])
            };
            return vec![way(true, "succeeds"), way(false, "fails")];
        }
        let outcomes: &[Outcome] = match handler {
            // The judge of a fan-in.
            Handler::FanIn => &[Outcome::Success, Outcome::Fail],
            Handler::Start
            | Handler::Exit
            | Handler::Codergen
            | Handler::Tool
            | Handler::Conditional
            | Handler::Human
            | Handler::Parallel
            | Handler::Manager
            | Handler::Custom => self.domains.get(node.index()).map_or(&[], Vec::as_slice),
        };
        let mut ways = Vec::new();
        for &outcome in outcomes {
            for label in self.labels(node) {
                for updates in self.writes.get(node.index()).into_iter().flatten() {
                    let evidence = evidence(handler, outcome, &label, updates);
                    let mut text = format!("{name}: {}", outcome.as_str());
                    if !label.is_empty() {
                        text.push_str(&format!(" with label `{label}`"));
                    }
                    for (key, value) in updates {
                        text.push_str(&format!(", {key}={}", value.as_deref().unwrap_or_default()));
                    }
                    ways.push((text, vec![Event::AttemptEnded { attempt, evidence }]));
                }
            }
        }
        ways
    }

    /// Labels that a step can prefer: a model is offered those of its plain edges, and of diamonds directly behind it.
    fn labels(&self, node: NodeKey) -> Vec<String> {
        let mut labels = vec![String::new()];
        if !matches!(self.plan.handler(node), Handler::Codergen | Handler::Custom) {
            return labels;
        }
        let pipeline = self.plan.pipeline();
        for near in ahead(self.plan, node) {
            let plain = pipeline.outgoing(near.id()).iter().filter(|&&edge| pipeline.is_plain(edge));
            labels.extend(plain.filter_map(|&edge| Some(pipeline.edge_label(edge)?.text().into_owned())));
        }
        labels.extend(self.label_literals(node));
        labels.sort();
        labels.dedup();
        labels
    }

    fn label_literals(&self, node: NodeKey) -> Vec<String> {
        let pipeline = self.plan.pipeline();
        let edges = ahead(self.plan, node).into_iter().flat_map(|near| pipeline.outgoing(near.id()).to_vec());
        let conditions = edges.filter_map(|edge| pipeline.condition(edge));
        let clauses = conditions.flat_map(|condition| {
            condition.condition.clauses().iter().filter_map(move |clause| {
                let is_label = Key::new(clause.key.text(condition.text)) == Key::PreferredLabel;
                is_label
                    .then(|| clause.literal.map(|literal| literal.decoded(condition.text).into_owned()))?
            })
        });
        clauses.collect()
    }

    /// What makes two states one.
    fn key(&self, open: &Open) -> u64 {
        let state = &open.state;
        let mut hasher = DefaultHasher::new();
        let places: BTreeMap<super::WalkId, usize> =
            state.walks.keys().enumerate().map(|(place, &walk)| (walk, place)).collect();
        for walk in state.walks.values() {
            self.hash_walk(walk, &places, &mut hasher);
        }
        for (index, counts) in state.counts.iter().enumerate() {
            let cap = self.plan.visit_cap(NodeKey(index as u32));
            if self.counts_visits && cap.is_some_and(|cap| cap <= COUNTED_CAP) {
                (index, counts.visits).hash(&mut hasher);
            }
        }
        for wait in &open.waits {
            match wait {
                Wait::Attempt(spec) => spec.attempt.visit.node.hash(&mut hasher),
                Wait::Gate(spec) => spec.gate.node.hash(&mut hasher),
            }
        }
        hasher.finish()
    }

    fn hash_walk(&self, walk: &Walk, places: &BTreeMap<super::WalkId, usize>, hasher: &mut DefaultHasher) {
        let branch = walk.branch.as_ref();
        branch.map(|branch| (places.get(&branch.parent), branch.index)).hash(hasher);
        (walk.at, walk.forwards, walk.lost, &walk.ledger).hash(hasher);
        (walk.recorded.status, walk.recorded.class, &walk.recorded.label).hash(hasher);
        for (key, value) in &walk.changes {
            if self.keys.contains(key) {
                (key, value).hash(hasher);
            }
        }
        std::mem::discriminant(&walk.waiting).hash(hasher);
        match &walk.waiting {
            Waiting::Over(end) => end.hash(hasher),
            Waiting::Region(run) => (run.over, run.running, run.decided).hash(hasher),
            Waiting::Moving
            | Waiting::Attempt { .. }
            | Waiting::Retry { .. }
            | Waiting::Gate(_)
            | Waiting::Child(_)
            | Waiting::Merge { .. }
            | Waiting::Held { .. } => {}
        }
    }
}

/// The node and the diamonds directly behind it, which decide with its outcome.
fn ahead(plan: &Plan, node: NodeKey) -> Vec<NodeKey> {
    let pipeline = plan.pipeline();
    let mut found = vec![node];
    let mut seen = BTreeSet::from([node]);
    let mut index = 0;
    while let Some(&near) = found.get(index) {
        index += 1;
        for &edge in pipeline.outgoing(near.id()) {
            let target = NodeKey::from(pipeline.target_of(edge));
            if plan.handler(target) == Handler::Conditional && seen.insert(target) {
                found.push(target);
            }
        }
    }
    found
}

/// Context keys that conditions mention, with the values they are compared with.
fn literals(plan: &Plan) -> BTreeMap<String, BTreeSet<String>> {
    let pipeline = plan.pipeline();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for condition in pipeline.edges().filter_map(|edge| pipeline.condition(edge)) {
        for clause in condition.condition.clauses() {
            if let Key::Context(key) = Key::new(clause.key.text(condition.text)) {
                let values = found.entry(key.to_owned()).or_default();
                values.extend(clause.literal.map(|literal| literal.decoded(condition.text).into_owned()));
            }
        }
    }
    found
}

/// The values that a step can give the keys of conditions: those in `writes` and the handler's own, for conditions
/// anywhere; other free keys only where a condition directly behind the step asks.
fn assignments(
    plan: &Plan,
    node: NodeKey,
    literals: &BTreeMap<String, BTreeSet<String>>,
    cut: &mut BTreeSet<String>,
) -> Vec<Updates> {
    let nothing = vec![Vec::new()];
    let handler = plan.handler(node);
    if !matches!(handler, Handler::Tool | Handler::Codergen | Handler::Custom) {
        return nothing;
    }
    let pipeline = plan.pipeline();
    let declared = pipeline.node_attribute(node.id(), AttributeKey::WRITES).map(|writes| writes.text());
    let declared: Vec<&str> = declared.as_deref().unwrap_or_default().split(',').map(str::trim).collect();
    let near = ahead(plan, node);
    let asked: BTreeSet<String> = near
        .iter()
        .flat_map(|node| pipeline.outgoing(node.id()))
        .filter_map(|&edge| pipeline.condition(edge))
        .flat_map(|condition| {
            condition.condition.clauses().iter().map(move |clause| (clause, condition.text))
        })
        .filter_map(|(clause, text)| match Key::new(clause.key.text(text)) {
            Key::Context(key) => Some(key.to_owned()),
            Key::Outcome | Key::PreferredLabel => None,
        })
        .collect();
    let mut ways = nothing;
    for (key, values) in literals {
        let own = match handler {
            Handler::Tool => ["tool.output", "tool.exit_code", "tool.last_line"].contains(&key.as_str()),
            Handler::Codergen => key == "last_response",
            Handler::Start
            | Handler::Exit
            | Handler::Conditional
            | Handler::Human
            | Handler::Parallel
            | Handler::FanIn
            | Handler::Manager
            | Handler::Custom => false,
        };
        let free =
            reserved_writer(key).is_none() && (declared.contains(&key.as_str()) || asked.contains(key));
        if !(free || (own && asked.contains(key))) {
            continue;
        }
        let other = (0..).map(|n| format!("other{n}")).find(|other| !values.contains(other));
        let values: Vec<&String> = values.iter().chain(&other).collect();
        if ways.len().saturating_mul(values.len()) > MAX_WAYS {
            cut.insert(format!("{MAX_WAYS} combinations of context values at `{}`", plan.name(node)));
            break;
        }
        ways = values
            .into_iter()
            .flat_map(|value| {
                ways.iter().map(move |way| {
                    let mut way = way.clone();
                    way.push((key.clone(), Some(value.clone())));
                    way
                })
            })
            .collect();
    }
    ways
}

/// The end of an attempt with an outcome, a label and keys; a failure that is not tried again.
fn evidence(handler: Handler, outcome: Outcome, label: &str, updates: &Updates) -> Evidence {
    let (own, free): (Updates, Updates) =
        updates.iter().cloned().partition(|(key, _)| reserved_writer(key).is_some());
    let value = |key: &str| {
        let found = own.iter().find(|(known, _)| known == key);
        found.and_then(|(_, value)| value.clone())
    };
    let report = Report {
        outcome,
        preferred_label: label.to_owned(),
        suggested_next_ids: Vec::new(),
        context_updates: free,
        notes: String::new(),
        failure_reason: String::new(),
    };
    match handler {
        Handler::Tool => {
            let output = ToolOutput {
                output: value("tool.output").unwrap_or_default(),
                last_line: value("tool.last_line").unwrap_or_default(),
                ..ToolOutput::default()
            };
            let code = value("tool.exit_code").and_then(|code| code.parse().ok());
            let end = ProcessEnd::Exited(code.unwrap_or(0));
            Evidence::Tool { end, verdict: Verdict::Given(report), output: Box::new(output) }
        }
        Handler::Codergen => Evidence::Model {
            end: ModelEnd::Finished,
            verdict: Verdict::Given(report),
            response: value("last_response").unwrap_or_default(),
            retry_after: None,
            refuted: None,
        },
        Handler::Start
        | Handler::Exit
        | Handler::Conditional
        | Handler::Human
        | Handler::Parallel
        | Handler::FanIn
        | Handler::Manager
        | Handler::Custom => Evidence::Reported(Box::new(StepOutcome {
            status: outcome,
            preferred_label: label.to_owned(),
            context_updates: report.context_updates,
            ..StepOutcome::default()
        })),
    }
}
