//! A stylesheet that does not parse gives no step its model.

use dotwright_diagnostics::{TextEdit, TextRange};
use dotwright_model::Level;
use dotwright_syntax::StringMap;
use dotwright_syntax::stylesheet::{Expected, SelectorKind, StylesheetError, StylesheetErrorKind};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, display_fix};
use crate::wording::excerpt;

pub(crate) static RULE: Rule = Rule {
    name: "invalid-stylesheet",
    category: Category::Models,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Display,
    spec_id: Some("stylesheet_syntax"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/invalid-stylesheet.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let Some(sheet) = context.pipeline.stylesheet() else { return };
    if sheet.stylesheet.errors.is_empty() {
        return;
    }
    let map = StringMap::new(context.source(), sheet.attribute.value());
    for error in &sheet.stylesheet.errors {
        let found = error.range.text(sheet.text);
        let is_accepted = error.kind == StylesheetErrorKind::ForeignClassName
            && context.profile().underscore_in_classes
            && !found.contains(|c: char| c.is_ascii_uppercase());
        if is_accepted {
            continue;
        }
        let mut finding =
            report.finding(map.range(error.range), message(error, found)).help(help(error, found));
        if let Some(open) = error.open.filter(|open| !open.is_empty()) {
            finding = finding.label(map.range(open), "in this rule");
        }
        report.push(match missing_text(error) {
            Some(text) => {
                let at = map.range(TextRange::empty(error.range.start)).start;
                let edit = TextEdit::insert(at, text);
                finding.fix(display_fix(format!("write `{}`", text.trim()), vec![edit]))
            }
            None => finding,
        });
    }
}

fn message(error: &StylesheetError, found: &str) -> String {
    let found = excerpt(found);
    match error.kind {
        StylesheetErrorKind::Expected(expected) if found.is_empty() => {
            format!("the stylesheet does not parse here: expected {}", noun(expected))
        }
        StylesheetErrorKind::Expected(expected) => {
            format!("the stylesheet does not parse here: expected {}, found `{found}`", noun(expected))
        }
        StylesheetErrorKind::ForeignClassName => {
            format!("the stylesheet does not parse here: `{found}` is no class name")
        }
        StylesheetErrorKind::SelectorName(kind) => {
            format!("the stylesheet does not parse here: `{found}` is no {}", selector(kind))
        }
        StylesheetErrorKind::UnclosedQuote => {
            "the stylesheet does not parse here: nothing closes the quote".to_owned()
        }
        StylesheetErrorKind::UnclosedComment => {
            "the stylesheet does not parse here: nothing closes the `/*`".to_owned()
        }
    }
}

fn noun(expected: Expected) -> &'static str {
    match expected {
        Expected::Selector => "`*`, a shape, `.class` or `#id`",
        Expected::OpenBrace => "`{`",
        Expected::Property => "a property or `}`",
        Expected::Colon => "`:`",
        Expected::Value => "a value",
        Expected::Semicolon => "`;`",
        Expected::CloseBrace => "`}`",
    }
}

fn selector(kind: SelectorKind) -> &'static str {
    match kind {
        SelectorKind::Universal => "selector",
        SelectorKind::Shape => "shape",
        SelectorKind::Class => "class name",
        SelectorKind::Id => "node id",
    }
}

fn help(error: &StylesheetError, found: &str) -> String {
    match error.kind {
        StylesheetErrorKind::Expected(Expected::Selector) => {
            "begin a rule with a selector, such as `.code { llm_model: name; }`"
        }
        StylesheetErrorKind::Expected(Expected::OpenBrace) => "open the rule with `{`",
        StylesheetErrorKind::Expected(Expected::Property) => {
            "write `property: value;`, or close the rule with `}`"
        }
        StylesheetErrorKind::Expected(Expected::Colon) => "write `:` between property and value",
        StylesheetErrorKind::Expected(Expected::Value) => "write a value behind the `:`",
        StylesheetErrorKind::Expected(Expected::Semicolon) => "write `;` between two properties",
        StylesheetErrorKind::Expected(Expected::CloseBrace) => "close the rule with `}`",
        StylesheetErrorKind::ForeignClassName => {
            let name = found.trim_start_matches('.').to_ascii_lowercase().replace('_', "-");
            return format!("write `{name}` here and in the `class` of the nodes");
        }
        StylesheetErrorKind::SelectorName(SelectorKind::Class) => {
            "class names have lower-case letters, digits and `-`"
        }
        StylesheetErrorKind::SelectorName(
            SelectorKind::Universal | SelectorKind::Shape | SelectorKind::Id,
        ) => "use letters, digits and `_`",
        StylesheetErrorKind::UnclosedQuote => "close it with `\\\"`",
        StylesheetErrorKind::UnclosedComment => "close it with `*/`",
    }
    .to_owned()
}

