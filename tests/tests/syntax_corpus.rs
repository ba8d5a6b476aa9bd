//! The parser against every real file: Graphviz's own counts, no false errors, and recovery from one-token mistakes.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};

use dotwright_syntax::ast::{Ast, Endpoint, Graph, NodeRef, StmtId, StmtKind};
use dotwright_syntax::{Parse, decode, from_bytes, parse};
use dotwright_tests::{corpus, shared};

/// Nodes and edges of one graph as Graphviz counts them.
fn counts(source: &str, ast: &Ast, graph: &Graph) -> (usize, usize) {
    let mut nodes = BTreeSet::new();
    let mut edges = 0;
    let mut unique = BTreeSet::new();
    let text = |node: &NodeRef| decode(source, node.id).into_owned();
    let members = |id: StmtId| -> BTreeSet<String> {
        let StmtKind::Subgraph(subgraph) = ast[id].kind else { return BTreeSet::new() };
        let mut members = BTreeSet::new();
        for stmt in &ast.all_statements()[id.0 as usize + 1..subgraph.end.0 as usize] {
            match stmt.kind {
                StmtKind::Node(node) => {
                    members.insert(text(&node));
                }
                StmtKind::Edge { .. } => {
                    for end in ast.endpoints(stmt) {
                        match end {
                            Endpoint::Node(node) => {
                                members.insert(text(node));
                            }
                            Endpoint::List(list) => members.extend(ast.listed(*list).iter().map(text)),
                            Endpoint::Subgraph(_) => {}
                        }
                    }
                }
                StmtKind::Default(_) | StmtKind::Assign | StmtKind::Subgraph(_) => {}
            }
        }
        // `subgraph name` without own statements refers to a subgraph of that name elsewhere in the graph.
        members
    };
    for (_, stmt) in ast.statements(graph) {
        if let StmtKind::Node(node) = stmt.kind {
            nodes.insert(text(&node));
        }
        let ends: Vec<BTreeSet<String>> = ast
            .endpoints(stmt)
            .iter()
            .map(|end| match end {
                Endpoint::Node(node) => [text(node)].into(),
                Endpoint::List(list) => ast.listed(*list).iter().map(text).collect(),
                Endpoint::Subgraph(id) => members(*id),
            })
            .collect();
        for set in &ends {
            nodes.extend(set.iter().cloned());
        }
        for pair in ends.windows(2) {
            for from in &pair[0] {
                for to in &pair[1] {
                    edges += 1;
                    let key = if !graph.directed && to < from { (to, from) } else { (from, to) };
                    unique.insert((key.0.clone(), key.1.clone()));
                }
            }
        }
    }
    (nodes.len(), if graph.strict.is_some() { unique.len() } else { edges })
}

fn totals(source: &str, parse: &Parse) -> (usize, usize) {
    parse
        .ast
        .graphs()
        .iter()
        .map(|graph| counts(source, &parse.ast, graph))
        .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
}

#[track_caller]
fn describe(name: &str, source: &str, parse: &Parse) -> String {
    let errors: Vec<String> = parse
        .errors
        .iter()
        .take(3)
        .map(|error| format!("{}: {}", error.range.start, error.message(source)))
        .collect();
    format!("{name}: {}", errors.join("; "))
}

