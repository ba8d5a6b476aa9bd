//! Outcomes are compared letter by letter, so `SUCCESS` is not `success`.
//!
//! The fix brings an edge to life that no run has taken, so a person confirms it.

use std::collections::HashSet;

use dotwright_diagnostics::TextEdit;
use dotwright_model::Level;

use super::outcome_test::outcome_tests;
use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};

pub(crate) static RULE: Rule = Rule {
    name: "miscased-outcome",
    category: Category::Routing,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Unsafe,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/miscased-outcome.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let profile = context.profile();
    let mut seen = HashSet::new();
    for test in outcome_tests(context).filter(|test| profile.outcome(&test.word).is_none()) {
        let mut words =
            profile.outcome_words.iter().flat_map(|entry| [&entry.word].into_iter().chain(entry.synonyms));
        let Some(word) = words.find(|word| word.eq_ignore_ascii_case(&test.word)) else { continue };
        let range = test.word_range();
        if !seen.insert(range) {
            continue;
        }
        let message = format!("`{}` is not `{word}`, outcomes are compared case-sensitively", test.word);
        let finding = report.finding(range, message).help(format!("write `outcome={word}`"));
        report
            .push(finding.fix(unsafe_fix(format!("write `{word}`"), vec![TextEdit::replace(range, *word)])));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    const HEAD: &str = "digraph { s [shape=Mdiamond]; x [shape=Msquare]; a; b; t [shape=parallelogram, tool_command=make]; s -> t\n";

    #[track_caller]
    fn found(body: &str, expect: expect_test::Expect) {
        check(&RULE, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[track_caller]
    fn found_in(profile: &str, body: &str, expect: expect_test::Expect) {
        check_in(&RULE, profile, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[test]
    fn the_word_is_replaced_within_its_quotes() {
        found(
            r#"t -> a [condition="outcome=SUCCESS"]"#,
            expect![[r#"
                2:28-2:35 warning: `SUCCESS` is not `success`, outcomes are compared case-sensitively
                  help: write `outcome=success`
                  unsafe fix: write `success`
                  - t -> a [condition="outcome=SUCCESS"]
                  + t -> a [condition="outcome=success"]
            "#]],
        );
        found(
            r#"t -> a [condition="context.x=1 && outcome!=\"Fail\""]"#,
            expect![[r#"
                2:46-2:50 warning: `Fail` is not `fail`, outcomes are compared case-sensitively
                  help: write `outcome=fail`
                  unsafe fix: write `fail`
                  - t -> a [condition="context.x=1 && outcome!=\"Fail\""]
                  + t -> a [condition="context.x=1 && outcome!=\"fail\""]
            "#]],
        );
    }

    #[test]
    fn other_words_and_lenient_runners_are_fine() {
        found(r#"t -> a [condition="outcome=Done"]"#, expect![[""]]);
        found_in("mammoth", r#"t -> a [condition="outcome=SUCCESS"]"#, expect![[""]]);
        found(r#"t -> a [condition="context.x=SUCCESS"]"#, expect![[""]]);
    }
}
