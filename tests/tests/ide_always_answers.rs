//! Every editor feature answers for every prefix and every one-token deletion of real files: no panic, and every range
//! lies in the text on character boundaries.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::sync::Arc;

use dotwright_diagnostics::{TextEdit, TextRange, apply_edits};
use dotwright_ide::*;
use dotwright_lint::Settings;
use dotwright_model::Profile;
use dotwright_syntax::lex;
use dotwright_tests::corpus;

/// How many files are cut up.
const FILES: usize = 20;

/// The text that a hand has written worst: every language inside strings, several graphs, odd characters.
const WORST: &str = "// dotwright: ignore(dead-end) é\r\ndigraph \"G é\" {\r  goal=\"x \\\"y\\\"\"; model_stylesheet=\"* { llm_model: a; } .c { x: \\\"é\\\" }\"\n  \
     node [shape=hexagon, timeout=9s] subgraph s { label=\"My é\" a [prompt=\"# $goal\\n`é` *x*\", class=\"c, d\"] }\n  \
     a -> {b c} -> \"d é\":p [condition=\"outcome=fail && context.é!=\\\"1\\\"\", color=\"red:#12345678\"]\n  \
     t [tool_command=\"make \\\"$x\\\" | cat && bash é.sh\", retry_target=a, \"human.default_choice\"=b]\n}\ngraph { x -- y } <b>";

struct Checked<'d> {
    document: &'d Document,
}

impl Checked<'_> {
    #[track_caller]
    fn range(&self, range: TextRange) {
        let source = self.document.source();
        let fits = source.get(range.start as usize..range.end as usize).is_some();
        assert!(fits, "{range:?} is no range of {source:?}");
    }

    #[track_caller]
    fn edits(&self, edits: &[TextEdit]) {
        apply_edits(self.document.source(), edits).unwrap_or_else(|error| {
            panic!("{error}: {edits:?} do not fit {:?}", self.document.source());
        });
    }

    #[track_caller]
    fn change(&self, change: &WorkspaceEdit) {
        for file in change.files.iter().filter(|file| file.path.is_none()) {
            self.edits(&file.edits);
        }
    }

    /// Features of the whole text.
    fn whole(&self) {
        let document = self.document;
        for found in diagnostics(document, None) {
            self.range(found.diagnostic.range);
            found.diagnostic.labels.iter().for_each(|label| self.range(label.range));
            found.diagnostic.fix.iter().for_each(|fix| self.edits(&fix.edits));
        }
        let mut waiting = document_symbols(document);
        while let Some(symbol) = waiting.pop() {
            self.range(symbol.range);
            assert!(symbol.range.contains(symbol.selection) && !symbol.name.is_empty());
            waiting.extend(symbol.children);
        }
        let tokens = semantic_tokens(document);
        for token in &tokens {
            self.range(token.range);
            let text = token.range.text(document.source());
            assert!(!text.is_empty() && !text.contains(['\n', '\r']), "{text:?} in {:?}", document.source());
        }
        assert!(tokens.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
        folding_ranges(document).iter().for_each(|fold| self.range(fold.range));
        document_links(document, &NoFiles).iter().for_each(|link| self.range(link.range));
        for found in document_colors(document) {
            self.range(found.range);
            for (_, edit) in color_presentations(document, found.range, found.color) {
                self.edits(&[edit]);
            }
        }
        code_lenses(document).iter().for_each(|lens| self.range(lens.range));
        let all = TextRange::new(0, document.source().len() as u32);
        for hint in inlay_hints(document, all, HintKinds { target_label: true, ..HintKinds::default() }) {
            self.range(TextRange::empty(hint.offset));
        }
        if let Ok(edits) = format(document, &FormatOptions::default()) {
            self.edits(&edits);
        }
        let graph = graph(document);
        graph.nodes.iter().for_each(|node| self.range(node.range));
        graph.edges.iter().for_each(|edge| self.range(edge.range));
        graph.subgraphs.iter().for_each(|subgraph| self.range(subgraph.range));
        assert!(render_dot(document).starts_with("digraph") && expand(document).starts_with("digraph"));
    }

    /// Features at a place, which may lie inside a character or behind the text.
    fn at(&self, offset: u32) {
        let document = self.document;
        for item in completion(document, offset, &NoFiles).items {
            self.range(item.edit.range);
            if let Some(key) = &item.documentation {
                resolve_completion(document, key);
            }
        }
        if let Some(found) = hover(document, offset) {
            self.range(found.range);
        }
        signature_help(document, offset);
        let jumps = [
            declaration(document, offset, &NoFiles),
            definition(document, offset, &NoFiles),
            type_definition(document, offset),
            implementation(document, offset, &NoFiles),
        ];
        for target in jumps.iter().flatten() {
            self.range(target.origin);
            assert!(target.full.contains(target.focus));
            self.range(target.full);
        }
        let places = references(document, offset, true, &NoFiles, &|| false).unwrap();
        places.iter().for_each(|place| self.range(place.range));
        document_highlight(document, offset).iter().for_each(|found| self.range(found.range));
        if let Ok(prepared) = prepare_rename(document, offset) {
            self.range(prepared.range);
            if let Ok(change) = rename(document, offset, "some_new_name", &NoFiles) {
                self.change(&change);
            }
        }
        if let Some(linked) = linked_editing_ranges(document, offset) {
            linked.ranges.iter().for_each(|&range| self.range(range));
        }
        if let Some(item) = call_item(document, offset) {
            self.range(item.range);
            let calls = [incoming_calls(document, offset), outgoing_calls(document, offset)];
            calls.iter().flatten().flat_map(|call| &call.ranges).for_each(|&range| self.range(range));
        }
        let ranges = selection_range(document, offset);
        ranges.iter().for_each(|&range| self.range(range));
        assert!(ranges.windows(2).all(|pair| pair[1].contains(pair[0])));
        let here = TextRange::empty(offset);
        for action in code_actions(document, here, &[], &NoFiles) {
            match action.edit {
                ActionEdit::Ready(change) => self.change(&change),
                ActionEdit::OnRequest => {}
            }
        }
        for typed in ['\n', '}', ']'] {
            self.edits(&format_on_type(document, offset, typed, &FormatOptions::default()));
        }
        if let Ok(edits) = format_range(document, here, &FormatOptions::default()) {
            self.edits(&edits);
        }
        semantic_tokens_in(document, TextRange::new(offset.min(document.source().len() as u32), offset));
    }
}

