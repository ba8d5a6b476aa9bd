//! Long answers go to the client as the text that a worker wrote.
//!
//! The library makes a tree of values of every message before it writes it, in which a number takes ten times the
//! memory of its digits. So what may be long is written by the worker that found it, waits on a shelf, and travels
//! through the library as a ticket. The output puts the text where the ticket is.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncWrite, Result};
use tower_lsp::jsonrpc::Error;

/// Texts on their way to the client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf(Arc<Mutex<Texts>>);

#[derive(Debug, Default)]
struct Texts {
    last: u64,
    texts: HashMap<String, String>,
}

/// Stands for a text on the shelf, as the whole result of a request or all parameters of a notification.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Ticket(String);

/// A value as JSON.
#[derive(Debug)]
pub(crate) struct Json(String);

impl Json {
    /// # Errors
    /// When the value cannot be written, which is a defect.
    pub(crate) fn new(value: &impl Serialize) -> std::result::Result<Json, Error> {
        serde_json::to_string(value).map(Json).map_err(|_| Error::internal_error())
    }
}

impl Shelf {
    /// Keeps a text until its ticket is written.
    pub(crate) fn put(&self, json: Json) -> Ticket {
        let mut texts = self.lock();
        texts.last += 1;
        let ticket = format!("verbatim {}", texts.last);
        texts.texts.insert(ticket.clone(), json.0);
        Ticket(ticket)
    }

    fn take(&self, ticket: &str) -> Option<String> {
        self.lock().texts.remove(ticket)
    }

    fn lock(&self) -> MutexGuard<'_, Texts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bodies above this length are no tickets and are not looked at.
const SHORT: usize = 256;

/// Bytes of memory that are kept for the next message.
const KEPT: usize = 1 << 16;

/// The end of the header of a message.
const BREAK: &[u8] = b"\r\n\r\n";

/// An output that puts texts where their tickets are.
#[derive(Debug)]
pub(crate) struct Redeemed<O> {
    output: O,
    shelf: Shelf,
    /// The header of a message that begins, or of a short one whose body is not complete.
    header: Vec<u8>,
    /// As much as has come of the body of a short message.
    body: Vec<u8>,
    /// How much of a body is still to come.
    left: Option<usize>,
    /// What the output has to take before more comes in.
    due: Vec<u8>,
    /// How much of that it has taken.
    taken: usize,
}

impl<O> Redeemed<O> {
    pub(crate) fn new(output: O, shelf: Shelf) -> Redeemed<O> {
        Redeemed {
            output,
            shelf,
            header: Vec::new(),
            body: Vec::new(),
            left: None,
            due: Vec::new(),
            taken: 0,
        }
    }

    /// Takes bytes of the library: whole messages, or parts of them.
    fn accept(&mut self, mut bytes: &[u8]) {
        while let Some((&first, behind)) = bytes.split_first() {
            let Some(left) = self.left else {
                self.header.push(first);
                bytes = behind;
                if self.header.ends_with(BREAK) {
                    let length = length(&self.header);
                    self.left = Some(length);
                    if length > SHORT {
                        self.due.append(&mut self.header);
                    }
                }
                continue;
            };
            let (part, behind) = bytes.split_at(left.min(bytes.len()));
            bytes = behind;
            self.left = Some(left - part.len()).filter(|&left| left > 0);
            if self.header.is_empty() {
                self.due.extend_from_slice(part);
                continue;
            }
            self.body.extend_from_slice(part);
            if self.left.is_none() {
                let (header, body) = (std::mem::take(&mut self.header), std::mem::take(&mut self.body));
                self.redeem(&header, &body);
            }
        }
    }

