//! `dotwright replay`: whether the engine still decides as it did when a run was made, on its own graph or an edited one.

use std::path::Path;

use dotwright_engine::run::{Command, Plan};
use dotwright_runner::{Difference, Entry, History, Record, Replayed, Root, in_words};
use serde_json::json;

use crate::error::AppError;
use crate::run_args::ReplayArgs;
use crate::{Verdict, output, prove, report};

pub(crate) fn run(arguments: &ReplayArgs) -> Result<Verdict, AppError> {
    let path = Path::new(&arguments.run);
    let history = if path.components().count() > 1 || path.is_file() {
        History::read_file(path)?
    } else {
        History::read(Root::from_environment().find(&arguments.run)?)?
    };
    let plan = history.plan()?;
    let against = match &arguments.against {
        Some(file) => match prove::plan(file, Some(history.profile()))? {
            Ok(against) => Some(against),
            Err(refused) => {
                output::write_stderr(&refused);
                return Ok(Verdict::GraphRefused);
            }
        },
        None => None,
    };
    let replayed = history.replay(&plan, against.as_ref(), arguments.until)?;
    let Replayed { facts, decisions, difference } = &replayed;
    let parted = difference.as_ref().map(|difference| {
        let recorded = history.records.iter().find(|record| record.seq == difference.seq);
        Parted { difference, recorded, plans: (&plan, against.as_ref().unwrap_or(&plan)) }
    });
    let text = if arguments.json {
        let parted = parted.as_ref().map(Parted::json);
        let value = json!({
            "schema": 1,
            "run": history.folder.id,
            "facts": facts,
            "decisions": decisions,
            "difference": parted,
        });
        format!("{value:#}\n")
    } else {
        let count = |count: u64, noun| report::counted(usize::try_from(count).unwrap_or(usize::MAX), noun);
        let agree = format!("{} and {}", count(*facts, "fact"), count(*decisions, "decision"));
        match &parted {
            Some(parted) => format!("{}{agree} before it agree\n", parted.text()),
            None => format!("{agree} agree\n"),
        }
    };
    output::write_stdout(text.as_bytes())?;
    Ok(if parted.is_some() { Verdict::Findings } else { Verdict::Clean })
}

/// Where a run and its replay part.
struct Parted<'r> {
    difference: &'r Difference,
    recorded: Option<&'r Record>,
    /// That of the run, and that of the replay.
    plans: (&'r Plan, &'r Plan),
}

impl Parted<'_> {
    /// What was decided, unless the record is a fact.
    fn recorded(&self) -> Option<&Command> {
        match &self.recorded?.entry {
            Entry::Decision(command) => Some(command),
            Entry::Fact(_) | Entry::Note(_) => None,
        }
    }

    fn text(&self) -> String {
        let words = |plan: &Plan, command: Option<&Command>| command.map(|command| in_words(plan, command));
        let recorded = words(self.plans.0, self.recorded());
        let replayed = words(self.plans.1, self.difference.replayed.as_ref());
        // What tells the two apart is not always among the words.
        let more = if recorded == replayed {
            let shown = [("recorded", self.recorded()), ("replay", self.difference.replayed.as_ref())];
            shown.map(|(name, command)| format!("  {name:8}  {}\n", json!(command))).concat()
        } else {
            String::new()
        };
        let line = |words: Option<String>| words.unwrap_or_else(|| "nothing".to_owned());
        let fact = match self.recorded.map(|record| &record.entry) {
            Some(Entry::Fact(_)) => ": a decision is missing before it",
            Some(Entry::Decision(_) | Entry::Note(_)) | None => "",
        };
        format!(
            "record {} differs{fact}\n  recorded  {}\n  replay    {}\n{more}",
            self.difference.seq,
            line(recorded),
            line(replayed)
        )
    }

    fn json(&self) -> serde_json::Value {
        let side = |plan: &Plan, command: &Command| json!({"text": in_words(plan, command), "data": command});
        json!({
            "seq": self.difference.seq,
            "recorded": self.recorded().map(|command| side(self.plans.0, command)),
            "replayed": self.difference.replayed.as_ref().map(|command| side(self.plans.1, command)),
        })
    }
}
