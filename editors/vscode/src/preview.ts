// The picture of a pipeline beside its editor. The server says what to draw, the webview draws it.

import * as crypto from "node:crypto";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import type { Element, FromPreview, Range, ToPreview } from "./messages.js";

const VIEW = "dotwright.graph";
const IS_OPEN = "dotwright.graphIsOpen";

interface GraphAnswer {
  version: number | null;
  nodes: { key: string; id: string; range: Range; statement: Range | null }[];
  edges: { key: string; source: number; target: number; range: Range }[];
}

/** All previews, one for each document. */
export class Previews implements vscode.Disposable, vscode.WebviewPanelSerializer {
  private readonly open = new Map<string, Preview>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly client: () => LanguageClient | undefined,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscriptions = [
      vscode.window.registerWebviewPanelSerializer(VIEW, this),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.of(document.uri)?.update()),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        for (const uri of uris) {
          this.of(uri)?.update();
        }
      }),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
        const position = selections[0]?.active;
        if (position) {
          this.of(textEditor.document.uri)?.select(position);
        }
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
    for (const preview of this.open.values()) {
      preview.panel.dispose();
    }
  }

  /** Shows the preview of a document, a new one beside the editor if there is none. */
  show(document: vscode.Uri): void {
    const known = this.of(document);
    if (known) {
      known.panel.reveal(undefined, true);
      return;
    }
    const name = document.path.replace(/^.*\//, "");
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    this.adopt(document, vscode.window.createWebviewPanel(VIEW, `Graph of ${name}`, column, this.options()));
  }

  /** Takes up the preview of an earlier session. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const document = (state as { document?: unknown } | undefined)?.document;
    if (typeof document !== "string") {
      panel.dispose();
      return;
    }
    panel.webview.options = this.options();
    this.adopt(vscode.Uri.parse(document), panel);
  }

  /** Asks for a file and writes the picture of the visible preview. */
  async export(format: "svg" | "png"): Promise<void> {
    const previews = [...this.open.values()];
    const preview = previews.find(({ panel }) => panel.active) ?? previews.find(({ panel }) => panel.visible);
    await preview?.export(format);
  }

  private of(document: vscode.Uri): Preview | undefined {
    return this.open.get(document.toString());
  }

  private options(): vscode.WebviewPanelOptions & vscode.WebviewOptions {
    return {
      enableScripts: true,
      retainContextWhenHidden: true,
      localResourceRoots: [vscode.Uri.joinPath(this.context.extensionUri, "dist")],
    };
  }

  private adopt(document: vscode.Uri, panel: vscode.WebviewPanel): void {
    panel.webview.html = page(panel.webview, this.context.extensionUri, document);
    this.open.set(document.toString(), new Preview(document, panel, this.client, this.log));
    void vscode.commands.executeCommand("setContext", IS_OPEN, true);
    panel.onDidDispose(() => {
      this.open.delete(document.toString());
      void vscode.commands.executeCommand("setContext", IS_OPEN, this.open.size > 0);
    });
  }
}

/** One picture. */
class Preview {
  private elements: Element[] = [];
  private asking = false;
  private stale = false;
  private selected: string | null = null;
  private target: { format: "svg" | "png"; file: vscode.Uri } | undefined;

  constructor(
    private readonly document: vscode.Uri,
    readonly panel: vscode.WebviewPanel,
    private readonly client: () => LanguageClient | undefined,
    private readonly log: vscode.LogOutputChannel,
  ) {
    panel.webview.onDidReceiveMessage((message: FromPreview) => this.received(message));
  }

  /** Asks for the graph as it is now. While an answer is awaited further calls are one. */
  async update(): Promise<void> {
    if (this.asking) {
      this.stale = true;
      return;
    }
    this.asking = true;
    try {
      do {
        this.stale = false;
        await this.ask();
      } while (this.stale);
    } finally {
      this.asking = false;
    }
  }

  /** Marks what stands at a position of the text. */
  select(position: vscode.Position): void {
    const at = this.elements.filter(({ range, statement }) => contains(statement ?? range, position));
    // The smallest one: an edge in a chain, not the statement around it.
    at.sort((a, b) => size(a.statement ?? a.range) - size(b.statement ?? b.range));
    const key = at[0]?.key ?? null;
    if (key !== this.selected) {
      this.selected = key;
      this.send({ type: "select", key });
    }
  }

