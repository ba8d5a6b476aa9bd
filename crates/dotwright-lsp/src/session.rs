//! What the client said about itself, read once.

use dotwright_ide::Encoding;
use serde_json::Value;
use tower_lsp::ls_types::{
    ClientCapabilities, DiagnosticTag, InitializeParams, MarkupKind, PositionEncodingKind,
    ResourceOperationKind,
};

/// What the client can do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Session {
    /// What columns count.
    pub(crate) encoding: Utf,
    /// Whether the client asks for findings. Then none are ever sent unasked.
    pub(crate) pulls: bool,
    pub(crate) findings: FindingSupport,
    /// Whether findings may name the version they are for.
    pub(crate) versioned_findings: bool,
    pub(crate) hierarchical_symbols: bool,
    pub(crate) location_links: bool,
    pub(crate) snippets: bool,
    /// Whether parts of a signature may be offsets.
    pub(crate) signature_offsets: bool,
    /// Whether hover, completion and signatures are shown as Markdown.
    pub(crate) markdown: Markdown,
    pub(crate) line_folding_only: bool,
    pub(crate) edits: EditSupport,
    /// Whether code actions can be worked out when they are chosen.
    pub(crate) resolves_actions: bool,
    pub(crate) answers_configuration: bool,
    pub(crate) registers_configuration: bool,
    pub(crate) registers_watchers: bool,
    pub(crate) shows_progress: bool,
    pub(crate) refreshes: Refreshes,
    /// Commands of the client that lenses may name.
    pub(crate) client_commands: Vec<String>,
}

/// The encoding of the session; UTF-16 when nothing was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Utf(pub(crate) Encoding);

impl Default for Utf {
    fn default() -> Self {
        Utf(Encoding::Utf16)
    }
}

/// What findings may carry.
#[derive(Debug, Clone, Default)]
pub(crate) struct FindingSupport {
    pub(crate) related: bool,
    pub(crate) page: bool,
    pub(crate) data: bool,
    pub(crate) unnecessary: bool,
    pub(crate) deprecated: bool,
}

/// Where Markdown is shown as such.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Markdown {
    pub(crate) hover: bool,
    pub(crate) completion: bool,
    pub(crate) signature: bool,
}

/// How changes of several files may be written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EditSupport {
    /// With the version of each document.
    pub(crate) versions: bool,
    /// With new files.
    pub(crate) creates: bool,
}

/// What the client asks for again when told to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Refreshes {
    pub(crate) diagnostics: bool,
    pub(crate) semantic_tokens: bool,
    pub(crate) inlay_hints: bool,
    pub(crate) code_lenses: bool,
}

impl Session {
    pub(crate) fn new(params: &InitializeParams) -> Session {
        let capabilities = &params.capabilities;
        let workspace = capabilities.workspace.clone().unwrap_or_default();
        let text = capabilities.text_document.clone().unwrap_or_default();
        let yes = |flag: Option<bool>| flag == Some(true);
        let markdown = |formats: Option<Vec<MarkupKind>>| {
            formats.is_some_and(|formats| formats.contains(&MarkupKind::Markdown))
        };
        let item = text.completion.unwrap_or_default().completion_item.unwrap_or_default();
        let signature = text.signature_help.unwrap_or_default().signature_information;
        let edit = workspace.workspace_edit.unwrap_or_default();
        let operations = edit.resource_operations.unwrap_or_default();
        Session {
            encoding: encoding(capabilities),
            pulls: text.diagnostic.is_some(),
            findings: findings(capabilities),
            versioned_findings: yes(text.publish_diagnostics.unwrap_or_default().version_support),
            hierarchical_symbols: yes(text
                .document_symbol
                .unwrap_or_default()
                .hierarchical_document_symbol_support),
            location_links: yes(text.definition.unwrap_or_default().link_support),
            snippets: yes(item.snippet_support),
            signature_offsets: yes(signature
                .as_ref()
                .and_then(|it| it.parameter_information.as_ref()?.label_offset_support)),
            markdown: Markdown {
                hover: markdown(text.hover.unwrap_or_default().content_format),
                completion: markdown(item.documentation_format),
                signature: markdown(signature.and_then(|signature| signature.documentation_format)),
            },
            line_folding_only: yes(text.folding_range.unwrap_or_default().line_folding_only),
            edits: EditSupport {
                versions: yes(edit.document_changes),
                creates: operations.contains(&ResourceOperationKind::Create),
            },
            resolves_actions: text
                .code_action
                .unwrap_or_default()
                .resolve_support
                .is_some_and(|resolve| resolve.properties.iter().any(|property| property == "edit")),
            answers_configuration: yes(workspace.configuration),
            registers_configuration: yes(workspace
                .did_change_configuration
                .unwrap_or_default()
                .dynamic_registration),
            registers_watchers: yes(workspace
                .did_change_watched_files
                .unwrap_or_default()
                .dynamic_registration),
            shows_progress: yes(capabilities.window.clone().unwrap_or_default().work_done_progress),
            refreshes: Refreshes {
                diagnostics: yes(workspace.diagnostics.unwrap_or_default().refresh_support),
                semantic_tokens: yes(workspace.semantic_tokens.and_then(|tokens| tokens.refresh_support)),
                inlay_hints: yes(workspace.inlay_hint.unwrap_or_default().refresh_support),
                code_lenses: yes(workspace.code_lens.and_then(|lens| lens.refresh_support)),
            },
            client_commands: client_commands(params.initialization_options.as_ref()),
        }
    }
}

/// UTF-8 where it is offered, since offsets are bytes; else the one that costs least; else what the protocol says.
fn encoding(capabilities: &ClientCapabilities) -> Utf {
    let offered = capabilities.general.clone().unwrap_or_default().position_encodings.unwrap_or_default();
    if offered.contains(&PositionEncodingKind::UTF8) {
        return Utf(Encoding::Utf8);
    }
    Utf(if offered.contains(&PositionEncodingKind::UTF32) { Encoding::Utf32 } else { Encoding::Utf16 })
}

/// Clients state what findings may carry separately for those they ask for and those they are sent.
fn findings(capabilities: &ClientCapabilities) -> FindingSupport {
    let text = capabilities.text_document.clone().unwrap_or_default();
    let yes = |flag: Option<bool>| flag == Some(true);
    // The tags of pulled findings cannot be read from the types; a client that shows them does so for both.
    let published = text.publish_diagnostics.unwrap_or_default();
    let tags = published.tag_support.map(|tags| tags.value_set).unwrap_or_default();
    let (unnecessary, deprecated) =
        (tags.contains(&DiagnosticTag::UNNECESSARY), tags.contains(&DiagnosticTag::DEPRECATED));
    match text.diagnostic {
        Some(pulled) => FindingSupport {
            related: yes(pulled.related_information),
            page: yes(pulled.code_description_support) || yes(published.code_description_support),
            data: yes(pulled.data_support) || yes(published.data_support),
            unnecessary,
            deprecated,
        },
        None => FindingSupport {
            related: yes(published.related_information),
            page: yes(published.code_description_support),
            data: yes(published.data_support),
            unnecessary,
            deprecated,
        },
    }
}

fn client_commands(options: Option<&Value>) -> Vec<String> {
    let commands = options.and_then(|options| options.get("clientCommands")).and_then(Value::as_array);
    let names = commands.into_iter().flatten().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}
