//! The pipeline as the runner sees it: defaults, stylesheet and variables applied, as a text to read.

use dotwright_model::{AttributeKey, Decoration, EdgeId, NodeId, Pipeline, plain_dot};
use dotwright_syntax::parse;
use dotwright_syntax::template::{self, TemplateKind};

use crate::document::Document;

/// The first graph with defaults at each node and edge, models from the stylesheet, and `$goal` put into prompts.
pub fn expand(document: &Document) -> String {
    let pipeline = document.pipeline();
    let goal = pipeline.graph_attribute(AttributeKey::GOAL).map(|goal| goal.text().into_owned());
    let text = plain_dot(pipeline, &mut Resolve { pipeline, goal });
    let edits = dotwright_fmt::format(&text, &parse(&text), &dotwright_fmt::Options::default());
    let edits = edits.unwrap_or_default();
    dotwright_diagnostics::apply_edits(&text, &edits).unwrap_or(text)
}

struct Resolve<'p> {
    pipeline: &'p Pipeline,
    goal: Option<String>,
}

impl Decoration for Resolve<'_> {
    fn node(&mut self, node: NodeId) -> Vec<(&'static str, String)> {
        let mut resolved = Vec::new();
        let handler = self.pipeline.handler(node);
        for &property in self.pipeline.profile().style_properties {
            let key = AttributeKey::from_name(property);
            let schema = key.and_then(|key| dotwright_model::attribute(key, dotwright_model::Scope::Node));
            if schema.is_none_or(|schema| schema.is_used_by(handler))
                && let Some(found) = self.pipeline.resolve_property(node, property)
            {
                resolved.push((property, found.text.into_owned()));
            }
        }
        let prompt = self.pipeline.node_attribute(node, AttributeKey::PROMPT);
        if let Some((prompt, goal)) = prompt.zip(self.goal.as_deref()) {
            resolved.push(("prompt", with_goal(&prompt.text(), goal)));
        }
        resolved
    }

    fn edge(&mut self, _: EdgeId) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A prompt with `$goal` replaced, in one pass.
fn with_goal(prompt: &str, goal: &str) -> String {
    let mut text = String::with_capacity(prompt.len() + goal.len());
    let mut done = 0;
    for found in template::references(prompt) {
        if found.kind == TemplateKind::Dollar && found.name.text(prompt) == "goal" {
            text.push_str(prompt.get(done..found.range.start as usize).unwrap_or(""));
            text.push_str(goal);
            done = found.range.end as usize;
        }
    }
    text.push_str(prompt.get(done..).unwrap_or(""));
    text
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::document;

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        expect.assert_eq(&expand(&document(source)));
    }

    #[test]
    fn defaults_models_and_the_goal_are_filled_in() {
        check(
            "digraph { goal=\"ship \\\"it\\\"\" model_stylesheet=\"* { llm_model: big }\" node [timeout=9s] a [prompt=\"Do $goal, not $goals\"] t [shape=parallelogram] edge [weight=1] a -> t -> b }",
            expect![[r#"
                digraph {
                    "goal"="ship \"it\""
                    "model_stylesheet"="* { llm_model: big }"
                    "a" ["llm_model"="big", "prompt"="Do ship \"it\", not $goals", "timeout"="9s"]
                    "t" ["shape"="parallelogram", "timeout"="9s"]
                    "b" ["llm_model"="big", "timeout"="9s"]
                    "a" -> "t" ["weight"="1"]
                    "t" -> "b" ["weight"="1"]
                }
            "#]],
        );
        check(
            "",
            expect![[r#"
            digraph {}
        "#]],
        );
    }
}
