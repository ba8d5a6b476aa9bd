//! Commands that the server carries out. Their names differ from those of editors, which register both kinds in one
//! table.

use serde_json::Value;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{ExecuteCommandParams, TextDocumentIdentifier};

use crate::custom::{self, Params};
use crate::event::Event;
use crate::snapshot::Snapshot;

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Answers as `dotwright/graph`.
    Graph,
    /// Answers as `dotwright/renderDot`.
    ExportDot,
    /// Answers as `dotwright/expand`.
    Expand,
    /// Reads everything on disk anew.
    Restart,
}

impl Command {
    pub(crate) const ALL: [Command; 4] =
        [Command::Graph, Command::ExportDot, Command::Expand, Command::Restart];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Command::Graph => "dotwright.server.graph",
            Command::ExportDot => "dotwright.server.exportDot",
            Command::Expand => "dotwright.server.expand",
            Command::Restart => "dotwright.server.restart",
        }
    }
}

/// Carries a command out. All but `restart` take the name of a document.
pub(crate) fn execute(snapshot: &Snapshot, params: &ExecuteCommandParams) -> Result<Option<Value>> {
    let command = Command::ALL.into_iter().find(|command| command.name() == params.command);
    let command =
        command.ok_or_else(|| Error::invalid_params(format!("`{}` is no command", params.command)))?;
    let document = || -> Result<Params> {
        let uri = params.arguments.first().and_then(Value::as_str).and_then(|uri| uri.parse().ok());
        let uri = uri.ok_or_else(|| Error::invalid_params("the first argument has to name a document"))?;
        Ok(Params { text_document: TextDocumentIdentifier { uri } })
    };
    let answer = match command {
        Command::Graph => serde_json::to_value(custom::graph(snapshot, &document()?)?),
        Command::ExportDot => serde_json::to_value(custom::render_dot(snapshot, &document()?)?),
        Command::Expand => serde_json::to_value(custom::expand(snapshot, &document()?)?),
        Command::Restart => {
            snapshot.outbox.post(Event::Forget);
            return Ok(None);
        }
    };
    answer.map(Some).map_err(|_| Error::internal_error())
}
