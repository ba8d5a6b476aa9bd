//! A number without unit is seconds to one runner, nothing to the next and an error to a third.

use dotwright_diagnostics::TextEdit;
use dotwright_model::{
    DurationLiteral, IntegerDuration, Level, Milliseconds, Profile, ValueType, parse_duration,
};
use dotwright_syntax::ast::IdKind;

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, display_fix};
use crate::written::{Written, is_read};

pub(crate) static RULE: Rule = Rule {
    name: "duration-without-unit",
    category: Category::Attributes,
    level: Level::Warning,
    selected_level: Level::Warning,
    fixability: Fixability::Display,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/duration-without-unit.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for pair in context.typed_pairs() {
        let duration = pair.schema.filter(|schema| schema.value_type == ValueType::Duration);
        if duration.is_none_or(|schema| !is_read(context.profile(), schema)) {
            continue;
        }
        let Some((value, range)) = pair.plain_value() else { continue };
        let Some(doubt) = doubt(context, pair, value.trim()) else { continue };
        let message =
            format!("`{}={}` on {} {}", pair.attribute.name(), value.trim(), pair.owner(), doubt.fact);
        let finding = report.finding(range, message).help(doubt.help);
        report.push(match doubt.meant {
            Some(meant) => {
                let edit = TextEdit::replace(range, format!("\"{meant}\""));
                finding.fix(display_fix(format!("write `{meant}`"), vec![edit]))
            }
            None => finding,
        });
    }
}

/// What is doubtful about a duration, and what to write.
struct Doubt {
    fact: String,
    help: String,
    meant: Option<String>,
}

fn doubt(context: &Context<'_>, pair: &Written<'_>, value: &str) -> Option<Doubt> {
    if let Some((number, word)) = number_with_word(value) {
        let fact = "has no unit of the spec, engines refuse or ignore it".to_owned();
        return Some(match unit(word) {
            Some(unit) => {
                let meant = format!("{number}{unit}");
                Doubt { fact, help: format!("write `{meant}`"), meant: Some(meant) }
            }
            None => Doubt { fact, help: "use one of `ms`, `s`, `m`, `h`, `d`".to_owned(), meant: None },
        });
    }
    match parse_duration(value)? {
        DurationLiteral::BareInteger(number) => Some(Doubt {
            fact: format!("has no unit of the spec, engines read it as {}", readings()),
            help: if number >= 1000 && number % 1000 == 0 {
                format!("write `{number}s` for seconds, or `{}s` if it counts milliseconds", number / 1000)
            } else {
                format!("write `{number}s` for seconds")
            },
            meant: Some(format!("{number}s")),
        }),
        DurationLiteral::Span(span) => {
            let quoted = matches!(pair.attribute.value().kind, IdKind::Quoted | IdKind::Concatenated);
            let unit = value.trim_start_matches(|c: char| c.is_ascii_digit());
            let known = context.profile().duration_units;
            // A bare token is read in full by every runner that takes one.
            if !quoted || known.contains(&unit) {
                return None;
            }
            let meant = written_in(span, known)?;
            Some(Doubt {
                fact: format!("has the unit `{unit}`, which this runner does not read as written"),
                help: format!("write `{meant}`"),
                meant: Some(meant),
            })
        }
    }
}

/// A whole number with a word behind it that is no unit of the spec: `5min`.
pub(super) fn number_with_word(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, word) = text.split_at_checked(digits)?;
    let is_word = !word.is_empty() && word.chars().all(char::is_alphabetic);
    (digits > 0 && is_word && parse_duration(text).is_none()).then_some((number, word))
}

/// The unit of the spec that a word means.
fn unit(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "msec" | "msecs" | "millis" | "milliseconds" => Some("ms"),
        "s" | "sec" | "secs" | "second" | "seconds" => Some("s"),
        "min" | "mins" | "minute" | "minutes" => Some("m"),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some("h"),
        "d" | "day" | "days" => Some("d"),
        _ => None,
    }
}

/// The same span in the greatest unit that the runner knows and that needs no fraction.
fn written_in(span: Milliseconds, known: &[&str]) -> Option<String> {
    const UNITS: [(&str, u64); 5] =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let Milliseconds(span) = span;
    let (unit, length) =
        UNITS.into_iter().find(|(unit, length)| known.contains(unit) && span.is_multiple_of(*length))?;
    Some(format!("{}{unit}", span / length))
}

