//! Comments that allow a finding: `// dotwright: ignore(rule) reason` and `// dotwright: ignore-file(rule) reason`.
//!
//! On a line of its own such a comment covers the statement behind it, or the attribute behind it inside a list; at
//! the end of a line it covers what starts on that line. What never suppressed anything is a finding itself.

use dotwright_diagnostics::{Diagnostic, Severity, TextEdit, TextRange};
use dotwright_model::Pipeline;
use dotwright_syntax::Comment;
use dotwright_syntax::ast::StmtKind;

use crate::category::Category;
use crate::check::{CheckResult, Suppressed};
use crate::external::ShellcheckRun;
use crate::registry::{Resolved, resolve_name, rule};
use crate::rule::{Context, safe_fix, unsafe_fix};
use crate::rules::meta::{unknown_rule_name, unused_suppression};
use crate::settings::Selector;

/// One name in an ignore comment.
#[derive(Debug)]
struct Suppression {
    /// The rules it allows; two for some ids of the specification.
    rules: Vec<&'static str>,
    /// Where findings have to start; `None` for the whole file.
    scope: Option<TextRange>,
    reason: String,
    comment: Comment,
    name: TextRange,
    used: bool,
}

/// Takes the suppressed findings out and adds those about the comments themselves.
pub(crate) fn apply(context: &Context<'_>, findings: Vec<Diagnostic>) -> CheckResult {
    let mut result = CheckResult::default();
    let (mut suppressions, unknown) = read(context);
    result.diagnostics.extend(unknown);
    for diagnostic in findings {
        let found = suppressions.iter_mut().find(|suppression| {
            suppression.rules.contains(&diagnostic.rule)
                && suppression.scope.is_none_or(|scope| scope.touches(diagnostic.range.start))
                && can_be_suppressed(diagnostic.rule)
        });
        match found {
            Some(suppression) => {
                suppression.used = true;
                result.suppressed.push(Suppressed { diagnostic, reason: suppression.reason.clone() });
            }
            None => result.diagnostics.push(diagnostic),
        }
    }
    if let Some(severity) = level(context, &unused_suppression::RULE) {
        let unused = suppressions.iter().filter(|suppression| !suppression.used && ran(context, suppression));
        result.diagnostics.extend(unused.map(|suppression| unused_finding(context, suppression, severity)));
    }
    result
}

/// True when a comment of the file is about suppression.
pub(crate) fn has_any(pipeline: &Pipeline) -> bool {
    let source = pipeline.source();
    pipeline.syntax().comments.iter().any(|&comment| Directive::parse(source, comment).is_some())
}

fn can_be_suppressed(name: &str) -> bool {
    name != "syntax-error" && rule(name).is_none_or(|rule| rule.category != Category::Meta)
}

fn level(context: &Context<'_>, rule: &crate::Rule) -> Option<Severity> {
    context.settings.selection.level(rule, context.settings.profile).0.severity()
}

/// True when a rule of the suppression was selected and could run.
fn ran(context: &Context<'_>, suppression: &Suppression) -> bool {
    let analysed = |name: &str| {
        name != "shellcheck-finding" || matches!(context.external.shellcheck, ShellcheckRun::Done(_))
    };
    suppression
        .rules
        .iter()
        .any(|name| analysed(name) && rule(name).is_some_and(|rule| level(context, rule).is_some()))
}

fn read(context: &Context<'_>) -> (Vec<Suppression>, Vec<Diagnostic>) {
    let mut suppressions = Vec::new();
    let mut unknown = Vec::new();
    for &comment in &context.pipeline.syntax().comments {
        let Some(directive) = Directive::parse(context.source(), comment) else { continue };
        for (name, range) in &directive.names {
            match resolve_name(name) {
                Resolved::Selectors(selectors)
                    if selectors.iter().all(|s| matches!(s, Selector::Rule(_))) =>
                {
                    let rules = selectors.iter().filter_map(|selector| match selector {
                        Selector::Rule(name) => Some(*name),
                        Selector::Category(_) => None,
                    });
                    suppressions.push(Suppression {
                        rules: rules.collect(),
                        scope: if directive.whole_file { None } else { Some(scope(context, comment)) },
                        reason: directive.reason.clone(),
                        comment,
                        name: *range,
                        used: false,
                    });
                }
                Resolved::Selectors(_) => unknown.extend(unknown_finding(context, name, *range, None)),
                Resolved::Unknown(meant) => unknown.extend(unknown_finding(context, name, *range, meant)),
            }
        }
    }
    (suppressions, unknown)
}

