//! How a request ends early: the client cancels it, its deadline passes, or an edit makes its answer worthless.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tower_lsp::jsonrpc::{Error, Result};

/// A flag that work polls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub(crate) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Cancels when it is dropped, as the future of a cancelled request is.
#[derive(Debug)]
pub(crate) struct CancelOnDrop(pub(crate) Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// The answer of one request: whoever comes first gives it.
#[derive(Debug)]
pub(crate) struct Reply<R>(Arc<Mutex<Option<oneshot::Sender<Result<R>>>>>);

impl<R> Clone for Reply<R> {
    fn clone(&self) -> Self {
        Reply(Arc::clone(&self.0))
    }
}

impl<R> Reply<R> {
    pub(crate) fn new() -> (Reply<R>, oneshot::Receiver<Result<R>>) {
        let (sender, receiver) = oneshot::channel();
        (Reply(Arc::new(Mutex::new(Some(sender)))), receiver)
    }

    /// Gives the answer, unless there is one or nobody waits for it any more.
    pub(crate) fn send(&self, answer: Result<R>) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            // The receiver is gone when the client cancelled the request, and then nobody wants the answer.
            drop(sender.send(answer));
        }
    }
}

/// Answers with an internal error when work panics before it answers.
#[derive(Debug)]
pub(crate) struct AnswerOnPanic<'r, R>(pub(crate) &'r Reply<R>);

impl<R> Drop for AnswerOnPanic<'_, R> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.send(Err(Error::internal_error()));
        }
    }
}

/// A reply of any type, as far as refusing goes.
pub(crate) trait Refuse: Send + Sync {
    /// Answers with an error.
    fn refuse(&self, error: Error);
}

impl<R: Send> Refuse for Reply<R> {
    fn refuse(&self, error: Error) {
        self.send(Err(error));
    }
}

#[cfg(test)]
mod tests {
    use tower_lsp::jsonrpc::ErrorCode;

    use super::{AnswerOnPanic, Reply};

    #[test]
    fn work_that_panics_is_answered_with_an_internal_error() {
        let (reply, mut answer) = Reply::<u32>::new();
        let work = std::thread::spawn(move || {
            let _answered = AnswerOnPanic(&reply);
            panic!("a defect");
        });
        assert!(work.join().is_err());
        let error = answer.try_recv().unwrap().unwrap_err();
        assert_eq!(error.code, ErrorCode::InternalError);
    }

    #[test]
    fn the_first_answer_counts() {
        let (reply, mut answer) = Reply::new();
        reply.send(Ok(1));
        reply.send(Ok(2));
        assert_eq!(answer.try_recv().unwrap().unwrap(), 1);
    }
}
