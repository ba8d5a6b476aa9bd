//! The program as people call it: every option, format and exit code, on files in a temporary folder.

mod check;
mod config;
mod fixes;
mod fmt;
mod formats;
mod graph;
mod lists;
mod project;