fn unknown_finding(
    context: &Context<'_>,
    name: &str,
    range: TextRange,
    meant: Option<&'static str>,
) -> Option<Diagnostic> {
    let severity = level(context, &unknown_rule_name::RULE)?;
    let did_you_mean = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    let message = format!("`{name}` is no rule{did_you_mean}");
    let finding = Diagnostic::new(unknown_rule_name::RULE.name, severity, range, message)
        .help("see `dotwright rules` for the list");
    Some(match meant {
        Some(meant) => {
            finding.fix(unsafe_fix(format!("write `{meant}`"), vec![TextEdit::replace(range, meant)]))
        }
        None => finding,
    })
}

fn unused_finding(context: &Context<'_>, suppression: &Suppression, severity: Severity) -> Diagnostic {
    let source = context.source();
    let name = suppression.name.text(source);
    let names = Directive::parse(source, suppression.comment).map_or(1, |directive| directive.names.len());
    let edit = if names <= 1 {
        TextEdit::delete(comment_with_blanks(source, suppression.comment.range))
    } else {
        TextEdit::delete(name_with_comma(source, suppression.name))
    };
    let title = if names <= 1 { "delete the comment".to_owned() } else { format!("delete `{name}`") };
    Diagnostic::new(
        unused_suppression::RULE.name,
        severity,
        suppression.name,
        format!("`ignore({name})` suppresses nothing"),
    )
    .help("delete it")
    .fix(safe_fix(title, vec![edit]))
}

/// The comment with the blanks before it, and with its line break when it has a line of its own.
fn comment_with_blanks(source: &str, range: TextRange) -> TextRange {
    let before = source.get(..range.start as usize).unwrap_or("");
    let start = before.trim_end_matches([' ', '\t']).len() as u32;
    let own_line =
        before.get(..start as usize).is_some_and(|text| text.is_empty() || text.ends_with(['\n', '\r']));
    let after = source.get(range.end as usize..).unwrap_or("");
    let line_break = if after.starts_with("\r\n") { 2 } else { u32::from(after.starts_with(['\n', '\r'])) };
    TextRange::new(start, range.end + if own_line { line_break } else { 0 })
}

/// A name of a list with the comma and blanks behind it, or those before it when it is the last.
fn name_with_comma(source: &str, name: TextRange) -> TextRange {
    let after = source.get(name.end as usize..).unwrap_or("");
    let behind = after.trim_start();
    if let Some(rest) = behind.strip_prefix(',') {
        return TextRange::new(name.start, source.len() as u32 - rest.trim_start().len() as u32);
    }
    let before = source.get(..name.start as usize).unwrap_or("").trim_end();
    TextRange::new(before.strip_suffix(',').unwrap_or(before).len() as u32, name.end)
}

/// The range in which findings have to start.
fn scope(context: &Context<'_>, comment: Comment) -> TextRange {
    let source = context.source();
    let before = source.get(..comment.range.start as usize).unwrap_or("");
    let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let own_line = before.get(line_start..).is_none_or(|text| text.trim().is_empty());
    if !own_line {
        return TextRange::new(line_start as u32, comment.range.start);
    }
    let ast = context.pipeline.ast();
    let statements = ast.all_statements().iter().filter(|stmt| !matches!(stmt.kind, StmtKind::Subgraph(_)));
    let around = statements.clone().find(|stmt| stmt.range.contains(comment.range));
    if let Some(around) = around {
        let next = ast.attributes(around).iter().find(|pair| pair.range().start >= comment.range.end);
        return next.map_or(TextRange::empty(comment.range.end), |pair| pair.range());
    }
    let next = ast.all_statements().iter().filter(|stmt| stmt.range.start >= comment.range.end);
    let next = next.min_by_key(|stmt| (stmt.range.start, std::cmp::Reverse(stmt.range.end)));
    let header = context.pipeline.header_range();
    match next {
        _ if header.start >= comment.range.end => header,
        Some(next) => next.range,
        None => TextRange::empty(comment.range.end),
    }
}

/// A parsed ignore comment.
#[derive(Debug)]
struct Directive {
    whole_file: bool,
    names: Vec<(String, TextRange)>,
    reason: String,
}

impl Directive {
    fn parse(source: &str, comment: Comment) -> Option<Directive> {
        let text = comment.text(source);
        let rest = text.trim_start().strip_prefix("dotwright:")?.trim_start();
        let base = comment.range.start + comment.range.text(source).find(text)? as u32;
        let (whole_file, rest) = match rest.strip_prefix("ignore-file") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix("ignore")?),
        };
        let list = rest.trim_start().strip_prefix('(')?;
        let (names, reason) = list.split_once(')')?;
        let list_at = base + (text.len() - list.len()) as u32;
        let mut at = list_at;
        let mut found = Vec::new();
        for part in names.split(',') {
            let name = part.trim();
            if !name.is_empty() {
                let start = at + (part.len() - part.trim_start().len()) as u32;
                found.push((name.to_owned(), TextRange::new(start, start + name.len() as u32)));
            }
            at += part.len() as u32 + 1;
        }
        Some(Directive { whole_file, names: found, reason: reason.trim().to_owned() })
    }
}
