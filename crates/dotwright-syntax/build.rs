//! Generates the parsers from the grammars in the workspace's `grammar/` folder.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a build script reads the grammars")]

use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let grammars = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../grammar");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed={}", grammars.display());
    for entry in std::fs::read_dir(&grammars)? {
        let grammar = entry?.path();
        if grammar.extension().is_some_and(|extension| extension == "lalrpop") {
            generate(&grammar, &out, &[])?;
        }
    }
    // The DOT grammar once more with LALRPOP's own error recovery: slower, used only behind token repair.
    generate(&grammars.join("dot.lalrpop"), &out.join("backstop"), &["backstop".to_owned()])
}

fn generate(grammar: &Path, out: &Path, features: &[String]) -> Result<()> {
    std::fs::create_dir_all(out)?;
    lalrpop::Configuration::new()
        .set_out_dir(out)
        .set_features(features.iter().cloned())
        .emit_rerun_directives(true)
        .process_file(grammar)
}
