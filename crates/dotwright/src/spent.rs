//! `dotwright cost`: which steps of which runs used what.

use std::collections::{BTreeMap, BTreeSet};

use dotwright_engine::run::{CallId, Command, Event};
use dotwright_runner::{Entry, History};
use serde_json::json;

use crate::error::AppError;
use crate::run_args::CostArgs;
use crate::{Verdict, output, report, runs};

pub(crate) fn run(arguments: &CostArgs) -> Result<Verdict, AppError> {
    let runs = match arguments.runs.as_slice() {
        [] => vec!["@last".to_owned()],
        named => named.to_vec(),
    };
    let mut rows: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
    let mut unpriced: BTreeMap<String, usize> = BTreeMap::new();
    for run in runs {
        let (history, plan) = runs::open(&run)?;
        let (state, _) = history.fold(&plan, None)?;
        for call in of_unknown_price(&history) {
            *unpriced.entry(plan.name(call.attempt.visit.node).to_owned()).or_default() += 1;
        }
        for node in plan.pipeline().nodes() {
            let attempts = u64::from(state.attempts(node.into()));
            let spent = state.budget().by_node.get(&node.into()).copied().unwrap_or_default();
            if attempts > 0 || spent.tokens > 0 {
                let row = rows.entry(plan.pipeline().id(node).to_owned()).or_default();
                *row = (row.0 + attempts, row.1 + spent.tokens, row.2 + spent.micro_usd);
            }
        }
    }
    let all = rows.values().fold((0, 0, 0), |all, row| (all.0 + row.0, all.1 + row.1, all.2 + row.2));
    let usd = |micro: u64| format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
    let text = if arguments.json {
        let entry = |(attempts, tokens, micro): (u64, u64, u64)| json!({"attempts": attempts, "tokens": tokens, "usd": usd(micro)});
        let nodes: BTreeMap<&String, _> = rows.iter().map(|(node, row)| (node, entry(*row))).collect();
        format!("{:#}\n", json!({"schema": 1, "nodes": nodes, "total": entry(all), "unpriced": unpriced}))
    } else {
        let width = rows.keys().map(|node| node.chars().count()).max().unwrap_or(0).max(5);
        let line = |name: &str, row: (u64, u64, u64)| {
            format!("{name:width$}  {:8}  {:10}  {:>12}\n", row.0, row.1, usd(row.2))
        };
        let mut text = format!("{:width$}  {:>8}  {:>10}  {:>12}\n", "node", "attempts", "tokens", "USD");
        rows.iter().for_each(|(node, row)| text.push_str(&line(node, *row)));
        text.push_str(&line("total", all));
        for (node, &calls) in &unpriced {
            let calls = report::counted(calls, "call");
            text.push_str(&format!("not in the money: {calls} of {node}, whose price is not known\n"));
        }
        text
    };
    output::write_stdout(text.as_bytes())?;
    Ok(Verdict::Clean)
}

/// Calls that were made although nobody knew their price, and of which nobody said it.
fn of_unknown_price(history: &History) -> BTreeSet<CallId> {
    let mut unknown = BTreeSet::new();
    for record in &history.records {
        match &record.entry {
            Entry::Fact(Event::CallRequested { call, worst_case }) if worst_case.micro_usd.is_none() => {
                unknown.insert(*call);
            }
            Entry::Fact(Event::CallSettled { call, actual }) => {
                if actual.micro_usd.is_none() {
                    unknown.insert(*call);
                } else {
                    unknown.remove(call);
                }
            }
            Entry::Decision(Command::RefuseCall { call, .. }) => {
                unknown.remove(call);
            }
            Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => {}
        }
    }
    unknown
}
