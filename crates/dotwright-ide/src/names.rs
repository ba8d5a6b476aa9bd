//! Where nodes, classes, context keys and variables are named, over the whole text: in ids, in attribute values, and
//! in the conditions, stylesheets and prompts inside strings.

use std::borrow::Cow;
use std::collections::HashMap;

use dotwright_diagnostics::TextRange;
use dotwright_engine::condition::Key;
use dotwright_engine::context::node_in_key;
use dotwright_engine::gate;
use dotwright_model::{AttributeKey, Handler, Scope, ValueType};
use dotwright_syntax::ast::{Id, StmtKind};
use dotwright_syntax::stylesheet::SelectorKind;
use dotwright_syntax::template::TemplateKind;
use dotwright_syntax::{condition, stylesheet, template};

use crate::cursor::{Inside, Pair, content_range, list_parts};
use crate::document::Document;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum NameKind {
    Node,
    Class,
    /// Without the prefix `context.`.
    ContextKey,
    /// Of prompts, without `$`.
    Variable,
}

/// What happens to the thing at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Declaration,
    Write,
    Read,
}

/// How a name is written at one place, which decides how another one is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Written {
    /// A node id or a whole value; `token` holds it with its quotes.
    Id,
    /// An attribute name.
    AttributeName,
    /// A key in a condition.
    Condition,
    /// A selector in a stylesheet.
    Selector,
    /// A part of a comma-separated value.
    ListPart,
    /// A variable in a prompt.
    Template,
}

/// One place where a name stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occurrence {
    /// Index in [`NameIndex::names`].
    pub(crate) name: u32,
    /// The bytes of the name.
    pub(crate) range: TextRange,
    /// The id around it, quotes included; equal to `range` inside strings.
    pub(crate) token: TextRange,
    pub(crate) role: Role,
    pub(crate) written: Written,
}

/// A name and where it stands.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) kind: NameKind,
    pub(crate) text: String,
    /// Index of the graph.
    pub(crate) graph: u32,
    occurrences: Vec<u32>,
}

/// All names of a text.
#[derive(Debug, Default)]
pub(crate) struct NameIndex {
    names: Vec<Name>,
    /// By offset.
    occurrences: Vec<Occurrence>,
}

impl NameIndex {
    pub(crate) fn new(document: &Document) -> NameIndex {
        let mut collector = Collector { document, ids: HashMap::new(), index: NameIndex::default() };
        for (graph, index) in document.ast().graphs().iter().zip(0u32..) {
            for (id, stmt) in document.ast().statements(graph) {
                let role = match stmt.kind {
                    StmtKind::Node(_) => Role::Declaration,
                    StmtKind::Edge { .. }
                    | StmtKind::Default(_)
                    | StmtKind::Assign
                    | StmtKind::Subgraph(_) => Role::Read,
                };
                for node in document.node_refs(id) {
                    collector.id(NameKind::Node, index, node.id, role);
                }
            }
        }
        for pair in document.pairs() {
            collector.pair(pair);
        }
        let mut index = collector.index;
        index.occurrences.sort_by_key(|occurrence| (occurrence.range.start, occurrence.range.end));
        for (occurrence, at) in index.occurrences.iter().zip(0u32..) {
            if let Some(name) = index.names.get_mut(occurrence.name as usize) {
                name.occurrences.push(at);
            }
        }
        index
    }

    /// The name at an offset, and that place of it.
    pub(crate) fn at(&self, offset: u32) -> Option<(&Name, &Occurrence)> {
        let behind = self.occurrences.partition_point(|found| found.token.start <= offset);
        let first = behind.saturating_sub(2);
        let near = self.occurrences.get(first..behind)?.iter();
        let occurrence = near.rev().find(|found| found.token.touches(offset))?;
        Some((self.names.get(occurrence.name as usize)?, occurrence))
    }

    /// A name of a graph.
    pub(crate) fn find(&self, kind: NameKind, graph: u32, text: &str) -> Option<&Name> {
        self.names.iter().find(|name| name.kind == kind && name.graph == graph && name.text == text)
    }

    /// All names.
    pub(crate) fn names(&self) -> &[Name] {
        &self.names
    }

    /// Where a name stands, by offset.
    pub(crate) fn occurrences<'n>(&'n self, name: &'n Name) -> impl Iterator<Item = &'n Occurrence> {
        name.occurrences.iter().filter_map(|&at| self.occurrences.get(at as usize))
    }

