//! A check that did not run must not look like one that found nothing.

use dotwright_diagnostics::TextRange;
use dotwright_model::Level;

use crate::category::Category;
use crate::external::{ShellcheckRun, SkipReason};
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
    let ShellcheckRun::Skipped(reason) = context.external.shellcheck else { return };
    let run_anyway = "set `[shellcheck] mode = \"required\"` to run it all the same";
    let (reason, help) = match reason {
        SkipReason::NotInstalled => {
            ("is not installed".to_owned(), "install it, or set `[shellcheck] mode = \"off\"`")
        }
        SkipReason::TooManyCommands(limit) => {
            (format!("is left out for a file with more than {limit} commands"), run_anyway)
        }
        SkipReason::TooManyFiles(limit) => {
            (format!("is left out for a run over more than {limit} files"), run_anyway)
        }
    };
    let message = format!("shellcheck {reason}, `shellcheck-finding` was not checked");
    report.push(report.finding(TextRange::default(), message).help(help));
}
