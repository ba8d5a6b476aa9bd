//! Runners that stop dead at a chosen point, and what must be the same afterwards (runner reference, section 26.1).

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    reason = "tests read files and fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dotwright_engine::run::{Command, Decision, Event, Plan, State};
use dotwright_runner::{Entry, Flow, Moment, Note, Observer, Report, RunError};

use crate::runs::Place;

/// Where a runner dies, within what it does about one batch of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the batch is appended.
    Before,
    /// When some of it is on disk; the number chooses how much of it.
    Torn(usize),
    /// When all of it is on disk, and nothing was done about it.
    Synced,
    /// When all of that was done, and before the next fact.
    Acted,
}

/// Watches a run, and stops its runner dead at one point.
pub struct Dies {
    cut: Cut,
    left: usize,
    log: PathBuf,
    /// How many bytes each batch of the run so far has, at the borders where it could tear.
    pub batches: Vec<Vec<usize>>,
    /// How often all effects were done.
    pub acted: usize,
}

impl Dies {
    /// Dies at the cut of the batch with this index, the next to come being 0.
    pub fn at(place: &Place, cut: Cut, index: usize) -> Dies {
        let log = place.log();
        Dies { cut, left: index, log, batches: Vec::new(), acted: 0 }
    }

    /// Only watches.
    pub fn never(place: &Place) -> Dies {
        Dies::at(place, Cut::Acted, usize::MAX)
    }

    fn is_it(&mut self) -> bool {
        let it = self.left == 0;
        self.left = self.left.wrapping_sub(1);
        it
    }
}

impl Observer for Dies {
    fn observe(&mut self, _: &Plan, _: &State, moment: Moment<'_>) -> Flow {
        let dies = match (moment, self.cut) {
            (Moment::Appending([]) | Moment::Durable([]), _) => false,
            (Moment::Appending(batch), cut) => {
                self.batches.push(tears(batch));
                match cut {
                    Cut::Before => self.is_it(),
                    Cut::Torn(tear) => {
                        let dies = self.is_it();
                        let tears = tears(batch);
                        let length = tears.get(tear % tears.len()).copied().unwrap_or(0);
                        if let Some(part) = batch.get(..length).filter(|_| dies) {
                            append(&self.log, part);
                        }
                        dies
                    }
                    Cut::Synced | Cut::Acted => false,
                }
            }
            (Moment::Durable(_), Cut::Synced) => self.is_it(),
            (Moment::Done, cut) => {
                self.acted += 1;
                cut == Cut::Acted && self.is_it()
            }
            (Moment::Begun { .. } | Moment::Fact(_) | Moment::Command(_) | Moment::Durable(_), _) => false,
        };
        if dies { Flow::Break(()) } else { Flow::Continue(()) }
    }
}

/// Behind its first byte, in the middle of its first record, at each border of records, and before its last byte.
fn tears(batch: &[u8]) -> Vec<usize> {
    let borders = batch.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let mut all: Vec<usize> = borders.filter(|&border| border < batch.len()).collect();
    let first = all.first().copied().unwrap_or(batch.len());
    all.extend([1, first / 2, batch.len().saturating_sub(1)]);
    all
}

fn append(log: &Path, part: &[u8]) {
    let file = std::fs::File::options().append(true).open(log);
    let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, part));
    assert!(written.is_ok(), "{}", log.display());
}

/// What must be the same whether or not a runner died on the way: status, visits, goal gates, context, chosen edges and
/// files, each by a name of its own and without the name of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Essence(BTreeMap<String, String>);

impl Essence {
    /// That of a run that is over.
    ///
    /// # Panics
    /// When its log is damaged.
    pub fn of(place: &Place, report: &Report) -> Essence {
        let mut all = BTreeMap::from([
            ("status".to_owned(), format!("{} {}", report.status, report.exit_code)),
            ("reason".to_owned(), format!("{} {}", report.reason, report.reason_node)),
            ("visits".to_owned(), serde_json::to_string(&report.visits).unwrap_or_default()),
            ("gates".to_owned(), format!("{:?}", report.gates)),
        ]);
        all.extend(report.context.iter().map(|(key, value)| (format!("context {key}"), value.clone())));
        for record in place.history().records {
            if let Entry::Decision(Command::Decide(Decision::EdgeSelected { from, to, by, .. })) =
                record.entry
            {
                let edges = all.entry(format!("edges of branch `{}`", record.branch)).or_default();
                edges.push_str(&format!("{from:?} {to:?} {by:?}; "));
            }
        }
        all.extend(files(place.work.path()).into_iter().map(|(name, text)| (format!("file {name}"), text)));
        let work = place.work.path().display().to_string();
        all.values_mut().for_each(|value| *value = value.replace(&work, "WORK"));
        Essence(all)
    }

