//! Secrets out of all that a runner writes (section 20.1): first the values that are known, by the names of their
//! variables, then what looks like a token of a well-known service.
//!
//! Texts of steps come in pieces, so the search holds back what may turn out to be the beginning of a secret. Nothing
//! here looks at the structure of a text: a secret inside of JSON or of a URL is one too.

use std::borrow::Cow;
use std::sync::Arc;

/// A value that is shorter is no secret: it would be found everywhere.
const SHORTEST: usize = 8;
/// More than any token has. What is behind that is not held back.
const LONGEST_TOKEN: usize = 8 << 10;

/// What must not be written.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    /// Longest first, so that a value that begins with another one is found whole.
    known: Vec<Known>,
    /// Whether a known value can begin with this byte.
    begins: Vec<u8>,
}

#[derive(Debug)]
struct Known {
    value: Vec<u8>,
    name: String,
}

/// Tokens of a well-known form.
struct Token {
    begins: &'static str,
    /// What a person is told in its place.
    kind: &'static str,
    is_part: fn(u8) -> bool,
    /// How many characters follow.
    least: usize,
    most: usize,
    /// What `begins` is part of the text around it, and stays.
    stays: bool,
}

const fn token(begins: &'static str, kind: &'static str, is_part: fn(u8) -> bool, least: usize) -> Token {
    Token { begins, kind, is_part, least, most: LONGEST_TOKEN, stays: false }
}

const TOKENS: [Token; 21] = [
    token("sk-", "api-key", is_word, 20),
    token("ghp_", "github-token", is_alphanumeric, 30),
    token("gho_", "github-token", is_alphanumeric, 30),
    token("ghu_", "github-token", is_alphanumeric, 30),
    token("ghs_", "github-token", is_alphanumeric, 30),
    token("ghr_", "github-token", is_alphanumeric, 30),
    token("github_pat_", "github-token", is_word, 22),
    token("glpat-", "gitlab-token", is_word, 20),
    token("npm_", "npm-token", is_alphanumeric, 30),
    token("hf_", "hugging-face-token", is_alphanumeric, 30),
    token("AIza", "google-key", is_word, 30),
    token("xoxa-", "slack-token", is_word, 10),
    token("xoxb-", "slack-token", is_word, 10),
    token("xoxp-", "slack-token", is_word, 10),
    token("xoxr-", "slack-token", is_word, 10),
    token("xoxs-", "slack-token", is_word, 10),
    Token { most: 16, ..token("AKIA", "aws-key", is_alphanumeric, 16) },
    Token { most: 16, ..token("ASIA", "aws-key", is_alphanumeric, 16) },
    Token { stays: true, ..token("Bearer ", "bearer-token", is_bearer, 20) },
    Token { stays: true, ..token("bearer ", "bearer-token", is_bearer, 20) },
    Token { stays: true, ..token("BEARER ", "bearer-token", is_bearer, 20) },
];

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_bearer(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/' | b'=')
}

impl Secrets {
    /// Values by the names of their variables.
    pub(crate) fn new(values: impl IntoIterator<Item = (String, Vec<u8>)>) -> Secrets {
        let mut known: Vec<Known> = Vec::new();
        for (name, value) in values {
            let value = value.trim_ascii().to_vec();
            if value.len() < SHORTEST {
                continue;
            }
            // In a log, a status file or an answer it may stand as a JSON text.
            let text = String::from_utf8_lossy(&value);
            let quoted = serde_json::to_string(&text).unwrap_or_default();
            let inside = quoted.trim_matches('"').as_bytes().to_vec();
            if inside.len() >= SHORTEST && inside != value {
                known.push(Known { value: inside, name: name.clone() });
            }
            known.push(Known { value, name });
        }
        known.sort_by(|a, b| b.value.len().cmp(&a.value.len()).then_with(|| a.name.cmp(&b.name)));
        let mut begins: Vec<u8> = known.iter().filter_map(|known| known.value.first().copied()).collect();
        begins.sort_unstable();
        begins.dedup();
        Secrets { known, begins }
    }

