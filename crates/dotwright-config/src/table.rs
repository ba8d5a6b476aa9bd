//! The tables and keys of `dotwright.toml`. The published JSON schema is generated from these types, with their
//! comments as descriptions.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dotwright_model::{Level, Shell};
use serde::Deserialize;

use crate::name::Name;

/// The configuration of dotwright.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Config {
    /// The runner whose reading of the file counts.
    #[cfg_attr(test, schemars(schema_with = "crate::schema::profile"))]
    pub profile: Option<Name>,
    /// Runners among which pipelines have to be portable.
    #[cfg_attr(test, schemars(schema_with = "crate::schema::profiles"))]
    pub targets: Vec<Name>,
    /// The set of rules to start from.
    #[cfg_attr(test, schemars(schema_with = "crate::schema::preset"))]
    pub preset: Option<Name>,
    /// Rules and categories to add.
    pub select: Vec<Name>,
    /// Rules and categories to leave out.
    pub ignore: Vec<Name>,
    /// The lowest severity at which `dotwright check` fails.
    pub fail_on: Option<FailOn>,
    /// True when nobody answers human gates.
    pub unattended: bool,
    /// Levels by rule. A rule with a level is selected.
    pub severity: BTreeMap<Name, LevelName>,
    /// Rules and categories to leave out, by file pattern. A pattern without `/` is compared with the file name,
    /// another one with the path from the folder of this file.
    pub per_file_ignores: BTreeMap<Name, Vec<Name>>,
    /// Which files in a folder are pipelines.
    pub files: Files,
    /// Where the runner differs from its profile.
    pub profile_overrides: ProfileOverrides,
    /// Handler types.
    pub handlers: Handlers,
    /// Attribute names.
    pub attributes: Attributes,
    /// Models and stylesheets; accepted, and read by no rule of this release.
    pub models: Models,
    /// Template variables; accepted, and read by no rule of this release.
    pub templates: Templates,
    /// Context keys; accepted, and read by no rule of this release.
    pub context: ContextKeys,
    /// Tool steps.
    pub tools: Tools,
    /// What a run may cost; accepted, and read by no rule of this release.
    pub limits: Limits,
    /// Commands by what they can do; accepted, and read by no rule of this release.
    pub trust: Trust,
    /// How shellcheck is used.
    pub shellcheck: Shellcheck,
    /// How `dotwright fmt` lays files out.
    pub fmt: Fmt,
    /// Options of single rules; accepted, and read by no rule of this release.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, BTreeMap<String, serde_json::Value>>"))]
    pub rules: BTreeMap<Name, toml::Table>,
}

/// A severity at which a check fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum FailOn {
    /// Errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Infos, warnings and errors.
    Info,
    /// Nothing.
    Never,
}

/// The level of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum LevelName {
    /// The rule does not run.
    Off,
    /// Advice.
    Hint,
    /// Worth knowing.
    Info,
    /// Very probably a defect.
    Warning,
    /// A defect.
    Error,
}

impl From<LevelName> for Level {
    fn from(level: LevelName) -> Level {
        match level {
            LevelName::Off => Level::Off,
            LevelName::Hint => Level::Hint,
            LevelName::Info => Level::Info,
            LevelName::Warning => Level::Warning,
            LevelName::Error => Level::Error,
        }
    }
}

/// Which files in a folder are pipelines.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Files {
    /// Patterns of pipelines; without it `*.dot`, `*.gv` and `*.fabro`.
    pub include: Option<Vec<Name>>,
    /// Patterns of files to leave out, also where they are named in `include`.
    pub exclude: Vec<Name>,
}

/// Where the runner differs from its profile.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProfileOverrides {
    /// The shell of tool commands.
    pub shell: Option<ShellName>,
    /// Whether tool commands run with `pipefail`.
    pub pipefail: Option<bool>,
}

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ShellName {
    /// `/bin/sh`
    Sh,
    /// `bash`
    Bash,
}