    /// # Panics
    /// When the two are not the same.
    #[track_caller]
    pub fn assert_is(&self, expected: &Essence, at: &str) {
        let names: BTreeSet<&String> = self.0.keys().chain(expected.0.keys()).collect();
        let differ = names.into_iter().filter(|name| self.0.get(*name) != expected.0.get(*name));
        let differ: Vec<String> = differ
            .map(|name| {
                format!("{name}\n  is      {:?}\n  and not {:?}", self.0.get(name), expected.0.get(name))
            })
            .collect();
        assert!(differ.is_empty(), "{at}\n{}", differ.join("\n"));
    }
}

/// The files below a folder, without those of git.
fn files(top: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() && !path.ends_with(".git") {
                folders.push(path);
            } else if path.is_file() {
                let name = path.strip_prefix(top).unwrap_or(&path).display().to_string();
                let text = std::fs::read(&path).unwrap_or_default();
                found.insert(name, String::from_utf8_lossy(&text).into_owned());
            }
        }
    }
    found
}

/// Which of the indices of a run are tried.
#[derive(Debug, Clone, Copy)]
pub enum Indices {
    /// All of them, and every tear.
    Every,
    /// So many at each cut, evenly spread.
    Sample(usize),
}

/// Lets runners die at these indices and every cut, once on the way and once more while they take the run up again. The
/// run that goes on must be the one that was never interrupted.
///
/// # Panics
/// When it is not.
#[track_caller]
pub fn survives(indices: Indices, make: impl Fn() -> Place) {
    survives_and(indices, make, |_, _| {});
}

/// As [`survives`], with a look at the place after each run.
///
/// # Panics
/// When it is not the same, or the look panics.
#[track_caller]
pub fn survives_and(indices: Indices, make: impl Fn() -> Place, also: impl Fn(&Place, &str)) {
    let whole = make();
    let mut watch = Dies::never(&whole);
    let report = whole.try_run(&mut watch).expect("the run that nobody interrupts");
    let expected = Essence::of(&whole, &report);
    assert!(watch.batches.len() > 2, "{}", watch.batches.len());
    for (number, (cut, index)) in points(indices, &watch).into_iter().enumerate() {
        let at = format!("{cut:?} {index}");
        let place = make();
        let mut lost = 0;
        let mut first = Dies::at(&place, cut, index);
        match place.try_run(&mut first) {
            Err(RunError::StoppedDead) => lost += place.in_flight(),
            // Facts that came together were one batch: there are fewer this time.
            Ok(_) => continue,
            Err(error) => panic!("{at}: {error}"),
        }
        let again = [Cut::Before, Cut::Torn(0), Cut::Synced, Cut::Acted][number % 4];
        let mut second = Dies::at(&place, again, number % 3);
        match place.try_resume(&mut second) {
            Err(RunError::StoppedDead) => lost += place.in_flight(),
            Ok(_) | Err(RunError::Empty(_)) => {}
            Err(error) => panic!("{at}, then {again:?}: {error}"),
        }
        let found = match place.try_resume(&mut ()) {
            // Nothing of it was on disk: it is begun anew under the same name.
            Err(RunError::Empty(_)) => place.try_run(&mut ()),
            resumed => resumed,
        };
        let found = found.unwrap_or_else(|error| panic!("{at}, then {again:?}: {error}"));
        let at = format!("{at}, then {again:?} {}", number % 3);
        Essence::of(&place, &found).assert_is(&expected, &at);
        also(&place, &at);
        let more = found.cost.attempts.saturating_sub(report.cost.attempts);
        assert!(more <= lost as u64, "{at}: {more} attempts more, {lost} in flight");
        assert!(finished_once(&place), "{at}");
    }
}

/// The cuts and indices that are tried.
fn points(indices: Indices, watch: &Dies) -> Vec<(Cut, usize)> {
    let batches = watch.batches.len();
    let mut all = Vec::new();
    match indices {
        Indices::Every => {
            for (index, tears) in watch.batches.iter().enumerate() {
                all.extend([(Cut::Before, index), (Cut::Synced, index)]);
                all.extend((0..tears.len()).map(|tear| (Cut::Torn(tear), index)));
            }
            all.extend((0..watch.acted).map(|index| (Cut::Acted, index)));
        }
        Indices::Sample(wanted) => {
            let step = batches.div_ceil(wanted).max(1);
            // Each cut begins elsewhere, so that together they meet more of the run.
            let from = |part: usize, count: usize| (part * step / 4..count).step_by(step);
            all.extend(from(0, batches).map(|index| (Cut::Before, index)));
            all.extend(from(1, batches).map(|index| (Cut::Torn(index), index)));
            all.extend(from(2, batches).map(|index| (Cut::Synced, index)));
            all.extend(from(3, watch.acted).map(|index| (Cut::Acted, index)));
        }
    }
    all
}

/// No attempt that has ended was begun or ended again.
fn finished_once(place: &Place) -> bool {
    let mut ended = BTreeSet::new();
    place.history().records.iter().all(|record| match &record.entry {
        Entry::Fact(Event::AttemptEnded { attempt, .. }) => ended.insert(*attempt),
        Entry::Note(Note::AttemptStarted(started)) => !ended.contains(&started.attempt),
        Entry::Fact(_) | Entry::Decision(_) | Entry::Note(_) => true,
    })
}
