//! `dotwright check`: which files, which rules, and what to say at the end.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dotwright_config::{ConfigError, Configuration, Discovery, FileError, Overrides, find_files};
use dotwright_diagnostics::{Diagnostic, Severity};
use dotwright_lint::{CheckResult, External, FixMode, Layer, Selector, Settings};
use dotwright_model::{Pipeline, Profile};

use crate::args::{CheckArgs, ColorChoice, FailOn, Selectors};
use crate::error::AppError;
use crate::fingerprint::Fingerprints;
use crate::input::{Input, Text, from_here, shown};
use crate::report::{FileKind, FileReport, Finding, Report};
use crate::shellcheck::Shellcheck;
use crate::{Verdict, diff, output, parallel, report};

pub(crate) fn run(arguments: &CheckArgs, color: ColorChoice) -> Result<Verdict, AppError> {
    if arguments.schema {
        output::write_stdout(include_bytes!("../schema/check.schema.json"))?;
        return Ok(Verdict::Clean);
    }
    let mut discovery = discovery(arguments.config.as_deref(), arguments.isolated)?;
    let jobs = jobs(&arguments.paths, arguments.stdin_filename.as_deref(), &mut discovery)?;
    let check = Check { arguments, overrides: overrides(arguments), shellcheck: Shellcheck::new(jobs.len()) };
    let configurations = discovery.read_files();
    if arguments.strict_config {
        refuse_unknown_names(&configurations)?;
    }
    let mut progress = Progress::new(jobs.len());
    let results = parallel::map(&jobs, |job| check.file(job), |done| progress.show(done));
    progress.clear();
    let mut checked = Vec::with_capacity(results.len());
    let mut refused = false;
    for result in results {
        match result {
            Ok(file) => checked.push(file),
            Err(error) => {
                refused = true;
                output::write_error(&error, color);
            }
        }
    }
    say_skipped_once(&mut checked);
    let failed = checked.iter().any(|file| file.fails) && !arguments.exit_zero;
    let verdict = check.report(checked, &configurations, color)?;
    Ok(match (refused, failed, verdict) {
        (true, _, _) => Verdict::Refused,
        (false, true, _) if !arguments.diff => Verdict::Findings,
        (false, _, verdict) => verdict,
    })
}

/// What is not installed is so for every file: the first one is enough to say it.
fn say_skipped_once(checked: &mut [Checked]) {
    let mut said = false;
    for file in checked {
        file.report.findings.retain(|finding| {
            finding.diagnostic.rule != "skipped-analyser" || !std::mem::replace(&mut said, true)
        });
    }
}

/// Where configuration comes from.
pub(crate) fn discovery(file: Option<&Path>, isolated: bool) -> Result<Discovery, ConfigError> {
    match file {
        Some(file) => Discovery::file(file),
        None if isolated => Ok(Discovery::isolated()),
        None => Ok(Discovery::upwards()),
    }
}

/// A pipeline with the configuration that holds for it.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) input: Input,
    pub(crate) configuration: Arc<Configuration>,
}

/// The pipelines that `paths` stand for, by path, and standard input at the end.
pub(crate) fn jobs(
    paths: &[PathBuf],
    stdin_name: Option<&Path>,
    discovery: &mut Discovery,
) -> Result<Vec<Job>, AppError> {
    let (stdin, paths): (Vec<_>, Vec<_>) = paths.iter().cloned().partition(|path| path.as_os_str() == "-");
    let mut broken = None;
    let found = find_files(&paths, |path| match discovery.configuration(path) {
        Ok(configuration) => configuration.includes(path),
        Err(error) => {
            broken.get_or_insert(error);
            false
        }
    });
    if let Some(error) = broken {
        return Err(error.into());
    }
    let found = found.map_err(|FileError { path, error }| AppError::Read { path, error })?;
    let mut inputs: Vec<Input> = found.into_iter().map(|found| Input::File(found.path)).collect();
    if !stdin.is_empty() {
        inputs.push(Input::Stdin(stdin_name.unwrap_or(Path::new("-")).to_owned()));
    }
    let mut jobs = Vec::with_capacity(inputs.len());
    for input in inputs {
        let configuration = discovery.configuration(input.path())?;
        jobs.push(Job { input, configuration });
    }
    Ok(jobs)
}

fn overrides(arguments: &CheckArgs) -> Overrides {
    let all = |words: &[Selectors]| -> Vec<Selector> {
        words.iter().flat_map(|Selectors(selectors)| selectors.iter().copied()).collect()
    };
    Overrides {
        profile: arguments.profile,
        targets: arguments.target.clone(),
        preset: arguments.preset,
        layer: Layer { select: all(&arguments.select), ignore: all(&arguments.ignore), severity: Vec::new() },
        unattended: arguments.unattended,
    }
}

