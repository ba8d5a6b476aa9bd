//! The table of model prices: the one that `estimate` counts with is the one that a run with a budget knows.

use std::collections::BTreeMap;
use std::path::Path;

use dotwright_diagnostics::TextRange;
use dotwright_runner::{Catalogue, Price};
use serde::Deserialize;

use crate::error::AppError;
use crate::input;

/// A price table.
pub(crate) struct Prices {
    pub(crate) call: Call,
    pub(crate) catalogue: Catalogue,
}

/// What one call of a model step is taken to be, beside its prompt.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) context_tokens: u64,
    pub(crate) output_tokens: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    call: Call,
    models: BTreeMap<String, Price>,
}

impl Prices {
    /// The table of this program.
    pub(crate) fn listed() -> Result<Prices, AppError> {
        Prices::parse("prices.toml", include_str!("../data/prices.toml"))
    }

    /// The table of a file.
    pub(crate) fn read(path: &Path) -> Result<Prices, AppError> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| AppError::Read { path: path.to_owned(), error })?;
        Prices::parse(&input::shown(path), &text)
    }

    fn parse(name: &str, text: &str) -> Result<Prices, AppError> {
        let Written { call, models } = toml::from_str(text).map_err(|error| {
            let place = error.span().map(|span| TextRange::new(span.start as u32, span.end as u32));
            let help = "a price table has `[call]` and `[models]`".to_owned();
            AppError::in_text(name.to_owned(), text.into(), place, error.message().to_owned(), Some(help))
        })?;
        Ok(Prices { call, catalogue: Catalogue::new(text, models) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_in_front_and_a_date_behind_do_not_change_the_price() {
        let prices = Prices::listed().unwrap();
        let input = |model: &str| prices.catalogue.of(model).map(|price| price.input);
        assert_eq!(input("claude-sonnet-4-5"), Some(3.0));
        assert_eq!(input("anthropic/claude-sonnet-4-5-20250929"), Some(3.0));
        assert_eq!(input("gpt-5.2"), Some(1.75));
        assert_eq!(input("claude-sonnet"), None);
        assert_eq!(input("claude-sonnet-4-5-latest"), None);
    }
}
