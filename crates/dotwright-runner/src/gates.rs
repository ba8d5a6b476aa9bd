//! Who answers a human gate: the answers file, somebody at a terminal, or nobody (section 14).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use dotwright_engine::run::{
    Answer, Event, GatePolicy, GateSpec, Plan, Question, State, Unanswered, VisitId,
};
use dotwright_model::AttributeKey;

use crate::attributes::text;
use crate::mailbox::Incoming;
use crate::moment::{Asked, Asker, Reply};
use crate::setup::{OnGate, Setup};

/// Keeps track of open gates.
pub(crate) struct Desk {
    sender: Sender<Incoming>,
    /// Where questions for a person go, once there was one.
    questions: Option<Sender<Asked>>,
    open: BTreeMap<VisitId, Asked>,
}

impl Desk {
    pub(crate) fn new(sender: Sender<Incoming>) -> Desk {
        Desk { sender, questions: None, open: BTreeMap::new() }
    }

    /// A gate is open. Gives what follows at once.
    pub(crate) fn open(
        &mut self,
        setup: &Setup,
        plan: &Plan,
        state: &State,
        spec: GateSpec,
    ) -> Option<Event> {
        let gate = spec.gate;
        let name = plan.name(gate.node);
        let unattended = |why, policy| Some(Event::GateUnattended { gate, why, policy });
        let is_choice = matches!(spec.question, Question::Choices(_));
        if let Some((_, entry)) = setup.answers.find(name, gate.visit).filter(|_| is_choice) {
            if !state.would_answer(plan, gate, &entry.choice) {
                return unattended(Unanswered::AnswerUnmatched, GatePolicy::Pause);
            }
            let by = entry.by.clone().unwrap_or_else(|| setup.answers.source.clone());
            let answer = Answer { choice: entry.choice.clone(), text: entry.text.clone(), by };
            return Some(Event::GateAnswered { gate, answer });
        }
        match (setup.on_gate, &setup.asker) {
            (OnGate::Ask, Some(asker)) => {
                let asked = question(plan, spec);
                self.open.insert(gate, asked.clone());
                self.ask(asker, asked);
                None
            }
            (OnGate::Ask, None) => unattended(Unanswered::NobodyThere, GatePolicy::Deadline),
            (OnGate::Wait, _) => None,
            (OnGate::Pause, _) => unattended(Unanswered::NobodyThere, GatePolicy::Pause),
            (OnGate::Fail, _) => unattended(Unanswered::NobodyThere, GatePolicy::Fail),
        }
    }

    fn ask(&mut self, asker: &Arc<dyn Asker>, asked: Asked) {
        let questions = self.questions.get_or_insert_with(|| {
            let (questions, todo) = channel::<Asked>();
            let (asker, sender) = (Arc::clone(asker), self.sender.clone());
            // It ends with the program when nobody ever answers; a question cannot be taken back.
            std::thread::spawn(move || {
                while let Ok(asked) = todo.recv() {
                    let reply = asker.ask(&asked);
                    if sender.send(Incoming::Replied { gate: asked.spec.gate, reply }).is_err() {
                        return;
                    }
                }
            });
            questions
        });
        let _gone = questions.send(asked);
    }

    /// A person said something about a gate.
    pub(crate) fn replied(
        &mut self,
        plan: &Plan,
        state: &State,
        gate: VisitId,
        reply: Reply,
    ) -> Option<Event> {
        let asked = self.open.get(&gate)?.clone();
        match reply {
            Reply::Nobody => Some(Event::GateUnattended {
                gate,
                why: Unanswered::NobodyThere,
                policy: GatePolicy::Deadline,
            }),
            Reply::Choice(choice) if state.would_answer(plan, gate, &choice) => {
                let answer = Answer { choice, text: None, by: "terminal".to_owned() };
                Some(Event::GateAnswered { gate, answer })
            }
            Reply::Choice(_) => {
                let questions = self.questions.as_ref()?;
                let _gone = questions.send(Asked { again: true, ..asked });
                None
            }
        }
    }

    /// A gate needs no answer any more.
    pub(crate) fn close(&mut self, gate: VisitId) {
        self.open.remove(&gate);
    }
}

/// The question of a gate in words.
pub fn question(plan: &Plan, spec: GateSpec) -> Asked {
    let node = spec.gate.node;
    let name = plan.name(node).to_owned();
    let (question, choices) = match &spec.question {
        Question::Choices(choices) => {
            let pipeline = plan.pipeline();
            let label = text(pipeline, node, AttributeKey::PROMPT)
                .or_else(|| text(pipeline, node, AttributeKey::LABEL))
                .unwrap_or_else(|| name.clone());
            let choices = choices.iter().map(|choice| (choice.key.clone(), choice.text.clone())).collect();
            (label.replace("\\n", " "), choices)
        }
        Question::LostAttempt => {
            let choices = [("R", "run it again"), ("F", "count it as failed")];
            let choices = choices.map(|(key, text)| (key.to_owned(), text.to_owned())).into();
            (format!("an attempt of `{name}` was lost with its runner"), choices)
        }
    };
    Asked { node: name, visit: spec.gate.visit, question, choices, spec, again: false }
}
