//! Starts every message when it is read.
//!
//! The transport polls the futures of messages when one of its 64 slots is free, and then in an order of its own
//! making. Here each future is polled once as soon as it exists: handlers push their event before they wait for
//! anything, so events come in the order of the messages, and `$/cancelRequest` takes effect however many requests
//! wait for a slot.
//!
//! Requests whose answers may be long go to handlers of our own (see [`crate::verbatim`]), because those of the library
//! answer in its types.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tower_lsp::jsonrpc::{Request, Response};
use tower_service::Service;

/// A service whose calls are under way when they return.
#[derive(Debug)]
pub(crate) struct Eager<S>(pub(crate) S);

type Call<E> = Pin<Box<dyn Future<Output = Result<Option<Response>, E>> + Send>>;

impl<S> Service<Request> for Eager<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Option<Response>;
    type Error = S::Error;
    type Future = Call<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Call<S::Error> {
        let mut call = Box::pin(self.0.call(redirected(request)));
        // The transport polls again with a waker of its own, so the wake-up that this poll may lose is not missed.
        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Box::pin(std::future::ready(answer)),
            Poll::Pending => call,
        }
    }
}

/// Methods with long answers, and the names under which their handlers are registered.
const LONG: [(&str, &str); 7] = [
    ("textDocument/diagnostic", "dotwright/long/diagnostic"),
    ("textDocument/documentSymbol", "dotwright/long/documentSymbol"),
    ("textDocument/foldingRange", "dotwright/long/foldingRange"),
    ("textDocument/formatting", "dotwright/long/formatting"),
    ("textDocument/semanticTokens/full", "dotwright/long/semanticTokensFull"),
    ("textDocument/semanticTokens/full/delta", "dotwright/long/semanticTokensDelta"),
    ("textDocument/semanticTokens/range", "dotwright/long/semanticTokensRange"),
];

fn redirected(request: Request) -> Request {
    let Some((_, name)) = LONG.into_iter().find(|(method, _)| *method == request.method()) else {
        return request;
    };
    let (_, id, params) = request.into_parts();
    let mut redirected = Request::build(name);
    if let Some(id) = id {
        redirected = redirected.id(id);
    }
    if let Some(params) = params {
        redirected = redirected.params(params);
    }
    redirected.finish()
}