/// What the runners make of a number without unit, each reading once.
fn readings() -> String {
    let mut readings: Vec<&str> = Vec::new();
    for profile in Profile::all() {
        let reading = match profile.integer_duration {
            IntegerDuration::Seconds => "seconds",
            IntegerDuration::Zero => "0",
            IntegerDuration::Ignored => "nothing",
            IntegerDuration::Error => "an error",
            IntegerDuration::Undefined => continue,
        };
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    match readings.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        Some((last, _)) => (*last).to_owned(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    #[test]
    fn a_bare_number_has_no_unit() {
        check(
            &RULE,
            "digraph { a [timeout=600] }",
            expect![[r#"
            1:22-1:25 warning: `timeout=600` on `a` has no unit of the spec, engines read it as seconds, 0, nothing or an error
              help: write `600s` for seconds
              display fix: write `600s`
              - digraph { a [timeout=600] }
              + digraph { a [timeout="600s"] }
        "#]],
        );
        check(
            &RULE,
            "digraph { node [timeout=\"90\"] }",
            expect![[r#"
            1:25-1:29 warning: `timeout=90` on `node [...]` has no unit of the spec, engines read it as seconds, 0, nothing or an error
              help: write `90s` for seconds
              display fix: write `90s`
              - digraph { node [timeout="90"] }
              + digraph { node [timeout="90s"] }
        "#]],
        );
    }

    #[test]
    fn words_for_units_are_no_units() {
        check(
            &RULE,
            "digraph { a [timeout=\"5min\"] b [timeout=\"2weeks\"] }",
            expect![[r#"
            1:22-1:28 warning: `timeout=5min` on `a` has no unit of the spec, engines refuse or ignore it
              help: write `5m`
              display fix: write `5m`
              - digraph { a [timeout="5min"] b [timeout="2weeks"] }
              + digraph { a [timeout="5m"] b [timeout="2weeks"] }
            1:41-1:49 warning: `timeout=2weeks` on `b` has no unit of the spec, engines refuse or ignore it
              help: use one of `ms`, `s`, `m`, `h`, `d`
        "#]],
        );
    }

    #[test]
    fn units_of_the_spec_and_templates_are_fine() {
        check(
            &RULE,
            "digraph { a [timeout=600s] b [timeout=\"5m\"] c [timeout=\"$t\"] d [max_retries=3] }",
            expect![[""]],
        );
    }

    #[test]
    fn runners_that_know_fewer_units_get_another_one() {
        check_in(
            &RULE,
            "kilroy",
            "digraph { a [timeout=\"15m\"] b [timeout=15m] c [timeout=\"900s\"] }",
            expect![[r#"
                1:22-1:27 warning: `timeout=15m` on `a` has the unit `m`, which this runner does not read as written
                  help: write `900s`
                  display fix: write `900s`
                  - digraph { a [timeout="15m"] b [timeout=15m] c [timeout="900s"] }
                  + digraph { a [timeout="900s"] b [timeout=15m] c [timeout="900s"] }
            "#]],
        );
        check_in(
            &RULE,
            "tracker",
            "digraph { a [shape=box, timeout=\"1d\"] }",
            expect![[r#"
            1:33-1:37 warning: `timeout=1d` on `a` has the unit `d`, which this runner does not read as written
              help: write `24h`
              display fix: write `24h`
              - digraph { a [shape=box, timeout="1d"] }
              + digraph { a [shape=box, timeout="24h"] }
        "#]],
        );
    }

    #[test]
    fn thousands_may_count_milliseconds() {
        check(
            &RULE,
            "digraph { a [timeout=60000] }",
            expect![[r#"
            1:22-1:27 warning: `timeout=60000` on `a` has no unit of the spec, engines read it as seconds, 0, nothing or an error
              help: write `60000s` for seconds, or `60s` if it counts milliseconds
              display fix: write `60000s`
              - digraph { a [timeout=60000] }
              + digraph { a [timeout="60000s"] }
        "#]],
        );
    }
}
