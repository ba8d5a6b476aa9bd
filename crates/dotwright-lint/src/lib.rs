//! The linter: rules that ask model and engine what a runner would do, and tell the author what to write.
//!
//! Pure: it knows no files, no configuration syntax, no editor protocol and no terminal. What an outside program such
//! as shellcheck found is handed in as [`External`].

mod category;
mod check;
pub mod edits;
mod external;
mod fix;
pub mod page;
mod registry;
mod rule;

mod rules;
mod settings;
mod suppression;
#[cfg(test)]
mod test_support;
mod wording;
mod written;

pub use category::Category;
pub use check::{CheckResult, Suppressed, check, checked};
pub use external::{
    External, ShellScript, ShellcheckComment, ShellcheckLevel, ShellcheckRun, SkipReason, has_shell_scripts,
    shell_scripts,
};
pub use fix::{FixMode, FixOutcome, fix};
pub use registry::{Resolved, resolve_name, rule, rules as all_rules};
pub use rule::{Context, Fixability, LazyAnalysis, Report, Rule};
pub use settings::{ExtraHandler, Layer, Preset, Selection, Selector, Settings, ShellcheckSettings};
