// Read-only views of a pipeline: with everything applied, and as Graphviz reads it.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

const SCHEME = "dotwright";

/** Which view. The name is the request that answers it. */
export type View = "expand" | "renderDot";

/** Shows views beside the editor and refreshes them as the pipeline changes. */
export class ExpandedDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly client: () => LanguageClient | undefined) {
    this.subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.refresh(document.uri)),
      this.changed,
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
  }

  async provideTextDocumentContent(view: vscode.Uri): Promise<string> {
    const answer = await this.client()?.sendRequest<{ text: string }>(`dotwright/${view.authority}`, {
      textDocument: { uri: view.query },
    });
    return answer?.text ?? "";
  }

  private refresh(document: vscode.Uri): void {
    for (const view of vscode.workspace.textDocuments) {
      if (view.uri.scheme === SCHEME && view.uri.query === document.toString()) {
        this.changed.fire(view.uri);
      }
    }
  }
}

/** Opens a view of a pipeline beside its editor. */
export async function showView(document: vscode.Uri, view: View): Promise<void> {
  const name = document.path.replace(/^.*\//, "");
  const uri = vscode.Uri.from({ scheme: SCHEME, authority: view, path: `/${name}`, query: document.toString() });
  const shown = await vscode.workspace.openTextDocument(uri);
  await vscode.languages.setTextDocumentLanguage(shown, "dot");
  await vscode.window.showTextDocument(shown, { viewColumn: vscode.ViewColumn.Beside, preview: true });
}
