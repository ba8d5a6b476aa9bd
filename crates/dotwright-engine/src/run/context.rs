//! The context of a walk: what conditions and steps can read (runner reference, section 19).
//!
//! A branch holds only what it changed and looks the rest up in the walk that opened it, which rests meanwhile. Nothing
//! is copied when branches are opened, and what a branch changed is at hand when it ends.

use std::borrow::Cow;
use std::collections::BTreeMap;

use dotwright_model::{Handler, Outcome};
use serde::{Deserialize, Serialize};

use super::id::{NodeKey, WalkId};
use super::outcome::{FailureClass, word};
use super::plan::Plan;
use super::state::State;

/// Who made a value. Values of origin tool, model, human or network are tainted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The engine itself.
    Engine,
    /// A graph attribute.
    Graph,
    /// An input of the run.
    Input,
    /// A command.
    Tool,
    /// A model.
    Model,
    /// A person.
    Human,
    /// A registered handler.
    Network,
}

impl Origin {
    pub(crate) fn of(handler: Handler) -> Origin {
        match handler {
            Handler::Tool => Origin::Tool,
            Handler::Codergen | Handler::FanIn => Origin::Model,
            Handler::Human => Origin::Human,
            Handler::Custom | Handler::Manager => Origin::Network,
            Handler::Start | Handler::Exit | Handler::Conditional | Handler::Parallel => Origin::Engine,
        }
    }
}

/// A value and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// What one walk changed; `None` removes a key of the walks around it.
pub(crate) type Changes = BTreeMap<String, Option<Value>>;

/// The last recorded outcome of a walk: the engine's own context keys, and what diamonds forward.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) node: Option<NodeKey>,
    #[serde(with = "super::optional_word")]
    pub(crate) status: Option<Outcome>,
    pub(crate) class: Option<FailureClass>,
    pub(crate) reason: String,
    pub(crate) label: String,
}

/// The outcome that a walk forwards (section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Forwarded {
    #[serde(with = "word")]
    pub(crate) status: Outcome,
    pub(crate) class: Option<FailureClass>,
    pub(crate) node: Option<NodeKey>,
}

/// The context as one walk sees it.
#[derive(Debug, Clone, Copy)]
pub struct ContextView<'s> {
    pub(crate) plan: &'s Plan,
    pub(crate) state: &'s State,
    pub(crate) walk: WalkId,
}

impl<'s> ContextView<'s> {
    /// The value of a key; `None` where nobody set it.
    pub fn get(&self, key: &str) -> Option<Cow<'s, str>> {
        let plan = self.plan;
        let walk = self.state.walk(self.walk)?;
        let recorded = &walk.recorded;
        let text = |text: &'s str| (!text.is_empty()).then_some(Cow::Borrowed(text));
        match key {
            "outcome" => return recorded.status.map(|status| Cow::Borrowed(status.as_str())),
            "last_stage" => return recorded.node.map(|node| Cow::Borrowed(plan.name(node))),
            "preferred_label" => return text(&recorded.label),
            "failure_class" => return recorded.class.map(|class| Cow::Borrowed(class.as_str())),
            "failure_reason" => return text(&recorded.reason),
            "current_node" => return walk.at.map(|node| Cow::Borrowed(plan.name(node))),
            _ => {}
        }
        if let Some(name) = key.strip_prefix("graph.") {
            return plan.graph_attribute(name).map(Cow::Borrowed);
        }
        if let Some(counter) = key.strip_prefix("internal.") {
            return self.counter(counter).map(|count| Cow::Owned(count.to_string()));
        }
        self.value(key).map(|value| Cow::Borrowed(value.text.as_str())).or_else(|| {
            let initial = self.state.start().context.get(key)?;
            if self.is_removed(key) { None } else { Some(Cow::Borrowed(initial.as_str())) }
        })
    }

    /// Who made the value of a key.
    pub fn origin(&self, key: &str) -> Option<Origin> {
        self.get(key)?;
        if let Some(value) = self.value(key) {
            return Some(value.origin);
        }
        if key.starts_with("graph.") {
            return Some(Origin::Graph);
        }
        let initial = self.state.start().context.contains_key(key);
        Some(if initial { Origin::Input } else { Origin::Engine })
    }

    /// Every key with its value, in byte order.
    pub fn all(&self) -> BTreeMap<String, String> {
        let mut found = self.state.start().context.clone();
        let attributes = self.plan.graph_attributes().iter();
        found.extend(attributes.map(|(name, value)| (format!("graph.{name}"), value.clone())));
        let mut layers: Vec<&Changes> = self.layers().collect();
        layers.reverse();
        for (key, value) in layers.into_iter().flatten() {
            match value {
                Some(value) => found.insert(key.clone(), value.text.clone()),
                None => found.remove(key),
            };
        }
        let engine =
            ["outcome", "last_stage", "preferred_label", "failure_class", "failure_reason", "current_node"];
        for key in engine {
            if let Some(value) = self.get(key) {
                found.insert(key.to_owned(), value.into_owned());
            }
        }
        found
    }

    /// What the walk and those around it changed, the innermost first.
    fn layers(&self) -> impl Iterator<Item = &'s Changes> + use<'s> {
        let state = self.state;
        let walks = std::iter::successors(state.walk(self.walk), move |walk| {
            state.walk(walk.branch.as_ref()?.parent)
        });
        walks.map(|walk| &walk.changes)
    }

    fn value(&self, key: &str) -> Option<&'s Value> {
        self.layers().find_map(|layer| layer.get(key))?.as_ref()
    }

    fn is_removed(&self, key: &str) -> bool {
        self.layers().find_map(|layer| layer.get(key)).is_some_and(Option::is_none)
    }

    fn counter(&self, name: &str) -> Option<u32> {
        let (counter, node) = name.split_once('.')?;
        let counts = self.state.counts(self.plan.node_by_name(node)?);
        match counter {
            "visits" => Some(counts.visits),
            "retry_count" => Some(counts.retries),
            _ => None,
        }
    }
}

/// The value of a condition key (section 6.2) after a step with this outcome.
pub(crate) fn condition_key<'s>(
    view: &ContextView<'s>,
    status: Outcome,
    label: &'s str,
    key: &str,
) -> Cow<'s, str> {
    let found = match key {
        "outcome" => return Cow::Borrowed(status.as_str()),
        "preferred_label" => return Cow::Borrowed(label),
        key => match key.strip_prefix("context.").or_else(|| key.strip_prefix("ctx.")) {
            Some(bare) => {
                view.value(key).map(|value| Cow::Borrowed(value.text.as_str())).or_else(|| view.get(bare))
            }
            None => view.get(key),
        },
    };
    found.unwrap_or_default()
}
