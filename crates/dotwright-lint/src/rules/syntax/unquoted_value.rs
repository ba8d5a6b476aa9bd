//! Bare values such as `gpt-5.2` are a dialect: Graphviz and some runners stop at them, so the file cannot be drawn.

use dotwright_diagnostics::{Severity, TextEdit};
use dotwright_model::{Level, parse_duration};
use dotwright_syntax::ast::IdKind;
use dotwright_syntax::decode;

use crate::category::Category;
use crate::edits::quoted;
use crate::rule::{Context, Fixability, Report, Rule, safe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "unquoted-value",
    category: Category::Syntax,
    level: Level::Info,
    selected_level: Level::Info,
    fixability: Fixability::Safe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/unquoted-value.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let Some(graph) = context.pipeline.graph_syntax() else { return };
    let (source, ast) = (context.source(), context.pipeline.ast());
    for (_, stmt) in ast.statements(graph).filter(|(_, stmt)| !stmt.recovered) {
        for attribute in ast.attributes(stmt).iter().filter(|pair| pair.value.kind == IdKind::Dialect) {
            let (range, value) = (attribute.value.range, attribute.value.range.text(source));
            if parse_duration(value).is_some() {
                continue;
            }
            let key = decode(source, attribute.key);
            let finding = if is_spec_value(value) {
                report.finding(range, format!("`{key}={value}` needs quotes for Graphviz and mammoth"))
            } else {
                let message = format!("`{key}={value}` needs quotes in the spec's grammar");
                report.variant(Severity::Error, range, message)
            };
            let written = quoted(value);
            let finding = finding
                .help(format!("write `{key}={written}`"))
                .fix(safe_fix(format!("write `{written}`"), vec![TextEdit::replace(range, written)]));
            report.push(finding);
        }
    }
}

/// True for a word with `.`, `-` or `:` in it, which the specification takes bare.
fn is_spec_value(value: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    value.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && value.chars().all(|c| is_word(c) || matches!(c, '.' | '-' | ':'))
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
    fn what_the_specification_takes_bare_is_an_info() {
        check(
            "digraph { a [llm_model=gpt-5.2, fidelity=summary:high]; x = b.c }",
            expect![[r#"
            1:24-1:31 info: `llm_model=gpt-5.2` needs quotes for Graphviz and mammoth
              help: write `llm_model="gpt-5.2"`
              safe fix: write `"gpt-5.2"`
              - digraph { a [llm_model=gpt-5.2, fidelity=summary:high]; x = b.c }
              + digraph { a [llm_model="gpt-5.2", fidelity=summary:high]; x = b.c }
            1:42-1:54 info: `fidelity=summary:high` needs quotes for Graphviz and mammoth
              help: write `fidelity="summary:high"`
              safe fix: write `"summary:high"`
              - digraph { a [llm_model=gpt-5.2, fidelity=summary:high]; x = b.c }
              + digraph { a [llm_model=gpt-5.2, fidelity="summary:high"]; x = b.c }
            1:61-1:64 info: `x=b.c` needs quotes for Graphviz and mammoth
              help: write `x="b.c"`
              safe fix: write `"b.c"`
              - digraph { a [llm_model=gpt-5.2, fidelity=summary:high]; x = b.c }
              + digraph { a [llm_model=gpt-5.2, fidelity=summary:high]; x = "b.c" }
        "#]],
        );
    }

    #[test]
    fn what_it_does_not_take_is_an_error() {
        check(
            "digraph { a [x=3rd, y=src/main.rs, z=@file] }",
            expect![[r#"
            1:16-1:19 error: `x=3rd` needs quotes in the spec's grammar
              help: write `x="3rd"`
              safe fix: write `"3rd"`
              - digraph { a [x=3rd, y=src/main.rs, z=@file] }
              + digraph { a [x="3rd", y=src/main.rs, z=@file] }
            1:23-1:34 error: `y=src/main.rs` needs quotes in the spec's grammar
              help: write `y="src/main.rs"`
              safe fix: write `"src/main.rs"`
              - digraph { a [x=3rd, y=src/main.rs, z=@file] }
              + digraph { a [x=3rd, y="src/main.rs", z=@file] }
            1:38-1:43 error: `z=@file` needs quotes in the spec's grammar
              help: write `z="@file"`
              safe fix: write `"@file"`
              - digraph { a [x=3rd, y=src/main.rs, z=@file] }
              + digraph { a [x=3rd, y=src/main.rs, z="@file"] }
        "#]],
        );
    }

    #[test]
    fn durations_numbers_words_and_keys_are_fine() {
        check("digraph { a [timeout=900s, x=-1.5, y=word, human.default_choice=b] }", expect![[r#""#]]);
    }
}
