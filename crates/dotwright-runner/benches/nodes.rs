//! What a step costs beside the shell that it starts. `cargo bench -p dotwright-runner --bench nodes`
//!
//! The runner is measured against floors, loops that do the least that could be called the same work. Each of them starts
//! the same shells in groups of their own, with both streams captured; none makes a folder for a step, waits at a gate or
//! sets variables, all of which a runner has to do.
//! - [`floor_row`]: one after the other, each with a line in a journal that is on disk before the next one begins;
//! - [`floor_wide`]: in as many threads as may run side by side, without a journal;
//! - [`floor_wide_journal`]: the same with a journal, in which a shell counts when its line is on disk.
//!
//! Beside the time on the clock it tells that of the processors, which depends less on who else is there.

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
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use dotwright_engine::run::Limits;
use dotwright_lint::{External, Settings, checked};
use dotwright_model::{Pipeline, Profile};
use dotwright_runner::{Control, Graph, Root, Setup, Variables};

/// Words on the command line choose what to measure: `row`, `wide`, `long`, `memory`. Without one it is everything.
fn main() {
    // File systems are slow to give away again what was removed a moment ago: an ext4 without a journal takes ten times as
    // long for a new folder. So nothing is removed before the end, and every run gets a place of its own on the disk, far
    // from what others removed.
    let folder = tempfile::tempdir_in(".").unwrap();
    spread(folder.path());
    std::env::set_current_dir(folder.path()).unwrap();
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |word: &str| words.is_empty() || words.iter().any(|known| known == word);
    if wanted("row") {
        for nodes in [10, 100, 1000] {
            compare(&format!("{nodes} in a row"), nodes, || floor_row(nodes), || ours(&row(nodes), nodes));
        }
    }
    if wanted("wide") {
        let ours = || ours(&wide(1000, 64), 1000);
        compare("1000 at width 64", 1000, || floor_wide(1000, 64, || {}), ours);
        compare("1000 at width 64, floor with a journal", 1000, || floor_wide_journal(1000, 64), ours);
    }
    if wanted("long") {
        let node = |nodes: usize| move || ours(&row(nodes), nodes).wall / nodes as f64;
        ratio("a node at 5000 against 100", 3, node(100), node(5000));
    }
    if wanted("memory") {
        let held = || {
            let ballast = vec![1_u8; 200 << 20];
            let took = ours(&row(300), 300).wall;
            drop(black_box(ballast));
            took
        };
        ratio("a node with 200 MB held against none", 7, || ours(&row(300), 300).wall, held);
    }
}

/// Asks the file system to keep what is in the folders of a folder apart. Not all of them can.
fn spread(folder: &Path) {
    #[cfg(target_os = "linux")]
    {
        let folder = File::open(folder).unwrap();
        let flags = rustix::fs::ioctl_getflags(&folder).unwrap_or(rustix::fs::IFlags::empty());
        let _unknown = rustix::fs::ioctl_setflags(&folder, flags | rustix::fs::IFlags::TOPDIR);
    }
}

/// The median of the ratios of pairs that are measured one right after the other, so that noise hits both.
fn ratio(name: &str, pairs: usize, mut base: impl FnMut() -> f64, mut other: impl FnMut() -> f64) {
    let mut ratios: Vec<f64> =
        (0..pairs).map(|_| (base(), other())).map(|(base, other)| other / base).collect();
    ratios.sort_by(f64::total_cmp);
    println!("{name}: {:.2}", ratios[ratios.len() / 2]);
}

/// What something took.
#[derive(Clone, Copy)]
struct Took {
    /// Seconds on the clock.
    wall: f64,
    /// Seconds of all cores, children included, which depend little on who else is there.
    cores: f64,
}

fn measured(run: impl FnOnce()) -> Took {
    let (begun, before) = (Instant::now(), used());
    run();
    Took { wall: begun.elapsed().as_secs_f64(), cores: used() - before }
}

