//! A bar in the client's window while a check of the whole workspace is under way, and its button that ends it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;
use tower_lsp::ls_types::{NumberOrString, ProgressToken, WorkDoneProgressCreateParams, request};

use crate::cancel::Cancel;
use crate::outbox::Outbox;
use crate::snapshot::Snapshot;

/// Files below which a check is over before a bar would be seen.
const WORTH_A_BAR: usize = 30;

/// What the buttons of all bars end, by token.
#[derive(Debug, Default)]
pub(crate) struct Bars(Mutex<HashMap<ProgressToken, Cancel>>);

impl Bars {
    /// Ends the work behind a bar; nothing when it is over already.
    pub(crate) fn cancel(&self, token: &ProgressToken) {
        if let Some(work) = self.lock().remove(token) {
            work.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProgressToken, Cancel>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bar. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Bar<'s> {
    bars: &'s Bars,
    token: ProgressToken,
    outbox: Outbox,
    state: Arc<Mutex<State>>,
    last: u32,
}

/// How far the client and the bar are.
#[derive(Debug)]
enum State {
    /// The client was asked whether it wants to see a bar.
    Asked,
    /// It sees one.
    Shown,
    /// It is over, or was never wanted.
    Over,
}

impl Bar<'_> {
    /// A bar for work on `files` files: on the token that came with the request, else one that the client agrees to.
    /// Its button sets `cancel`.
    pub(crate) fn new<'s>(
        snapshot: &'s Snapshot,
        token: Option<ProgressToken>,
        title: &'static str,
        files: usize,
        cancel: &Cancel,
    ) -> Bar<'s> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (outbox, bars) = (snapshot.outbox.clone(), &snapshot.workspace.caches.bars);
        let is_offered = token.is_some();
        let token = token.unwrap_or_else(|| {
            NumberOrString::String(format!("dotwright/{}", NEXT.fetch_add(1, Ordering::Relaxed)))
        });
        bars.lock().insert(token.clone(), cancel.clone());
        let state = Arc::new(Mutex::new(State::Over));
        let set = |to| *state.lock().unwrap_or_else(PoisonError::into_inner) = to;
        if is_offered {
            begin(&outbox, &token, title);
            set(State::Shown);
        } else if snapshot.session.shows_progress && files >= WORTH_A_BAR {
            set(State::Asked);
            ask(&outbox, &state, token.clone(), title);
        }
        Bar { bars, token, outbox, state, last: 0 }
    }

    /// Says how much is done.
    pub(crate) fn report(&mut self, done: usize, all: usize) {
        let percent = (done * 100 / all.max(1)) as u32;
        if percent == self.last {
            return;
        }
        self.last = percent;
        if let State::Shown = &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            let message = format!("{done} of {all} files");
            self.outbox.progress(
                &self.token,
                json!({ "kind": "report", "message": message, "percentage": percent }),
            );
        }
    }
}

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        self.bars.lock().remove(&self.token);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Shown = std::mem::replace(&mut *state, State::Over) {
            self.outbox.progress(&self.token, json!({ "kind": "end" }));
        }
    }
}

fn begin(outbox: &Outbox, token: &ProgressToken, title: &str) {
    outbox.progress(token, json!({ "kind": "begin", "title": title, "cancellable": true, "percentage": 0 }));
}

fn ask(outbox: &Outbox, state: &Arc<Mutex<State>>, token: ProgressToken, title: &'static str) {
    let (answers, state) = (outbox.clone(), Arc::clone(state));
    let params = WorkDoneProgressCreateParams { token: token.clone() };
    outbox.ask::<request::WorkDoneProgressCreate>(params, move |agreed| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if agreed.is_some() && matches!(*state, State::Asked) {
            begin(&answers, &token, title);
            *state = State::Shown;
        }
        None
    });
}
