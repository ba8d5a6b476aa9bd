//! A misspelt `type` turns a tool or a gate into something else, or keeps the run from starting.

use std::collections::HashSet;

use dotwright_diagnostics::did_you_mean;
use dotwright_model::{AttributeKey, Handler, Level, UnknownType};

use crate::category::Category;
use crate::edits::replace_value;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::{all_names, suggestion, with_article};

pub(crate) static RULE: Rule = Rule {
    name: "unknown-type",
    category: Category::Attributes,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: Some("type_known"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unknown-type.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let profile = context.profile();
    let extra = &context.settings.handlers;
    let mut seen = HashSet::new();
    for node in context.sound_nodes() {
        let Some(written) = context.pipeline.node_attribute(node, AttributeKey::TYPE) else { continue };
        let value = written.text();
        let is_known =
            profile.type_handler(&value).is_some() || extra.iter().any(|handler| handler.name == value);
        // A default block is reported once, with the first node it reaches.
        if is_known || written.is_blank() || !seen.insert(written.value_range()) {
            continue;
        }
        let known = steps(context);
        let known = known.chain(extra.iter().map(|handler| handler.name.as_str()));
        let meant = did_you_mean(&value, known);
        let then = match (profile.unknown_type, context.handler(node)) {
            (UnknownType::Refused, _) => "no run starts".to_owned(),
            (UnknownType::ByShape, handler) => format!("it runs as {}", with_article(handler.noun())),
        };
        let message =
            format!("`type={value}` on `{}` is unknown, {then}{}", context.id(node), suggestion(meant));
        let mut finding = report
            .finding(written.value_range(), message)
            .help(format!("use one of {}, or list it under `[handlers]`", all_names(steps(context).take(7))));
        if let Some(meant) = meant {
            finding =
                finding.fix(unsafe_fix(format!("write `{meant}`"), vec![replace_value(written, meant)]));
        }
        report.push(finding);
    }
}

/// The types worth choosing: start and exit are written as shapes.
fn steps<'c>(context: &Context<'c>) -> impl Iterator<Item = &'c str> + use<'c> {
    let types = context.profile().types.iter();
    types.filter(|(_, handler)| !matches!(handler, Handler::Start | Handler::Exit)).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::settings::{ExtraHandler, Settings};
    use crate::test_support::{check, check_in, check_with};

    #[test]
    fn a_misspelt_type_is_corrected_in_its_quotes() {
        check(
            &RULE,
            "digraph { a [type=\"tol\"] }",
            expect![[r#"
            1:19-1:24 warning: `type=tol` on `a` is unknown, no run starts; did you mean `tool`?
              help: use one of `codergen`, `conditional`, `parallel`, `parallel.fan_in`, `stack.manager_loop`, `tool`, `wait.human`, or list it under `[handlers]`
              unsafe fix: write `tool`
              - digraph { a [type="tol"] }
              + digraph { a [type="tool"] }
        "#]],
        );
        check(
            &RULE,
            "digraph { a [type=wait_human] }",
            expect![[r#"
            1:19-1:29 warning: `type=wait_human` on `a` is unknown, no run starts; did you mean `wait.human`?
              help: use one of `codergen`, `conditional`, `parallel`, `parallel.fan_in`, `stack.manager_loop`, `tool`, `wait.human`, or list it under `[handlers]`
              unsafe fix: write `wait.human`
              - digraph { a [type=wait_human] }
              + digraph { a [type="wait.human"] }
        "#]],
        );
    }

    #[test]
    fn a_default_block_is_reported_once() {
        check(
            &RULE,
            "digraph { node [type=nothing]; a; b }",
            expect![[r#"
            1:22-1:29 warning: `type=nothing` on `a` is unknown, no run starts
              help: use one of `codergen`, `conditional`, `parallel`, `parallel.fan_in`, `stack.manager_loop`, `tool`, `wait.human`, or list it under `[handlers]`
        "#]],
        );
    }

    #[test]
    fn other_runners_fall_back_to_the_shape() {
        check_in(
            &RULE,
            "amplifier",
            "digraph { a [type=deploy, shape=parallelogram] }",
            expect![[r#"
            1:19-1:25 warning: `type=deploy` on `a` is unknown, it runs as a tool
              help: use one of `codergen`, `conditional`, `parallel`, `parallel.fan_in`, `pipeline`, `stack.manager_loop`, `tool`, or list it under `[handlers]`
        "#]],
        );
    }

    #[test]
    fn types_of_the_configuration_are_known() {
        let deploy = ExtraHandler { name: "deploy".into(), domain: Vec::new(), attributes: Vec::new() };
        let settings = Settings { handlers: vec![deploy], ..Settings::default() };
        check_with(
            &RULE,
            "digraph { a [type=deploy]; b [type=tool]; c [type=\"\"] }",
            settings,
            expect![[""]],
        );
    }
}
