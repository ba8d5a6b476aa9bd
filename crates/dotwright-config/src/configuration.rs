//! One configuration file, checked and ready to be asked about files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dotwright_diagnostics::{Diagnostic, Severity};
use dotwright_lint::{
    ExtraHandler, Layer, Preset, Resolved, Selection, Selector, Settings, ShellcheckSettings, resolve_name,
};
use dotwright_model::{Outcome, Profile, parse_duration};

use crate::error::{ConfigError, Mistake};
use crate::files::has_pipeline_extension;
use crate::name::Name;
use crate::pattern::Pattern;
use crate::table::Config;

const UNKNOWN_RULE_NAME: &str = "unknown-rule-name";

/// A configuration file, or what holds without one.
#[derive(Debug, Default)]
pub struct Configuration {
    path: Option<PathBuf>,
    folder: PathBuf,
    source: Arc<str>,
    /// What the file says.
    pub config: Config,
    settings: Settings,
    preset: Option<Preset>,
    per_file_ignores: Vec<(Pattern, Vec<Selector>)>,
    include: Option<Vec<Pattern>>,
    exclude: Vec<Pattern>,
    unknown_names: Vec<Diagnostic>,
}

/// What the command line says; it wins over the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The runner whose reading counts.
    pub profile: Option<&'static Profile>,
    /// Runners among which pipelines have to be portable; empty leaves them to the file.
    pub targets: Vec<&'static Profile>,
    /// The set of rules to start from.
    pub preset: Option<Preset>,
    /// Rules to add and remove.
    pub layer: Layer,
    /// True when nobody answers human gates.
    pub unattended: bool,
}

