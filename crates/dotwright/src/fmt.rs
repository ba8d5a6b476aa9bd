//! `dotwright fmt`: lays pipelines out, or says which ones are not.

use std::sync::Arc;

use dotwright_diagnostics::apply_edits;
use dotwright_fmt::{Options, Refusal, format};
use miette::NamedSource;

use crate::args::{ColorChoice, FmtArgs};
use crate::check::{Job, Progress, discovery, jobs};
use crate::error::AppError;
use crate::input::{Input, Text};
use crate::{Verdict, diff, output, parallel, report};

pub(crate) fn run(arguments: &FmtArgs, color: ColorChoice) -> Result<Verdict, AppError> {
    let mut discovery = discovery(arguments.config.as_deref(), arguments.isolated)?;
    let jobs = jobs(&arguments.paths, arguments.stdin_filename.as_deref(), &mut discovery)?;
    let mut progress = Progress::new(jobs.len());
    let results = parallel::map(&jobs, |job| file(job, arguments), |done| progress.show(done));
    progress.clear();
    let (mut changed, mut refused) = (0, 0);
    let mut text = String::new();
    for result in results {
        match result {
            Ok(formatted) => {
                changed += usize::from(formatted.changed);
                text.push_str(&formatted.output);
            }
            Err(error) => {
                refused += 1;
                output::write_error(&error, color);
            }
        }
    }
    output::write_stdout(text.as_bytes())?;
    output::write_stderr(&summary(arguments, jobs.len(), changed, refused));
    Ok(match (refused, changed) {
        (0, 0) => Verdict::Clean,
        (0, _) if arguments.check || arguments.diff => Verdict::Findings,
        (0, _) => Verdict::Clean,
        _ => Verdict::Refused,
    })
}

fn summary(arguments: &FmtArgs, total: usize, changed: usize, refused: usize) -> String {
    if total == 0 {
        return "no pipelines found\n".to_owned();
    }
    let would = if arguments.check || arguments.diff { "would be " } else { "" };
    let unchanged = total - changed - refused;
    let mut line = format!("{} {would}formatted, {unchanged} unchanged", report::counted(changed, "file"));
    if refused > 0 {
        line.push_str(&format!(", {refused} refused"));
    }
    line.push('\n');
    line
}

/// One file after formatting.
#[derive(Debug)]
struct Formatted {
    changed: bool,
    /// What goes to standard output.
    output: String,
}

fn file(Job { input, configuration }: &Job, arguments: &FmtArgs) -> Result<Formatted, AppError> {
    let text = input.read()?;
    let formatted = formatted(input, &text, &Options::from(&configuration.config.fmt))?;
    let changed = formatted != *text.source;
    let output = match input {
        _ if arguments.diff => diff::unified(&input.name(), &text.source, &formatted),
        _ if arguments.check && changed => format!("{}\n", input.name()),
        _ if arguments.check => String::new(),
        Input::Stdin(_) => formatted,
        Input::File(path) => {
            if changed {
                output::write_file(path, formatted.as_bytes())?;
            }
            String::new()
        }
    };
    Ok(Formatted { changed, output })
}

fn formatted(input: &Input, text: &Text, options: &Options) -> Result<String, AppError> {
    let source = &text.source;
    let refused = |refusal: Refusal| {
        let place = match refusal {
            Refusal::SyntaxError(error) => {
                Some((error.range.start as usize..error.range.end as usize).into())
            }
            Refusal::WouldChange => None,
        };
        AppError::Format {
            name: input.name(),
            message: refusal.message(source),
            source_code: NamedSource::new(input.name(), Arc::clone(source)),
            place,
            help: Some(refusal.help(source)),
        }
    };
    let edits = format(source, &text.parse(), options).map_err(refused)?;
    apply_edits(source, &edits).map_err(|_| refused(Refusal::WouldChange))
}
