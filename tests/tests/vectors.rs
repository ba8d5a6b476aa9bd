//! Conformance vectors: facts that several implementations assert, for parser, conditions, selection and stylesheets.
//!
//! Every case that agrees with the specification is taken as it stands. For the others the table of deviations says
//! which reading the default profile has, and why; a deviation that no longer deviates fails too.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use dotwright_diagnostics::Severity;
use dotwright_engine::accelerator_key;
use dotwright_engine::{Analysis, Candidate, Ended, Ledger, condition, normalise_label, select_edge};
use dotwright_lint::{Category, External, Layer, Selector, Settings, check, rule};
use dotwright_model::{AttributeKey, NodeId, Outcome, Pipeline, Profile};
use dotwright_tests::shared;
use serde_json::{Map, Value};

/// The cases of one file, or nothing when the vectors are absent.
fn cases(file: &str) -> Vec<Value> {
    let Some(folder) = shared("DOTWRIGHT_VECTORS", "vectors") else { return Vec::new() };
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let Value::Array(cases) = serde_json::from_str(&text).unwrap() else { panic!("{file} is no array") };
    assert!(!cases.is_empty(), "{file} is empty");
    cases
}

/// Runs `check` over a file. It returns what is wrong with a case; the ids of wrong cases must be exactly `deviations`.
#[track_caller]
fn run(file: &str, deviations: &[(&str, &str)], check: impl Fn(&Value) -> Result<(), String>) {
    let cases = cases(file);
    let wrong: BTreeMap<String, String> = cases
        .iter()
        .filter_map(|case| Some((case["id"].as_str().unwrap().to_owned(), check(case).err()?)))
        .collect();
    let known: BTreeSet<&str> = deviations.iter().map(|(id, _)| *id).collect();
    let here: BTreeSet<&str> = cases.iter().filter_map(|case| case["id"].as_str()).collect();
    let unexpected: Vec<String> = wrong
        .iter()
        .filter(|(id, _)| !known.contains(id.as_str()))
        .map(|(id, why)| format!("{id}: {why}"))
        .collect();
    assert!(unexpected.is_empty(), "{file}:\n{}", unexpected.join("\n"));
    let stale: Vec<&&str> =
        known.iter().filter(|id| here.contains(**id) && !wrong.contains_key(**id)).collect();
    assert!(stale.is_empty(), "{file}: no longer deviate: {stale:?}");
}

fn expect<T: PartialEq + std::fmt::Debug>(found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{found:?}, expected {expected:?}")) }
}

fn text<'v>(case: &'v Value, key: &str) -> &'v str {
    case[key].as_str().unwrap_or("")
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The value of a condition key, as section 6.2 of the runner reference reads it.
fn key_value<'v>(case: &'v Value, key: &str) -> Cow<'v, str> {
    let context = |name: &str| case["context"].get(name).map(scalar);
    let found = match key {
        "outcome" => Some(text(case, "outcome").to_owned()),
        "preferred_label" => Some(text(case, "preferred_label").to_owned()),
        _ => {
            let bare = key.strip_prefix("context.").or_else(|| key.strip_prefix("ctx.")).unwrap_or(key);
            context(&format!("context.{bare}")).or_else(|| context(bare)).or_else(|| context(key))
        }
    };
    Cow::Owned(found.unwrap_or_default())
}

fn evaluate(case: &Value, written: &str) -> Result<bool, ()> {
    let parsed = dotwright_syntax::condition::parse(written);
    if !parsed.errors.is_empty() {
        return Err(());
    }
    Ok(condition::holds(&parsed, written, |key| key_value(case, key)))
}

#[test]
fn conditions() {
    run("conditions.json", CONDITION_DEVIATIONS, |case| {
        let found = match evaluate(case, text(case, "condition")) {
            Ok(holds) => Value::Bool(holds),
            Err(()) => Value::from("error"),
        };
        expect(found, case["expect"].clone())
    });
}

/// Where the default profile, or the union parser, reads a condition otherwise than its source.
const CONDITION_DEVIATIONS: &[(&str, &str)] = &[
    ("cond-041", "kilroy's status aliases; the default profile has none"),
    ("cond-044", "kilroy's status aliases"),
    ("cond-046", "kilroy's status aliases"),
    ("cond-076", "single quotes are text here, soulcaster strips them"),
    ("cond-077", "soulcaster ignores letter case"),
    ("cond-186", "a quote that nothing closes is taken as it stands, tracker refuses it"),
    ("cond-189", "tracker wants blanks around `>=`"),
    ("cond-190", "tracker wants blanks around `<=`"),
    ("cond-191", "tracker wants blanks around `>=`"),
    ("cond-192", "tracker wants blanks around `<=`"),
    ("cond-207", "mammoth ignores letter case"),
    ("cond-208", "mammoth ignores letter case"),
    ("cond-212", "mammoth ignores letter case"),
];

#[test]
fn label_normalisation() {
    run("label_normalize.json", &[], |case| {
        expect(normalise_label(text(case, "label")).as_str(), text(case, "expect"))
    });
}

