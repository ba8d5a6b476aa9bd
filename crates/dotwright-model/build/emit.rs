//! Rust source text of the values that tables hold.

/// A slice expression of already written items.
pub(crate) fn slice(items: impl IntoIterator<Item = String>) -> String {
    format!("&[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

/// A slice of string literals.
pub(crate) fn strings<S: AsRef<str>>(items: &[S]) -> String {
    slice(items.iter().map(|item| format!("{:?}", item.as_ref())))
}

/// An `Option` expression.
pub(crate) fn option(item: Option<String>) -> String {
    item.map_or_else(|| "None".to_owned(), |item| format!("Some({item})"))
}

/// `some-name` or `some_name` as `SomeName`.
pub(crate) fn camel(name: &str) -> String {
    let mut camel = String::new();
    for word in name.split(['-', '_']) {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
