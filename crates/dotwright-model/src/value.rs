//! Text of an attribute value to typed value. What quotes mean is the profile's business; these take the text inside.

/// A span of time in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Milliseconds(pub u64);

/// What a duration attribute can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DurationLiteral {
    /// A number with a unit.
    Span(Milliseconds),
    /// A number without unit, which the profile gives a meaning.
    BareInteger(u64),
}

/// Reads an integer followed by `ms`, `s`, `m`, `h` or `d`, or by nothing. `None` for anything else, also for a
/// negative number and for a span that does not fit.
pub fn parse_duration(text: &str) -> Option<DurationLiteral> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit {
        "" => return Some(DurationLiteral::BareInteger(number)),
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(|span| DurationLiteral::Span(Milliseconds(span)))
}

/// Reads `true` and `false`, in exactly these letters.
pub fn parse_boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Reads decimal digits with an optional minus sign in front.
pub fn parse_integer(text: &str) -> Option<i64> {
    if text.starts_with('+') { None } else { text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::{DurationLiteral, Milliseconds, parse_boolean, parse_duration, parse_integer};

    #[track_caller]
    fn span(text: &str, milliseconds: u64) {
        assert_eq!(parse_duration(text), Some(DurationLiteral::Span(Milliseconds(milliseconds))));
    }

    #[track_caller]
    fn no_duration(text: &str) {
        assert_eq!(parse_duration(text), None);
    }

    #[test]
    fn five_units_are_known() {
        span("250ms", 250);
        span("900s", 900_000);
        span("15m", 900_000);
        span("2h", 7_200_000);
        span("1d", 86_400_000);
        span("0s", 0);
    }

    #[test]
    fn a_number_without_unit_is_kept_apart() {
        assert_eq!(parse_duration("600"), Some(DurationLiteral::BareInteger(600)));
    }

    #[test]
    fn other_texts_are_no_durations() {
        for text in ["", "s", "5min", "1.5h", "-5s", "+5s", "5 s", " 5s", "5S", "2h30m", "５s", "five"] {
            no_duration(text);
        }
    }

    #[test]
    fn spans_that_do_not_fit_are_refused() {
        no_duration("18446744073709551615d");
        no_duration("99999999999999999999");
    }

    #[test]
    fn booleans_are_two_words() {
        assert_eq!(parse_boolean("true"), Some(true));
        assert_eq!(parse_boolean("false"), Some(false));
        for text in ["True", "1", "yes", "", "true "] {
            assert_eq!(parse_boolean(text), None, "{text:?}");
        }
    }

    #[test]
    fn integers_may_be_negative_but_not_decorated() {
        assert_eq!(parse_integer("-3"), Some(-3));
        assert_eq!(parse_integer("007"), Some(7));
        for text in ["+3", "3.0", "1_000", "", "-", "3 ", "99999999999999999999"] {
            assert_eq!(parse_integer(text), None, "{text:?}");
        }
    }
}
