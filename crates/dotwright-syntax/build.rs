//! Turns every LALRPOP grammar of the top-level folder `grammar/` into a parser module in `OUT_DIR`.

use std::error::Error;
use std::{env, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let manifest_dir =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?);
    let out_dir = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    lalrpop::Configuration::new()
        .set_in_dir(manifest_dir.join("../../grammar"))
        .set_out_dir(out_dir)
        .emit_rerun_directives(true)
        .process()
}
