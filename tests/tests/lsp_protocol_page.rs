//! `editors/PROTOCOL.md` says what the server says. `UPDATE_EXPECT=1` writes the table anew.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and read files")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use dotwright_tests::{Answers, LanguageClient, workspace};
use serde_json::{Value, json};

const BEGIN: &str = "<!-- capabilities -->\n";
const END: &str = "<!-- end of capabilities -->";

#[test]
fn the_page_shows_the_real_capabilities() {
    let params = json!({ "capabilities": {
        "general": { "positionEncodings": ["utf-8"] },
        "textDocument": { "diagnostic": {} },
    } });
    let (client, capabilities) = LanguageClient::open(&[], Answers::Agrees, params);
    client.shut_down();
    let path = workspace().join("editors/PROTOCOL.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let fresh = format!("{before}{BEGIN}{}{END}{after}", table(&capabilities));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, fresh).unwrap();
    } else {
        assert_eq!(page, fresh, "run this test with UPDATE_EXPECT=1");
    }
}

fn table(capabilities: &Value) -> String {
    let mut table = "| capability | value |\n|---|---|\n".to_owned();
    for (name, value) in capabilities.as_object().unwrap() {
        let value = match value {
            Value::Bool(true) => "yes".to_owned(),
            Value::String(text) => format!("`{text}`"),
            other => format!("`{}`", other.to_string().replace('|', "\\|")),
        };
        table.push_str(&format!("| `{name}` | {value} |\n"));
    }
    table
}
