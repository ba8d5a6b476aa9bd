//! Attribute pairs as they are written, each with what it is written on.
//!
//! Rules about values look at every pair once, however many nodes a default block reaches. Most pairs are labels and
//! prompts, which none of them asks for, so that those are not even listed.

use dotwright_diagnostics::TextRange;
use dotwright_model::{
    Attribute, AttributeSchema, Pipeline, Profile, Scope, ValueType, attribute as schema_of,
};
use dotwright_syntax::ast::{Endpoint, Id, StmtId, StmtKind, Target};
use dotwright_syntax::decode;

/// One pair of the pipeline's graph.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'p> {
    pub(crate) attribute: Attribute<'p>,
    pub(crate) scope: Scope,
    pub(crate) stmt: StmtId,
    /// The schema of the key where it stands.
    pub(crate) schema: Option<&'static AttributeSchema>,
}

/// The pairs of undamaged statements that rules ask for, both lists in source order.
#[derive(Debug, Default)]
pub(crate) struct Pairs<'p> {
    /// Those whose value is a number, a boolean, a duration, a fidelity mode or the id of a node.
    pub(crate) typed: Vec<Written<'p>>,
    /// Those whose key has no schema where it stands.
    pub(crate) unknown: Vec<Written<'p>>,
}

/// Lists the pairs of a pipeline.
pub(crate) fn pairs(pipeline: &Pipeline) -> Pairs<'_> {
    let ast = pipeline.ast();
    let mut pairs = Pairs::default();
    let mut inside_until = StmtId(0);
    for (id, stmt) in pipeline.graph_syntax().into_iter().flat_map(|graph| ast.statements(graph)) {
        let around = if id < inside_until { Scope::Subgraph } else { Scope::Graph };
        let scope = match stmt.kind {
            StmtKind::Node(_) | StmtKind::Default(Target::Node) => Scope::Node,
            StmtKind::Edge { .. } | StmtKind::Default(Target::Edge) => Scope::Edge,
            StmtKind::Assign | StmtKind::Default(Target::Graph) => around,
            StmtKind::Subgraph(group) => {
                inside_until = inside_until.max(group.end);
                Scope::Subgraph
            }
        };
        if stmt.recovered {
            continue;
        }
        for attribute in pipeline.statement_attributes(id) {
            let schema = attribute.key().and_then(|key| schema_of(key, scope));
            let list = match schema {
                Some(schema) if is_typed(schema.value_type) => &mut pairs.typed,
                Some(_) => continue,
                None => &mut pairs.unknown,
            };
            list.push(Written { attribute, scope, stmt: id, schema });
        }
    }
    pairs
}

fn is_typed(value_type: ValueType) -> bool {
    match value_type {
        ValueType::Integer
        | ValueType::Float
        | ValueType::Boolean
        | ValueType::Duration
        | ValueType::NodeId
        | ValueType::Fidelity => true,
        ValueType::String
        | ValueType::Template
        | ValueType::Command
        | ValueType::Condition
        | ValueType::Stylesheet
        | ValueType::CommaList
        | ValueType::Path
        | ValueType::Enum
        | ValueType::Shape
        | ValueType::HandlerType
        | ValueType::Color
        | ValueType::Style
        | ValueType::Json => false,
    }
}

impl<'p> Written<'p> {
    /// What the pair is written on, as messages show it.
    pub(crate) fn owner(&self) -> String {
        let pipeline = self.attribute.pipeline();
        let text = |id: Id| decode(pipeline.source(), id);
        let ast = pipeline.ast();
        let stmt = &ast[self.stmt];
        match stmt.kind {
            StmtKind::Node(node) => format!("`{}`", text(node.id)),
            StmtKind::Default(Target::Node) => "`node [...]`".to_owned(),
            StmtKind::Default(Target::Edge) => "`edge [...]`".to_owned(),
            StmtKind::Edge { .. } => {
                let range = |end: &Endpoint| match end {
                    Endpoint::Node(node) => text(node.id).into_owned(),
                    Endpoint::List(list) => {
                        let names: Vec<_> = ast.listed(*list).iter().map(|node| text(node.id)).collect();
                        names.join(", ")
                    }
                    Endpoint::Subgraph(_) => "{...}".to_owned(),
                };
                let ends: Vec<String> = ast.endpoints(stmt).iter().take(5).map(range).collect();
                format!("`{}`", ends.join(" -> "))
            }
            StmtKind::Assign | StmtKind::Default(Target::Graph) | StmtKind::Subgraph(_) => {
                let name = if self.scope == Scope::Graph { "the graph" } else { "the subgraph" };
                name.to_owned()
            }
        }
    }

    /// The text of the value when it is no template, with its range.
    pub(crate) fn plain_value(&self) -> Option<(std::borrow::Cow<'p, str>, TextRange)> {
        let text = self.attribute.text();
        let is_template = text.bytes().any(|byte| matches!(byte, b'$' | b'{')) || text.starts_with('@');
        (!is_template).then(|| (text, self.attribute.value_range()))
    }
}

/// Whether the runner of a profile reads an attribute, under its own or under another name.
pub(crate) fn is_read(profile: &Profile, schema: &AttributeSchema) -> bool {
    schema.in_spec
        || profile.reads(schema)
        || profile.aliases.iter().any(|alias| alias.key == schema.key && alias.scope == schema.scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &[(&str, Scope, &str)]) {
        let pipeline = Pipeline::parse(source, Profile::default());
        let Pairs { typed, unknown } = pairs(&pipeline);
        let found: Vec<_> = typed
            .iter()
            .chain(&unknown)
            .map(|pair| (pair.attribute.name().into_owned(), pair.scope, pair.owner()))
            .collect();
        let found: Vec<_> =
            found.iter().map(|(name, scope, owner)| (name.as_str(), *scope, owner.as_str())).collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn every_pair_comes_once_with_its_owner() {
        check(
            "digraph { a=1; node [b=2]; x [c=3]; x -> y -> z [d=4]; edge [e=5] }",
            &[
                ("a", Scope::Graph, "the graph"),
                ("b", Scope::Node, "`node [...]`"),
                ("c", Scope::Node, "`x`"),
                ("d", Scope::Edge, "`x -> y -> z`"),
                ("e", Scope::Edge, "`edge [...]`"),
            ],
        );
    }

    #[test]
    fn subgraphs_have_attributes_of_their_own() {
        check(
            "digraph { subgraph s { a=1; graph [b=2] } c=3; {x y} -> z [d=4] }",
            &[
                ("a", Scope::Subgraph, "the subgraph"),
                ("b", Scope::Subgraph, "the subgraph"),
                ("c", Scope::Graph, "the graph"),
                ("d", Scope::Edge, "`{...} -> z`"),
            ],
        );
    }

    #[test]
    fn labels_and_prompts_are_not_listed() {
        check(
            "digraph { x [label=a, prompt=b, timeout=2h, y=1] }",
            &[("timeout", Scope::Node, "`x`"), ("y", Scope::Node, "`x`")],
        );
    }

    #[test]
    fn jump_targets_are_ids_of_nodes() {
        for profile in Profile::all() {
            for target in profile.failure_targets.iter().chain(profile.gate_targets) {
                let schema = schema_of(target.key, target.scope).unwrap();
                assert!(is_typed(schema.value_type), "{} in {}", schema.key.name(), profile.name);
            }
        }
    }

    #[test]
    fn damaged_statements_are_left_out() {
        check("digraph { x [a=1; b=2", &[]);
    }
}
