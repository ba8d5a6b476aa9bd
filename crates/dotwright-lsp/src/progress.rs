//! A bar in the client's window while a check of the whole workspace is under way.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use tower_lsp::ls_types::{NumberOrString, ProgressToken, WorkDoneProgressCreateParams, request};

use crate::outbox::Outbox;
use crate::snapshot::Snapshot;

/// Files below which a check is over before a bar would be seen.
const WORTH_A_BAR: usize = 30;

/// A bar. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Bar {
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
    Shown(ProgressToken),
    /// It is over, or was never wanted.
    Over,
}

impl Bar {
    /// A bar for work on `files` files: on the token that came with the request, else one that the client agrees to.
    pub(crate) fn new(
        snapshot: &Snapshot,
        token: Option<ProgressToken>,
        title: &'static str,
        files: usize,
    ) -> Bar {
        let outbox = snapshot.outbox.clone();
        let state = Arc::new(Mutex::new(State::Over));
        let set = |to| *state.lock().unwrap_or_else(PoisonError::into_inner) = to;
        match token {
            Some(token) => {
                begin(&outbox, &token, title);
                set(State::Shown(token));
            }
            None if snapshot.session.shows_progress && files >= WORTH_A_BAR => {
                set(State::Asked);
                ask(&outbox, &state, title);
            }
            None => {}
        }
        Bar { outbox, state, last: 0 }
    }

    /// Says how much is done.
    pub(crate) fn report(&mut self, done: usize, all: usize) {
        let percent = (done * 100 / all.max(1)) as u32;
        if percent == self.last {
            return;
        }
        self.last = percent;
        if let State::Shown(token) = &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            let message = format!("{done} of {all} files");
            self.outbox
                .progress(token, json!({ "kind": "report", "message": message, "percentage": percent }));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Shown(token) = std::mem::replace(&mut *state, State::Over) {
            self.outbox.progress(&token, json!({ "kind": "end" }));
        }
    }
}

fn begin(outbox: &Outbox, token: &ProgressToken, title: &str) {
    outbox.progress(token, json!({ "kind": "begin", "title": title, "cancellable": true, "percentage": 0 }));
}

fn ask(outbox: &Outbox, state: &Arc<Mutex<State>>, title: &'static str) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let token = NumberOrString::String(format!("dotwright/{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    let (answers, state) = (outbox.clone(), Arc::clone(state));
    let params = WorkDoneProgressCreateParams { token: token.clone() };
    outbox.ask::<request::WorkDoneProgressCreate>(params, move |agreed| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if agreed.is_some() && matches!(*state, State::Asked) {
            begin(&answers, &token, title);
            *state = State::Shown(token);
        }
        None
    });
}