  async export(format: "svg" | "png"): Promise<void> {
    const suggested = this.document.with({ scheme: "file", path: this.document.path.replace(/\.\w+$/, "") + `.${format}` });
    const file = await vscode.window.showSaveDialog({ defaultUri: suggested, filters: { Picture: [format] } });
    if (file) {
      this.target = { format, file };
      this.send({ type: "export", format });
    }
  }

  private async ask(): Promise<void> {
    const client = this.client();
    if (!client) {
      return;
    }
    const params = { textDocument: { uri: this.document.toString() } };
    try {
      const [dot, graph] = await Promise.all([
        client.sendRequest<{ version: number | null; text: string }>("dotwright/renderDot", params),
        client.sendRequest<GraphAnswer>("dotwright/graph", params),
      ]);
      if (dot.version !== graph.version) {
        this.stale = true;
        return;
      }
      const nodes = graph.nodes.map(({ key, id, range, statement }) => ({ key, range, statement, title: id }));
      const id = (index: number) => graph.nodes[index]?.id ?? "?";
      const edges = graph.edges.map(({ key, source, target, range }) => ({
        key,
        range,
        statement: null,
        title: `${id(source)} -> ${id(target)}`,
      }));
      this.elements = [...nodes, ...edges];
      this.send({ type: "graph", version: graph.version ?? 0, dot: dot.text, elements: this.elements });
    } catch (error) {
      this.log.warn(`no graph of ${this.document.toString()}: ${String(error)}`);
      this.send({ type: "failed", message: String(error) });
    }
  }

  private async received(message: FromPreview): Promise<void> {
    switch (message.type) {
      case "ready":
        await this.update();
        break;
      case "drawn":
        this.log.debug(`version ${message.version} drawn in ${message.milliseconds} ms`);
        break;
      case "reveal":
        await this.reveal(message.key);
        break;
      case "exported":
        await this.write(message.format, message.base64);
        break;
      case "log":
        this.log.warn(message.message);
        break;
    }
  }

  private async reveal(key: string): Promise<void> {
    const element = this.elements.find((element) => element.key === key);
    if (!element) {
      return;
    }
    const { start, end } = element.range;
    const range = new vscode.Range(start.line, start.character, end.line, end.character);
    const shown = vscode.window.visibleTextEditors.find(
      ({ document }) => document.uri.toString() === this.document.toString(),
    );
    const column = shown?.viewColumn ?? vscode.ViewColumn.One;
    const editor = await vscode.window.showTextDocument(this.document, { viewColumn: column, preview: false });
    editor.selection = new vscode.Selection(range.start, range.end);
    editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  private async write(format: "svg" | "png", base64: string): Promise<void> {
    if (this.target?.format !== format) {
      return;
    }
    const { file } = this.target;
    this.target = undefined;
    await vscode.workspace.fs.writeFile(file, Buffer.from(base64, "base64"));
    void vscode.window.setStatusBarMessage(`wrote ${vscode.workspace.asRelativePath(file)}`, 5000);
  }

  private send(message: ToPreview): void {
    void this.panel.webview.postMessage(message);
  }
}

function contains({ start, end }: Range, { line, character }: vscode.Position): boolean {
  const isBehindStart = line > start.line || (line === start.line && character >= start.character);
  const isBeforeEnd = line < end.line || (line === end.line && character <= end.character);
  return isBehindStart && isBeforeEnd;
}

function size({ start, end }: Range): number {
  return (end.line - start.line) * 10_000 + end.character - start.character;
}

function page(webview: vscode.Webview, extension: vscode.Uri, document: vscode.Uri): string {
  const nonce = crypto.randomBytes(16).toString("base64");
  const resource = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(extension, "dist", name)).toString();
  // Nothing is loaded from elsewhere. WebAssembly needs the permission to be compiled, the worker comes from a blob.
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'wasm-unsafe-eval' blob:`,
    "worker-src blob:",
    `connect-src ${webview.cspSource}`,
    `style-src ${webview.cspSource}`,
    "img-src data: blob:",
  ].join("; ");
  const state = JSON.stringify({ document: document.toString(), worker: resource("worker.js") });
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${resource("preview.css")}">
<title>Graph</title>
</head>
<body data-state="${state.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;")}">
<div id="toolbar" role="toolbar" aria-label="Graph">
<button id="fit" title="Show the whole graph">Fit</button>
<button id="in" title="Larger">+</button>
<button id="out" title="Smaller">&#8722;</button>
<span id="status" role="status"></span>
</div>
<div id="graph" tabindex="0" role="img" aria-label="Graph of the pipeline"></div>
<script nonce="${nonce}" src="${resource("preview.js")}"></script>
</body>
</html>`;
}
