//! Conformance vectors: facts that several implementations assert, for parser, conditions, selection and stylesheets.
//!
//! Every case that agrees with the specification is taken as it stands. Any other one has to come out as its source
//! asserts or as the specification says, or a named reading says why it does neither. No id of a case stands here, so
//! that sets which nobody has seen are judged alike.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::borrow::Cow;
use std::collections::BTreeSet;

use dotwright_diagnostics::Severity;
use dotwright_engine::accelerator_key;
use dotwright_engine::{Analysis, Candidate, Ended, Ledger, condition, normalise_label, select_edge};
use dotwright_lint::{Category, External, Layer, Selector, Settings, check, rule};
use dotwright_model::{AttributeKey, NodeId, Outcome, Pipeline, Profile};
use dotwright_syntax::condition::{Clause, Literal, LiteralKind};
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

/// Why a case comes out neither as its source nor as the specification says, and which cases it is about.
type Reading = (&'static str, fn(&Value) -> bool);

/// Runs `check` over a file. It returns what is wrong with a case, whose expected result is in `field`.
#[track_caller]
fn run(file: &str, field: &str, readings: &[Reading], check: impl Fn(&Value) -> Result<(), String>) {
    let verdict = |case: &Value| {
        let found = check(case);
        if found.is_ok() || readings.iter().any(|(_, is_about)| is_about(case)) {
            return Ok(());
        }
        by_specification(case, field).map_or(found, |case| check(&case))
    };
    let wrong: Vec<String> = cases(file)
        .iter()
        .filter_map(|case| Some(format!("{}: {}", case["id"], verdict(case).err()?)))
        .collect();
    assert!(wrong.is_empty(), "{file}:\n{}", wrong.join("\n"));
}

fn agrees(case: &Value) -> bool {
    case["spec"] == "agrees"
}

/// The case with the result that the specification gives, where its source asserts another one.
fn by_specification(case: &Value, field: &str) -> Option<Value> {
    let result = match (case.get("spec_result"), &case[field]) {
        (Some(result), _) => result.clone(),
        (None, Value::Bool(asserted)) if case["spec"] == "conflicts" => Value::Bool(!asserted),
        (None, _) => return None,
    };
    let mut case = case.clone();
    case[field] = result;
    Some(case)
}

/// The profile of the project that asserts a case, which decides what goes beyond the specification.
fn source_profile(case: &Value) -> &'static Profile {
    let source = case["source"][0].as_str().unwrap_or("");
    // The folders behind the revision are often called `attractor`, whatever the runner.
    let project = source.split('@').next().unwrap_or("");
    let dialect = Profile::all().iter().find(|profile| !agrees(case) && project.contains(profile.name));
    dialect.unwrap_or(Profile::default())
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
    let readings: &[Reading] = &[
        ("a quote that nothing closes is taken as it stands (runner.md 6.1)", |case| {
            !agrees(case) && has_clause(case, |clause, _| clause.literal.is_some_and(is_unclosed))
        }),
        ("no blanks are needed around `<` and `>` (runner.md 6.1)", |case| {
            case["expect"] == "error" && has_clause(case, is_ordering_without_blanks)
        }),
    ];
    run("conditions.json", "expect", readings, |case| {
        let found = match evaluate(case, text(case, "condition")) {
            Ok(holds) => Value::Bool(holds),
            Err(()) => Value::from("error"),
        };
        expect(found, case["expect"].clone())
    });
}

fn has_clause(case: &Value, is: impl Fn(&Clause, &str) -> bool) -> bool {
    let written = text(case, "condition");
    dotwright_syntax::condition::parse(written).clauses().iter().any(|clause| is(clause, written))
}

fn is_unclosed(literal: Literal) -> bool {
    literal.kind == LiteralKind::UnclosedQuote
}

fn is_ordering_without_blanks(clause: &Clause, written: &str) -> bool {
    let is_blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    clause.operator.is_some_and(|operator| {
        let (start, end) = (operator.range.start as usize, operator.range.end as usize);
        let blanks = is_blank(written.as_bytes().get(start - 1)) && is_blank(written.as_bytes().get(end));
        operator.kind.is_ordering() && !blanks
    })
}

#[test]
fn label_normalisation() {
    run("label_normalize.json", "expect", &[], |case| {
        expect(normalise_label(text(case, "label")).as_str(), text(case, "expect"))
    });
}

#[test]
fn accelerator_keys() {
    run("accelerator_keys.json", "expect", &[], |case| {
        expect(accelerator_key(text(case, "label")).as_str(), text(case, "expect"))
    });
}

