//! What a check costs, in counts that repeat exactly: allocations of the parser, instructions of the program.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the test runs programs and writes files"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

#[path = "../benches/generate.rs"]
mod generate;

use std::process::Command;

use dotwright_tests::{tool, workspace};

#[test]
fn the_parser_allocates_a_few_times_a_file_and_not_per_node() {
    for nodes in [1_000, 10_000] {
        let text = generate::pipeline(nodes);
        let counted = allocation_counter::measure(|| {
            std::hint::black_box(dotwright_syntax::parse(&text));
        });
        assert!(counted.count_total <= 64, "{} allocations for {nodes} nodes", counted.count_total);
    }
}

/// Instructions of one `dotwright check` over a generated pipeline; `None` without valgrind.
fn instructions(nodes: usize) -> Option<u64> {
    let valgrind = tool("valgrind")?;
    let folder = workspace().join("target/cost");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{nodes}.dot"));
    std::fs::write(&file, generate::pipeline(nodes)).unwrap();
    let output = Command::new(valgrind)
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env!("CARGO_BIN_EXE_dotwright"))
        .args(["check", "--isolated"])
        .arg(&file)
        // Without PATH there is no shellcheck, whose processes would count.
        .env("PATH", "/nonexistent")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let count = text.split("Collected : ").nth(1).and_then(|rest| rest.split_whitespace().next());
    Some(count.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no count in: {text}")))
}

#[test]
fn instructions_grow_with_the_number_of_nodes_and_not_faster() {
    let sizes = [200, 400, 800];
    let counts: Vec<u64> = sizes.into_iter().map_while(instructions).collect();
    let [small, medium, large] = counts[..] else { return };
    // Start-up cancels in the differences; twice the nodes may cost twice as much and a little.
    let first = (medium - small) as f64;
    let second = (large - medium) as f64;
    println!("{:.0} and {:.0} instructions a node", first / 200.0, second / 400.0);
    assert!(second <= 2.0 * first * 1.1, "{first} instructions for 200 nodes, {second} for the next 400");
}
