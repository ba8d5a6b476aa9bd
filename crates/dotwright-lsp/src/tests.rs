//! Whole conversations without a process, over a pipe in memory.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::{End, Options, serve};

/// Sends messages, reads everything that comes back, and gives it with how the conversation ended.
fn converse(messages: &[Value]) -> (End, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (mut input, server_input) = tokio::io::duplex(1 << 16);
        for message in messages {
            let body = message.to_string();
            let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
            input.write_all(frame.as_bytes()).await.unwrap();
        }
        drop(input);
        let mut output = Vec::new();
        let end = serve(server_input, &mut output, Options::default()).await;
        (end, String::from_utf8(output).unwrap())
    })
}

fn request(id: i64, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

#[test]
fn the_end_of_the_input_is_an_abrupt_end() {
    assert_eq!(converse(&[]).0, End::Abrupt);
    assert_eq!(converse(&[json!({ "jsonrpc": "2.0", "method": "exit" })]).0, End::Abrupt);
}

#[test]
fn requests_before_initialize_are_refused() {
    let (_, output) = converse(&[request(1, "shutdown", &Value::Null)]);
    assert!(output.contains("-32002"), "{output}");
}

#[test]
fn initialize_is_answered_before_the_input_ends() {
    let (end, output) = converse(&[request(1, "initialize", &json!({ "capabilities": {} }))]);
    assert_eq!(end, End::Abrupt);
    assert!(output.contains("\"positionEncoding\":\"utf-16\""), "{output}");
}
