//! Labels of edges as answers and routing keys (runner reference, sections 5 and 14).

/// A label as it is compared: without blanks around it and its accelerator, in lower case.
pub fn normalise_label(label: &str) -> String {
    let (_, rest) = split_accelerator(label);
    rest.trim().to_lowercase()
}

/// The label without its accelerator.
pub fn label_text(label: &str) -> &str {
    split_accelerator(label).1.trim()
}

/// The accelerator that a label carries: `[KEY] `, `K) ` or `K - `.
pub fn accelerator(label: &str) -> Option<&str> {
    split_accelerator(label).0
}

/// The key that chooses a label: its accelerator, else its first character, in upper case.
pub fn accelerator_key(label: &str) -> String {
    match accelerator(label) {
        Some(key) => key.to_uppercase(),
        None => label.trim().chars().next().map(|first| first.to_uppercase().collect()).unwrap_or_default(),
    }
}

fn split_accelerator(label: &str) -> (Option<&str>, &str) {
    let label = label.trim();
    if let Some((key, rest)) = label.strip_prefix('[').and_then(|inner| inner.split_once(']'))
        && !key.is_empty()
        && key.chars().all(char::is_alphanumeric)
        && rest.starts_with(char::is_whitespace)
    {
        return (Some(key), rest);
    }
    let Some(first) = label.chars().next().filter(|first| first.is_alphanumeric()) else {
        return (None, label);
    };
    let (key, behind) = label.split_at(first.len_utf8());
    let rest = behind.strip_prefix(") ").or_else(|| behind.strip_prefix(" - "));
    match rest {
        Some(rest) => (Some(key), rest),
        None => (None, label),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accelerator_has_a_blank_behind_it() {
        for label in ["[Y] Go", "[YES2]   go", "Y) Go", "y - go", "  go "] {
            assert_eq!(normalise_label(label), "go", "{label}");
        }
        for label in ["[y]go", "[] go", "[a b] go", "y)go", "y-go", "yes) go", "ab - go"] {
            assert_eq!(normalise_label(label), label, "{label}");
        }
    }
}
