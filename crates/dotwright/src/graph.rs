//! `dotwright graph`: the pipeline as the runner reads it, for other programs and for pictures.

mod json;
mod mermaid;

use std::path::Path;

use dotwright_config::Overrides;
use dotwright_model::plain_dot;

use crate::args::{GraphArgs, GraphFormat};
use crate::error::AppError;
use crate::input::Input;
use crate::{Verdict, check, output, report};

pub(crate) fn run(arguments: &GraphArgs) -> Result<Verdict, AppError> {
    let Some(file) = arguments.file.as_deref().filter(|_| !arguments.schema) else {
        output::write_stdout(include_bytes!("../schema/graph.schema.json"))?;
        return Ok(Verdict::Clean);
    };
    let input = match file == Path::new("-") {
        true => Input::Stdin(file.to_owned()),
        false => Input::File(file.to_owned()),
    };
    let mut discovery = check::discovery(arguments.config.as_deref(), arguments.isolated)?;
    let configuration = discovery.configuration(file)?;
    let overrides = Overrides { profile: arguments.profile, ..Overrides::default() };
    let settings = configuration.settings(file, &overrides);
    let pipeline = input.read()?.pipeline(settings.profile);
    let text = match arguments.format {
        GraphFormat::Json => json::text(&pipeline),
        GraphFormat::Dot => plain_dot(&pipeline, &mut ()),
        GraphFormat::Mermaid => mermaid::text(&pipeline),
    };
    output::write_stdout(text.as_bytes())?;
    let errors = pipeline.syntax().errors.len();
    if errors == 0 {
        return Ok(Verdict::Clean);
    }
    let errors = report::counted(errors, "syntax error");
    let name = input.name();
    output::write_stderr(&format!(
        "`{name}` has {errors}; the graph may lack what `dotwright check` shows\n"
    ));
    Ok(Verdict::Findings)
}
