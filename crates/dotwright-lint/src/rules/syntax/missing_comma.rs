//! Attributes without a comma between them are legal DOT, and some runners read no further than the first.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_model::Level;
use dotwright_syntax::ast::Attribute;
use dotwright_syntax::{Token, TokenKind, decode};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, safe_fix};
use crate::wording::excerpt;

pub(crate) static RULE: Rule = Rule {
    name: "missing-comma",
    category: Category::Syntax,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Safe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/missing-comma.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let Some(graph) = context.pipeline.graph_syntax() else { return };
    let ast = context.pipeline.ast();
    for (_, stmt) in ast.statements(graph).filter(|(_, stmt)| !stmt.recovered) {
        for pair in ast.attributes(stmt).windows(2) {
            let [first, second] = pair else { continue };
            let gap = TextRange::new(first.value.range.end, second.key.range.start);
            if !gap.text(context.source()).starts_with(',') {
                check_gap(context, report, (first, second), gap);
            }
        }
    }
}

fn check_gap(
    context: &Context<'_>,
    report: &mut Report<'_>,
    (first, second): (&Attribute, &Attribute),
    gap: TextRange,
) {
    let source = context.source();
    let tokens = &context.pipeline.syntax().tokens;
    let from = tokens.partition_point(|token| token.range.start < gap.start);
    let edit = match tokens.get(from) {
        Some(Token { kind: TokenKind::Semicolon, range }) => TextEdit::replace(*range, ","),
        Some(next) if next.range.start == gap.end => TextEdit::insert(gap.start, ","),
        // A comma behind a comment, or the brackets between two lists.
        Some(_) | None => return,
    };
    let (name, next) = (decode(source, first.key.to_owned()), decode(source, second.key));
    let value = first.value.range.text(source);
    let title = format!("insert `,` after `{}`", excerpt(&format!("{name}={value}")));
    let finding = report
        .finding(gap, format!("no comma between `{name}` and `{next}`"))
        .help(title.clone())
        .label(first.range(), "the first of the two")
        .fix(safe_fix(title, vec![edit]));
    report.push(finding);
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
    fn a_blank_a_line_break_and_a_semicolon_separate_nothing() {
        check(
            "digraph { a [x=1 y=2;z=3\n w=4]; edge [x=1 y=2] }",
            expect![[r#"
            1:17-1:18 error: no comma between `x` and `y`
              help: insert `,` after `x=1`
              1:14-1:17 the first of the two
              safe fix: insert `,` after `x=1`
              - digraph { a [x=1 y=2;z=3
              + digraph { a [x=1, y=2;z=3
            1:21-1:22 error: no comma between `y` and `z`
              help: insert `,` after `y=2`
              1:18-1:21 the first of the two
              safe fix: insert `,` after `y=2`
              - digraph { a [x=1 y=2;z=3
              + digraph { a [x=1 y=2,z=3
            1:25-2:2 error: no comma between `z` and `w`
              help: insert `,` after `z=3`
              1:22-1:25 the first of the two
              safe fix: insert `,` after `z=3`
              - digraph { a [x=1 y=2;z=3
              + digraph { a [x=1 y=2;z=3,
            2:17-2:18 error: no comma between `x` and `y`
              help: insert `,` after `x=1`
              2:14-2:17 the first of the two
              safe fix: insert `,` after `x=1`
              -  w=4]; edge [x=1 y=2] }
              +  w=4]; edge [x=1, y=2] }
        "#]],
        );
    }

    #[test]
    fn quoted_values_may_touch_the_next_key() {
        check(
            "digraph { a [x=\"1\"y=\"2\"] }",
            expect![[r#"
            1:19-1:19 error: no comma between `x` and `y`
              help: insert `,` after `x="1"`
              1:14-1:19 the first of the two
              safe fix: insert `,` after `x="1"`
              - digraph { a [x="1"y="2"] }
              + digraph { a [x="1",y="2"] }
        "#]],
        );
    }

    #[test]
    fn a_long_value_is_cut_in_the_help() {
        check(
            "digraph { a [prompt=\"Read the code before you change it.\nThen go on\" x=1] }",
            expect![[r#"
            2:12-2:13 error: no comma between `prompt` and `x`
              help: insert `,` after `prompt="Read the code before you change...`
              1:14-2:12 the first of the two
              safe fix: insert `,` after `prompt="Read the code before you change...`
              - Then go on" x=1] }
              + Then go on", x=1] }
        "#]],
        );
    }

    #[test]
    fn commas_separate_also_behind_comments_and_lists_separate_themselves() {
        check("digraph { a [x=1 , y=2 /* c */, z=3,] [w=4; ]; x=1; y=2 }", expect![[r#""#]]);
    }

    #[test]
    fn a_damaged_list_is_left_to_the_syntax_rule() {
        check("digraph { a [x=\"say \"hi\" \" y=2] }", expect![[r#""#]]);
    }
}