    /// Where a name is declared: its declarations, else where it is written, else for a node its first mention.
    pub(crate) fn declarations<'n>(&'n self, name: &'n Name) -> Vec<&'n Occurrence> {
        for role in [Role::Declaration, Role::Write] {
            let found: Vec<_> = self.occurrences(name).filter(|found| found.role == role).collect();
            if !found.is_empty() {
                return found;
            }
        }
        match name.kind {
            NameKind::Node => self.occurrences(name).find(|o| o.written == Written::Id).into_iter().collect(),
            NameKind::Class | NameKind::ContextKey | NameKind::Variable => Vec::new(),
        }
    }
}

/// Attributes whose value lists context keys, and what the step does with them.
const CONTEXT_LISTS: [(AttributeKey, Scope, Role); 5] = [
    (AttributeKey::READS, Scope::Node, Role::Read),
    (AttributeKey::CONTEXT_KEYS, Scope::Node, Role::Read),
    (AttributeKey::MERGE, Scope::Node, Role::Read),
    (AttributeKey::LOOP_RESTART_PERSIST_KEYS, Scope::Graph, Role::Read),
    (AttributeKey::WRITES, Scope::Node, Role::Write),
];

/// Graph attributes whose value lists variables of prompts.
const VARIABLE_LISTS: [AttributeKey; 2] = [AttributeKey::PARAMS, AttributeKey::VARS];

struct Collector<'d> {
    document: &'d Document,
    ids: HashMap<(NameKind, u32, Cow<'d, str>), u32>,
    index: NameIndex,
}

impl<'d> Collector<'d> {
    fn name(&mut self, kind: NameKind, graph: u32, text: Cow<'d, str>) -> u32 {
        let names = &mut self.index.names;
        *self.ids.entry((kind, graph, text)).or_insert_with_key(|(_, _, text)| {
            names.push(Name { kind, text: text.clone().into_owned(), graph, occurrences: Vec::new() });
            names.len() as u32 - 1
        })
    }

    fn id(&mut self, kind: NameKind, graph: u32, id: Id, role: Role) {
        let text = self.document.text(id);
        if text.is_empty() {
            return;
        }
        let name = self.name(kind, graph, text);
        let range = content_range(self.document.source(), id);
        self.index.occurrences.push(Occurrence { name, range, token: id.range, role, written: Written::Id });
    }

    fn inside(
        &mut self,
        kind: NameKind,
        graph: u32,
        text: &str,
        range: TextRange,
        role: Role,
        written: Written,
    ) {
        let name = self.name(kind, graph, Cow::Owned(text.to_owned()));
        self.index.occurrences.push(Occurrence { name, range, token: range, role, written });
    }

    /// A context key at a range of a value, and the node that it names where it is one of a node.
    fn context_key(
        &mut self,
        pair: Pair,
        inside: &Inside<'_>,
        key: &str,
        range: TextRange,
        role: Role,
        written: Written,
    ) {
        self.inside(NameKind::ContextKey, pair.graph, key, inside.map.range(range), role, written);
        let Some(node) = node_in_key(key) else { return };
        let Some(name) = key.get(node.clone()).filter(|name| self.is_node(pair.graph, name)) else { return };
        let place = TextRange::new(range.start + node.start as u32, range.start + node.end as u32);
        self.inside(NameKind::Node, pair.graph, name, inside.map.range(place), Role::Read, written);
    }

    /// True for a node that a statement names; statements are collected first.
    fn is_node(&self, graph: u32, name: &str) -> bool {
        self.ids.contains_key(&(NameKind::Node, graph, Cow::Borrowed(name)))
    }

    fn pair(&mut self, pair: Pair) {
        let value = pair.written.value;
        match pair.value_type() {
            ValueType::NodeId => self.node_value(pair),
            ValueType::Condition => self.condition(pair),
            ValueType::Stylesheet => self.stylesheet(pair),
            ValueType::Template => self.template(pair),
            ValueType::CommaList => self.list(pair),
            ValueType::String if pair.key == Some(AttributeKey::GOAL) && pair.scope == Scope::Graph => {
                let range = content_range(self.document.source(), pair.written.key);
                let name = self.name(NameKind::Variable, pair.graph, Cow::Borrowed("goal"));
                let (role, written) = (Role::Declaration, Written::AttributeName);
                let token = pair.written.key.range;
                self.index.occurrences.push(Occurrence { name, range, token, role, written });
            }
            ValueType::String if pair.key == Some(AttributeKey::HUMAN_DEFAULT_CHOICE) => {
                if self.is_target_choice(pair) {
                    self.id(NameKind::Node, pair.graph, value, Role::Read);
                }
            }
            ValueType::String
            | ValueType::Command
            | ValueType::Integer
            | ValueType::Float
            | ValueType::Boolean
            | ValueType::Duration
            | ValueType::Path
            | ValueType::Enum
            | ValueType::Shape
            | ValueType::HandlerType
            | ValueType::Fidelity
            | ValueType::Color
            | ValueType::Style
            | ValueType::Json => {}
        }
    }

