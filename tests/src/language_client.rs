//! A client of the language server: the real program, over its standard input and output.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dotwright_folder;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the client does with requests of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// It says that it knows no such method.
    Refuses,
    /// It never answers.
    Silent,
    /// It agrees to everything and has no settings.
    Agrees,
}

/// A conversation with a server.
#[derive(Debug)]
pub struct LanguageClient {
    process: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    answers: Answers,
    last: i64,
    /// Messages that nobody waited for yet.
    waiting: VecDeque<Value>,
}

impl LanguageClient {
    /// Starts a server that is not initialized.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(environment: &[(&str, &str)], answers: Answers) -> LanguageClient {
        let mut command = Command::new(dotwright_folder().join("dotwright"));
        command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).envs(environment.iter().copied());
        let Ok(mut process) = command.spawn() else { panic!("dotwright does not start") };
        let (sender, messages) = channel();
        let output = process.stdout.take();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output?);
            while let Some(message) = read_message(&mut output) {
                sender.send(message).ok()?;
            }
            Some(())
        });
        let input = process.stdin.take();
        LanguageClient { process, input, messages, answers, last: 0, waiting: VecDeque::new() }
    }

    /// Starts a server and introduces a client with these `InitializeParams`, which need name no process. Gives the
    /// server's capabilities too.
    pub fn open(
        environment: &[(&str, &str)],
        answers: Answers,
        mut params: Value,
    ) -> (LanguageClient, Value) {
        let mut client = LanguageClient::start(environment, answers);
        if let Some(params) = params.as_object_mut() {
            params.entry("processId").or_insert(Value::Null);
            params.entry("capabilities").or_insert_with(|| json!({}));
        }
        let capabilities = client.request("initialize", params)["result"]["capabilities"].clone();
        client.notify("initialized", json!({}));
        (client, capabilities)
    }

    /// Sends any bytes.
    ///
    /// # Panics
    /// When the server does not read.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let Some(input) = &mut self.input else { panic!("the input is closed") };
        assert!(input.write_all(bytes).and_then(|()| input.flush()).is_ok(), "the server does not read");
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and gives its id.
    pub fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.last += 1;
        let mut message = json!({ "jsonrpc": "2.0", "id": self.last, "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(&message);
        self.last
    }

    /// The response to the request with that id.
    ///
    /// # Panics
    /// When none comes.
    pub fn response(&mut self, id: i64) -> Value {
        self.wait(&format!("an answer to request {id}"), |message| {
            message.get("method").is_none() && message["id"] == id
        })
    }

    /// Sends a request and waits for its response.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.response(id)
    }

    /// The result of a request.
    ///
    /// # Panics
    /// When it is answered with an error.
    pub fn result(&mut self, method: &str, params: Value) -> Value {
        let mut response = self.request(method, params);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].take()
    }

    /// The first message for which `is_wanted` says so; earlier ones are kept.
    ///
    /// # Panics
    /// When none comes.
    pub fn wait(&mut self, what: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&is_wanted)
            && let Some(message) = self.waiting.remove(at)
        {
            return message;
        }
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(left) {
                Ok(message) => {
                    self.answer(&message);
                    if is_wanted(&message) {
                        return message;
                    }
                    self.waiting.push_back(message);
                }
                Err(RecvTimeoutError::Timeout) => panic!("waited too long for {what}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the server is gone; waited for {what}"),
            }
        }
    }

    /// Everything that came and nobody waited for.
    pub fn received(&mut self) -> impl Iterator<Item = Value> + '_ {
        while let Ok(message) = self.messages.try_recv() {
            self.answer(&message);
            self.waiting.push_back(message);
        }
        self.waiting.drain(..)
    }

    /// Opens a document.
    pub fn did_open(&mut self, uri: &str, version: i32, text: &str) {
        let document = json!({ "uri": uri, "languageId": "dot", "version": version, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Changes a document.
    pub fn did_change(&mut self, uri: &str, version: i32, changes: Value) {
        let document = json!({ "uri": uri, "version": version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// The findings that the server sends for a version of a document.
    pub fn diagnostics(&mut self, uri: &str, version: i32) -> Vec<Value> {
        let mut message = self.wait(&format!("findings of version {version}"), |message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && message["params"]["version"] == version
        });
        match message["params"]["diagnostics"].take() {
            Value::Array(diagnostics) => diagnostics,
            _ => Vec::new(),
        }
    }

    /// Closes the server's input, as a client does that crashes.
    pub fn hang_up(&mut self) {
        self.input = None;
    }

    /// Waits for the end of the process.
    ///
    /// # Panics
    /// When it goes on.
    pub fn exit_code(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Ok(Some(status)) = self.process.try_wait() {
                return ExitStatus::code(&status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not end");
    }

    /// Ends the conversation as clients should.
    ///
    /// # Panics
    /// When the server does not end with 0.
    pub fn shut_down(mut self) {
        self.result("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        assert_eq!(self.exit_code(), Some(0));
    }

    fn answer(&mut self, message: &Value) {
        let (Some(id), Some(method)) = (message.get("id"), message.get("method")) else { return };
        let reply = match self.answers {
            Answers::Silent => return,
            Answers::Refuses => {
                let error = json!({ "code": -32601, "message": "no such method" });
                json!({ "jsonrpc": "2.0", "id": id, "error": error })
            }
            Answers::Agrees if method == "workspace/configuration" => {
                let items = message["params"]["items"].as_array().map_or(0, Vec::len);
                json!({ "jsonrpc": "2.0", "id": id, "result": vec![Value::Null; items] })
            }
            Answers::Agrees => json!({ "jsonrpc": "2.0", "id": id, "result": null }),
        };
        self.send(&reply);
    }
}

impl Drop for LanguageClient {
    fn drop(&mut self) {
        // It is gone already when a test ended well.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn read_message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => break,
            line => {
                let value = line.strip_prefix("Content-Length: ");
                length = value.and_then(|value| value.parse().ok()).unwrap_or(length);
            }
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
