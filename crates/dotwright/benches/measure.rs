//! One phase over one file, for scripts that pair us with others: `measure PHASE FILE SECONDS` prints a JSON line with
//! the process CPU time and the allocations of one run. `measure each-rule FILE` says which rules cost most, and
//! `measure generate NODES` prints a pipeline. Rules run as `dotwright check` runs them, which leaves hints to editors;
//! the phase `hints` has those too.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a benchmark fails loudly")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads files and clocks")]

mod generate;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dotwright_diagnostics::Severity;
use dotwright_fmt::{Options, format};
use dotwright_lint::{External, Layer, Selector, Settings, all_rules, check};
use dotwright_model::{Pipeline, Profile};
use dotwright_syntax::{from_bytes, lex, parse};
use rustix::time::{ClockId, clock_gettime};

fn main() {
    let arguments: Vec<String> = std::env::args().filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "generate", nodes] => print!("{}", generate::pipeline(nodes.parse().expect("a number of nodes"))),
        [_, "each-rule", file] => each_rule(file),
        [_, phase, file, seconds] => measure(phase, file, seconds.parse().expect("seconds")),
        // `cargo bench` without arguments runs every bench target; this one has nothing to do then.
        _ => eprintln!("usage: measure PHASE FILE SECONDS | measure each-rule FILE | measure generate NODES"),
    }
}

fn measure(phase: &str, file: &str, seconds: f64) {
    let bytes = std::fs::read(file).expect("the file can be read");
    let (text, _) = from_bytes(&bytes);
    let source: Arc<str> = text.as_ref().into();
    let parsed = Arc::new(parse(&text));
    let lower = || Pipeline::new(source.clone(), parsed.clone(), Profile::default());
    let with_hints = Settings::default();
    let settings = Settings { lowest: Severity::Info, ..Settings::default() };
    let external = External::default();
    let pipeline = lower();
    let run: Box<dyn Fn() -> usize + '_> = match phase {
        "lex" => Box::new(|| black_box(lex(&text)).tokens.len()),
        "parse" => Box::new(|| black_box(parse(&text)).errors.len()),
        "lower" => Box::new(|| black_box(lower()).nodes().len()),
        "rules" => Box::new(|| black_box(check(&pipeline, &settings, &external)).diagnostics.len()),
        "lint" => Box::new(|| black_box(check(&lower(), &settings, &external)).diagnostics.len()),
        "hints" => Box::new(|| black_box(check(&lower(), &with_hints, &external)).diagnostics.len()),
        "format" => {
            Box::new(|| black_box(format(&text, &parsed, &Options::default())).map_or(0, |e| e.len()))
        }
        _ => panic!("no phase {phase}: lex, parse, lower, rules, lint, hints, format"),
    };
    let mut times = Vec::new();
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while times.len() < 3 || Instant::now() < end {
        let before = cpu_time();
        run();
        times.push(cpu_time() - before);
    }
    times.sort_unstable();
    let allocations = allocation_counter::measure(|| {
        run();
    });
    println!(
        "{{\"phase\":\"{phase}\",\"bytes\":{},\"nodes\":{},\"runs\":{},\"cpu_ns\":{},\"min_ns\":{},\"allocations\":{},\"allocated_bytes\":{}}}",
        bytes.len(),
        pipeline.nodes().len(),
        times.len(),
        times[times.len() / 2].as_nanos(),
        times[0].as_nanos(),
        allocations.count_total,
        allocations.bytes_total,
    );
}

/// The CPU time and the allocations of each rule alone, the costliest first; all of them include the shared analysis.
fn each_rule(file: &str) {
    let bytes = std::fs::read(file).expect("the file can be read");
    let (text, _) = from_bytes(&bytes);
    let pipeline = Pipeline::parse(&text, Profile::default());
    let time = |rules: &[&'static str]| {
        let mut settings = Settings::default();
        let ignore = all_rules().iter().map(|rule| rule.name).filter(|name| !rules.contains(name));
        let ignore = ignore.map(Selector::Rule).collect();
        settings.selection.layers.push(Layer { ignore, ..Layer::default() });
        let mut times: Vec<Duration> = (0..9)
            .map(|_| {
                let before = cpu_time();
                black_box(check(&pipeline, &settings, &External::default()));
                cpu_time() - before
            })
            .collect();
        times.sort_unstable();
        let allocations = allocation_counter::measure(|| {
            black_box(check(&pipeline, &settings, &External::default()));
        });
        (times[4], allocations.count_total)
    };
    let (shared, _) = time(&[]);
    println!("{:>9.1} us  shared by all rules", shared.as_secs_f64() * 1e6);
    let alone = |(time, allocations): (Duration, u64)| (time.saturating_sub(shared), allocations);
    let mut each: Vec<_> = all_rules().iter().map(|rule| (alone(time(&[rule.name])), rule.name)).collect();
    each.sort_unstable();
    for ((time, allocations), name) in each.iter().rev() {
        println!("{:>9.1} us {allocations:>8} allocations  {name}", time.as_secs_f64() * 1e6);
    }
}

fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).expect("less than a second"))
}