    /// A value that names a node, blanks around it aside.
    fn node_value(&mut self, pair: Pair) {
        let inside = Inside::new(self.document.source(), pair.written.value);
        let id = inside.text.trim();
        if id.len() == inside.text.len() {
            self.id(NameKind::Node, pair.graph, pair.written.value, Role::Read);
        } else if let Some(start) = inside.text.find(id).filter(|_| !id.is_empty()) {
            let range = inside.map.range(TextRange::new(start as u32, (start + id.len()) as u32));
            self.inside(NameKind::Node, pair.graph, id, range, Role::Read, Written::ListPart);
        }
    }

    /// True for the default choice of a gate of the first graph that names the target, not a key or label.
    fn is_target_choice(&self, pair: Pair) -> bool {
        let pipeline = self.document.pipeline();
        let StmtKind::Node(node) = pipeline.ast()[pair.stmt].kind else { return false };
        let found = pipeline.node_by_id(&self.document.text(node.id)).filter(|_| pair.graph == 0);
        let Some(gate) = found.filter(|&node| pipeline.handler(node) == Handler::Human) else { return false };
        let answer = self.document.text(pair.written.value);
        let choices = gate::choices(pipeline, gate);
        let is_label = |choice: &gate::Choice| choice.has_accelerator || choice.text != choice.target;
        let matches = gate::matching(&choices, &answer);
        matches.iter().any(|choice| choice.target == *answer && (!is_label(choice) || choice.text != *answer))
    }

    fn condition(&mut self, pair: Pair) {
        let inside = Inside::new(self.document.source(), pair.written.value);
        for clause in condition::parse(&inside.text).clauses() {
            let written = clause.key.text(&inside.text);
            let key = match Key::new(written) {
                Key::Outcome => "outcome",
                Key::PreferredLabel => "preferred_label",
                Key::Context(key) => key,
            };
            let start = clause.key.range.end - key.len() as u32;
            let range = TextRange::new(start, clause.key.range.end);
            self.context_key(pair, &inside, key, range, Role::Read, Written::Condition);
        }
    }

    fn stylesheet(&mut self, pair: Pair) {
        let inside = Inside::new(self.document.source(), pair.written.value);
        for rule in stylesheet::parse(&inside.text).rules {
            let (kind, role) = match rule.selector.kind {
                SelectorKind::Universal | SelectorKind::Shape => continue,
                SelectorKind::Class => (NameKind::Class, Role::Declaration),
                SelectorKind::Id => (NameKind::Node, Role::Read),
            };
            let name = rule.selector.name.text(&inside.text);
            if !name.is_empty() {
                let range = inside.map.range(rule.selector.name);
                self.inside(kind, pair.graph, name, range, role, Written::Selector);
            }
        }
    }

    fn template(&mut self, pair: Pair) {
        let inside = Inside::new(self.document.source(), pair.written.value);
        for found in template::references(&inside.text) {
            match found.kind {
                TemplateKind::Dollar | TemplateKind::DollarBraces | TemplateKind::Braces => {}
                TemplateKind::BracesField | TemplateKind::Statement | TemplateKind::File => continue,
            }
            let name = found.name.text(&inside.text);
            let key = name.strip_prefix("context.").or_else(|| name.strip_prefix("ctx."));
            let text = key.unwrap_or(name);
            let range = TextRange::new(found.name.end - text.len() as u32, found.name.end);
            match key {
                Some(key) => self.context_key(pair, &inside, key, range, Role::Read, Written::Template),
                None => {
                    let range = inside.map.range(range);
                    self.inside(NameKind::Variable, pair.graph, text, range, Role::Read, Written::Template);
                }
            }
        }
    }

