//! Checks the data files of the crate and turns them into Rust statics, so that a wrong table stops the build with its
//! name and a right one costs nothing at start-up.

#![allow(clippy::disallowed_methods, reason = "a build script reads the data files")]

use std::{env, fs, path::Path, process::ExitCode};

mod attributes;
mod emit;
mod handlers;
#[path = "../src/name_hash.rs"]
mod name_hash;
mod profiles;
mod source;
#[path = "../src/value.rs"]
mod value;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/name_hash.rs");
    println!("cargo::rerun-if-changed=src/value.rs");
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("cargo::error={}", problem.trim_end().replace('\n', "; "));
            ExitCode::FAILURE
        }
    }
}

fn generate() -> Result<(), String> {
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let write = |name: &str, text: String| {
        fs::write(Path::new(&out).join(name), text).map_err(|error| format!("{name}: {error}"))
    };
    let handlers = handlers::Handlers::read()?;
    let schema = attributes::Schema::read(&handlers)?;
    let profiles = profiles::read(&handlers, &schema)?;
    write("handlers.rs", handlers.emit())?;
    write("attributes.rs", schema.emit())?;
    write("profiles.rs", profiles)
}