fn answers(text: &str, offsets: &[u32]) {
    answers_in(Profile::default(), text, offsets);
}

fn answers_in(profile: &'static Profile, text: &str, offsets: &[u32]) {
    let document = Document::new(text, Arc::new(Settings { profile, ..Settings::default() }));
    let checked = Checked { document: &document };
    checked.whole();
    for &offset in offsets {
        checked.at(offset);
    }
}

fn prefixes(text: &str) {
    for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
        let end = end as u32;
        answers(&text[..end as usize], &[end, end / 2]);
    }
}

fn deletions(text: &str) {
    for token in lex(text).tokens {
        let without = format!("{}{}", &text[..token.range.start as usize], &text[token.range.end as usize..]);
        let at = token.range.start;
        answers(&without, &[at, at + 1, at.saturating_sub(1), without.len() as u32 + 5]);
    }
}

/// Small files with something in them, spread over the corpus.
fn small_files() -> Vec<String> {
    let texts = corpus("pipelines").into_iter().chain(corpus("graphviz"));
    let texts = texts.filter_map(|(_, bytes)| String::from_utf8(bytes).ok());
    let mut small: Vec<String> = texts.filter(|text| (400..4_000).contains(&text.len())).collect();
    let step = (small.len() / FILES).max(1);
    small = small.into_iter().step_by(step).take(FILES).collect();
    small
}

#[test]
fn every_prefix_of_small_files() {
    small_files().iter().for_each(|text| prefixes(text));
}

#[test]
fn every_deletion_of_a_token_of_small_files() {
    small_files().iter().for_each(|text| deletions(text));
}

#[test]
fn the_worst_text_and_its_parts() {
    prefixes(WORST);
    deletions(WORST);
    let offsets: Vec<u32> = (0..WORST.len() as u32 + 2).collect();
    for profile in Profile::all() {
        answers_in(profile, WORST, &offsets);
    }
}

#[test]
fn deep_and_wide_texts() {
    let deep = format!("digraph {} a {}", "{".repeat(10_000), "}".repeat(10_000));
    let condition = format!("digraph {{ a -> b [condition=\"{}x\"] }}", "(!".repeat(10_000));
    let wide = format!("digraph {{ a [{}] }}", "x=\"y\", ".repeat(10_000));
    let unclosed = format!("digraph {{ a {}", "[ x=\"".repeat(5_000));
    for text in [deep, condition, wide, unclosed] {
        let length = text.len() as u32;
        answers(&text, &[0, length / 2, length]);
    }
}
