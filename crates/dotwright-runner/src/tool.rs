//! Tool steps: the author's command in a shell, and its exit code as evidence (section 15).

use std::ffi::CStr;
use std::time::Duration;

use dotwright_engine::run::{Evidence, NodeKey, Plan, ProcessEnd, ToolOutput, Verdict};
use dotwright_model::AttributeKey;

use crate::attributes::{duration, flag, graph, text};
use crate::process::{Bounds, Ending, Finished, Program};

/// Time between TERM and KILL where the node does not say.
const GRACE: Duration = Duration::from_secs(2);

/// A shell that knows `pipefail`.
pub(crate) fn pipefail_shell() -> Option<&'static CStr> {
    [c"/bin/bash", c"/usr/bin/bash", c"/usr/local/bin/bash"]
        .into_iter()
        .find(|path| path.to_str().is_ok_and(|path| std::path::Path::new(path).exists()))
}

/// A command of the node in the shell that it asks for.
pub(crate) fn program(plan: &Plan, node: NodeKey, command: String) -> Program {
    let pipeline = plan.pipeline();
    let wanted = match text(pipeline, node, AttributeKey::PIPEFAIL) {
        Some(_) => flag(pipeline, node, AttributeKey::PIPEFAIL),
        None => graph(pipeline, AttributeKey::PIPEFAIL).is_some_and(|on| on.trim() == "true"),
    };
    match wanted.then(pipefail_shell).flatten() {
        Some(shell) => Program::Shell { shell, options: &[c"-o", c"pipefail"], text: command },
        None => Program::Shell { shell: c"/bin/sh", options: &[], text: command },
    }
}

/// How long processes of the node may live.
pub(crate) fn bounds(plan: &Plan, node: NodeKey, stall: Option<Duration>) -> Bounds {
    let pipeline = plan.pipeline();
    Bounds {
        timeout: plan.step_timeout(node).map(Duration::from_millis),
        stall: stall.map(|usual| duration(pipeline, node, AttributeKey::STALL_TIMEOUT).unwrap_or(usual)),
        grace: grace(plan, node),
        keep_background: flag(pipeline, node, AttributeKey::KEEP_BACKGROUND),
    }
}

fn grace(plan: &Plan, node: NodeKey) -> Duration {
    duration(plan.pipeline(), node, AttributeKey::KILL_GRACE).unwrap_or(GRACE)
}

/// What the end of a command proves.
pub(crate) fn evidence(finished: Finished, verdict: Verdict) -> Evidence {
    let end = match finished.ending {
        Ending::Exited(code) => ProcessEnd::Exited(code),
        Ending::Signalled(signal) => ProcessEnd::Signalled(signal),
        Ending::TimedOut | Ending::Stalled => ProcessEnd::TimedOut,
        Ending::Stopped => return Evidence::Stopped,
    };
    let Finished { stdout, stderr, .. } = finished;
    let output = ToolOutput {
        output: stdout.text,
        stderr: stderr.text,
        last_line: stdout.last_line,
        output_blob: stdout.blob,
        stderr_blob: stderr.blob,
    };
    Evidence::Tool { end, verdict, output: Box::new(output) }
}

/// A command that could not be started.
pub(crate) fn not_started(error: &std::io::Error) -> Evidence {
    let output = ToolOutput { stderr: error.to_string(), ..ToolOutput::default() };
    Evidence::Tool { end: ProcessEnd::NotStarted, verdict: Verdict::Absent, output: Box::new(output) }
}
