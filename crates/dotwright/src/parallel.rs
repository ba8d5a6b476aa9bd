//! Runs one job per file over all cores, with the results in the order of the files.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Silence that a person takes for work; longer, and they want to see something move.
const PATIENCE: Duration = Duration::from_millis(800);

/// Applies `job` to every item. `progress` hears how many are done, once the run takes long.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    job: impl Fn(&T) -> R + Sync,
    mut progress: impl FnMut(usize),
) -> Vec<R> {
    if items.len() < 2 {
        return items.iter().map(job).collect();
    }
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    let next = AtomicUsize::new(0);
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let begin = Instant::now();
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..workers {
            let (sender, next, job) = (sender.clone(), &next, &job);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    if sender.send((index, job(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut done = 0;
        let mut shown = begin;
        for (index, result) in receiver {
            done += 1;
            if let Some(slot) = results.get_mut(index) {
                *slot = Some(result);
            }
            if begin.elapsed() > PATIENCE && shown.elapsed() > Duration::from_millis(100) {
                progress(done);
                shown = Instant::now();
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