#[test]
fn accelerator_keys() {
    run("accelerator_keys.json", &[], |case| {
        expect(accelerator_key(text(case, "label")).as_str(), text(case, "expect"))
    });
}

fn outcome(word: &str) -> Outcome {
    Profile::default().outcome(word).unwrap_or_else(|| panic!("outcome {word}"))
}

#[test]
fn edge_selection() {
    run("edge_selection.json", EDGE_DEVIATIONS, |case| {
        let edges = case["edges"].as_array().unwrap();
        let candidates: Vec<Candidate<'_>> = edges
            .iter()
            .map(|edge| Candidate {
                target: text(edge, "to"),
                condition: match text(edge, "condition") {
                    "" => None,
                    written => Some(evaluate(case, written).unwrap_or(false)),
                },
                label: text(edge, "label"),
                weight: edge["weight"].as_i64().unwrap_or(0) as i32,
                carries_failure: false,
            })
            .collect();
        let suggested: Vec<&str> =
            case["suggested_next_ids"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let ended = Ended {
            outcome: outcome(text(case, "outcome")),
            preferred_label: text(case, "preferred_label"),
            suggested: &suggested,
        };
        let found = select_edge(&candidates, &ended).map(|(index, _)| candidates[index].target);
        expect(found, case["expect"].as_str())
    });
}

/// Where kilroy follows an earlier revision of the specification.
const EDGE_DEVIATIONS: &[(&str, &str)] = &[
    ("edge-013", "kilroy takes the best edge although no condition holds"),
    ("edge-014", "kilroy compares labels of edges whose condition is false"),
    ("edge-015", "kilroy compares labels of edges whose condition is false"),
    ("edge-016", "kilroy takes a suggested edge whose condition is false"),
];

/// A pipeline with the given nodes, each with its attributes.
fn pipeline(graph: &Map<String, Value>, nodes: &[(&str, Map<String, Value>)]) -> Pipeline {
    let list = |attributes: &Map<String, Value>| {
        let pairs = attributes.iter().map(|(key, value)| format!("\"{key}\"={:?}", scalar(value)));
        pairs.collect::<Vec<_>>().join(", ")
    };
    let mut source = format!("digraph {{ graph [{}]\n", list(graph));
    for (id, attributes) in nodes {
        source.push_str(&format!("{id:?} [{}]\n", list(attributes)));
    }
    source.push('}');
    Pipeline::parse(&source, Profile::default())
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[test]
fn retry_targets() {
    run("retry_target.json", &[], |case| {
        let others = case["nodes"].as_array().unwrap().iter().filter_map(Value::as_str);
        let mut nodes: Vec<_> = others.map(|id| (id, Map::new())).collect();
        let mut gate = object(&case["node"]);
        gate.insert("goal_gate".into(), Value::Bool(true));
        nodes.push(("the_gate", gate));
        let pipeline = pipeline(&object(&case["graph"]), &nodes);
        let gate = pipeline.node_by_id("the_gate").unwrap();
        let target = Analysis::new(&pipeline).gate_target(gate);
        expect(target.map(|target| pipeline.id(target)), case["expect"].as_str())
    });
}

#[test]
fn goal_gates() {
    run("goal_gates.json", &[], |case| {
        let gates = case["goal_gates"].as_array().unwrap().iter().filter_map(Value::as_str);
        let gate: Map<String, Value> = [("goal_gate".to_owned(), Value::Bool(true))].into_iter().collect();
        let mut nodes: Vec<_> = gates.map(|id| (id, gate.clone())).collect();
        let outcomes = object(&case["outcomes"]);
        for id in outcomes.keys() {
            if !nodes.iter().any(|(known, _)| known == id) {
                nodes.push((id, Map::new()));
            }
        }
        let pipeline = pipeline(&Map::new(), &nodes);
        let mut ledger = Ledger::default();
        for (id, word) in &outcomes {
            ledger.record(pipeline.node_by_id(id).unwrap(), outcome(word.as_str().unwrap()));
        }
        let found = ledger.first_unsatisfied(&Analysis::new(&pipeline));
        expect(found.map(|gate| pipeline.id(gate)), case["expect"].as_str())
    });
}

#[test]
fn stylesheet_resolution() {
    run("stylesheet_resolve.json", &[], |case| {
        let graph = [("model_stylesheet".to_owned(), case["stylesheet"].clone())].into_iter().collect();
        let nodes: Vec<_> =
            case["nodes"].as_array().unwrap().iter().map(|n| (text(n, "id"), object(&n["attrs"]))).collect();
        let pipeline = pipeline(&graph, &nodes);
        for (id, properties) in object(&case["expect"]) {
            let node = pipeline.node_by_id(&id).unwrap();
            for (property, value) in object(&properties) {
                let found =
                    pipeline.resolve_property(node, &property).map(|resolved| resolved.text.into_owned());
                expect(found.clone(), value.as_str().map(str::to_owned))
                    .map_err(|why| format!("{id}.{property}: {why}"))?;
            }
        }
        Ok(())
    });
}

#[test]
fn stylesheet_syntax() {
    run("stylesheet_syntax.json", &[], |case| {
        let written = text(case, "stylesheet");
        let sheet = dotwright_syntax::stylesheet::parse(written);
        expect(Some(sheet.errors.is_empty()), case["accept"].as_bool())?;
        match case["rules"].as_u64() {
            Some(rules) => expect(sheet.rules.len() as u64, rules),
            None => Ok(()),
        }
    });
}

#[test]
fn parsing() {
    run("parse.json", PARSE_DEVIATIONS, |case| {
        let pipeline = Pipeline::parse(text(case, "dot"), Profile::default());
        let clean = is_accepted(&pipeline);
        expect(Some(clean), case["accept"].as_bool()).map_err(|why| format!("accepted: {why}"))?;
        let facts = &case["expect"];
        if !clean || facts.is_null() {
            return Ok(());
        }
        check_graph(&pipeline, facts)
    });
}

/// True when neither the parser nor a rule about syntax finds an error. Much is legal DOT and no pipeline, so the
/// parser alone accepts more than runners do.
fn is_accepted(pipeline: &Pipeline) -> bool {
    let selection = Layer { select: vec![Selector::Category(Category::Syntax)], ..Layer::default() };
    let mut settings = Settings { profile: pipeline.profile(), ..Settings::default() };
    settings.selection.layers.push(selection);
    let findings = check(pipeline, &settings, &External::default()).diagnostics;
    let is_syntax = |name| rule(name).is_some_and(|rule| rule.category == Category::Syntax);
    !findings.iter().any(|finding| finding.severity == Severity::Error && is_syntax(finding.rule))
}

fn check_graph(pipeline: &Pipeline, facts: &Value) -> Result<(), String> {
    let node = |id: &str| pipeline.node_by_id(id).ok_or_else(|| format!("no node {id}"));
    let source = pipeline.source();
    if let Some(name) = facts["name"].as_str() {
        let id = pipeline.graph_syntax().and_then(|graph| graph.id);
        expect(
            id.map(|id| dotwright_syntax::decode(source, id).into_owned()).unwrap_or_default(),
            name.to_owned(),
        )?;
    }
    if let Some(count) = facts["nodes"].as_u64() {
        expect(pipeline.nodes().len() as u64, count)?;
    }
    if let Some(count) = facts["edges"].as_u64() {
        expect(pipeline.edges().len() as u64, count)?;
    }
    for id in facts["has_nodes"].as_array().into_iter().flatten() {
        node(id.as_str().unwrap())?;
    }
    let edges: Vec<(&str, &str)> = pipeline
        .edges()
        .map(|edge| (pipeline.id(pipeline.source_of(edge)), pipeline.id(pipeline.target_of(edge))))
        .collect();
    let pair = |edge: &Value| (edge[0].as_str().unwrap().to_owned(), edge[1].as_str().unwrap().to_owned());
    for edge in facts["has_edges"].as_array().into_iter().flatten() {
        let (from, to) = pair(edge);
        expect(edges.contains(&(&from, &to)), true).map_err(|_| format!("no edge {from} -> {to}"))?;
    }
    if let Some(list) = facts["edge_list"].as_array() {
        let found: Vec<_> = edges.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        expect(found, list.iter().map(pair).collect())?;
    }
    let same = |found: Option<String>, key: &str, value: &Value| {
        let number = found.as_deref().and_then(|found| found.parse::<f64>().ok());
        if number.is_some() && number == value.as_f64() {
            return Ok(());
        }
        expect(found, Some(scalar(value))).map_err(|why| format!("{key}: {why}"))
    };
    let known = |key: &str| AttributeKey::from_name(key);
    for (attributes, edge) in facts["edge_attrs"].as_array().into_iter().flatten().zip(pipeline.edges()) {
        for (key, value) in object(attributes) {
            let found = known(&key).and_then(|key| pipeline.edge_attribute(edge, key));
            same(found.map(|found| found.text().into_owned()), &key, &value)?;
        }
    }
    for (id, attributes) in object(&facts["node_attrs"]) {
        let id: NodeId = node(&id)?;
        for (key, value) in object(&attributes) {
            let own = pipeline.own_attributes(id).filter(|a| a.name() == key).last();
            let found = own.or_else(|| pipeline.default_attributes(id).filter(|a| a.name() == key).last());
            same(found.map(|found| found.text().into_owned()), &key, &value)?;
        }
    }
    for (key, value) in object(&facts["graph_attrs"]) {
        let found = pipeline.graph_attributes().rfind(|attribute| attribute.name() == key);
        same(found.map(|found| found.text().into_owned()), &key, &value)?;
    }
    for (id, classes) in object(&facts["node_classes"]) {
        let found: BTreeSet<String> = pipeline.classes(node(&id)?).into_iter().collect();
        let classes = classes.as_array().unwrap().iter().map(scalar).collect();
        expect(found, classes).map_err(|why| format!("classes of {id}: {why}"))?;
    }
    Ok(())
}

/// Where a source takes what the specification refuses.
const PARSE_DEVIATIONS: &[(&str, &str)] = &[("parse-100", "tracker needs no commas between attributes")];
