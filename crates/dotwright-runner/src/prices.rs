//! What models cost, as far as a table says it. A model that is not in it has no price, which never counts as zero
//! (section 22).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::platform::sha256;

/// Dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of what a model reads.
    pub input: f64,
    /// Of what it writes.
    pub output: f64,
}

/// A table of prices.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    models: BTreeMap<String, Price>,
    /// SHA-256 of its source.
    pub(crate) sha256: String,
}

impl Catalogue {
    /// The prices that a source holds.
    pub fn new(source: &str, models: BTreeMap<String, Price>) -> Catalogue {
        Catalogue { models, sha256: sha256(source) }
    }

    /// The price of a model, whose name may have a provider in front and a date behind.
    pub fn of(&self, model: &str) -> Option<Price> {
        let name = model.rsplit('/').next().unwrap_or(model);
        let undated = name
            .rsplit_once('-')
            .filter(|(_, date)| date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()))
            .map(|(name, _)| name);
        let names = [Some(model), Some(name), undated].into_iter().flatten();
        names.into_iter().find_map(|name| self.models.get(name)).copied()
    }
}

impl Price {
    /// The most that so many tokens of whatever kind cost, in millionths of a dollar.
    pub(crate) fn most(self, tokens: u64) -> u64 {
        // Dollars for a million tokens are millionths of a dollar for one.
        (tokens as f64 * self.input.max(self.output)).ceil() as u64
    }
}
