//! Serial forms of what JSON or serde do not know: maps with keys that are no texts, and outcomes of the model.

/// A map as a list of pairs.
pub(crate) mod entries {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// Outcomes by number of the node, as pairs of number and word.
pub(crate) mod outcomes {
    use std::collections::BTreeMap;

    use dotwright_model::Outcome;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::run::outcome::word;

    #[derive(Serialize, Deserialize)]
    struct Entry(u32, #[serde(with = "word")] Outcome);

    pub(crate) fn serialize<S: Serializer>(
        map: &BTreeMap<u32, Outcome>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map.iter().map(|(&node, &outcome)| Entry(node, outcome)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<u32, Outcome>, D::Error> {
        let entries = Vec::<Entry>::deserialize(deserializer)?;
        Ok(entries.into_iter().map(|Entry(node, outcome)| (node, outcome)).collect())
    }
}

/// An outcome that may be absent, by its word.
pub(crate) mod optional_word {
    use dotwright_model::Outcome;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::run::outcome::word;

    #[derive(Serialize, Deserialize)]
    struct Word(#[serde(with = "word")] Outcome);

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(
        outcome: &Option<Outcome>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        outcome.map(Word).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Outcome>, D::Error> {
        Ok(Option::<Word>::deserialize(deserializer)?.map(|Word(outcome)| outcome))
    }
}