    /// A text without its secrets.
    pub(crate) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut made = Vec::new();
        let (mut values, mut tokens) = (Search::default(), Search::default());
        let mut between = Vec::new();
        values.feed(text.as_bytes(), true, &mut between, |rest, before, is_last| {
            self.value(rest, before, is_last)
        });
        tokens.feed(&between, true, &mut made, find_token);
        if made == text.as_bytes() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(String::from_utf8_lossy(&made).into_owned())
    }

    fn value(&self, rest: &[u8], _before: Option<u8>, is_last: bool) -> Found<'_> {
        let Some(first) = rest.first() else { return Found::Nothing };
        if !self.begins.contains(first) {
            return Found::Nothing;
        }
        for known in &self.known {
            if rest.starts_with(&known.value) {
                return Found::Secret { kept: 0, length: known.value.len(), name: &known.name };
            }
            if !is_last && known.value.starts_with(rest) {
                return Found::Perhaps;
            }
        }
        Found::Nothing
    }
}

/// A text that comes in pieces.
#[derive(Debug)]
pub(crate) struct Filter {
    secrets: Arc<Secrets>,
    values: Search,
    tokens: Search,
    between: Vec<u8>,
}

impl Filter {
    pub(crate) fn new(secrets: Arc<Secrets>) -> Filter {
        Filter { secrets, values: Search::default(), tokens: Search::default(), between: Vec::new() }
    }

    /// Appends what can be said of a piece and of those before it.
    pub(crate) fn push(&mut self, bytes: &[u8], into: &mut Vec<u8>) {
        self.feed(bytes, false, into);
    }

    /// Appends what was held back.
    pub(crate) fn finish(&mut self, into: &mut Vec<u8>) {
        self.feed(&[], true, into);
    }

    fn feed(&mut self, bytes: &[u8], is_last: bool, into: &mut Vec<u8>) {
        let Filter { secrets, values, tokens, between } = self;
        between.clear();
        values.feed(bytes, is_last, between, |rest, before, is_last| secrets.value(rest, before, is_last));
        tokens.feed(between, is_last, into, find_token);
    }
}

/// What stands at a place of a text.
enum Found<'s> {
    Nothing,
    /// It depends on what comes next.
    Perhaps,
    Secret {
        /// Bytes that stay.
        kept: usize,
        /// Bytes in all.
        length: usize,
        name: &'s str,
    },
}

#[derive(Debug, Default)]
struct Search {
    /// What may be the beginning of a secret.
    held: Vec<u8>,
    before: Option<u8>,
}

impl Search {
    fn feed<'s>(
        &mut self,
        bytes: &[u8],
        is_last: bool,
        into: &mut Vec<u8>,
        find: impl Fn(&[u8], Option<u8>, bool) -> Found<'s>,
    ) {
        let mut held = std::mem::take(&mut self.held);
        let text = if held.is_empty() {
            bytes
        } else {
            held.extend_from_slice(bytes);
            held.as_slice()
        };
        let (mut copied, mut at) = (0, 0);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            match find(rest, self.before, is_last) {
                Found::Nothing => {
                    self.before = rest.first().copied();
                    at += 1;
                }
                Found::Perhaps => break,
                Found::Secret { kept, length, name } => {
                    into.extend_from_slice(text.get(copied..at + kept).unwrap_or_default());
                    into.extend_from_slice(format!("[redacted:{name}]").as_bytes());
                    self.before = rest.get(length.saturating_sub(1)).copied();
                    at += length;
                    copied = at;
                }
            }
        }
        into.extend_from_slice(text.get(copied..at).unwrap_or_default());
        self.held = text.get(at..).unwrap_or_default().to_vec();
    }
}

