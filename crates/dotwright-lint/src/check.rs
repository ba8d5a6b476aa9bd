//! Runs the selected rules over one pipeline.

use std::cell::OnceCell;
use std::sync::Arc;

use dotwright_diagnostics::{Diagnostic, Severity};
use dotwright_engine::Checked;
use dotwright_model::Pipeline;

use crate::external::External;
use crate::rule::{Context, LazyAnalysis, Report};
use crate::settings::Settings;
use crate::suppression;

/// The findings of one file.
#[derive(Debug, Clone, Default)]
pub struct CheckResult {
    /// What is reported, by offset and then by rule name.
    pub diagnostics: Vec<Diagnostic>,
    /// What comments in the file suppress.
    pub suppressed: Vec<Suppressed>,
}

/// A finding that a comment suppresses.
#[derive(Debug, Clone)]
pub struct Suppressed {
    /// The finding.
    pub diagnostic: Diagnostic,
    /// The text behind the closing parenthesis.
    pub reason: String,
}

/// Checks a pipeline. `settings.profile` should be the profile it was read with.
pub fn check(pipeline: &Pipeline, settings: &Settings, external: &External) -> CheckResult {
    let analysis = LazyAnalysis::new(pipeline);
    let context = Context {
        pipeline,
        analysis: &analysis,
        settings,
        external,
        pairs: OnceCell::new(),
        conditional: OnceCell::new(),
    };
    let sound = is_sound(pipeline);
    // A comment is used when it suppresses something, hidden or not.
    let lowest = if suppression::has_any(pipeline) { Severity::Hint } else { settings.lowest };
    let mut findings = Vec::new();
    for (rule, severity, configured) in settings.selection.active(settings.profile) {
        if sound || !rule.needs_sound_graph {
            let (findings, most) = (&mut findings, settings.most_findings);
            let mut report = Report { rule, severity, configured, lowest, findings, found: 0, most };
            (rule.check)(&context, &mut report);
            report.finish();
        }
    }
    let mut result = suppression::apply(&context, findings);
    result.diagnostics.retain(|diagnostic| diagnostic.severity >= settings.lowest);
    result.diagnostics.sort_by(|a, b| {
        (a.range.start, a.rule, a.range.end, &a.message).cmp(&(
            b.range.start,
            b.rule,
            b.range.end,
            &b.message,
        ))
    });
    result
}

/// Checks a pipeline and proves that it may run: that nothing reported is an error. The findings come along either way.
///
/// # Errors
/// The findings, when one of them is an error.
pub fn checked(
    pipeline: Arc<Pipeline>,
    settings: &Settings,
    external: &External,
) -> Result<(Checked<Pipeline>, CheckResult), CheckResult> {
    let result = check(&pipeline, settings, external);
    if result.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(result);
    }
    Ok((Checked::proven(pipeline), result))
}

/// True when rules about paths make sense: no node or edge statement is damaged, every edge end is declared, and
/// there are a start and an exit.
fn is_sound(pipeline: &Pipeline) -> bool {
    let mut nodes = pipeline.nodes().map(|node| pipeline.node(node));
    let mut edges = pipeline.edges();
    nodes.all(|node| !node.recovered && node.declaration.is_some())
        && edges.all(|edge| !pipeline.is_recovered_edge(edge))
        && pipeline.start().is_some()
        && pipeline.exits().next().is_some()
}

#[cfg(test)]
mod tests {
    use dotwright_model::Profile;

    use super::*;

    #[test]
    fn findings_of_one_rule_are_listed_up_to_a_limit_and_counted_behind_it() {
        let settings = Settings::default();
        let copies = settings.most_findings + 501;
        let source = format!("digraph {{ {} }}", "a -> b; ".repeat(copies));
        let pipeline = Pipeline::parse(&source, Profile::default());
        let mut found = check(&pipeline, &settings, &External::default()).diagnostics;
        found.retain(|finding| finding.rule == "duplicate-edge");
        assert_eq!(found.len(), settings.most_findings + 1);
        assert_eq!(found[0].message, "500 more findings of this rule in this file are not listed");
    }
}