    /// A short message, with the text in place of the ticket.
    fn redeem(&mut self, header: &[u8], body: &[u8]) {
        let found = ticket(body).and_then(|place| {
            let text = self.shelf.take(str::from_utf8(body.get(place.clone())?).ok()?)?;
            Some((place, text))
        });
        let Some((place, text)) = found else {
            self.due.extend_from_slice(header);
            self.due.extend_from_slice(body);
            return;
        };
        // The quotes go with it.
        let before = body.get(..place.start - 1).unwrap_or_default();
        let behind = body.get(place.end + 1..).unwrap_or_default();
        let length = before.len() + text.len() + behind.len();
        self.due.extend_from_slice(format!("Content-Length: {length}\r\n\r\n").as_bytes());
        for part in [before, text.as_bytes(), behind] {
            self.due.extend_from_slice(part);
        }
    }
}

/// The length that a header states. The library writes no other field.
fn length(header: &[u8]) -> usize {
    let digits = header.iter().filter(|byte| byte.is_ascii_digit());
    digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))
}

/// Where a message has a ticket. What people write cannot look like one: their quotes are escaped.
fn ticket(body: &[u8]) -> Option<Range<usize>> {
    [br#""result":"verbatim "#.as_slice(), br#""params":"verbatim "#].into_iter().find_map(|key| {
        let at = body.windows(key.len()).position(|found| found == key)?;
        let start = at + br#""result":""#.len();
        let end = start + body.get(start..)?.iter().position(|&byte| byte == b'"')?;
        Some(start..end)
    })
}

impl<O: AsyncWrite + Unpin> Redeemed<O> {
    /// Hands over what is due.
    fn poll_hand_over(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        while let Some(due) = self.due.get(self.taken..).filter(|due| !due.is_empty()) {
            match ready!(Pin::new(&mut self.output).poll_write(context, due))? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                taken => self.taken += taken,
            }
        }
        self.taken = 0;
        self.due.clear();
        self.due.shrink_to(KEPT);
        Poll::Ready(Ok(()))
    }
}

impl<O: AsyncWrite + Unpin> AsyncWrite for Redeemed<O> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        ready!(self.poll_hand_over(context))?;
        self.accept(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.poll_hand_over(context))?;
        Pin::new(&mut self.output).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.poll_hand_over(context))?;
        Pin::new(&mut self.output).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::{Json, Redeemed, Shelf};

    fn frame(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    /// Writes `sent` in pieces of any size, with `[1,2]` on the shelf as number 1.
    #[track_caller]
    fn check(sent: &[&str], expected: &[&str]) {
        let sent: String = sent.iter().map(|body| frame(body)).collect();
        let expected: String = expected.iter().map(|body| frame(body)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for size in [1, 2, 7, 30, sent.len()] {
            let shelf = Shelf::default();
            shelf.put(Json::new(&[1, 2]).unwrap());
            let mut output = Redeemed::new(Vec::new(), shelf);
            runtime.block_on(async {
                for piece in sent.as_bytes().chunks(size) {
                    output.write_all(piece).await.unwrap();
                }
                output.flush().await.unwrap();
            });
            assert_eq!(String::from_utf8(output.output).unwrap(), expected, "pieces of {size}");
        }
    }

    #[test]
    fn the_text_is_where_the_ticket_was() {
        check(&[r#"{"result":"verbatim 1","id":7}"#], &[r#"{"result":[1,2],"id":7}"#]);
        check(&[r#"{"method":"m","params":"verbatim 1"}"#], &[r#"{"method":"m","params":[1,2]}"#]);
    }

    #[test]
    fn other_messages_pass_as_they_are() {
        let long = format!(r#"{{"result":"{}"}}"#, "x".repeat(1000));
        let texts = [r#"{"result":"verbatim 2"}"#, &long, r#"{"message":"\"result\":\"verbatim 1\""}"#, "{}"];
        check(&texts, &texts);
    }

    #[test]
    fn messages_around_a_ticket_keep_their_order() {
        let (ticket, text) = (r#"{"result":"verbatim 1"}"#, r#"{"result":[1,2]}"#);
        check(&["{}", ticket, ticket, "[3]"], &["{}", text, ticket, "[3]"]);
    }
}
