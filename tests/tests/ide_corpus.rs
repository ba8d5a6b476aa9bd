//! What editor features do to real files: pictures that Graphviz reads, renames that can be taken back, refactorings that
//! leave the pipeline as it is, fixes that come to rest.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use dotwright_diagnostics::{TextRange, apply_edits};
use dotwright_ide::*;
use dotwright_lint::Settings;
use dotwright_model::resolved::{edge_attributes, node_attributes};
use dotwright_tests::{corpus, tool};

fn documents(folder: &str) -> impl Iterator<Item = (String, Document)> {
    let settings = Arc::new(Settings::default());
    corpus(folder).into_iter().map(move |(name, bytes)| {
        let document = Document::from_bytes(&bytes, Arc::clone(&settings));
        (name, document)
    })
}

fn changed(document: &Document, change: &WorkspaceEdit) -> Document {
    let mut text = document.source().to_owned();
    for file in &change.files {
        assert_eq!(file.path, None);
        text = apply_edits(&text, &file.edits).unwrap();
    }
    Document::new(text, Arc::clone(document.settings()))
}

type Texts = BTreeMap<String, String>;

type Nodes = BTreeMap<String, Texts>;
type Edges = Vec<(String, String, Texts)>;

/// Nodes with their attributes in force, and edges with theirs.
fn model(document: &Document) -> (Nodes, Edges) {
    let pipeline = document.pipeline();
    let texts = |attributes: dotwright_model::resolved::Attributes<'_>| -> Texts {
        attributes.into_iter().map(|(name, found)| (name, found.text().into_owned())).collect()
    };
    let nodes =
        pipeline.nodes().map(|node| (pipeline.id(node).to_owned(), texts(node_attributes(pipeline, node))));
    let edges = pipeline.edges().map(|edge| {
        let id = |node| pipeline.id(node).to_owned();
        let attributes = texts(edge_attributes(pipeline, edge));
        (id(pipeline.source_of(edge)), id(pipeline.target_of(edge)), attributes)
    });
    (nodes.collect(), edges.collect())
}

#[test]
fn graphviz_reads_every_picture() {
    let Some(nop) = tool("nop") else { return };
    for (name, document) in ["pipelines", "graphviz"].into_iter().flat_map(documents) {
        let mut child = Command::new(&nop)
            .arg("-p")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _unread = child.stdin.take().unwrap().write_all(render_dot(&document).as_bytes());
        let output = child.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaint.is_empty(), "{name}: {complaint}");
    }
}

#[test]
fn a_rename_there_and_back_gives_the_same_pipeline() {
    let mut renamed = 0;
    for (name, document) in documents("pipelines") {
        let pipeline = document.pipeline();
        let Some(node) = pipeline.nodes().nth(pipeline.nodes().len() / 2) else { continue };
        let id = pipeline.id(node).to_owned();
        let Ok(there) = rename(&document, pipeline.node_range(node).end, "quite_new", &NoFiles) else {
            continue;
        };
        let there = changed(&document, &there);
        let node = there.pipeline().node_by_id("quite_new").unwrap();
        assert!(there.pipeline().node_by_id(&id).is_none(), "{name}: {id}");
        let offset = there.pipeline().node_range(node).end;
        let back = changed(&there, &rename(&there, offset, &id, &NoFiles).unwrap());
        assert_eq!(model(&document), model(&back), "{name}: {id}");
        renamed += 1;
    }
    assert!(renamed > 200 || corpus("pipelines").is_empty(), "{renamed}");
}

#[test]
fn rewrites_keep_the_pipeline() {
    for (name, document) in documents("pipelines").filter(|(_, document)| document.source().len() < 20_000) {
        let places =
            document.pipeline().edges().take(2).map(|edge| document.pipeline().edge_ends_range(edge).start);
        let pairs = document.syntax().ast.all_attributes().iter().take(4).map(|pair| pair.key.range.start);
        let offsets: Vec<u32> = places.chain(pairs).collect();
        for offset in offsets {
            let kinds = [CodeActionKind::RefactorInline, CodeActionKind::RefactorRewrite];
            for action in code_actions(&document, TextRange::empty(offset), &kinds, &NoFiles) {
                let ActionEdit::Ready(change) = action.edit else { continue };
                let keeps = !action.title.starts_with("convert") && !action.title.starts_with("add");
                let after = changed(&document, &change);
                assert!(
                    after.syntax().errors.len() <= document.syntax().errors.len(),
                    "{name}: {}",
                    action.title
                );
                assert!(!keeps || model(&document) == model(&after), "{name}: {}", action.title);
            }
        }
    }
}

#[test]
fn fixing_all_twice_changes_nothing_more() {
    for (name, document) in documents("pipelines").filter(|(_, document)| document.source().len() < 20_000) {
        let once = apply_edits(document.source(), &fix_all(&document)).unwrap();
        let once = Document::new(once, Arc::clone(document.settings()));
        assert_eq!(fix_all(&once), [], "{name}");
    }
}