fn refuse_unknown_names(configurations: &[Arc<Configuration>]) -> Result<(), AppError> {
    for configuration in configurations {
        if let (Some(unknown), Some(path)) = (configuration.unknown_names().first(), configuration.path()) {
            return Err(AppError::from(ConfigError::Content {
                path: path.to_owned(),
                source: Arc::clone(configuration.source()),
                range: unknown.range,
                message: unknown.message.clone(),
                help: unknown.help.clone(),
            }));
        }
    }
    Ok(())
}

/// One file after its check.
#[derive(Debug)]
struct Checked {
    report: FileReport,
    /// True when a finding reaches the severity that fails the run.
    fails: bool,
    /// How many fixes were applied, or would be.
    fixes: usize,
    /// What `--diff` prints.
    diff: String,
    /// The mended text of standard input.
    mended: Option<String>,
}

#[derive(Debug)]
struct Check<'a> {
    arguments: &'a CheckArgs,
    overrides: Overrides,
    shellcheck: Shellcheck,
}

impl Check<'_> {
    fn file(&self, Job { input, configuration }: &Job) -> Result<Checked, AppError> {
        let mut text = input.read()?;
        let settings = configuration.settings(input.path(), &self.overrides);
        let access = self.shellcheck.access(&configuration.config.shellcheck.mode, &settings)?;
        let external = |pipeline: &Pipeline| self.shellcheck.external(&access, pipeline, &settings);
        let mut checked = Repaired::default();
        if (self.arguments.fix || self.arguments.diff) && text.is_faithful() {
            checked = self.repair(input, &text, &settings, &external)?;
            if let Some(source) = &checked.source {
                text = Text::from_source(source.as_str().into());
            }
        }
        let pipeline = text.pipeline(settings.profile);
        let external = external(&pipeline);
        // Fixes look at every finding, so that none makes a hidden one; the report leaves out what is not shown.
        let settings = Settings { lowest: self.shown(&settings), ..settings };
        let CheckResult { diagnostics, suppressed } = dotwright_lint::check(&pipeline, &settings, &external);
        let fails = self.fails(&diagnostics, configuration);
        let for_people = report::is_for_people(self.arguments.format);
        let mut fingerprints = (!for_people).then(|| Fingerprints::new(&pipeline));
        let findings = diagnostics.into_iter().map(|diagnostic| {
            let fingerprint = fingerprints.as_mut().map(|fingerprints| fingerprints.next(&diagnostic));
            Finding { diagnostic, fingerprint }
        });
        let findings = findings.collect();
        let report = FileReport {
            kind: FileKind::Pipeline,
            name: input.name(),
            source: text.source,
            profile: settings.profile,
            findings,
            suppressed,
        };
        Ok(Checked { report, fails, fixes: checked.applied, diff: checked.diff, mended: checked.stdin })
    }

    /// Applies fixes, or says what they would change.
    fn repair(
        &self,
        input: &Input,
        text: &Text,
        settings: &Settings,
        external: &dyn Fn(&Pipeline) -> External,
    ) -> Result<Repaired, AppError> {
        let mode = if self.arguments.unsafe_fixes { FixMode::Unsafe } else { FixMode::Safe };
        let outcome = dotwright_lint::fix(&text.source, settings, external, mode);
        if self.arguments.diff {
            let diff = diff::unified(&input.name(), &text.source, &outcome.source);
            return Ok(Repaired { applied: outcome.applied, diff, ..Repaired::default() });
        }
        let mut repaired = Repaired { applied: outcome.applied, ..Repaired::default() };
        match input {
            Input::File(path) if outcome.applied > 0 => output::write_file(path, outcome.source.as_bytes())?,
            Input::File(_) => {}
            Input::Stdin(_) => repaired.stdin = Some(outcome.source.clone()),
        }
        repaired.source = Some(outcome.source);
        Ok(repaired)
    }

    fn shown(&self, settings: &Settings) -> Severity {
        let shown = self.arguments.show.severity();
        let ci = settings.selection.preset == dotwright_lint::Preset::Ci;
        if ci { shown.max(Severity::Info) } else { shown }
    }

    fn fails(&self, diagnostics: &[Diagnostic], configuration: &Configuration) -> bool {
        let fail_on = self.arguments.fail_on.or(configuration.config.fail_on.map(FailOn::from));
        let threshold = match fail_on.unwrap_or(FailOn::Error) {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Info => Severity::Info,
            FailOn::Never => return false,
        };
        diagnostics.iter().any(|diagnostic| diagnostic.severity >= threshold)
    }

    fn report(
        &self,
        checked: Vec<Checked>,
        configurations: &[Arc<Configuration>],
        color: ColorChoice,
    ) -> Result<Verdict, AppError> {
        let fixes: usize = checked.iter().map(|file| file.fixes).sum();
        let fixed_files = checked.iter().filter(|file| file.fixes > 0).count();
        if self.arguments.diff {
            let diff: String = checked.into_iter().map(|file| file.diff).collect();
            output::write_report(self.arguments.output.as_deref(), diff.as_bytes())?;
            let noun = if fixes == 1 { "fix" } else { "fixes" };
            let files = report::counted(fixed_files, "file");
            output::write_stderr(&format!("{fixes} {noun} available in {files}\n"));
            return Ok(if fixed_files > 0 { Verdict::Findings } else { Verdict::Clean });
        }
        let mended: Option<String> = checked.iter().find_map(|file| file.mended.clone());
        let configuration_files = configurations.iter().filter_map(|configuration| self.about(configuration));
        let report = Report {
            files: configuration_files.chain(checked.into_iter().map(|file| file.report)).collect(),
        };
        let mut text = Vec::new();
        let to_terminal = self.arguments.output.is_none() && mended.is_none();
        let colors = to_terminal && output::colors_stdout(color);
        report::write(&mut text, &report, self.arguments.format, colors)
            .map_err(|error| AppError::WriteOutput { error })?;
        match &mended {
            Some(mended) => {
                output::write_stdout(mended.as_bytes())?;
                output::write_stderr(&String::from_utf8_lossy(&text));
            }
            None => output::write_report(self.arguments.output.as_deref(), &text)?,
        }
        self.conclude(&report, fixes)?;
        // The process ends: to give the findings of thousands of files back one by one would take as long as reading
        // the files did.
        std::mem::forget(report);
        Ok(Verdict::Clean)
    }

    /// Says at the end what a person wants to know; other programs read standard output only.
    fn conclude(&self, report: &Report, fixes: usize) -> Result<(), AppError> {
        if self.arguments.statistics {
            let table = report::statistics(report);
            if report::is_for_people(self.arguments.format) && self.arguments.output.is_none() {
                output::write_stdout(table.as_bytes())?;
            } else {
                output::write_stderr(&table);
            }
        }
        if report::is_for_people(self.arguments.format) {
            if report.pipelines() == 0 {
                output::write_stderr("no pipelines found\n");
                return Ok(());
            }
            let applied = if fixes > 0 { format!("{fixes} fixed, ") } else { String::new() };
            output::write_stderr(&(applied + &report.summary()));
        }
        Ok(())
    }

    /// What is wrong with a configuration file that is still usable.
    fn about(&self, configuration: &Configuration) -> Option<FileReport> {
        let path = configuration.path()?;
        let settings = configuration.settings(path, &self.overrides);
        let rule = dotwright_lint::rule("unknown-rule-name")?;
        let severity = settings.selection.level(rule, settings.profile).0.severity()?;
        let mut fingerprints = Fingerprints::plain(configuration.source());
        let findings = configuration.unknown_names().iter().filter(|_| severity >= self.shown(&settings));
        let findings: Vec<Finding> = findings
            .map(|unknown| Finding {
                fingerprint: Some(fingerprints.next(unknown)),
                diagnostic: Diagnostic { severity, ..unknown.clone() },
            })
            .collect();
        (!findings.is_empty()).then(|| FileReport {
            kind: FileKind::Configuration,
            name: shown(&from_here(path)),
            source: Arc::clone(configuration.source()),
            profile: Profile::default(),
            findings,
            suppressed: Vec::new(),
        })
    }
}

/// What fixing did to one file.
#[derive(Debug, Default)]
struct Repaired {
    /// The text after it; `None` when the text is to stay.
    source: Option<String>,
    applied: usize,
    diff: String,
    stdin: Option<String>,
}

/// A line on the terminal that says how far a long run is.
#[derive(Debug)]
pub(crate) struct Progress {
    total: usize,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(total: usize) -> Progress {
        Progress { total, shown: false }
    }

    pub(crate) fn show(&mut self, done: usize) {
        let mut stderr = std::io::stderr();
        if stderr.is_terminal() {
            self.shown = true;
            // Progress that cannot be shown is no error.
            let _closed = write!(stderr, "\r{done} of {} files", self.total).and_then(|()| stderr.flush());
        }
    }

    pub(crate) fn clear(&self) {
        if self.shown {
            output::write_stderr("\r\x1b[K");
        }
    }
}