fn used() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(4).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn compare(name: &str, nodes: usize, mut floor: impl FnMut() -> Took, mut ours: impl FnMut() -> Took) {
    let mut pairs: Vec<_> = (0..5).map(|_| (floor(), ours())).collect();
    pairs.sort_by(|a, b| (a.1.wall / a.0.wall).total_cmp(&(b.1.wall / b.0.wall)));
    let cores = |of: fn(&(Took, Took)) -> Took| pairs.iter().map(|pair| of(pair).cores).sum::<f64>();
    let cores = cores(|pair| pair.1) / cores(|pair| pair.0);
    let (floor, ours) = pairs[pairs.len() / 2];
    let us = |took: Took| took.wall * 1e6 / nodes as f64;
    println!(
        "{name}: {:.2} of the floor ({:.0} us a node, floor {:.0} us), {cores:.2} of its processor time",
        ours.wall / floor.wall,
        us(ours),
        us(floor)
    );
}

fn shell() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "true"]).process_group(0).stdin(Stdio::null());
    assert!(command.output().unwrap().status.success());
}

/// One shell after the other, each with a line that is on disk before the next one begins.
fn floor_row(nodes: usize) -> Took {
    let mut journal = File::create("journal").unwrap();
    measured(|| {
        for node in 0..nodes {
            shell();
            writeln!(
                journal,
                "{{\"seq\":{node},\"event\":\"node_completed\",\"status\":\"success\",\"output\":\"\"}}"
            )
            .unwrap();
            journal.sync_data().unwrap();
        }
    })
}

/// Shells in as many threads as may run side by side, and what is done after each: nothing where only shells count.
fn floor_wide(nodes: usize, width: usize, after: impl Fn() + Sync) -> Took {
    let next = AtomicUsize::new(0);
    measured(|| {
        std::thread::scope(|scope| {
            for _ in 0..width {
                scope.spawn(|| {
                    while next.fetch_add(1, Ordering::Relaxed) < nodes {
                        shell();
                        after();
                    }
                });
            }
        });
    })
}

/// The same with the durability of a run: a shell counts when its line is on disk. Whoever comes while the disk is busy
/// goes with the next write.
fn floor_wide_journal(nodes: usize, width: usize) -> Took {
    #[derive(Default)]
    struct Lines {
        pending: Vec<u8>,
        written: usize,
        durable: usize,
        is_busy: bool,
    }
    let journal = File::create("journal").unwrap();
    let (shared, changed) = (Mutex::new(Lines::default()), Condvar::new());
    floor_wide(nodes, width, || {
        let mut lines = shared.lock().unwrap();
        lines
            .pending
            .extend_from_slice(b"{\"event\":\"node_completed\",\"status\":\"success\",\"output\":\"\"}\n");
        lines.written += 1;
        let own = lines.written;
        while lines.durable < own {
            if lines.is_busy {
                lines = changed.wait(lines).unwrap();
                continue;
            }
            let (batch, last) = (std::mem::take(&mut lines.pending), lines.written);
            lines.is_busy = true;
            drop(lines);
            (&journal).write_all(&batch).unwrap();
            journal.sync_data().unwrap();
            lines = shared.lock().unwrap();
            (lines.durable, lines.is_busy) = (last, false);
            changed.notify_all();
        }
    })
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

fn ours(source: &str, nodes: usize) -> Took {
    let pipeline = Arc::new(Pipeline::parse(source, Profile::default()));
    let Ok((pipeline, _)) = checked(pipeline, &Settings::default(), &External::default()) else {
        panic!("the checker refuses the pipeline");
    };
    let folder = tempfile::tempdir_in(".").unwrap().keep();
    let graph = Arc::new(Graph::new(pipeline, folder.join("g.dot"), BTreeMap::new()));
    let workdir = folder.join("work");
    std::fs::create_dir(&workdir).unwrap();
    let setup = Setup {
        workdir,
        variables: Variables::of_this_process(),
        limits: Some(Limits { max_attempts: 100_000, ..Limits::default() }),
        ..Setup::default()
    };
    let root = Root::at(std::path::absolute(folder.join("state")).unwrap());
    let (_, mailbox) = Control::new();
    measured(|| {
        let report = dotwright_runner::run(&graph, &setup, &root, "bench", mailbox, &mut ()).unwrap();
        assert_eq!((report.status.as_str(), report.cost.attempts), ("success", nodes as u64));
    })
}
