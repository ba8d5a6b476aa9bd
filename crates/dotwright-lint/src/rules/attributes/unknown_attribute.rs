//! A misspelt key is read by nobody, and no runner says so: the step runs without what its author wrote.

use std::collections::HashSet;

use dotwright_diagnostics::{Severity, TextEdit, did_you_mean};
use dotwright_model::{Handler, Level, attribute_family, attributes};
use dotwright_syntax::ast::StmtKind;
use dotwright_syntax::decode;

use crate::category::Category;
use crate::edits::written_id;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::suggestion;
use crate::written::{Written, is_read};

pub(crate) static RULE: Rule = Rule {
    name: "unknown-attribute",
    category: Category::Attributes,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unknown-attribute.md"),
    check,
};

/// Distinct keys of a file that are compared with the known ones, which takes some microseconds each.
const MOST_COMPARED: usize = 1000;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for pair in context.unknown_pairs().iter().filter(|pair| pair.attribute.key().is_none()) {
        let name = pair.attribute.name();
        if is_known(context, pair, &name) || !seen.insert((name.clone(), pair.scope)) || !report.has_room() {
            continue;
        }
        let meant = if seen.len() > MOST_COMPARED { None } else { meant(context, pair, &name) };
        tell(report, pair, &name, meant);
    }
}

fn tell(report: &mut Report<'_>, pair: &Written<'_>, name: &str, meant: Option<&str>) {
    let severity = if meant.is_some() { Severity::Warning } else { Severity::Hint };
    if !report.is_variant_wanted(severity) {
        return;
    }
    let range = pair.attribute.key_range();
    let message = format!("unknown attribute `{name}` on {}{}", pair.owner(), suggestion(meant));
    let finding = report.variant(severity, range, message);
    report.push(match meant {
        Some(meant) => {
            let edit = TextEdit::replace(range, written_id(meant));
            finding
                .help(format!("write `{meant}`, nothing reads `{name}`"))
                .fix(unsafe_fix(format!("write `{meant}`"), vec![edit]))
        }
        None => finding.help(format!(
            "if your runner reads it, write `attributes.extra = [\"{name}\"]` in `dotwright.toml`, else delete it"
        )),
    });
}

/// Keys that no schema has, but that are somebody's: those of the configuration, of families, and of steps whose handler
/// is not ours.
fn is_known(context: &Context<'_>, pair: &Written<'_>, name: &str) -> bool {
    if name.is_empty() || attribute_family(name, pair.scope).is_some() {
        return true;
    }
    let settings = context.settings;
    let of_handlers = settings.handlers.iter().flat_map(|handler| &handler.attributes);
    if settings.attributes.iter().chain(of_handlers).any(|known| known == name) {
        return true;
    }
    let pipeline = context.pipeline;
    let StmtKind::Node(node) = pipeline.ast()[pair.stmt].kind else { return false };
    let node = pipeline.node_by_id(&decode(pipeline.source(), node.id));
    node.is_some_and(|node| {
        pipeline.handler(node) == Handler::Custom || pipeline.node(node).has_fallback_handler
    })
}

/// The key of this scope that the author had in mind: one that the profile reads before one of other programs.
fn meant(context: &Context<'_>, pair: &Written<'_>, name: &str) -> Option<&'static str> {
    let here = || attributes().iter().filter(|schema| schema.scope == pair.scope);
    let read = here().filter(|schema| is_read(context.profile(), schema));
    let found = did_you_mean(name, read.map(|schema| schema.key.name()));
    let meant = found.or_else(|| did_you_mean(name, here().map(|schema| schema.key.name())))?;
    let mut siblings = context.pipeline.statement_attributes(pair.stmt);
    (!siblings.any(|other| other.name() == meant)).then_some(meant)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::RULE;
    use crate::settings::{ExtraHandler, Settings};
    use crate::test_support::{self, check_with};

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        test_support::check(&RULE, source, expect);
    }

    #[test]
    fn near_misses_say_what_was_meant() {
        check(
            "digraph { build [promt=\"x\"] }",
            expect![[r#"
            1:18-1:23 warning: unknown attribute `promt` on `build`; did you mean `prompt`?
              help: write `prompt`, nothing reads `promt`
              unsafe fix: write `prompt`
              - digraph { build [promt="x"] }
              + digraph { build [prompt="x"] }
        "#]],
        );
        check(
            "digraph { a -> b [lable=\"x\"] }",
            expect![[r#"
            1:19-1:24 warning: unknown attribute `lable` on `a -> b`; did you mean `label`?
              help: write `label`, nothing reads `lable`
              unsafe fix: write `label`
              - digraph { a -> b [lable="x"] }
              + digraph { a -> b [label="x"] }
        "#]],
        );
        check(
            "digraph { gaol=\"x\" }",
            expect![[r#"
            1:11-1:15 warning: unknown attribute `gaol` on the graph; did you mean `goal`?
              help: write `goal`, nothing reads `gaol`
              unsafe fix: write `goal`
              - digraph { gaol="x" }
              + digraph { goal="x" }
        "#]],
        );
        check(
            "digraph { node [\"tool.comand\"=\"x\"] }",
            expect![[r#"
            1:17-1:30 warning: unknown attribute `tool.comand` on `node [...]`; did you mean `tool_command`?
              help: write `tool_command`, nothing reads `tool.comand`
              unsafe fix: write `tool_command`
              - digraph { node ["tool.comand"="x"] }
              + digraph { node [tool_command="x"] }
        "#]],
        );
    }

    #[test]
    fn other_keys_are_a_hint_once() {
        check(
            "digraph { a [owner=x] b [owner=y] a -> b [owner=z] }",
            expect![[r#"
            1:14-1:19 hint: unknown attribute `owner` on `a`
              help: if your runner reads it, write `attributes.extra = ["owner"]` in `dotwright.toml`, else delete it
            1:43-1:48 hint: unknown attribute `owner` on `a -> b`
              help: if your runner reads it, write `attributes.extra = ["owner"]` in `dotwright.toml`, else delete it
        "#]],
        );
    }

    #[test]
    fn a_key_that_is_there_already_is_not_what_was_meant() {
        check(
            "digraph { a [prompt=x, promt=y] }",
            expect![[r#"
            1:24-1:29 hint: unknown attribute `promt` on `a`
              help: if your runner reads it, write `attributes.extra = ["promt"]` in `dotwright.toml`, else delete it
        "#]],
        );
    }

    #[test]
    fn keys_of_other_programs_families_and_graphviz_are_known() {
        check(
            "digraph { a [\"context.area\"=x, \"stack.child.input.k\"=y, fontname=z, script=w, goal=v] }",
            expect![[""]],
        );
        check("digraph { a [type=\"acme.deploy\", whatever=x] }", expect![[""]]);
    }

    #[test]
    fn the_configuration_names_more() {
        let handler = ExtraHandler {
            name: "acme".to_owned(),
            domain: Vec::new(),
            attributes: vec!["region_name".to_owned()],
        };
        let settings =
            Settings { attributes: vec!["owner".to_owned()], handlers: vec![handler], ..Settings::default() };
        check_with(&RULE, "digraph { a [owner=x, region_name=y] }", settings, expect![[""]]);
    }
}
