//! The program as people call it: every option, format and exit code, on files in a temporary folder.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]

mod check;
mod config;
mod fixes;
mod fmt;
mod formats;
mod graph;
mod lists;
#[cfg(test)]
mod project;
mod simulate;
mod why;