impl Configuration {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ConfigError`] when it cannot be read, or with the first mistake in it. Unknown rules are no mistakes but
    /// [`Configuration::unknown_names`], since they may be those of another version.
    pub fn read(path: &Path) -> Result<Configuration, ConfigError> {
        let read = std::fs::read_to_string(path);
        let source = read.map_err(|error| ConfigError::Read { path: path.to_owned(), error })?;
        Configuration::parse(path, source.into())
    }

    /// Checks the text of a file.
    ///
    /// # Errors
    /// [`ConfigError`] with the first mistake.
    pub fn parse(path: &Path, source: Arc<str>) -> Result<Configuration, ConfigError> {
        let parsed = toml::from_str(&source).map_err(|error| Mistake::from_toml(&error, &source));
        let built = parsed.and_then(|config| Configuration::build(path, Arc::clone(&source), config));
        built.map_err(|mistake| mistake.at(path.to_owned(), source))
    }

    fn build(path: &Path, source: Arc<str>, config: Config) -> Result<Configuration, Mistake> {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut names = Names::default();
        let profile = config.profile.as_ref().map(profile).transpose()?.unwrap_or(Profile::default());
        let preset = config.preset.as_ref().map(preset).transpose()?;
        let layer = Layer {
            select: names.selectors(&config.select),
            ignore: names.selectors(&config.ignore),
            severity: names.levels(&config),
        };
        let mut per_file_ignores = Vec::new();
        for (pattern, ignored) in &config.per_file_ignores {
            per_file_ignores.push((Pattern::new(pattern)?, names.selectors(ignored)));
        }
        for rule in config.rules.keys() {
            names.selectors(std::slice::from_ref(rule));
        }
        let settings = Settings {
            profile,
            targets: config.targets.iter().map(self::profile).collect::<Result<_, _>>()?,
            selection: Selection { preset: preset.unwrap_or_default(), layers: vec![layer] },
            unattended: config.unattended,
            shell: config.profile_overrides.shell.map(Into::into),
            pipefail: config.profile_overrides.pipefail,
            handlers: handlers(&config, profile)?,
            attributes: config.attributes.extra.clone(),
            shellcheck: shellcheck(&config)?,
            default_timeout: timeout(&config)?,
            ..Settings::default()
        };
        Ok(Configuration {
            path: Some(path.to_owned()),
            folder: absolute.parent().unwrap_or(Path::new("")).to_owned(),
            source,
            settings,
            preset,
            per_file_ignores,
            include: config.files.include.as_deref().map(Pattern::all).transpose()?,
            exclude: Pattern::all(&config.files.exclude)?,
            unknown_names: names.unknown,
            config,
        })
    }

    /// The file; `None` when there is none.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The text of the file.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// Findings `unknown-rule-name`, one for each name in the file that is no rule.
    pub fn unknown_names(&self) -> &[Diagnostic] {
        &self.unknown_names
    }

    /// How to check a file.
    pub fn settings(&self, file: &Path, overrides: &Overrides) -> Settings {
        let mut settings = self.settings.clone();
        let selection = &mut settings.selection;
        let ignored = self.ignored_in(file);
        if !ignored.is_empty() {
            selection.layers.push(Layer { ignore: ignored, ..Layer::default() });
        }
        selection.layers.push(overrides.layer.clone());
        selection.preset = overrides.preset.or(self.preset).unwrap_or_default();
        settings.profile = overrides.profile.unwrap_or(settings.profile);
        if !overrides.targets.is_empty() {
            settings.targets.clone_from(&overrides.targets);
        }
        settings.unattended |= overrides.unattended;
        settings
    }

    /// Whether a file found in a folder is a pipeline.
    pub fn includes(&self, file: &Path) -> bool {
        let included = |from: &Path| match &self.include {
            Some(patterns) => patterns.iter().any(|pattern| pattern.matches(from)),
            None => has_pipeline_extension(from),
        };
        if self.include.is_none() && self.exclude.is_empty() {
            return included(file);
        }
        let from = self.relative(file);
        included(&from) && !self.exclude.iter().any(|pattern| pattern.matches(&from))
    }

    fn ignored_in(&self, file: &Path) -> Vec<Selector> {
        if self.per_file_ignores.is_empty() {
            return Vec::new();
        }
        let from = self.relative(file);
        let matching = self.per_file_ignores.iter().filter(|(pattern, _)| pattern.matches(&from));
        matching.flat_map(|(_, selectors)| selectors.iter().copied()).collect()
    }

    /// The path of a file as patterns see it.
    fn relative(&self, file: &Path) -> PathBuf {
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        absolute.strip_prefix(&self.folder).map(Path::to_owned).unwrap_or(absolute)
    }
}

/// Looks rule names up and keeps those that are none.
#[derive(Debug, Default)]
struct Names {
    unknown: Vec<Diagnostic>,
}

impl Names {
    fn selectors(&mut self, names: &[Name]) -> Vec<Selector> {
        let mut found = Vec::new();
        for name in names {
            match resolve_name(&name.text) {
                Resolved::Selectors(selectors) => found.extend(selectors),
                Resolved::Unknown(meant) => self.unknown.push(unknown_name(name, meant)),
            }
        }
        found
    }

    fn levels(&mut self, config: &Config) -> Vec<(&'static str, dotwright_model::Level)> {
        let mut levels = Vec::new();
        for (name, level) in &config.severity {
            for selector in self.selectors(std::slice::from_ref(name)) {
                match selector {
                    Selector::Rule(rule) => levels.push((rule, (*level).into())),
                    Selector::Category(_) => self.unknown.push(category_level(name)),
                }
            }
        }
        levels
    }
}

fn unknown_name(name: &Name, meant: Option<&str>) -> Diagnostic {
    let did_you_mean = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    let message = format!("`{}` is no rule{did_you_mean}", name.text);
    Diagnostic::new(UNKNOWN_RULE_NAME, Severity::Warning, name.range, message)
        .help("see `dotwright rules` for the list")
}

fn category_level(name: &Name) -> Diagnostic {
    let message = format!("`{}` is a category, and `[severity]` takes rules", name.text);
    Diagnostic::new(UNKNOWN_RULE_NAME, Severity::Warning, name.range, message)
        .help("see `dotwright rules` for the rules of the category")
}

fn profile(name: &Name) -> Result<&'static Profile, Mistake> {
    let known = Profile::all().iter().map(|profile| profile.name);
    Profile::by_name(&name.text).ok_or_else(|| Mistake::unknown(name.range, &name.text, "profile", known))
}

fn preset(name: &Name) -> Result<Preset, Mistake> {
    let known = Preset::ALL.into_iter().map(Preset::as_str);
    Preset::from_name(&name.text).ok_or_else(|| Mistake::unknown(name.range, &name.text, "preset", known))
}

fn handlers(config: &Config, profile: &Profile) -> Result<Vec<ExtraHandler>, Mistake> {
    let mut handlers = Vec::new();
    for (name, table) in &config.handlers.extra {
        let domain = match &table.domain {
            Some(words) => words.iter().map(|word| outcome(word, profile)).collect::<Result<_, _>>()?,
            None => vec![Outcome::Success, Outcome::Fail],
        };
        handlers.push(ExtraHandler { name: name.clone(), domain, attributes: table.attributes.clone() });
    }
    Ok(handlers)
}

fn outcome(word: &Name, profile: &Profile) -> Result<Outcome, Mistake> {
    let known = profile.outcome_words.iter().map(|entry| entry.word);
    profile.outcome(&word.text).ok_or_else(|| Mistake::unknown(word.range, &word.text, "outcome", known))
}

fn shellcheck(config: &Config) -> Result<ShellcheckSettings, Mistake> {
    let default = Settings::default().shellcheck;
    let mut exclude = default.exclude;
    for code in &config.shellcheck.exclude {
        let number = code.text.strip_prefix("SC").unwrap_or(&code.text).parse();
        exclude.push(number.map_err(|_| Mistake {
            range: code.range,
            message: format!("`{}` is no code of shellcheck", code.text),
            help: Some("write it as in its messages, such as `SC2312`".to_owned()),
        })?);
    }
    let min_level = config.shellcheck.min_level.map_or(default.min_level, Into::into);
    Ok(ShellcheckSettings { min_level, exclude })
}

fn timeout(config: &Config) -> Result<String, Mistake> {
    match &config.tools.default_timeout {
        None => Ok(Settings::default().default_timeout),
        Some(written) if parse_duration(&written.text).is_some() => Ok(written.text.clone()),
        Some(written) => Err(Mistake {
            range: written.range,
            message: format!("`{}` is no duration", written.text),
            help: Some("write a whole number with `ms`, `s`, `m`, `h` or `d`, such as `600s`".to_owned()),
        }),
    }
}
