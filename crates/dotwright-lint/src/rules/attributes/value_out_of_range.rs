//! A number of the right type can still be one that nothing can be done with, such as a negative count.

use dotwright_model::{AttributeKey, DurationLiteral, Level, parse_duration, parse_integer};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule};
use crate::written::is_read;

pub(crate) static RULE: Rule = Rule {
    name: "value-out-of-range",
    category: Category::Attributes,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/value-out-of-range.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for pair in context.typed_pairs() {
        let Some(schema) = pair.schema.filter(|schema| is_read(context.profile(), schema)) else { continue };
        let Some(least) = Least::of(schema.key) else { continue };
        let Some((value, range)) = pair.plain_value() else { continue };
        if least.is_missed(value.trim()) {
            let key = pair.attribute.name();
            let message = format!("`{key}={}` on {} is {}", value.trim(), pair.owner(), least.reason());
            report.push(report.finding(range, message).help(least.help()));
        }
    }
}

/// The smallest value that an attribute can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Least {
    /// A count that may be nothing.
    Zero,
    /// A count of something that has to be there.
    One,
    /// A time that has to pass.
    SomeTime,
}

impl Least {
    fn of(key: AttributeKey) -> Option<Least> {
        let counts = [
            AttributeKey::MAX_RETRIES,
            AttributeKey::DEFAULT_MAX_RETRIES,
            AttributeKey::DEFAULT_MAX_RETRY,
            AttributeKey::MAX_VISITS,
            AttributeKey::MAX_NODE_VISITS,
            AttributeKey::MAX_TOKENS_TOTAL,
        ];
        let positive = [AttributeKey::MAX_PARALLEL, AttributeKey::K, AttributeKey::MANAGER_MAX_CYCLES];
        if counts.contains(&key) {
            Some(Least::Zero)
        } else if positive.contains(&key) {
            Some(Least::One)
        } else if key == AttributeKey::TIMEOUT {
            Some(Least::SomeTime)
        } else {
            None
        }
    }

    /// What has the wrong type is left to `wrong-attribute-type`.
    fn is_missed(self, value: &str) -> bool {
        match self {
            Least::Zero => parse_integer(value).is_some_and(|number| number < 0),
            Least::One => parse_integer(value).is_some_and(|number| number < 1),
            Least::SomeTime => match parse_duration(value) {
                Some(DurationLiteral::Span(span)) => span.0 == 0,
                Some(DurationLiteral::BareInteger(number)) => number == 0,
                None => false,
            },
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Least::Zero => "negative",
            Least::One => "less than 1",
            Least::SomeTime => "no time at all",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Least::Zero => "write 0 or more, or delete it to get the default",
            Least::One => "write 1 or more, or delete it to get the default",
            Least::SomeTime => "write a time such as `600s`, or delete it for no limit",
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::check;

    #[test]
    fn counts_are_not_negative() {
        check(
            &RULE,
            "digraph { default_max_retries=-1 a [max_retries=\"-2\", max_visits=-1] }",
            expect![[r#"
            1:31-1:33 error: `default_max_retries=-1` on the graph is negative
              help: write 0 or more, or delete it to get the default
            1:49-1:53 error: `max_retries=-2` on `a` is negative
              help: write 0 or more, or delete it to get the default
            1:66-1:68 error: `max_visits=-1` on `a` is negative
              help: write 0 or more, or delete it to get the default
        "#]],
        );
    }

    #[test]
    fn what_has_to_be_there_is_at_least_one() {
        check(
            &RULE,
            "digraph { fan [shape=component, max_parallel=0, k=0] }",
            expect![[r#"
            1:46-1:47 error: `max_parallel=0` on `fan` is less than 1
              help: write 1 or more, or delete it to get the default
            1:51-1:52 error: `k=0` on `fan` is less than 1
              help: write 1 or more, or delete it to get the default
        "#]],
        );
    }

    #[test]
    fn a_timeout_lets_some_time_pass() {
        check(
            &RULE,
            "digraph { a [timeout=0s] node [timeout=0] }",
            expect![[r#"
            1:22-1:24 error: `timeout=0s` on `a` is no time at all
              help: write a time such as `600s`, or delete it for no limit
            1:40-1:41 error: `timeout=0` on `node [...]` is no time at all
              help: write a time such as `600s`, or delete it for no limit
        "#]],
        );
    }

    #[test]
    fn the_smallest_values_and_other_types_are_left_alone() {
        check(
            &RULE,
            "digraph { a [max_retries=0, max_visits=0, timeout=1ms] b [max_parallel=1, k=1] }",
            expect![[""]],
        );
        check(&RULE, "digraph { a [max_retries=few, timeout=\"-1s\", max_visits=\"$n\"] }", expect![[""]]);
    }
}