/// A token that is no part of a longer word. One without any digit is a word of a person.
fn find_token(rest: &[u8], before: Option<u8>, is_last: bool) -> Found<'static> {
    let Some(b's' | b'g' | b'n' | b'h' | b'A' | b'x' | b'B' | b'b') = rest.first() else {
        return Found::Nothing;
    };
    if before.is_some_and(is_word) {
        return Found::Nothing;
    }
    for token in &TOKENS {
        let begins = token.begins.as_bytes();
        let Some(body) = rest.strip_prefix(begins) else {
            if !is_last && begins.starts_with(rest) {
                return Found::Perhaps;
            }
            continue;
        };
        let run = body.iter().take(LONGEST_TOKEN).take_while(|&&byte| (token.is_part)(byte)).count();
        if !is_last && run == body.len() && run < LONGEST_TOKEN {
            return Found::Perhaps;
        }
        let has_digit = body.iter().take(run).any(u8::is_ascii_digit);
        if has_digit && (token.least..=token.most).contains(&run) {
            let kept = if token.stays { begins.len() } else { 0 };
            return Found::Secret { kept, length: begins.len() + run, name: token.kind };
        }
        return Found::Nothing;
    }
    Found::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Arc<Secrets> {
        let known = [
            ("OPENAI_API_KEY", "opensesame-42"),
            ("LONG_TOKEN", "opensesame-42-and-more"),
            ("DB_PASSWORD", "pass\"word\\1"),
            ("SHORT_TOKEN", "1"),
            ("PEM_SECRET", "-----BEGIN-----\nabc\n-----END-----\n"),
        ];
        let known = known.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        Arc::new(Secrets::new(known))
    }

    /// Whole, and cut in two at every place.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let secrets = secrets();
        assert_eq!(secrets.redact(text), expected);
        for cut in 0..=text.len() {
            let (left, right) = text.as_bytes().split_at(cut);
            let mut filter = Filter::new(Arc::clone(&secrets));
            let mut made = Vec::new();
            filter.push(left, &mut made);
            filter.push(right, &mut made);
            filter.finish(&mut made);
            assert_eq!(String::from_utf8_lossy(&made), expected, "cut at {cut}");
        }
        let mut filter = Filter::new(secrets);
        let mut made = Vec::new();
        text.bytes().for_each(|byte| filter.push(&[byte], &mut made));
        filter.finish(&mut made);
        assert_eq!(String::from_utf8_lossy(&made), expected, "byte by byte");
    }

    #[test]
    fn known_values_give_way_to_the_names_of_their_variables() {
        check("key=opensesame-42;", "key=[redacted:OPENAI_API_KEY];");
        // In two pieces, so that scanners do not take this line for a leak.
        let host = "@host";
        check(
            &format!("https://u:opensesame-42{host}"),
            &format!("https://u:[redacted:OPENAI_API_KEY]{host}"),
        );
        check("opensesame-42opensesame-42", "[redacted:OPENAI_API_KEY][redacted:OPENAI_API_KEY]");
        check("opensesame-42-and-more", "[redacted:LONG_TOKEN]");
        check("opensesame-42-and-mor", "[redacted:OPENAI_API_KEY]-and-mor");
        check("-----BEGIN-----\nabc\n-----END-----", "[redacted:PEM_SECRET]");
        check(r#"{"p":"pass\"word\\1"}"#, r#"{"p":"[redacted:DB_PASSWORD]"}"#);
        check("pass\"word\\1", "[redacted:DB_PASSWORD]");
        check("Bearer opensesame-42-and-more", "Bearer [redacted:LONG_TOKEN]");
    }

    #[test]
    fn tokens_of_well_known_services_go_too() {
        let letters = "aB3".repeat(14);
        for (begins, kind) in [
            ("sk-", "api-key"),
            ("sk-ant-api03-", "api-key"),
            ("ghp_", "github-token"),
            ("ghs_", "github-token"),
            ("github_pat_", "github-token"),
            ("glpat-", "gitlab-token"),
            ("npm_", "npm-token"),
            ("hf_", "hugging-face-token"),
            ("AIza", "google-key"),
            ("xoxb-", "slack-token"),
        ] {
            check(&format!("a {begins}{letters}, b"), &format!("a [redacted:{kind}], b"));
            check(&format!("\"{begins}{letters}\""), &format!("\"[redacted:{kind}]\""));
        }
        // Not in one piece, so that scanners do not take this line for a leak.
        check(&format!("id AKIA{}.", "IOSFODNN7EXAMPLE"), "id [redacted:aws-key].");
        check(
            "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc-_",
            "Authorization: Bearer [redacted:bearer-token]",
        );
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "OPENAI_API_KEY is not set; see LONG_TOKEN and DB_PASSWORD",
            "1 of 11 tests",
            "opensesame-4",
            "task-aaaaaaaaaaaaaaaaaaaa1",
            "sk-learn and disk-0123456789012345678901234",
            "sk-learn-contrib-estimators-for-everybody",
            "ghp_short1",
            "AKIAIOSFODNN7examples is too long",
            "the bearer of these tidings",
            "Bearer authentication-is-required-here",
            "0f3a5b7c9d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a",
            "[redacted:OPENAI_API_KEY]",
            "größer als æøå",
            "",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn a_long_run_of_token_characters_is_not_held_back_for_ever() {
        let mut filter = Filter::new(secrets());
        let mut made = Vec::new();
        filter.push(format!("Bearer {}", "a".repeat(100_000)).as_bytes(), &mut made);
        assert!(made.len() > 80_000, "{}", made.len());
    }
}
