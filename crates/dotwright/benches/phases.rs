//! Time and allocations of each phase: `cargo bench --bench phases`.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a benchmark fails loudly")]

mod generate;

use std::sync::Arc;

use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher};
use dotwright_fmt::{Options, format};
use dotwright_lint::{External, Settings, check};
use dotwright_model::{Pipeline, Profile};
use dotwright_syntax::{Parse, lex, parse};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

fn main() {
    divan::main();
}

fn bench<T>(bencher: Bencher<'_, '_>, nodes: usize, run: impl Fn(&str, &Arc<Parse>) -> T + Sync) {
    let text = generate::pipeline(nodes);
    let parsed = Arc::new(parse(&text));
    assert!(parsed.errors.is_empty());
    bencher
        .counter(BytesCount::of_str(&text))
        .counter(ItemsCount::new(nodes))
        .bench(|| run(&text, &parsed));
}

fn lower(text: &str, parsed: &Arc<Parse>) -> Pipeline {
    Pipeline::new(text.into(), parsed.clone(), Profile::default())
}

#[divan::bench(args = SIZES)]
fn a_lex(bencher: Bencher<'_, '_>, nodes: usize) {
    bench(bencher, nodes, |text, _| lex(text));
}

#[divan::bench(args = SIZES)]
fn b_parse(bencher: Bencher<'_, '_>, nodes: usize) {
    bench(bencher, nodes, |text, _| parse(text));
}

#[divan::bench(args = SIZES)]
fn c_lower(bencher: Bencher<'_, '_>, nodes: usize) {
    bench(bencher, nodes, lower);
}

#[divan::bench(args = SIZES)]
fn d_lint(bencher: Bencher<'_, '_>, nodes: usize) {
    let settings = Settings::default();
    bench(bencher, nodes, |text, parsed| {
        check(&lower(text, parsed), &settings, &External::default()).diagnostics.len()
    });
}

#[divan::bench(args = SIZES)]
fn e_format(bencher: Bencher<'_, '_>, nodes: usize) {
    bench(bencher, nodes, |text, parsed| format(text, parsed, &Options::default()).map(|edits| edits.len()));
}
