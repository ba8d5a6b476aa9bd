//! The language server: messages in, answers out, and no knowledge of how a feature works.
//!
//! Handlers (`server`) turn each message into an event and push it before they wait for anything. One loop (`owner`)
//! applies events in order; a request gets an immutable snapshot and runs on a worker thread. This crate is the only
//! one that names types of the protocol: `to_proto` and `from_proto` translate, and everything behind them speaks
//! byte offsets.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the server reads files beside the open ones, and starts threads"
)]

mod cancel;
mod capabilities;
mod client_settings;
mod commands;
mod configurations;
mod custom;
mod disk;
mod documents;
mod eager;
mod event;
mod from_proto;
mod outbox;
mod owner;
mod progress;
mod requests;
mod server;
mod session;
mod snapshot;
mod sweep;
#[cfg(test)]
mod tests;
mod to_proto;
mod verbatim;
mod workers;

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::server::Server;

/// What a run of the server can be told beside what its client says.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long a request may take before it is answered with an error.
    pub deadline: Duration,
    /// Whether the requests that only tests send are answered: `dotwright/test/sleep` and `dotwright/test/text`.
    pub test_requests: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { deadline: Duration::from_secs(20), test_requests: false }
    }
}

impl Options {
    /// The default, unless the environment says otherwise. Tests of this server set `DOTWRIGHT_LSP_TEST_DEADLINE_MS`,
    /// and `DOTWRIGHT_LSP_TEST_REQUESTS` for requests that are as slow as they ask to be or give a text back.
    pub fn from_environment() -> Options {
        let deadline = std::env::var("DOTWRIGHT_LSP_TEST_DEADLINE_MS");
        let deadline = deadline.ok().and_then(|text| text.parse().ok()).map(Duration::from_millis);
        Options {
            deadline: deadline.unwrap_or(Options::default().deadline),
            test_requests: std::env::var_os("DOTWRIGHT_LSP_TEST_REQUESTS").is_some(),
        }
    }
}

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client asked the server to shut down.
    Orderly,
    /// The client went away, or said `exit` without `shutdown`.
    Abrupt,
}

/// Serves a client on standard input and output until it goes.
///
/// A read of standard input that still blocks keeps the process alive, so the caller has to end it.
///
/// # Errors
/// When the threads of the server cannot be started.
pub fn serve_stdio(options: Options) -> io::Result<End> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let end = runtime.block_on(serve(tokio::io::stdin(), tokio::io::stdout(), options));
    runtime.shutdown_background();
    Ok(end)
}

/// Serves a client on any pair of streams.
pub async fn serve(input: impl AsyncRead + Unpin, output: impl AsyncWrite, options: Options) -> End {
    Server::serve(input, output, options).await
}
