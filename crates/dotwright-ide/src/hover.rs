//! What is known about the thing under the cursor.

mod edge;
mod node;
mod value;

use dotwright_diagnostics::TextRange;
use dotwright_engine::context::{keys_set_by, reserved_writer};
use dotwright_lint::{page, rule};
use dotwright_model::{AttributeKey, attribute_family};

use crate::cursor::{Pair, content_range};
use crate::document::Document;
use crate::names::{Name, NameKind, Role};
use crate::navigation::node_at;
use crate::wording::{self, code};

pub(crate) use node::{attempts, node_markdown, timeout};

/// A text about a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// The place.
    pub range: TextRange,
    /// The text, in Markdown.
    pub markdown: String,
}

/// What is known about the thing under the cursor, and about the rules that report something there.
pub fn hover(document: &Document, offset: u32) -> Option<Hover> {
    let offset = document.clamp(offset);
    let found = thing(document, offset);
    let rules = rules(document, offset);
    match (found, rules) {
        (found, None) => found,
        (None, Some(rules)) => Some(rules),
        (Some(found), Some(rules)) => Some(Hover {
            range: found.range,
            markdown: format!("{}\n\n---\n\n{}", found.markdown, rules.markdown),
        }),
    }
}

fn thing(document: &Document, offset: u32) -> Option<Hover> {
    if let Some(hover) = edge::at(document, offset) {
        return Some(hover);
    }
    if let Some((node, range)) = node_at(document, offset) {
        return Some(Hover { range, markdown: node_markdown(document, node) });
    }
    if let Some((name, own)) = document.names().at(offset) {
        let markdown = match name.kind {
            NameKind::Node => Some(format!("**{}** · node of another graph", code(&name.text))),
            NameKind::Class => Some(class_markdown(document, name)),
            NameKind::ContextKey => Some(context_key_markdown(document, name)),
            NameKind::Variable => variable_markdown(document, name),
        };
        if let Some(markdown) = markdown {
            return Some(Hover { range: own.range, markdown });
        }
    }
    let pair = document.pair_at(offset)?;
    if pair.written.key.range.touches(offset) {
        return name_hover(document, &pair);
    }
    value::at(document, &pair, offset).or_else(|| name_hover(document, &pair))
}

/// The name of an attribute, with the value in force.
fn name_hover(document: &Document, pair: &Pair) -> Option<Hover> {
    let name = document.text(pair.written.key);
    let profile = document.settings().profile;
    let markdown = match pair.schema() {
        Some(schema) => wording::attribute(schema, profile),
        None => {
            let family = attribute_family(&name, pair.scope)?;
            format!("**{}** · {} attribute\n\n{}", code(&name), family.scope.as_str(), family.docs)
        }
    };
    Some(Hover { range: content_range(document.source(), pair.written.key), markdown })
}

fn class_markdown(document: &Document, class: &Name) -> String {
    let pipeline = document.pipeline();
    let selected = pipeline.nodes().filter(|&node| pipeline.classes(node).contains(&class.text));
    format!("**{}** · class of {}", code(&format!(".{}", class.text)), node_list(document, selected))
}

