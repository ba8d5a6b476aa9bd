//! Links the program for one fixed address where that is possible: fixing up ten thousand addresses of tables at each
//! start would take as long as checking a small file does.

#![allow(clippy::disallowed_methods, reason = "a build script asks cargo for the target")]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_glibc = target("OS") == "linux" && target("ENV") == "gnu";
    if is_glibc && !target("FEATURE").split(',').any(|feature| feature == "crt-static") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
