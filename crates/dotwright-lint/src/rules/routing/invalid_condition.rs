//! A condition that the profile's runner does not read refuses the graph, or is false for ever where nobody checks.
//!
//! The parser reads the dialects of all runners, so the finding can name what is not understood here.

use dotwright_diagnostics::{Diagnostic, TextEdit, TextRange};
use dotwright_model::{ConditionRef, EdgeId, Level, Operator, Profile};
use dotwright_syntax::condition::{
    Condition, ConditionError, ConditionErrorKind, ExprId, ExprKind, MAX_CLAUSES, OperatorKind,
};

use crate::category::Category;
use crate::rule::{Context, Fixability, Report, Rule, unsafe_fix};
use crate::wording::names;

pub(crate) static RULE: Rule = Rule {
    name: "invalid-condition",
    category: Category::Routing,
    level: Level::Error,
    selected_level: Level::Error,
    fixability: Fixability::Unsafe,
    spec_id: Some("condition_syntax"),
    needs_sound_graph: false,
    page: include_str!("../../../../../lints/invalid-condition.md"),
    check,
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut operators = Vec::new();
    for &edge in context.conditional_edges() {
        let Some(condition) = context.pipeline.condition(edge) else { continue };
        let mut errors =
            condition.condition.errors.iter().filter(|error| !is_template(condition.text, error));
        if let Some(error) = errors.next() {
            report.push(parse_error(context, report, edge, &condition, error));
            continue;
        }
        operators.clear();
        used_operators(condition.condition, condition.text, &mut operators);
        operators.sort_by_key(|&(operator, range)| (operator, range));
        for uses in operators.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(operator, _)) = uses.first() else { continue };
            if !context.profile().operators.contains(operator) {
                let ranges: Vec<TextRange> = uses.iter().map(|&(_, range)| range).collect();
                report.push(unknown_operator(context, report, edge, &condition, operator, &ranges));
            }
        }
    }
}

/// A number or a pattern that a template fills in before the condition is read.
fn is_template(text: &str, error: &ConditionError) -> bool {
    let literal = error.range.text(text);
    match error.kind {
        ConditionErrorKind::NeedsNumber(_) => literal.contains("{{") || literal.contains('$'),
        ConditionErrorKind::InvalidPattern => literal.contains("{{") || literal.contains("${"),
        ConditionErrorKind::MissingKey
        | ConditionErrorKind::MissingClause
        | ConditionErrorKind::ExpectedKey
        | ConditionErrorKind::ExpectedOperator
        | ConditionErrorKind::ExpectedConnective
        | ConditionErrorKind::CommaForAnd
        | ConditionErrorKind::UnclosedParenthesis
        | ConditionErrorKind::UnopenedParenthesis
        | ConditionErrorKind::NestingTooDeep
        | ConditionErrorKind::TooManyClauses => false,
    }
}

