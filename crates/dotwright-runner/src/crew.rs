//! The threads that start steps and watch them: one for each step that runs, kept for the next one when it ends.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Watching a step needs little stack.
const STACK: usize = 512 << 10;

type Work = Box<dyn FnOnce() + Send>;

/// Ways to the threads that have nothing to do. The last one to become idle is at the end.
type Idle = Mutex<Vec<Sender<Work>>>;

/// Threads that wait for work or do some. Those that wait end with it.
#[derive(Debug, Default)]
pub(crate) struct Crew(Arc<Idle>);

impl Crew {
    /// Does something in a thread of its own.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(crate) fn send(&self, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let work: Work = Box::new(work);
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(thread) = idle else { return self.hire(work) };
        match thread.send(work) {
            Ok(()) => Ok(()),
            // A thread that is gone gives the work back.
            Err(back) => self.hire(back.0),
        }
    }

    fn hire(&self, first: Work) -> std::io::Result<()> {
        let crew = Arc::downgrade(&self.0);
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn(move || serve(&crew, first)).map(drop)
    }
}

/// Does one thing after the other, for as long as there is a crew to belong to.
fn serve(crew: &Weak<Idle>, first: Work) {
    first();
    loop {
        let Some(idle) = crew.upgrade() else { return };
        // The crew has the only sender: when it goes, the thread hears of it.
        let (sender, receiver) = channel::<Work>();
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        drop(idle);
        match receiver.recv() {
            Ok(work) => work(),
            Err(_) => return,
        }
    }
}
