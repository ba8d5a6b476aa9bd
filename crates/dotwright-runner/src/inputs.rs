//! Inputs that a pipeline declares (section 18): with `inputs="a,b"` a missing or undeclared one is a mistake.

use dotwright_model::{AttributeKey, Pipeline};

use crate::attributes::graph;
use crate::error::RunError;

/// Compares inputs with those that the pipeline declares. Without a declaration it takes any.
pub(crate) fn check<'k>(
    pipeline: &Pipeline,
    given: impl Iterator<Item = &'k str> + Clone,
) -> Result<(), RunError> {
    let Some(declared) = graph(pipeline, AttributeKey::INPUTS) else { return Ok(()) };
    let declared: Vec<&str> = declared.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if let Some(missing) = declared.iter().find(|name| given.clone().all(|key| key != **name)) {
        return Err(RunError::MissingInput((*missing).to_owned()));
    }
    match given.clone().find(|key| !declared.contains(key)) {
        Some(undeclared) => Err(RunError::UndeclaredInput(undeclared.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use dotwright_model::Profile;

    use super::*;

    #[track_caller]
    fn said(attributes: &str, given: &[&str], expected: &str) {
        let source = format!("digraph {{ graph [goal=test{attributes}] }}");
        let pipeline = Pipeline::parse(&source, Profile::default());
        let said = check(&pipeline, given.iter().copied()).err().map(|error| error.to_string());
        assert_eq!(said.unwrap_or_default(), expected);
    }

    #[test]
    fn declared_inputs_are_given_and_no_others() {
        let declared = ", inputs=\"a, b\"";
        said(declared, &["b", "a"], "");
        said(declared, &["a"], "the pipeline needs the input `b`");
        said(declared, &["a", "b", "c"], "the pipeline declares no input `c`");
        said(", inputs=a", &[], "the pipeline needs the input `a`");
    }

    #[test]
    fn a_pipeline_that_declares_none_takes_any() {
        said("", &["c"], "");
        said(", inputs=\"\"", &["c"], "");
    }
}