fn parse_error(
    context: &Context<'_>,
    report: &Report<'_>,
    edge: EdgeId,
    condition: &ConditionRef<'_>,
    error: &ConditionError,
) -> Diagnostic {
    let found = error.range.text(condition.text).trim();
    let (reason, help) = match error.kind {
        ConditionErrorKind::MissingKey => (
            format!("nothing stands in front of `{found}`"),
            format!("write a key in front of it, as in `outcome{found}`"),
        ),
        ConditionErrorKind::MissingClause => (
            "a clause is missing".to_owned(),
            "write a clause such as `outcome=success` here, or delete the operator".to_owned(),
        ),
        ConditionErrorKind::ExpectedKey => (
            format!("`{found}` is no key"),
            "begin the clause with a key such as `outcome` or `context.name`".to_owned(),
        ),
        ConditionErrorKind::ExpectedOperator => (
            format!("`{found}` is no operator"),
            "compare with `=` or `!=`, and quote a value of several words".to_owned(),
        ),
        ConditionErrorKind::ExpectedConnective => {
            (format!("`{found}` stands behind a complete clause"), "join clauses with `&&`".to_owned())
        }
        ConditionErrorKind::CommaForAnd => {
            ("a comma joins no clauses".to_owned(), "join clauses with `&&`".to_owned())
        }
        ConditionErrorKind::UnclosedParenthesis => {
            ("nothing closes this `(`".to_owned(), "delete it, or add the `)`".to_owned())
        }
        ConditionErrorKind::UnopenedParenthesis => {
            ("nothing opens this `)`".to_owned(), "delete it, or quote the value".to_owned())
        }
        ConditionErrorKind::NeedsNumber(operator) => (
            format!("`{}` compares numbers, and `{found}` is none", operator.symbol()),
            "write a decimal number, or compare with `=`".to_owned(),
        ),
        ConditionErrorKind::InvalidPattern => (
            format!("`{found}` does not compile as a regular expression"),
            if !found.starts_with('"') && found.contains('(') {
                "quote the pattern, without quotes it ends at `)`".to_owned()
            } else {
                "close its brackets and groups, or escape them with a backslash".to_owned()
            },
        ),
        ConditionErrorKind::TooManyClauses => (
            format!("it has more than {MAX_CLAUSES} clauses, and the rest is not read"),
            "decide in a step, and test its outcome".to_owned(),
        ),
        ConditionErrorKind::NestingTooDeep => (
            "its parentheses and negations nest too deep".to_owned(),
            "split it over several edges".to_owned(),
        ),
    };
    let range = condition.source_range(error.range);
    let finding = report.finding(range, message(context, edge, condition, &reason)).help(help);
    let finding = finding.label(condition.attribute.value_range(), "the condition");
    if error.kind != ConditionErrorKind::CommaForAnd {
        return finding;
    }
    let commas =
        condition.condition.errors.iter().filter(|error| error.kind == ConditionErrorKind::CommaForAnd);
    let edits = commas.map(|comma| TextEdit::replace(condition.source_range(comma.range), " &&")).collect();
    finding.fix(unsafe_fix("replace `,` by `&&`", edits))
}

fn unknown_operator(
    context: &Context<'_>,
    report: &Report<'_>,
    edge: EdgeId,
    condition: &ConditionRef<'_>,
    operator: Operator,
    ranges: &[TextRange],
) -> Diagnostic {
    let first = ranges.first().copied().unwrap_or_default();
    let reason = if operator == Operator::BareKey {
        format!("`{}` is compared with nothing", first.text(condition.text))
    } else if operator == Operator::Parentheses {
        "parentheses are not read here".to_owned()
    } else {
        format!("`{}` is no operator here", operator.as_str())
    };
    let range = condition.source_range(first);
    let finding = report
        .finding(range, message(context, edge, condition, &reason))
        .help(operator_help(context.profile(), operator, first.text(condition.text)))
        .label(condition.attribute.value_range(), "the condition");
    if operator != Operator::DoubleEqual {
        return finding;
    }
    let edits = ranges.iter().map(|&range| TextEdit::replace(condition.source_range(range), "=")).collect();
    finding.fix(unsafe_fix("replace `==` by `=`", edits))
}

fn operator_help(profile: &Profile, operator: Operator, written: &str) -> String {
    let elsewhere =
        || Profile::all().iter().filter(|other| other.operators.contains(operator)).map(|other| other.name);
    let own = || {
        let tokens = profile.operators.iter().filter(|&own| own != Operator::BareKey);
        tokens.map(|own| format!("`{}`", own.as_str())).collect::<Vec<String>>().join(", ")
    };
    match operator {
        Operator::DoubleEqual => "write `=` instead of `==`".to_owned(),
        Operator::AndWord => "write `&&` instead of `and`".to_owned(),
        Operator::BareKey => format!("compare it, as in `{written}=true`"),
        Operator::Parentheses | Operator::OrWord if elsewhere().next().is_none() => {
            "write one edge for each alternative".to_owned()
        }
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessEqual
        | Operator::Greater
        | Operator::GreaterEqual
        | Operator::Contains
        | Operator::StartsWith
        | Operator::EndsWith
        | Operator::Matches
        | Operator::In
        | Operator::And
        | Operator::Or
        | Operator::OrWord
        | Operator::Not
        | Operator::NotWord
        | Operator::Parentheses => {
            let name = operator.as_str();
            if elsewhere().next().is_none() {
                return format!("write the condition with {}", own());
            }
            format!("`{name}` exists in {}, this profile has only {}", names(elsewhere()), own())
        }
    }
}

