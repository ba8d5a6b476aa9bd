//! Whatever `graph --format dot` prints, Graphviz reads without complaint.

use std::io::Write;
use std::process::{Command, Stdio};

use dotwright_tests::corpus;

#[track_caller]
fn pipe(mut command: Command, input: &[u8]) -> std::process::Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // `nop` may stop reading at its first error, which its exit code says.
    let _unread = writer.join().unwrap();
    output
}

#[test]
fn graphviz_accepts_the_graph_of_every_file() {
    if Command::new("nop").arg("-V").stdin(Stdio::null()).output().is_err() {
        eprintln!("skipped: Graphviz is not installed");
        return;
    }
    for (name, bytes) in ["pipelines", "graphviz"].into_iter().flat_map(corpus) {
        let mut dotwright = Command::new(env!("CARGO_BIN_EXE_dotwright"));
        dotwright.args(["graph", "-", "--isolated", "--format", "dot"]);
        let printed = pipe(dotwright, &bytes);
        assert_ne!(printed.status.code(), Some(2), "{name}");
        let mut nop = Command::new("nop");
        nop.arg("-p");
        let read = pipe(nop, &printed.stdout);
        let complaint = String::from_utf8_lossy(&read.stderr);
        assert!(read.status.success() && complaint.is_empty(), "{name}: {complaint}");
    }
}
