//! What the server says unasked. Nothing here is waited for where messages are handled: a client that never answers
//! must not hold anything up.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_lsp::Client;
use tower_lsp::ls_types::{MessageType, ProgressToken, PublishDiagnosticsParams, notification, request};

use crate::event::Event;
use crate::verbatim::{Json, Shelf, Ticket};

/// How long an answer of the client is waited for, in a task of its own.
const PATIENCE: Duration = Duration::from_secs(30);

/// The way to the client.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    client: Client,
    runtime: Handle,
    notes: UnboundedSender<Note>,
    events: UnboundedSender<Event>,
    shelf: Shelf,
}

/// A message without an answer.
#[derive(Debug)]
enum Note {
    Diagnostics(Ticket),
    Log(MessageType, String),
    Show(MessageType, String),
    Progress(ProgressToken, serde_json::Value),
}

/// `$/progress` with whatever belongs to its token.
enum Progress {}

impl notification::Notification for Progress {
    type Params = serde_json::Value;
    const METHOD: &'static str = "$/progress";
}

/// The findings of a document as the client gets them.
#[derive(Debug)]
pub(crate) struct WrittenFindings(Json);

impl WrittenFindings {
    /// `None` when they cannot be written, which is a defect.
    pub(crate) fn new(findings: &PublishDiagnosticsParams) -> Option<WrittenFindings> {
        Json::new(findings).ok().map(WrittenFindings)
    }
}

/// The notification with findings that are written already.
enum Findings {}

impl notification::Notification for Findings {
    type Params = Ticket;
    const METHOD: &'static str = <notification::PublishDiagnostics as notification::Notification>::METHOD;
}

impl Outbox {
    /// Starts the task that sends messages in their order.
    pub(crate) fn new(
        client: Client,
        runtime: Handle,
        events: UnboundedSender<Event>,
        shelf: Shelf,
    ) -> Outbox {
        let (notes, waiting) = unbounded_channel();
        runtime.spawn(send(client.clone(), waiting));
        Outbox { client, runtime, notes, events, shelf }
    }

    /// Sends the findings of a document.
    pub(crate) fn diagnostics(&self, written: WrittenFindings) {
        self.note(Note::Diagnostics(self.shelf.put(written.0)));
    }

    /// Writes a line into the client's log.
    pub(crate) fn log(&self, message: impl Into<String>) {
        self.note(Note::Log(MessageType::LOG, message.into()));
    }

    /// Tells the user that something does not work.
    pub(crate) fn warn(&self, message: impl Into<String>) {
        self.note(Note::Show(MessageType::WARNING, message.into()));
    }

    /// Reports on work under way.
    pub(crate) fn progress(&self, token: &ProgressToken, value: serde_json::Value) {
        self.note(Note::Progress(token.clone(), value));
    }

    fn note(&self, note: Note) {
        // Without a receiver the conversation is over.
        drop(self.notes.send(note));
    }

    /// Asks the client. Its answer, or `None` when it refuses or takes too long, comes back as the event that `then`
    /// makes of it.
    pub(crate) fn ask<R: request::Request>(
        &self,
        params: R::Params,
        then: impl FnOnce(Option<R::Result>) -> Option<Event> + Send + 'static,
    ) where
        R::Params: Send + 'static,
        R::Result: Send,
    {
        let (client, events, notes) = (self.client.clone(), self.events.clone(), self.notes.clone());
        self.runtime.spawn(async move {
            let answer = match tokio::time::timeout(PATIENCE, client.send_request::<R>(params)).await {
                Ok(Ok(answer)) => Some(answer),
                Ok(Err(error)) => {
                    let message = format!("the client refuses `{}`: {}", R::METHOD, error.message);
                    drop(notes.send(Note::Log(MessageType::LOG, message)));
                    None
                }
                Err(_) => None,
            };
            if let Some(event) = then(answer) {
                drop(events.send(event));
            }
        });
    }

    /// Pushes an event as if it had come from the client.
    pub(crate) fn post(&self, event: Event) {
        drop(self.events.send(event));
    }
}

async fn send(client: Client, mut waiting: UnboundedReceiver<Note>) {
    while let Some(note) = waiting.recv().await {
        match note {
            Note::Diagnostics(ticket) => client.send_notification::<Findings>(ticket).await,
            Note::Log(kind, message) => client.log_message(kind, message).await,
            Note::Show(kind, message) => client.show_message(kind, message).await,
            Note::Progress(token, value) => {
                let params = serde_json::json!({ "token": token, "value": value });
                client.send_notification::<Progress>(params).await;
            }
        }
    }
}