impl From<ShellName> for Shell {
    fn from(shell: ShellName) -> Shell {
        match shell {
            ShellName::Sh => Shell::Sh,
            ShellName::Bash => Shell::Bash,
        }
    }
}

/// Handler types beside those of the profile.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Handlers {
    /// Handlers by the value of `type`.
    pub extra: BTreeMap<String, HandlerTable>,
}

/// What a handler can do.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HandlerTable {
    /// The outcomes it can have, in the words of the profile; without it `success` and `fail`.
    pub domain: Option<Vec<Name>>,
    /// The attributes it reads.
    pub attributes: Vec<String>,
}

/// Attribute names beside those of the schema.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Attributes {
    /// The names.
    pub extra: Vec<String>,
}

/// Models and stylesheets.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Models {
    /// Models beside those of the catalogue.
    pub extra: Vec<String>,
    /// Stylesheets that other files share.
    pub shared_styles: Vec<PathBuf>,
}

/// Template variables.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Templates {
    /// Variables that the runner is given.
    pub vars: Vec<String>,
}

/// Context keys.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ContextKeys {
    /// Keys that something outside the pipeline writes.
    pub extra: Vec<String>,
}

/// Tool steps.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tools {
    /// The timeout that a fix writes on tools, such as `600s`.
    pub default_timeout: Option<Name>,
}

/// What a run may cost.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Limits {
    /// The most model calls that a run may make.
    pub max_calls: Option<u64>,
}

/// Commands by what they can do.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Trust {
    /// Commands that act on the world outside.
    pub outward: Vec<String>,
    /// Commands whose output anybody may have written.
    pub untrusted: Vec<String>,
}

/// How shellcheck is used.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Shellcheck {
    /// `auto` runs it when it is installed, `off` never, `required` fails without it; anything else is its path.
    #[cfg_attr(test, schemars(with = "String"))]
    pub mode: ShellcheckMode,
    /// The lowest level of its comments that counts.
    pub min_level: Option<ShellcheckLevelName>,
    /// Codes to leave out, such as `SC2312`.
    pub exclude: Vec<Name>,
}

/// How `dotwright fmt` lays files out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Fmt {
    /// Blanks for each level of blocks and lists; without it 4.
    pub indent: Option<u8>,
    /// The width in characters up to which groups, lists and chains are put on one line; without it 100.
    pub line_width: Option<u16>,
}

impl From<&Fmt> for dotwright_fmt::Options {
    fn from(fmt: &Fmt) -> Self {
        let default = Self::default();
        Self {
            indent: fmt.indent.map_or(default.indent, usize::from),
            line_width: fmt.line_width.map_or(default.line_width, usize::from),
        }
    }
}

/// Whether shellcheck runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "String")]
pub enum ShellcheckMode {
    /// When it is on the search path.
    #[default]
    Auto,
    /// Never.
    Off,
    /// Always; without it the check fails.
    Required,
    /// This program, which has to be there.
    Path(PathBuf),
}

impl From<String> for ShellcheckMode {
    fn from(word: String) -> ShellcheckMode {
        match word.as_str() {
            "auto" => ShellcheckMode::Auto,
            "off" => ShellcheckMode::Off,
            "required" => ShellcheckMode::Required,
            _ => ShellcheckMode::Path(word.into()),
        }
    }
}

/// A level of shellcheck's comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ShellcheckLevelName {
    /// Matters of style.
    Style,
    /// Notes.
    Info,
    /// Warnings.
    Warning,
    /// Errors.
    Error,
}

impl From<ShellcheckLevelName> for dotwright_lint::ShellcheckLevel {
    fn from(level: ShellcheckLevelName) -> Self {
        match level {
            ShellcheckLevelName::Style => Self::Style,
            ShellcheckLevelName::Info => Self::Info,
            ShellcheckLevelName::Warning => Self::Warning,
            ShellcheckLevelName::Error => Self::Error,
        }
    }
}
