//! Runners disagree about a backslash that begins none of the four escapes, so a command or pattern arrives changed.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_model::Level;
use dotwright_syntax::unknown_escapes;

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
    for (_, stmt) in ast.statements(graph).filter(|(_, stmt)| !stmt.recovered) {
        for attribute in ast.attributes(stmt) {
            let escapes = unknown_escapes(source, attribute.value);
            if let Some((&first, others)) = escapes.split_first() {
                push(source, report, first, others);
            }
        }
    }
}

fn push(source: &str, report: &mut Report<'_>, first: TextRange, others: &[TextRange]) {
    let escape = first.text(source);
    let (name, repaired) = if escape.ends_with(['\n', '\r']) {
        ("a backslash before a line break".to_owned(), "\\\\".to_owned())
    } else {
        (format!("`{escape}`"), format!("\\{escape}"))
    };
    let mut finding = report
        .finding(
            first,
            format!("{name} is no escape of the spec, runners keep, drop or reject the backslash"),
        )
        .help(format!("write `{repaired}` for a literal backslash, or remove it"));
    for &other in others {
        finding = finding.label(other, "here too");
    }
    let all = std::iter::once(&first).chain(others);
    let edits = all.map(|escape| TextEdit::insert(escape.start, "\\")).collect();
    report.push(finding.fix(display_fix("double the backslash", edits)));
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
              help: write `\\` for a literal backslash, or remove it
              display fix: double the backslash
              - digraph { a [tool_command="make \
              + digraph { a [tool_command="make \\
        "#]],
        );
    }

    #[test]
    fn the_four_escapes_and_bare_values_are_fine() {
        check(r#"digraph { a [x="\"\\\n\t", y="a" + "\\."] }"#, expect![[r#""#]]);
    }
}
