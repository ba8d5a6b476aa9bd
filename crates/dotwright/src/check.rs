//! `dotwright check`: which files, which rules, and what to say at the end.

use std::path::{Path, PathBuf};

use dotwright_config::{FileError, find_files};
use dotwright_diagnostics::Severity;
use dotwright_lint::{External, Settings};

use crate::args::{CheckArgs, ColorChoice, FailOn};
use crate::error::AppError;
use crate::input::Input;
use crate::report::{FileReport, Report};
use crate::{Verdict, output, parallel, report};

pub(crate) fn run(arguments: &CheckArgs, color: ColorChoice) -> Result<Verdict, AppError> {
    let inputs = inputs(&arguments.paths, arguments.stdin_filename.as_deref())?;
    let reports = parallel::map(&inputs, |input| check_input(input, arguments), |_| {});
    let mut files = Vec::with_capacity(reports.len());
    for report in reports {
        files.push(report?);
    }
    let report = Report { files };
    let mut text = Vec::new();
    let colors = arguments.output.is_none() && output::colors_stdout(color);
    report::write(&mut text, &report, arguments.format, colors)
        .map_err(|error| AppError::WriteOutput { error })?;
    output::write_report(arguments.output.as_deref(), &text)?;
    if report::is_for_people(arguments.format) {
        output::write_stderr(&report.summary());
    }
    Ok(verdict(&report, arguments))
}

fn inputs(paths: &[PathBuf], stdin_name: Option<&Path>) -> Result<Vec<Input>, AppError> {
    let (stdin, paths): (Vec<_>, Vec<_>) = paths.iter().cloned().partition(|path| path.as_os_str() == "-");
    let found = find_files(&paths, dotwright_config::has_pipeline_extension)
        .map_err(|FileError { path, error }| AppError::Read { path, error })?;
    let mut inputs: Vec<Input> = found.into_iter().map(|found| Input::File(found.path)).collect();
    if !stdin.is_empty() {
        inputs.push(Input::Stdin(stdin_name.unwrap_or(Path::new("-")).to_owned()));
    }
    Ok(inputs)
}

fn check_input(input: &Input, arguments: &CheckArgs) -> Result<FileReport, AppError> {
    let settings = Settings::default();
    let text = input.read()?;
    let pipeline = text.pipeline(settings.profile);
    let mut result = dotwright_lint::check(&pipeline, &settings, &External::default());
    result.diagnostics.retain(|diagnostic| diagnostic.severity >= arguments.show.severity());
    Ok(FileReport { name: input.name(), source: text.source, diagnostics: result.diagnostics })
}

fn verdict(report: &Report, arguments: &CheckArgs) -> Verdict {
    let threshold = match arguments.fail_on.unwrap_or(FailOn::Error) {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
        FailOn::Never => return Verdict::Clean,
    };
    let failed = report.findings().any(|(_, diagnostic)| diagnostic.severity >= threshold);
    if failed && !arguments.exit_zero { Verdict::Findings } else { Verdict::Clean }
}