#[test]
fn generic_graphviz_files_have_the_counts_of_graphviz_and_no_errors() {
    let Some(folder) = shared("DOTWRIGHT_CORPUS", "corpus") else { return };
    let index = std::fs::read_to_string(folder.join("graphviz/INDEX.tsv")).unwrap();
    let expected: BTreeMap<&str, (usize, usize)> = index
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            Some((*fields.first()?, (fields.get(6)?.parse().ok()?, fields.get(7)?.parse().ok()?)))
        })
        .collect();
    let files = corpus("graphviz");
    assert!(files.len() >= 100, "only {} files", files.len());
    let mut wrong = Vec::new();
    for (name, bytes) in &files {
        let (source, _) = from_bytes(bytes);
        let parse = parse(&source);
        if !parse.errors.is_empty() {
            wrong.push(describe(name, &source, &parse));
        }
        let found = totals(&source, &parse);
        if expected.get(name.as_str()) != Some(&found) {
            wrong.push(format!("{name}: {found:?}, Graphviz {:?}", expected.get(name.as_str())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pipelines_that_graphviz_accepts_have_its_counts_and_no_errors() {
    let Some(folder) = shared("DOTWRIGHT_CORPUS", "corpus") else { return };
    let index = std::fs::read_to_string(folder.join("pipelines/INDEX.tsv")).unwrap();
    let mut wrong = Vec::new();
    let mut checked = 0;
    let files: BTreeMap<String, Vec<u8>> = corpus("pipelines").into_iter().collect();
    for line in index.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, _, _, _, _, nodes, edges, graphviz, ..] = fields[..] else { panic!("{line}") };
        let (source, _) = from_bytes(&files[name]);
        let parse = parse(&source);
        if graphviz != "y" {
            continue;
        }
        checked += 1;
        if !parse.errors.is_empty() {
            wrong.push(describe(name, &source, &parse));
        }
        let found = totals(&source, &parse);
        if (nodes.parse(), edges.parse()) != (Ok(found.0), Ok(found.1)) {
            wrong.push(format!("{name}: {found:?}, Graphviz ({nodes}, {edges})"));
        }
    }
    assert!(checked >= 200, "only {checked} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A statement in a form that can be compared: kind, ids and attribute pairs; subgraphs count by their head only.
fn statements(source: &str, parse: &Parse) -> Vec<String> {
    let ast = &parse.ast;
    let id = |id| decode(source, id).into_owned();
    (0..)
        .map(StmtId)
        .zip(ast.all_statements())
        .map(|(at, stmt)| {
            let kind = match stmt.kind {
                StmtKind::Node(node) => format!("node {}", id(node.id)),
                StmtKind::Edge { .. } => {
                    let ends = ast.endpoints(stmt).iter().map(|end| match end {
                        Endpoint::Node(node) => id(node.id),
                        Endpoint::List(list) => format!("{:?}", ast.listed(*list).len()),
                        Endpoint::Subgraph(_) => "{}".into(),
                    });
                    format!("edge {}", ends.collect::<Vec<_>>().join(" -> "))
                }
                StmtKind::Default(target) => format!("default {target:?}"),
                StmtKind::Assign => "assign".into(),
                StmtKind::Subgraph(_) => format!("subgraph {:?}", ast.subgraph_id(at).map(id)),
            };
            let attributes = ast.attributes(stmt).iter().map(|a| format!("{}={}", id(a.key), id(a.value)));
            format!("{kind} [{}]", attributes.collect::<Vec<_>>().join(","))
        })
        .collect()
}

/// How many entries of `a` are not in `b`, as multisets.
fn missing(a: &[String], b: &[String]) -> usize {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in b {
        *left.entry(entry).or_default() += 1;
    }
    a.iter()
        .filter(|entry| match left.get_mut(entry.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .count()
}

#[test]
fn one_deleted_token_costs_about_its_own_statement() {
    let mut mutants = 0usize;
    let mut lost = 0.0;
    let mut errors = 0usize;
    let mut phantoms = 0usize;
    let mut by_kind: BTreeMap<String, (usize, f64, usize, usize)> = BTreeMap::new();
    let mut worst: Vec<(usize, String)> = Vec::new();
    for (name, bytes) in corpus("pipelines") {
        let (source, _) = from_bytes(&bytes);
        let original = parse(&source);
        if !original.errors.is_empty() || bytes.len() < 1000 || original.ast.all_statements().len() < 4 {
            continue;
        }
        let before = statements(&source, &original);
        let mut seed = 0x9e37_79b9_7f4a_7c15u64 ^ bytes.len() as u64;
        for _ in 0..30 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let token = original.tokens[4 + (seed % (original.tokens.len() as u64 - 4)) as usize];
            let mut mutant = source.to_string();
            mutant.replace_range(std::ops::Range::from(token.range), " ");
            let mended = parse(&mutant);
            if mended.errors.is_empty() {
                continue;
            }
            assert!(!mended.ast.graphs().is_empty(), "{name}: no tree without {token:?}");
            let after = statements(&mutant, &mended);
            let gone = missing(&before, &after);
            let new = missing(&after, &before);
            mutants += 1;
            lost += gone as f64 / before.len() as f64;
            errors += mended.errors.len();
            phantoms += new;
            let row = by_kind.entry(format!("{:?}", token.kind)).or_default();
            row.0 += 1;
            row.1 += gone as f64 / before.len() as f64;
            row.2 += mended.errors.len();
            row.3 += new;
            worst.push((
                gone + new + mended.errors.len(),
                describe(
                    &format!(
                        "{name}@{} {:?} lost {gone} phantom {new} errors {}",
                        token.range.start,
                        token.kind,
                        mended.errors.len()
                    ),
                    &mutant,
                    &mended,
                ),
            ));
        }
    }
    if mutants == 0 {
        return;
    }
    let per = |count: usize| count as f64 / mutants as f64;
    let recovered = 100.0 * (1.0 - lost / mutants as f64);
    let report = format!(
        "{mutants} mutants, {recovered:.2} % of statements recovered, {:.3} errors and {:.3} phantoms per mutant",
        per(errors),
        per(phantoms)
    );
    println!("{report}");
    for (kind, (n, gone, errors, new)) in &by_kind {
        println!(
            "{kind:28} {n:5} {:6.2} % {:.2} errors {:.2} phantoms",
            100.0 * (1.0 - gone / *n as f64),
            *errors as f64 / *n as f64,
            *new as f64 / *n as f64
        );
    }
    worst.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
    for (cost, text) in worst.iter().take(25) {
        println!("{cost} {text}");
    }
    assert!(recovered >= 96.6, "{report}");
    assert!(per(errors) <= 1.18, "{report}");
    assert!(per(phantoms) <= 0.89, "{report}");
}
