//! Deterministic pipelines of any size: one mix of steps, gates, branches and commands, about 330 bytes a node.

#![allow(clippy::expect_used, reason = "a benchmark fails loudly")]

use std::fmt::Write;

/// A valid pipeline with about `nodes` nodes.
pub fn pipeline(nodes: usize) -> String {
    let mut text = String::from(
        "// a generated pipeline\ndigraph Bench {\n    graph [\n        goal=\"Ship the feature with evidence\",\n        \
         default_max_retries=2,\n        model_stylesheet=\"* { llm_model: claude-sonnet-4-5; } .code { reasoning_effort: high; }\"\n    ]\n    \
         rankdir=LR\n    node [timeout=\"900s\"]\n\n    start [shape=Mdiamond, label=\"Start\"]\n    exit [shape=Msquare, label=\"Exit\"]\n",
    );
    let mut edges = String::new();
    let mut previous = String::from("start");
    let mut made = 2;
    let mut step = 0;
    while made < nodes {
        step += 1;
        let left = nodes - made;
        match step % 4 {
            0 if left >= 4 => {
                prompt(&mut text, &format!("left_{step}"));
                prompt(&mut text, &format!("right_{step}"));
                write(
                    &mut text,
                    format_args!(
                        "    fan_{step} [shape=component, label=\"Fan out {step}\", max_parallel=2]\n    join_{step} [shape=tripleoctagon, label=\"Join {step}\"]\n"
                    ),
                );
                write(
                    &mut edges,
                    format_args!(
                        "    {previous} -> fan_{step} -> left_{step} -> join_{step}\n    fan_{step} -> right_{step} -> join_{step}\n"
                    ),
                );
                previous = format!("join_{step}");
                made += 4;
            }
            1 if left >= 3 => {
                tool(&mut text, &format!("test_{step}"));
                prompt(&mut text, &format!("fix_{step}"));
                write(&mut text, format_args!("    gate_{step} [shape=diamond, label=\"Passing?\"]\n"));
                write(
                    &mut edges,
                    format_args!(
                        "    {previous} -> test_{step} -> gate_{step}\n    gate_{step} -> fix_{step} [label=\"No\", condition=\"outcome!=success\"]\n    fix_{step} -> test_{step}\n"
                    ),
                );
                prompt(&mut text, &format!("next_{step}"));
                write(
                    &mut edges,
                    format_args!(
                        "    gate_{step} -> next_{step} [label=\"Yes\", condition=\"outcome=success\", weight=2]\n"
                    ),
                );
                previous = format!("next_{step}");
                made += 4;
            }
            2 => {
                tool(&mut text, &format!("tool_{step}"));
                write(&mut edges, format_args!("    {previous} -> tool_{step}\n"));
                previous = format!("tool_{step}");
                made += 1;
            }
            _ => {
                prompt(&mut text, &format!("work_{step}"));
                write(&mut edges, format_args!("    {previous} -> work_{step}\n"));
                previous = format!("work_{step}");
                made += 1;
            }
        }
    }
    write(&mut edges, format_args!("    {previous} -> exit\n"));
    text.push('\n');
    text.push_str(&edges);
    text.push_str("}\n");
    text
}

fn prompt(text: &mut String, id: &str) {
    write(
        text,
        format_args!(
            "    {id} [\n        label=\"Work on {id}\", class=\"code\",\n        prompt=\"Goal: $goal\n\n- Implement the change and \
             write \\\"notes\\\" to .ai/{id}.md\n- see https://example.org/{id} // not a comment\n- Report every finding with file and line.\"\n    ]\n"
        ),
    );
}

fn tool(text: &mut String, id: &str) {
    write(
        text,
        format_args!(
            "    {id} [\n        shape=parallelogram,\n        label=\"Run {id}\",\n        timeout=\"15m\",\n        tool_command=\"set -eu\nmkdir -p .ai/logs\n\
             for f in src/*.rs; do echo \\\"$f\\\"; done\ncargo test > .ai/logs/{id}.txt 2>&1\ntest -s .ai/logs/{id}.txt\"\n    ]\n"
        ),
    );
}

fn write(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("a string takes any text");
}