fn message(context: &Context<'_>, edge: EdgeId, condition: &ConditionRef<'_>, reason: &str) -> String {
    format!("`{}` on `{}` does not parse: {reason}", condition.text.trim(), context.edge(edge))
}

/// What a condition uses beside keys and literals, with its places in the text.
fn used_operators(condition: &Condition, text: &str, found: &mut Vec<(Operator, TextRange)>) {
    for clause in condition.clauses() {
        let Some(operator) = clause.operator else {
            found.push((Operator::BareKey, clause.key.range));
            continue;
        };
        found.push((comparison(operator.kind), operator.range));
        if operator.negated {
            let negation =
                if operator.range.text(text).starts_with('!') { Operator::Not } else { Operator::NotWord };
            found.push((negation, operator.range));
        }
    }
    let mut stack: Vec<ExprId> = condition.root().into_iter().collect();
    while let Some(id) = stack.pop() {
        let expr = condition[id];
        let children: Vec<ExprId> = condition.children(id).collect();
        let own_start = expr.range.start;
        let inner_start = match expr.kind {
            ExprKind::Clause(_) => condition.clause(id).map(|clause| clause.range.start),
            ExprKind::And(first) | ExprKind::Or(first) => Some(condition[first].range.start),
            ExprKind::Not(_) | ExprKind::Missing => None,
        };
        let written = expr.range.text(text);
        if written.starts_with('(') && inner_start != Some(own_start) {
            found.push((Operator::Parentheses, TextRange::new(own_start, own_start + 1)));
        }
        match expr.kind {
            ExprKind::Not(operand) => {
                let before = TextRange::new(own_start, condition[operand].range.start);
                found.extend(token(text, before, Operator::Not, Operator::NotWord));
            }
            ExprKind::And(_) => {
                found.extend(between(condition, text, &children, Operator::And, Operator::AndWord))
            }
            ExprKind::Or(_) => {
                found.extend(between(condition, text, &children, Operator::Or, Operator::OrWord))
            }
            ExprKind::Clause(_) | ExprKind::Missing => {}
        }
        stack.extend(children);
    }
}

fn between(
    condition: &Condition,
    text: &str,
    operands: &[ExprId],
    symbol: Operator,
    word: Operator,
) -> Vec<(Operator, TextRange)> {
    let gaps = operands.windows(2).filter_map(|pair| match pair {
        [a, b] => Some(TextRange::new(condition[*a].range.end, condition[*b].range.start)),
        _ => None,
    });
    gaps.filter_map(|gap| token(text, gap, symbol, word)).collect()
}

/// The symbol in a stretch of text between operands, else the word that stands for it.
fn token(text: &str, stretch: TextRange, symbol: Operator, word: Operator) -> Option<(Operator, TextRange)> {
    let written = stretch.text(text);
    [symbol, word].into_iter().find_map(|operator| {
        let at = stretch.start + written.find(operator.as_str())? as u32;
        Some((operator, TextRange::new(at, at + operator.as_str().len() as u32)))
    })
}

