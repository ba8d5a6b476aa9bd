//! The published schema and the types that read the file are one: this test compares them.

use dotwright_lint::Preset;
use dotwright_model::Profile;
use schemars::{Schema, SchemaGenerator, json_schema};

use crate::table::Config;

pub(crate) fn profile(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = Profile::all().iter().map(|profile| profile.name).collect();
    json_schema!({ "type": "string", "enum": names })
}

pub(crate) fn profiles(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": profile(generator) })
}

pub(crate) fn preset(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": Preset::ALL.map(Preset::as_str) })
}

#[test]
fn the_published_schema_describes_these_types() {
    let schema = schemars::schema_for!(Config);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    expect_test::expect_file!["../dotwright.schema.json"].assert_eq(&text);
}