/// Up to ten nodes and how many there are.
fn node_list(document: &Document, nodes: impl Iterator<Item = dotwright_model::NodeId>) -> String {
    let mut nodes = nodes.peekable();
    if nodes.peek().is_none() {
        return "no node".to_owned();
    }
    let shown: Vec<String> = nodes.by_ref().take(10).map(|node| code(document.pipeline().id(node))).collect();
    match nodes.count() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Who sets and who reads a key.
fn context_key_markdown(document: &Document, key: &Name) -> String {
    if key.text == "outcome" {
        let profile = document.settings().profile;
        let words: Vec<String> = profile.outcome_words.iter().map(|word| code(word.word)).collect();
        return format!("**`outcome`** · how the step ended: {}", words.join(", "));
    }
    if key.text == "preferred_label" {
        return "**`preferred_label`** · the edge label that the step chose".to_owned();
    }
    let pipeline = document.pipeline();
    let setters: Vec<_> =
        pipeline.nodes().filter(|&node| keys_set_by(pipeline, node).contains(&key.text)).collect();
    let mut facts = Vec::new();
    if let Some(writer) = reserved_writer(&key.text) {
        facts.push(format!("set by {}", writer.noun()));
    }
    if !setters.is_empty() {
        facts.push(format!("set in {}", node_list(document, setters.into_iter())));
    } else if facts.is_empty() {
        facts.push("no step declares to write it".to_owned());
    }
    let reads = document.names().occurrences(key).filter(|found| found.role == Role::Read).count();
    facts.push(format!("read in {}", wording::counted(reads, "place")));
    format!("**{}** · context key\n\n- {}", code(&key.text), facts.join("\n- "))
}

/// The text that a variable stands for.
fn variable_markdown(document: &Document, variable: &Name) -> Option<String> {
    if variable.text != "goal" {
        let is_declared = !document.names().declarations(variable).is_empty();
        return is_declared
            .then(|| format!("**{}** · parameter of the pipeline", code(&format!("${}", variable.text))));
    }
    let Some(goal) = document.pipeline().graph_attribute(AttributeKey::GOAL) else {
        return Some("**`$goal`** · the graph has no `goal`, so nothing is put in".to_owned());
    };
    let quoted: Vec<String> = goal.text().lines().map(|line| format!("> {line}")).collect();
    Some(format!("**`$goal`**\n\n{}", quoted.join("\n")))
}

/// The rules with a finding at an offset.
fn rules(document: &Document, offset: u32) -> Option<Hover> {
    // Whoever points at a finding sees it, so it was looked for; who does not must not wait for that.
    let findings = &document.known_findings()?.diagnostics;
    let here = findings.iter().filter(|found| found.range.touches(offset) && found.range.len() < 400);
    let mut texts: Vec<String> = Vec::new();
    let mut range = None;
    for found in here.take(3) {
        let Some(rule) = rule(found.rule) else { continue };
        let text =
            format!("**{}** · {}\n\n{}", found.rule, page::summary(rule.page), page::reason(rule.page));
        if !texts.contains(&text) {
            texts.push(text);
        }
        range.get_or_insert(found.range);
    }
    Some(Hover { range: range?, markdown: texts.join("\n\n") })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{cursor, place};

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let (document, offset) = cursor(source);
        let found = thing(&document, document.clamp(offset));
        let text = found.map_or("nothing".to_owned(), |hover| {
            format!("{}\n{}", place(&document, hover.range), hover.markdown)
        });
        expect.assert_eq(&text);
    }

    #[test]
    fn a_node_shows_handler_model_and_routes() {
        check(
            r#"digraph {
    goal="x" default_max_retries=2 retry_target=start
    model_stylesheet="* { llm_model: small; llm_provider: p } .code { llm_model: big }"
    node [timeout=900s]
    start [shape=Mdiamond] exit [shape=Msquare]
    wo$0rk [class=code, goal_gate=true, label="Write it"]
    start -> work -> exit [condition="outcome=success"]
    work -> start [condition="outcome=fail", label=again]
}"#,
            expect![[r#"
                6:5-6:9 `work`
                **`work`** · LLM step (`codergen`) · Write it

                Hands a prompt to a model and takes its verdict as the outcome.

                - handler: neither `shape` nor `type` is written
                - llm_model: `big` (stylesheet rule `.code`)
                - llm_provider: `p` (stylesheet rule `*`)
                - attempts: 3 (`default_max_retries` of the graph)
                - timeout: `900s` (default block, line 4)
                - goal gate: an unsatisfied gate goes back to `start`
                - retry target: `start`
                - outcomes: `success`, `partial_success` and `fail`
                - classes: `code`
                - rules: `*`, `.code`

                Comes from

                - `start` when `outcome=success`

                Goes to

                - `exit` when `outcome=success`
                - `start` when `outcome=fail`"#]],
        );
        check(
            "digraph { t$0 [shape=parallelogram, tool_command=make, max_retries=1] }",
            expect![[r#"
            1:11-1:12 `t`
            **`t`** · tool (`tool`)

            Runs a command; its exit code is the outcome.

            - handler: by `shape=parallelogram`
            - attempts: 2 (`max_retries`, written here)
            - outcomes: `success` and `fail`"#]],
        );
        check(
            "digraph { t$0 [shape=egg] }",
            expect![[r#"
            1:11-1:12 `t`
            **`t`** · LLM step (`codergen`)

            Hands a prompt to a model and takes its verdict as the outcome.

            - handler: by `shape=egg`, which the profile does not know
            - outcomes: `success`, `partial_success` and `fail`"#]],
        );
    }

    #[test]
    fn an_edge_says_when_it_is_taken() {
        check(
            r#"digraph { a -$0> b [condition="outcome=fail && context.tool.exit_code!=1", weight=2] a -> c }"#,
            expect![[r#"
                1:13-1:15 `->`
                **`a -> b`**

                - taken when the outcome is `fail` and `tool.exit_code` is not `1`
                - outcomes that take it: `fail`"#]],
        );
        check(
            "digraph { a -> b -$0> {c d} }",
            expect![[r#"
            1:18-1:20 `->`
            **`b -> c`**

            - without condition
            - outcomes that take it: `success` and `partial_success`
            - of several that can be taken: a condition that holds goes first, then a preferred label, then the greatest weight, then the first target by name
            - weight 0 against `d` (weight 0)
            - stands for 2 edges"#]],
        );
        check(
            "digraph { g [shape=hexagon] g -$0> b [label=\"[Y] Yes\"] g -> c }",
            expect![[r#"
                1:31-1:33 `->`
                **`g -> b`**

                - without condition
                - outcomes that take it: `success`
                - answer `Yes` or key `Y`"#]],
        );
    }

    #[test]
    fn attributes_keys_and_selectors() {
        check(
            "digraph { a [max_re$0tries=2] }",
            expect![[r#"
            1:14-1:25 `max_retries`
            **`max_retries`** · node attribute

            Further attempts after the first one; 0 switches an inherited value off.

            - type: whole number
            - range: at least 0
            - used by: LLM step, tool, human gate, fan-out, fan-in, manager
            - read by: attractor, attractor-literal, kilroy, tracker, fabro, mammoth, amplifier"#]],
        );
        check("digraph { a [foo$0=2] }", expect![["nothing"]]);
        check(
            "digraph { a [writes=score] a -> b [condition=\"context.sc$0ore=1\"] }",
            expect![[r#"
                1:55-1:60 `score`
                **`score`** · context key

                - set in `a`
                - read in 1 place"#]],
        );
        check(
            "digraph { a -> b [condition=\"outc$0ome=fail\"] }",
            expect![[r#"
            1:30-1:37 `outcome`
            **`outcome`** · how the step ended: `success`, `partial_success`, `retry`, `fail`, `skipped`"#]],
        );
        check(
            "digraph { model_stylesheet=\".co$0de { llm_model: x }\" a [class=code] }",
            expect![[r#"
            1:30-1:34 `code`
            **`.code`** · class of `a`"#]],
        );
        check(
            "digraph { model_stylesheet=\"b$0ox { llm_model: x }\" a [class=code] }",
            expect![[r#"
            1:29-1:32 `box`
            **`box`** · selects `a`"#]],
        );
    }

    #[test]
    fn values_are_explained() {
        check(
            "digraph { goal=\"Ship\nit\" a [prompt=\"$go$0al\"] }",
            expect![[r#"
            2:17-2:21 `goal`
            **`$goal`**

            > Ship
            > it"#]],
        );
        check(
            "digraph { a [shape=hex$0agon] }",
            expect![[r#"
            1:20-1:27 `hexagon`
            **`hexagon`** · shape of human gate (`wait.human`)

            Asks a person to choose one of its outgoing edges.

            - known to attractor, attractor-literal, kilroy, tracker, fabro, mammoth, amplifier"#]],
        );
        check(
            "digraph { a [color=\"light$0blue\"] }",
            expect![[r#"
            1:21-1:30 `lightblue`
            **`lightblue`** · colour `#add8e6`

            - red 68%, green 85%, blue 90%"#]],
        );
        check(
            "digraph { a [timeout=9$000s] }",
            expect![[r#"
            1:22-1:26 `900s`
            `900s` = 15 minutes"#]],
        );
    }

    #[test]
    fn a_finding_shows_its_rule() {
        let (document, offset) =
            cursor("digraph { start [shape=Mdiamond] exit [shape=Msquare] start -> exit lo$0st -> exit }");
        let shows_rule = || hover(&document, offset).unwrap().markdown.contains("**undeclared-node**");
        assert!(!shows_rule(), "hover does not look for findings");
        document.findings();
        assert!(shows_rule());
    }
}
