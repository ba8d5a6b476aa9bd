//! Runs one job per file over all cores, with the results in the order of the files.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::memory;

/// Silence that a person takes for work; longer, and they want to see something move.
const PATIENCE: Duration = Duration::from_millis(800);

/// How often the progress is told after that.
const BETWEEN: Duration = Duration::from_millis(100);

/// Applies `job` to every item. `progress` hears how many are done, once the run takes long.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    job: impl Fn(&T) -> R + Sync,
    mut progress: impl FnMut(usize),
) -> Vec<R> {
    memory::keep_freed();
    if items.len() < 2 {
        return items.iter().map(job).collect();
    }
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        // Results wait with their worker: one message for each would wake this thread thousands of times.
        let (finished, all_finished) = mpsc::channel::<()>();
        let workers: Vec<_> = (0..workers)
            .map(|_| {
                let (finished, next, done, job) = (finished.clone(), &next, &done, &job);
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
            })
            .collect();
        drop(finished);
        let mut wait = PATIENCE;
        while all_finished.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            progress(done.load(Ordering::Relaxed));
            wait = BETWEEN;
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
    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<u32> = (0..500).collect();
        let doubled = super::map(&items, |item| item * 2, |_| {});
        assert!(doubled.iter().zip(&items).all(|(double, item)| *double == item * 2));
        assert_eq!(doubled.len(), items.len());
    }
}
