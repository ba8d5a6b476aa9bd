//! All rules of all profiles on any bytes.

#![no_main]

use std::sync::Arc;

use dotwright_lint::{External, Preset, Settings, check};
use dotwright_model::{Pipeline, Profile};
use dotwright_syntax::{from_bytes, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (text, _) = from_bytes(bytes);
    let parsed = Arc::new(parse(&text));
    for profile in Profile::all() {
        let pipeline = Pipeline::new(text.as_ref().into(), parsed.clone(), profile);
        let mut settings = Settings { profile, unattended: true, ..Settings::default() };
        settings.selection.preset = Preset::Pedantic;
        for finding in check(&pipeline, &settings, &External::default()).diagnostics {
            assert!(text.get(std::ops::Range::from(finding.range)).is_some(), "{finding:?}");
        }
    }
});
