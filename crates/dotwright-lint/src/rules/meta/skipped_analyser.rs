//! A check that did not run must not look like one that found nothing.

use dotwright_diagnostics::TextRange;
use dotwright_model::Level;

use crate::category::Category;
use crate::external::ShellcheckRun;
use crate::rule::{Context, Fixability, Report, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "skipped-analyser",
    category: Category::Meta,
    level: Level::Info,
    selected_level: Level::Info,
    fixability: Fixability::None,
    spec_id: None,
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/skipped-analyser.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    if let ShellcheckRun::Skipped(reason) = &context.external.shellcheck {
        let message = format!("shellcheck {reason}, `shellcheck-finding` was not checked");
        let finding = report.finding(TextRange::default(), message);
        report.push(finding.help("install it, or set `[shellcheck] mode = \"off\"`"));
    }
}
