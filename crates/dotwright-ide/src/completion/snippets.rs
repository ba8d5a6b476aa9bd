//! Whole steps and patterns of steps, with places to fill in.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_model::Handler;

use super::{CompletionKind, List};

/// A whole pipeline, for an empty file.
pub(super) fn pipeline(list: &mut List<'_>, range: TextRange) {
    add(
        list,
        range,
        "pipeline",
        "a pipeline with one step",
        "digraph ${1:name} {\n    goal=\"${2:what it is for}\"\n\n    start [shape=Mdiamond]\n    exit [shape=Msquare]\n    \
         ${3:work} [prompt=\"${4:\\$goal}\"]\n\n    start -> ${3:work} -> exit$0\n}\n",
    );
}

/// Statements of a pipeline.
pub(super) fn statements(list: &mut List<'_>, range: TextRange) {
    for handler in Handler::ALL {
        let body = match handler {
            Handler::Start => "start [shape=Mdiamond]$0",
            Handler::Exit => "exit [shape=Msquare]$0",
            Handler::Codergen => "${1:work} [prompt=\"$2\"]$0",
            Handler::Tool => {
                "${1:test} [shape=parallelogram, tool_command=\"${2:make test}\", timeout=\"${3:600s}\"]$0"
            }
            Handler::Conditional => "${1:check} [shape=diamond]$0",
            Handler::Human => {
                "${1:review} [shape=hexagon, label=\"${2:Ship it?}\"]\n${1:review} -> ${3:ship} [label=\"[Y] Yes\"]\n\
                 ${1:review} -> ${4:fix} [label=\"[N] No\"]$0"
            }
            Handler::Parallel => {
                "${1:fan} [shape=component]\n${2:join} [shape=tripleoctagon]\n${1:fan} -> {${3:a} ${4:b}} -> \
                 ${2:join}$0"
            }
            Handler::Manager => "${1:child} [shape=house, \"stack.child_dotfile\"=\"${2:child.dot}\"]$0",
            Handler::FanIn | Handler::Custom => continue,
        };
        add(list, range, handler.noun(), handler.docs(), body);
    }
    add(
        list,
        range,
        "retry loop",
        "a check that sends the work back until it passes",
        "${1:test} -> ${2:exit} [condition=\"outcome=success\"]\n${1:test} -> ${3:fix} [condition=\"outcome=fail\"]\n\
         ${3:fix} -> ${1:test}$0",
    );
}

fn add(list: &mut List<'_>, range: TextRange, label: &str, detail: &str, body: &str) {
    let item = list.add(label, CompletionKind::Snippet, 4, TextEdit::replace(range, body));
    item.is_snippet = true;
    item.detail = Some(detail.to_owned());
}