    fn list(&mut self, pair: Pair) {
        let Some(key) = pair.key else { return };
        let context = CONTEXT_LISTS.iter().find(|(list, scope, _)| *list == key && *scope == pair.scope);
        let (kind, role) = if key == AttributeKey::CLASS {
            (NameKind::Class, Role::Read)
        } else if let Some((_, _, role)) = context {
            (NameKind::ContextKey, *role)
        } else if VARIABLE_LISTS.contains(&key) && pair.scope == Scope::Graph {
            (NameKind::Variable, Role::Declaration)
        } else {
            return;
        };
        let blanks = kind == NameKind::Class && self.document.settings().profile.blanks_separate_classes;
        let inside = Inside::new(self.document.source(), pair.written.value);
        for (name, range) in list_parts(&inside.text, blanks) {
            let prefix = if kind == NameKind::ContextKey && name.starts_with("context.") { 8 } else { 0 };
            let range = TextRange::new(range.start + prefix, range.end);
            let name = name.get(prefix as usize..).unwrap_or(name);
            if name.is_empty() {
                continue;
            }
            match kind {
                NameKind::ContextKey => {
                    self.context_key(pair, &inside, name, range, role, Written::ListPart);
                }
                NameKind::Node | NameKind::Class | NameKind::Variable => {
                    let range = inside.map.range(range);
                    self.inside(kind, pair.graph, name, range, role, Written::ListPart);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::test_support::{cursor, place};

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let (document, offset) = cursor(source);
        let names = document.names();
        let mut text = String::new();
        if let Some((name, _)) = names.at(offset) {
            text = format!("{:?} {}\n", name.kind, name.text);
            for found in names.occurrences(name) {
                text.push_str(&format!(
                    "{:?} {:?} {}\n",
                    found.role,
                    found.written,
                    place(&document, found.range)
                ));
            }
        }
        expect.assert_eq(&text);
    }

    #[test]
    fn a_node_is_found_in_ids_values_and_selectors() {
        check(
            "digraph { model_stylesheet=\"#fix { llm_model: x }\" fix; a -> \"f$0ix\" a [retry_target=\"fix\"] }",
            expect![[r#"
                Node fix
                Read Selector 1:30-1:33 `fix`
                Declaration Id 1:52-1:55 `fix`
                Read Id 1:63-1:66 `fix`
                Read Id 1:85-1:88 `fix`
            "#]],
        );
    }

    #[test]
    fn a_context_key_is_found_in_conditions_and_lists() {
        check(
            r#"digraph { a [writes="score, x"]; a -> b [condition="context.sco$0re > 1 && \"x\"=x"] b [reads="score"] }"#,
            expect![[r#"
                ContextKey score
                Write ListPart 1:22-1:27 `score`
                Read Condition 1:61-1:66 `score`
                Read ListPart 1:94-1:99 `score`
            "#]],
        );
    }

    #[test]
    fn a_node_is_found_in_the_keys_that_are_its_own() {
        check(
            r#"digraph { pl$0an -> b [condition="context.response.plan contains ok"] b [reads="human.gate.plan.1, response.b"] }"#,
            expect![[r#"
                Node plan
                Read Id 1:11-1:15 `plan`
                Read Condition 1:50-1:54 `plan`
                Read ListPart 1:90-1:94 `plan`
            "#]],
        );
    }

    #[test]
    fn classes_and_variables_are_found() {
        check(
            "digraph { goal=x model_stylesheet=\".code { llm_model: x }\" a [class=\"fast co$0de\"] }",
            expect![[r#"
                Class code
                Declaration Selector 1:37-1:41 `code`
                Read ListPart 1:75-1:79 `code`
            "#]],
        );
        check(
            "digraph { goal=x a [prompt=\"Do\\n$g$0oal now\"] }",
            expect![[r#"
                Variable goal
                Declaration AttributeName 1:11-1:15 `goal`
                Read Template 1:34-1:38 `goal`
            "#]],
        );
    }

    #[test]
    fn two_graphs_have_names_of_their_own() {
        check(
            "digraph { a } digraph { $0a }",
            expect![[r#"
                Node a
                Declaration Id 1:25-1:26 `a`
            "#]],
        );
    }

    #[test]
    fn a_default_choice_may_name_a_node() {
        check(
            "digraph { g [shape=hexagon, human.default_choice=n$0o] g -> yes g -> no }",
            expect![[r#"
                Node no
                Read Id 1:50-1:52 `no`
                Read Id 1:68-1:70 `no`
            "#]],
        );
    }
}