#[test]
fn edge_selection() {
    run("edge_selection.json", "expect", &[], |case| {
        let expected = case["expect"].as_str();
        let by_runner = selected(case, false);
        // The pseudo-code of 3.3 follows a plain edge after a failure, runner.md 8 does not.
        if by_runner.is_none() && text(case, "outcome") == "fail" && expected.is_some() {
            return expect(selected(case, true), expected);
        }
        expect(by_runner, expected)
    });
}

fn selected(case: &Value, plain_edges_carry_failure: bool) -> Option<&str> {
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
            carries_failure: plain_edges_carry_failure,
        })
        .collect();
    let suggested: Vec<&str> =
        case["suggested_next_ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let ended = Ended {
        // Selection only asks whether a step failed; conditions have seen the word itself.
        outcome: Profile::default().outcome(text(case, "outcome")).unwrap_or(Outcome::Success),
        preferred_label: text(case, "preferred_label"),
        suggested: &suggested,
    };
    select_edge(&candidates, &ended).map(|(index, _)| candidates[index].target)
}

/// A pipeline with the given nodes, each with its attributes.
fn pipeline(
    profile: &'static Profile,
    graph: &Map<String, Value>,
    nodes: &[(&str, Map<String, Value>)],
) -> Pipeline {
    let list = |attributes: &Map<String, Value>| {
        let pairs = attributes.iter().map(|(key, value)| format!("\"{key}\"={:?}", scalar(value)));
        pairs.collect::<Vec<_>>().join(", ")
    };
    let mut source = format!("digraph {{ graph [{}]\n", list(graph));
    for (id, attributes) in nodes {
        source.push_str(&format!("{id:?} [{}]\n", list(attributes)));
    }
    source.push('}');
    Pipeline::parse(&source, profile)
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[test]
fn retry_targets() {
    run("retry_target.json", "expect", &[], |case| {
        let others = case["nodes"].as_array().unwrap().iter().filter_map(Value::as_str);
        let mut nodes: Vec<_> = others.map(|id| (id, Map::new())).collect();
        let mut gate = object(&case["node"]);
        gate.insert("goal_gate".into(), Value::Bool(true));
        nodes.push(("the_gate", gate));
        let pipeline = pipeline(Profile::default(), &object(&case["graph"]), &nodes);
        let gate = pipeline.node_by_id("the_gate").unwrap();
        let target = Analysis::new(&pipeline).gate_target(gate);
        expect(target.map(|target| pipeline.id(target)), case["expect"].as_str())
    });
}

#[test]
fn goal_gates() {
    run("goal_gates.json", "expect", &[], |case| {
        let gates: Vec<&str> =
            case["goal_gates"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let outcomes = object(&case["outcomes"]);
        // A gate that was never visited holds the exit (runner.md 10), but not to the letter of 3.4.
        let all_visited = gates.iter().all(|gate| outcomes.contains_key(*gate));
        let letter = Profile::by_name("attractor-literal").unwrap();
        let profile = if all_visited { Profile::default() } else { letter };
        let gate: Map<String, Value> = [("goal_gate".to_owned(), Value::Bool(true))].into_iter().collect();
        let mut nodes: Vec<_> = gates.iter().map(|id| (*id, gate.clone())).collect();
        for id in outcomes.keys() {
            if !nodes.iter().any(|(known, _)| known == id) {
                nodes.push((id, Map::new()));
            }
        }
        let pipeline = pipeline(profile, &Map::new(), &nodes);
        let mut ledger = Ledger::default();
        for (id, word) in &outcomes {
            let outcome = profile.outcome(word.as_str().unwrap()).ok_or_else(|| format!("outcome {word}"))?;
            ledger.record(pipeline.node_by_id(id).unwrap(), outcome);
        }
        let found = ledger.first_unsatisfied(&Analysis::new(&pipeline));
        expect(found.map(|gate| pipeline.id(gate)), case["expect"].as_str())
    });
}

#[test]
fn stylesheet_resolution() {
    run("stylesheet_resolve.json", "expect", &[], |case| {
        let graph = [("model_stylesheet".to_owned(), case["stylesheet"].clone())].into_iter().collect();
        let nodes: Vec<_> =
            case["nodes"].as_array().unwrap().iter().map(|n| (text(n, "id"), object(&n["attrs"]))).collect();
        let pipeline = pipeline(Profile::default(), &graph, &nodes);
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
    let readings: &[Reading] = &[("a stylesheet without rules is one", |case| {
        !agrees(case) && text(case, "stylesheet").trim().is_empty()
    })];
    run("stylesheet_syntax.json", "accept", readings, |case| {
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
    let readings: &[Reading] =
        &[("kilroy alone reads a `;` behind the graph", |case| text(case, "dot").trim_end().ends_with("};"))];
    run("parse.json", "accept", readings, |case| {
        let pipeline = Pipeline::parse(text(case, "dot"), source_profile(case));
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
