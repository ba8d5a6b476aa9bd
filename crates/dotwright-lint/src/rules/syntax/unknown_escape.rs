//! Runners disagree about a backslash that begins none of the four escapes, so a command or pattern arrives changed.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_model::{AttributeKey, Level, Scope, attribute};
use dotwright_syntax::ast::Attribute;
use dotwright_syntax::{decode, may_have_unknown_escapes, unknown_escapes};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, display_fix};

pub(crate) static RULE: Rule = Rule {
    name: "unknown-escape",
    category: Category::Syntax,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Display,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unknown-escape.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let Some(graph) = context.pipeline.graph_syntax() else { return };
    let (source, ast) = (context.source(), context.pipeline.ast());
    if !may_have_unknown_escapes(source) {
        return;
    }
    for (_, stmt) in ast.statements(graph).filter(|(_, stmt)| !stmt.recovered) {
        for attribute in ast.attributes(stmt) {
            let escapes = unknown_escapes(source, attribute.value);
            if let Some((&first, others)) = escapes.split_first() {
                push(source, report, is_command(source, attribute), (first, others));
            }
        }
    }
}

/// True for an attribute whose text a shell reads, which joins lines at a backslash.
fn is_command(source: &str, pair: &Attribute) -> bool {
    let key = AttributeKey::from_name(&decode(source, pair.key));
    key.and_then(|key| attribute(key, Scope::Node)).is_some_and(|schema| {
        schema.key == AttributeKey::TOOL_COMMAND || schema.alias_of == Some(AttributeKey::TOOL_COMMAND)
    })
}

fn push(source: &str, report: &mut Report<'_>, is_command: bool, (first, others): (TextRange, &[TextRange])) {
    let breaks_line = |escape: TextRange| escape.text(source).ends_with(['\n', '\r']);
    let escape = first.text(source);
    let (name, help) = if !breaks_line(first) {
        (format!("`{escape}`"), format!("write `\\{escape}` for a literal backslash, or remove it"))
    } else {
        let help = if is_command {
            "write `\\\\`, so that the shell joins the lines"
        } else {
            "remove it, a string may go over several lines"
        };
        ("a backslash before a line break".to_owned(), help.to_owned())
    };
    let mut finding = report
        .finding(
            first,
            format!("{name} is no escape of the spec, runners keep, drop or reject the backslash"),
        )
        .help(help);
    for &other in others {
        finding = finding.label(other, "here too");
    }
    let all = std::iter::once(&first).chain(others);
    let is_removed = |escape: TextRange| breaks_line(escape) && !is_command;
    let edits = all.map(|&escape| match is_removed(escape) {
        true => TextEdit::delete(TextRange::new(escape.start, escape.start + 1)),
        false => TextEdit::insert(escape.start, "\\"),
    });
    let title = if is_removed(first) { "remove the backslash" } else { "double the backslash" };
    report.push(finding.fix(display_fix(title, edits.collect())));
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::test_support;

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        test_support::check(&super::RULE, source, expect);
    }

    #[test]
    fn all_escapes_of_a_string_are_one_finding() {
        check(
            r#"digraph { a [tool_command="grep '\.rs' | sed 's/\s//'"] }"#,
            expect![[r#"
            1:34-1:36 warning: `\.` is no escape of the spec, runners keep, drop or reject the backslash
              help: write `\\.` for a literal backslash, or remove it
              1:49-1:51 here too
              display fix: double the backslash
              - digraph { a [tool_command="grep '\.rs' | sed 's/\s//'"] }
              + digraph { a [tool_command="grep '\\.rs' | sed 's/\\s//'"] }
        "#]],
        );
    }

    #[test]
    fn a_backslash_before_a_line_break_has_no_name() {
        check(
            "digraph { a [tool_command=\"make \\\n  test\"] }",
            expect![[r#"
                1:33-2:1 warning: a backslash before a line break is no escape of the spec, runners keep, drop or reject the backslash
                  help: write `\\`, so that the shell joins the lines
                  display fix: double the backslash
                  - digraph { a [tool_command="make \
                  + digraph { a [tool_command="make \\
            "#]],
        );
    }

    #[test]
    fn a_prompt_needs_no_backslash_to_go_over_lines() {
        check(
            "digraph { a [prompt=\"Read it.\\n\\\n  Then \\d\"] }",
            expect![[r#"
            1:32-2:1 warning: a backslash before a line break is no escape of the spec, runners keep, drop or reject the backslash
              help: remove it, a string may go over several lines
              2:8-2:10 here too
              display fix: remove the backslash
              - digraph { a [prompt="Read it.\n\
              -   Then \d"] }
              + digraph { a [prompt="Read it.\n
              +   Then \\d"] }
        "#]],
        );
    }

    #[test]
    fn the_four_escapes_and_bare_values_are_fine() {
        check(r#"digraph { a [x="\"\\\n\t", y="a" + "\\."] }"#, expect![[r#""#]]);
    }
}
