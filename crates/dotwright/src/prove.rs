//! What `simulate`, `test` and `estimate` share: a pipeline that passed the checker, ready to run.

use std::path::Path;

use dotwright_config::Overrides;
use dotwright_diagnostics::Severity;
use dotwright_engine::Checked;
use dotwright_engine::run::{NodeKey, Plan};
use dotwright_lint::{External, checked};
use dotwright_model::{Pipeline, Profile};

use crate::error::AppError;
use crate::input::Input;
use crate::{check, report};
use std::sync::Arc;

/// Reads and checks a pipeline. `Ok(Err(text))` when the checker refuses it.
pub(crate) fn plan(file: &Path, profile: Option<&'static Profile>) -> Result<Result<Plan, String>, AppError> {
    let reading = Reading { profile, refusing: Severity::Error };
    Ok(proof(file, reading)?.map(|proof| Plan::new(proof.share())))
}

/// How a pipeline is checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// The profile, if not that of the configuration.
    pub(crate) profile: Option<&'static Profile>,
    /// Findings from this severity on refuse it.
    pub(crate) refusing: Severity,
}

/// The same, with the proof that it was checked.
pub(crate) fn proof(file: &Path, reading: Reading) -> Result<Result<Checked<Pipeline>, String>, AppError> {
    let Reading { profile, refusing } = reading;
    let input = match file == Path::new("-") {
        true => Input::Stdin(file.to_owned()),
        false => Input::File(file.to_owned()),
    };
    let mut discovery = check::discovery(None, false)?;
    let configuration = discovery.configuration(file)?;
    let overrides = Overrides { profile, ..Overrides::default() };
    let settings = configuration.settings(file, &overrides);
    let pipeline = Arc::new(input.read()?.pipeline(settings.profile));
    let (proof, found) = match checked(pipeline, &settings, &External::default()) {
        Ok((proof, found)) => (Some(proof), found),
        Err(found) => (None, found),
    };
    let of = |severity: Severity| found.diagnostics.iter().filter(move |found| found.severity == severity);
    let worst = if proof.is_none() { Severity::Error } else { refusing };
    match (proof, of(worst).next()) {
        (Some(proof), None) => Ok(Ok(proof)),
        (Some(_) | None, first) => {
            let count = report::counted(of(worst).count(), worst.as_str());
            let name = input.name();
            let first = first.map(|first| first.message.as_str()).unwrap_or_default();
            Ok(Err(format!(
                "`{name}` has {count}, so nothing can run: {first}\n`dotwright check {name}` shows all\n"
            )))
        }
    }
}

/// `NODE` or `NODE#VISIT`. A node whose id looks like the second is meant before a visit is.
pub(crate) fn visit(plan: &Plan, text: &str) -> Result<(NodeKey, Option<u32>), AppError> {
    match text.rsplit_once('#').filter(|_| plan.node_by_name(text).is_none()) {
        Some((name, number)) => {
            let number = number.parse().map_err(|_| {
                AppError::usage(format!("`{number}` is no number of a visit"), "write NODE or NODE#2")
            })?;
            Ok((node(plan, name)?, Some(number)))
        }
        None => Ok((node(plan, text)?, None)),
    }
}

/// The node of a name that a person wrote.
pub(crate) fn node(plan: &Plan, name: &str) -> Result<NodeKey, AppError> {
    plan.node_by_name(name).ok_or_else(|| {
        let pipeline = plan.pipeline();
        let names = pipeline.nodes().map(|node| pipeline.id(node));
        let near = dotwright_diagnostics::did_you_mean(name, names);
        let help = near
            .map_or("`dotwright graph FILE` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
        AppError::usage(format!("the pipeline has no node `{name}`"), help)
    })
}