/// The mark to put in where one is missing.
fn missing_text(error: &StylesheetError) -> Option<&'static str> {
    match error.kind {
        StylesheetErrorKind::Expected(Expected::Semicolon) => Some(";"),
        StylesheetErrorKind::Expected(Expected::Colon) => Some(":"),
        StylesheetErrorKind::Expected(Expected::CloseBrace) => Some(" }"),
        StylesheetErrorKind::Expected(
            Expected::Selector | Expected::OpenBrace | Expected::Property | Expected::Value,
        )
        | StylesheetErrorKind::ForeignClassName
        | StylesheetErrorKind::SelectorName(_)
        | StylesheetErrorKind::UnclosedQuote
        | StylesheetErrorKind::UnclosedComment => None,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[test]
    fn what_is_missing_is_named_at_its_place() {
        check(
            &RULE,
            "digraph { model_stylesheet=\"* { llm_model: a llm_provider: b }\" }",
            expect![[r#"
            1:45-1:45 error: the stylesheet does not parse here: expected `;`
              help: write `;` between two properties
              1:31-1:32 in this rule
              display fix: write `;`
              - digraph { model_stylesheet="* { llm_model: a llm_provider: b }" }
              + digraph { model_stylesheet="* { llm_model: a; llm_provider: b }" }
        "#]],
        );
        check(
            &RULE,
            "digraph { model_stylesheet=\"* { llm_model a; }\" }",
            expect![[r#"
            1:43-1:44 error: the stylesheet does not parse here: expected `:`, found `a`
              help: write `:` between property and value
              1:31-1:32 in this rule
              display fix: write `:`
              - digraph { model_stylesheet="* { llm_model a; }" }
              + digraph { model_stylesheet="* { llm_model :a; }" }
        "#]],
        );
        check(
            &RULE,
            "digraph { model_stylesheet=\"\\n.x { llm_model: \\\"a\\\"\" }",
            expect![[r#"
            1:52-1:52 error: the stylesheet does not parse here: expected `}`
              help: close the rule with `}`
              1:34-1:35 in this rule
              display fix: write `}`
              - digraph { model_stylesheet="\n.x { llm_model: \"a\"" }
              + digraph { model_stylesheet="\n.x { llm_model: \"a\" }" }
        "#]],
        );
        check(
            &RULE,
            "digraph { model_stylesheet=\"* llm_model: a; }\" }",
            expect![[r#"
            1:31-1:40 error: the stylesheet does not parse here: expected `{`, found `llm_model`
              help: open the rule with `{`
        "#]],
        );
    }

    #[test]
    fn names_of_classes_have_lower_case() {
        check(
            &RULE,
            "digraph { model_stylesheet=\".Hard_Work { llm_model: a; }\" }",
            expect![[r#"
            1:30-1:39 error: the stylesheet does not parse here: `Hard_Work` is no class name
              help: write `hard-work` here and in the `class` of the nodes
        "#]],
        );
        check_in(
            &RULE,
            "mammoth",
            "digraph { model_stylesheet=\".hard_work { llm_model: a; }\" }",
            expect![[""]],
        );
    }

    #[test]
    fn open_quotes_and_comments_are_named() {
        check(
            &RULE,
            "digraph { model_stylesheet=\"* { llm_model: \\\"a; }\" }",
            expect![[r#"
            1:44-1:46 error: the stylesheet does not parse here: nothing closes the quote
              help: close it with `\"`
              1:31-1:32 in this rule
        "#]],
        );
        check(
            &RULE,
            "digraph { model_stylesheet=\"/* x\" }",
            expect![[r#"
            1:29-1:31 error: the stylesheet does not parse here: nothing closes the `/*`
              help: close it with `*/`
        "#]],
        );
    }

    #[test]
    fn unknown_properties_and_good_sheets_are_fine() {
        check(
            &RULE,
            "digraph { model_stylesheet=\"* { speed: fast } box { llm_model: gpt-5.4; } /* x */ #a { llm_model: b }\" }",
            expect![[""]],
        );
        check(&RULE, "digraph { model_stylesheet=\" \" }", expect![[""]]);
    }
}
