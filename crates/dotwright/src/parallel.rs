//! Runs one job per file over all cores, with the results in the order of the files.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::memory;

/// How long half of the cores work alone: a time that nobody notices. The cores that a system shows are mostly halves of
/// real ones, and two halves take more processor time for the same work than one.
const UNNOTICED: Duration = Duration::from_millis(150);

/// Silence that a person takes for work; longer, and they want to see something move.
const PATIENCE: Duration = Duration::from_millis(800);

/// How often the progress is told after that.
const BETWEEN: Duration = Duration::from_millis(100);

/// Applies `job` to every item. `progress` hears how many are done, once the run takes long.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    job: impl Fn(&T) -> R + Sync,
    progress: impl FnMut(usize),
) -> Vec<R> {
    spread(items, job, UNNOTICED, progress)
}

/// The same for jobs that wait for other programs, which do their work at the same time.
pub(crate) fn map_waiting<T: Sync, R: Send>(items: &[T], job: impl Fn(&T) -> R + Sync) -> Vec<R> {
    spread(items, job, Duration::ZERO, |_| {})
}

/// Half of the cores begin, the others help those that are not done after `alone`.
fn spread<T: Sync, R: Send>(
    items: &[T],
    job: impl Fn(&T) -> R + Sync,
    alone: Duration,
    mut progress: impl FnMut(usize),
) -> Vec<R> {
    memory::keep_freed();
    if items.len() < 2 {
        return items.iter().map(job).collect();
    }
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    let first = cores.div_ceil(2);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let start = |finished: mpsc::Sender<()>| {
            let (next, done, job) = (&next, &done, &job);
            scope.spawn(move || {
                memory::grow_heap();
                let mut mine = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    mine.push((index, job(item)));
                    done.fetch_add(1, Ordering::Relaxed);
                }
                drop(finished);
                mine
            })
        };
        // Results wait with their worker: one message for each would wake this thread thousands of times.
        let begin = |count: usize| {
            let (finished, all_finished) = mpsc::channel::<()>();
            let workers: Vec<_> = (0..count).map(|_| start(finished.clone())).collect();
            (workers, all_finished)
        };
        let (mut workers, all_finished) = begin(first);
        let mut teams = vec![all_finished];
        let is_long = |team: &mpsc::Receiver<()>| team.recv_timeout(alone) == Err(RecvTimeoutError::Timeout);
        if cores > first && teams.iter().all(is_long) {
            let (helpers, all_finished) = begin(cores - first);
            workers.extend(helpers);
            teams.push(all_finished);
        }
        let mut wait = PATIENCE;
        for team in teams {
            while team.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                progress(done.load(Ordering::Relaxed));
                wait = BETWEEN;
            }
        }
        for worker in workers {
            for (index, result) in worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                if let Some(slot) = results.get_mut(index) {
                    *slot = Some(result);
                }
            }
        }
    });
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::num::NonZero;
    use std::thread::ThreadId;
    use std::time::Duration;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<u32> = (0..500).collect();
        let doubled = super::map(&items, |item| item * 2, |_| {});
        assert!(doubled.iter().zip(&items).all(|(double, item)| *double == item * 2));
        assert_eq!(doubled.len(), items.len());
    }

    #[test]
    fn the_other_cores_help_when_it_takes_long() {
        let items: Vec<u32> = (0..40).collect();
        let slow = |_: &u32| {
            std::thread::sleep(Duration::from_millis(10));
            std::thread::current().id()
        };
        let workers = |ids: Vec<ThreadId>| ids.into_iter().collect::<HashSet<_>>().len();
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        assert_eq!(workers(super::map_waiting(&items, slow)), cores.min(40));
        let few: Vec<u32> = (0..2).collect();
        assert_eq!(workers(super::spread(&few, slow, Duration::from_secs(60), |_| {})), 1);
        assert!(workers(super::spread(&items, slow, Duration::from_millis(20), |_| {})) > cores / 2);
    }
}
