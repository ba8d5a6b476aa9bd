//! The shared duration vectors.

#![allow(clippy::disallowed_methods, reason = "the vectors are files outside the crate")]

use std::{env, fs, path::PathBuf};

use dotwright_model::{DurationLiteral, Milliseconds, parse_duration};

#[test]
fn every_vector_is_read_as_it_says() {
    let folder = env::var_os("DOTWRIGHT_VECTORS").map(PathBuf::from);
    let folder =
        folder.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"));
    let path = folder.join("durations.json");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!(
            "not run: {} is absent; set DOTWRIGHT_VECTORS to the folder of the vectors",
            path.display()
        );
        return;
    };
    let vectors: serde_json::Value = serde_json::from_str(&text).expect("vectors are JSON");
    let vectors = vectors.as_array().expect("a list of vectors");
    assert!(!vectors.is_empty());
    for vector in vectors {
        let input = vector["input"].as_str().expect("an input");
        let asserted = |key: &str| vector[key].as_u64().map(Milliseconds);
        // A number without a unit is no duration until a profile says which one.
        let found = match parse_duration(input) {
            Some(DurationLiteral::Span(span)) => Some(span),
            Some(DurationLiteral::BareInteger(_)) | None => None,
        };
        // What only a dialect reads may be no duration here, but not another one.
        let fits = found == asserted("expect_ms")
            || vector["spec"] != "agrees" && (found.is_none() || found == asserted("spec_result"));
        assert!(fits, "{}: {found:?}", vector["id"]);
    }
}
