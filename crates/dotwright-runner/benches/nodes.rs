//! What a step costs beside the shell that it starts: the runner against a loop that starts the same shells and writes
//! a journal with the same durability. `cargo bench -p dotwright-runner --bench nodes`

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark measures the world and fails loudly"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use dotwright_engine::run::Limits;
use dotwright_lint::{External, Settings, checked};
use dotwright_model::{Pipeline, Profile};
use dotwright_runner::{Control, Graph, Root, Setup, Variables};

fn main() {
    for nodes in [10, 100, 1000] {
        compare(&format!("{nodes} in a row"), nodes, || floor_row(nodes), || ours(&row(nodes), nodes));
    }
    compare("1000 at width 64", 1000, || floor_wide(1000, 64), || ours(&wide(1000, 64), 1000));
    let short = median(|| ours(&row(100), 100)) / 100.0;
    let long = median(|| ours(&row(5000), 5000)) / 5000.0;
    println!("a node at 5000 against 100: {:.2} ({:.0} us, {:.0} us)", long / short, long * 1e6, short * 1e6);
    let small = median(|| ours(&row(300), 300));
    let ballast = vec![1_u8; 200 << 20];
    let large = median(|| ours(&row(300), 300));
    drop(black_box(ballast));
    println!("a node with 200 MB held against none: {:.2}", large / small);
}

fn compare(name: &str, nodes: usize, mut floor: impl FnMut() -> f64, mut ours: impl FnMut() -> f64) {
    let mut pairs: Vec<(f64, f64)> = (0..5).map(|_| (floor(), ours())).collect();
    pairs.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
    let (floor, ours) = pairs[pairs.len() / 2];
    let us = |seconds: f64| seconds * 1e6 / nodes as f64;
    println!(
        "{name}: {:.2} of the floor ({:.0} us a node, floor {:.0} us)",
        ours / floor,
        us(ours),
        us(floor)
    );
}

fn median(mut run: impl FnMut() -> f64) -> f64 {
    let mut times: Vec<f64> = (0..3).map(|_| run()).collect();
    times.sort_by(f64::total_cmp);
    times[1]
}

fn shell() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "true"]).process_group(0).stdin(Stdio::null());
    assert!(command.output().unwrap().status.success());
}

fn floor_row(nodes: usize) -> f64 {
    let folder = tempfile::tempdir_in(".").unwrap();
    let mut journal = File::create(folder.path().join("journal")).unwrap();
    let begun = Instant::now();
    for node in 0..nodes {
        shell();
        writeln!(
            journal,
            "{{\"seq\":{node},\"event\":\"node_completed\",\"status\":\"success\",\"output\":\"\"}}"
        )
        .unwrap();
        journal.sync_data().unwrap();
    }
    begun.elapsed().as_secs_f64()
}

/// The shells alone, without a journal.
fn floor_wide(nodes: usize, width: usize) -> f64 {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..width {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < nodes {
                    shell();
                }
            });
        }
    });
    begun.elapsed().as_secs_f64()
}

fn row(nodes: usize) -> String {
    let mut source = header();
    let mut chain = "start".to_owned();
    for node in 0..nodes {
        writeln!(source, "t{node} [shape=parallelogram, timeout=\"60s\", tool_command=\"true\"]").unwrap();
        write!(chain, " -> t{node}").unwrap();
    }
    format!("{source}{chain} -> exit\n}}")
}

fn wide(nodes: usize, width: usize) -> String {
    let mut source = header();
    writeln!(source, "fan [shape=component, max_parallel={width}]\njoin [shape=tripleoctagon]").unwrap();
    for node in 0..nodes {
        writeln!(source, "t{node} [shape=parallelogram, timeout=\"60s\", tool_command=\"true\"]").unwrap();
        writeln!(source, "fan -> t{node} -> join").unwrap();
    }
    format!("{source}start -> fan\njoin -> exit\n}}")
}

fn header() -> String {
    "digraph bench { graph [goal=bench] start [shape=Mdiamond] exit [shape=Msquare]\n".to_owned()
}

fn ours(source: &str, nodes: usize) -> f64 {
    let pipeline = Arc::new(Pipeline::parse(source, Profile::default()));
    let Ok((pipeline, _)) = checked(pipeline, &Settings::default(), &External::default()) else {
        panic!("the checker refuses the pipeline");
    };
    let folder = tempfile::tempdir_in(".").unwrap();
    let graph = Arc::new(Graph { pipeline, path: folder.path().join("g.dot"), children: BTreeMap::new() });
    let workdir = folder.path().join("work");
    std::fs::create_dir(&workdir).unwrap();
    let setup = Setup {
        workdir,
        variables: Variables::of_this_process(),
        limits: Some(Limits { max_attempts: 100_000, ..Limits::default() }),
        ..Setup::default()
    };
    let root = Root::at(std::path::absolute(folder.path().join("state")).unwrap());
    let (_, mailbox) = Control::new();
    let begun = Instant::now();
    let report = dotwright_runner::run(&graph, &setup, &root, "bench", mailbox, &mut ()).unwrap();
    let took = begun.elapsed().as_secs_f64();
    assert_eq!((report.status.as_str(), report.cost.attempts), ("success", nodes as u64));
    took
}