fn comparison(kind: OperatorKind) -> Operator {
    match kind {
        OperatorKind::Equal => Operator::Equal,
        OperatorKind::NotEqual => Operator::NotEqual,
        OperatorKind::DoubleEqual => Operator::DoubleEqual,
        OperatorKind::Less => Operator::Less,
        OperatorKind::LessEqual => Operator::LessEqual,
        OperatorKind::Greater => Operator::Greater,
        OperatorKind::GreaterEqual => Operator::GreaterEqual,
        OperatorKind::Contains => Operator::Contains,
        OperatorKind::StartsWith => Operator::StartsWith,
        OperatorKind::EndsWith => Operator::EndsWith,
        OperatorKind::Matches => Operator::Matches,
        OperatorKind::In => Operator::In,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::RULE;
    use crate::test_support::{check, check_in};

    const HEAD: &str = "digraph { s [shape=Mdiamond]; x [shape=Msquare]; a; b; t [shape=parallelogram, tool_command=make]; s -> t\n";

    #[track_caller]
    fn found(body: &str, expect: expect_test::Expect) {
        check(&RULE, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[track_caller]
    fn found_in(profile: &str, body: &str, expect: expect_test::Expect) {
        check_in(&RULE, profile, &format!("{HEAD}{body}\n}}"), expect);
    }

    #[test]
    fn errors_are_named_where_they_are() {
        found(
            r#"t -> a [condition="=success"]"#,
            expect![[r#"
            2:20-2:21 error: `=success` on `t -> a` does not parse: nothing stands in front of `=`
              help: write a key in front of it, as in `outcome=`
              2:19-2:29 the condition
        "#]],
        );
        found(
            r#"t -> a [condition="outcome=fail ||"]"#,
            expect![[r#"
            2:35-2:35 error: `outcome=fail ||` on `t -> a` does not parse: a clause is missing
              help: write a clause such as `outcome=success` here, or delete the operator
              2:19-2:36 the condition
        "#]],
        );
        found(
            r#"t -> a [condition="outcome is success"]"#,
            expect![[r#"
            2:28-2:30 error: `outcome is success` on `t -> a` does not parse: `is` is no operator
              help: compare with `=` or `!=`, and quote a value of several words
              2:19-2:39 the condition
        "#]],
        );
        found(
            r#"t -> a [condition="$x=1"]"#,
            expect![[r#"
            2:20-2:21 error: `$x=1` on `t -> a` does not parse: `$` is no key
              help: begin the clause with a key such as `outcome` or `context.name`
              2:19-2:25 the condition
        "#]],
        );
        found(
            r#"t -> a [condition="context.n > many"]"#,
            expect![[r#"
            2:32-2:36 error: `context.n > many` on `t -> a` does not parse: `>` compares numbers, and `many` is none
              help: write a decimal number, or compare with `=`
              2:19-2:37 the condition
        "#]],
        );
        found(
            r#"t -> a [condition="(outcome=fail"]"#,
            expect![[r#"
            2:20-2:21 error: `(outcome=fail` on `t -> a` does not parse: nothing closes this `(`
              help: delete it, or add the `)`
              2:19-2:34 the condition
        "#]],
        );
        found(
            r#"t -> a [condition="outcome=\"fail\" b"]"#,
            expect![[r#"
            2:37-2:38 error: `outcome="fail" b` on `t -> a` does not parse: `b` stands behind a complete clause
              help: join clauses with `&&`
              2:19-2:39 the condition
        "#]],
        );
    }

    #[test]
    fn a_comma_becomes_and() {
        found(
            r#"t -> a [condition="outcome=success, context.x=1, context.y=2"]"#,
            expect![[r#"
            2:35-2:36 error: `outcome=success, context.x=1, context.y=2` on `t -> a` does not parse: a comma joins no clauses
              help: join clauses with `&&`
              2:19-2:62 the condition
              unsafe fix: replace `,` by `&&`
              - t -> a [condition="outcome=success, context.x=1, context.y=2"]
              + t -> a [condition="outcome=success && context.x=1, context.y=2"]
        "#]],
        );
    }

    #[test]
    fn operators_go_by_the_profile() {
        found(
            r#"t -> a [condition="outcome==success && context.x==1"]"#,
            expect![[r#"
            2:27-2:29 error: `outcome==success && context.x==1` on `t -> a` does not parse: `==` is no operator here
              help: write `=` instead of `==`
              2:19-2:53 the condition
              unsafe fix: replace `==` by `=`
              - t -> a [condition="outcome==success && context.x==1"]
              + t -> a [condition="outcome=success && context.x=1"]
        "#]],
        );
        found(
            r#"t -> a [condition="context.x contains y || !(context.z=1)"]"#,
            expect![[r#"
            2:30-2:38 error: `context.x contains y || !(context.z=1)` on `t -> a` does not parse: `contains` is no operator here
              help: `contains` exists in `tracker` and `fabro`, this profile has only `=`, `!=`, `&&`
              2:19-2:59 the condition
            2:41-2:43 error: `context.x contains y || !(context.z=1)` on `t -> a` does not parse: `||` is no operator here
              help: `||` exists in `tracker` and `fabro`, this profile has only `=`, `!=`, `&&`
              2:19-2:59 the condition
            2:44-2:45 error: `context.x contains y || !(context.z=1)` on `t -> a` does not parse: `!` is no operator here
              help: `!` exists in `fabro`, this profile has only `=`, `!=`, `&&`
              2:19-2:59 the condition
            2:45-2:46 error: `context.x contains y || !(context.z=1)` on `t -> a` does not parse: parentheses are not read here
              help: write one edge for each alternative
              2:19-2:59 the condition
        "#]],
        );
        found_in("tracker", r#"t -> a [condition="context.x contains y || context.z=1"]"#, expect![[""]]);
        found(
            r#"t -> a [condition="outcome=\"success\" and context.x=1"]"#,
            expect![[r#"
            2:40-2:43 error: `outcome="success" and context.x=1` on `t -> a` does not parse: `and` is no operator here
              help: write `&&` instead of `and`
              2:19-2:56 the condition
        "#]],
        );
        found(
            r#"t -> a [condition="context.passed"]"#,
            expect![[r#"
            2:20-2:34 error: `context.passed` on `t -> a` does not parse: `context.passed` is compared with nothing
              help: compare it, as in `context.passed=true`
              2:19-2:35 the condition
        "#]],
        );
        found_in("kilroy", r#"t -> a [condition="context.passed"]"#, expect![[""]]);
    }

    #[test]
    fn a_number_from_a_template_is_not_judged() {
        found_in("fabro", r#"t -> a [condition="context.n >= {{ inputs.cap }}"]"#, expect![[""]]);
        found_in("fabro", r#"t -> a [condition="context.n matches ^{{ inputs.name }}$"]"#, expect![[""]]);
    }

    #[test]
    fn a_pattern_has_to_compile() {
        found_in(
            "fabro",
            r#"t -> a [condition="context.branch matches [bad && outcome=succeeded"]"#,
            expect![[r#"
                2:43-2:47 error: `context.branch matches [bad && outcome=succeeded` on `t -> a` does not parse: `[bad` does not compile as a regular expression
                  help: close its brackets and groups, or escape them with a backslash
                  2:19-2:69 the condition
            "#]],
        );
        found_in(
            "fabro",
            r#"t -> a [condition="context.branch matches x(y)z"]"#,
            expect![[r#"
            2:43-2:46 error: `context.branch matches x(y)z` on `t -> a` does not parse: `x(y` does not compile as a regular expression
              help: quote the pattern, without quotes it ends at `)`
              2:19-2:49 the condition
        "#]],
        );
        found_in("fabro", r#"t -> a [condition="context.branch matches \"x(y)z\""]"#, expect![[""]]);
    }

    #[test]
    fn empty_clauses_and_open_quotes_parse() {
        found(r#"t -> a [condition="&& outcome=success &&"]"#, expect![[""]]);
        found(r#"t -> a [condition=""]"#, expect![[""]]);
        found(r#"t -> a [condition="outcome=\"success"]"#, expect![[""]]);
    }

    #[test]
    fn hops_of_a_chain_are_one_finding() {
        found(
            r#"t -> a -> b [condition="outcome==success"]"#,
            expect![[r#"
            2:32-2:34 error: `outcome==success` on `t -> a` does not parse: `==` is no operator here
              help: write `=` instead of `==`
              2:24-2:42 the condition
              unsafe fix: replace `==` by `=`
              - t -> a -> b [condition="outcome==success"]
              + t -> a -> b [condition="outcome=success"]
        "#]],
        );
    }
}
