// The commands of the palette and of code lenses.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { showView } from "./expanded.js";
import type { Range } from "./messages.js";
import type { Previews } from "./preview.js";
import { serverPath } from "./server.js";

/** What code lenses of the server may call. */
export const LENS_COMMANDS = ["run", "simulate", "explain", "showGraph", "showPlaces"];

export interface Parts {
  client: () => LanguageClient | undefined;
  previews: Previews;
  log: vscode.LogOutputChannel;
  restart: () => Promise<void>;
}

export function registerCommands(context: vscode.ExtensionContext, parts: Parts): void {
  const register = (name: string, run: (...args: never[]) => unknown) =>
    context.subscriptions.push(vscode.commands.registerCommand(`dotwright.${name}`, run));
  register("showGraph", (uri?: unknown) => withDocument(uri, (document) => parts.previews.show(document)));
  register("exportSvg", () => parts.previews.export("svg"));
  register("exportPng", () => parts.previews.export("png"));
  register("explain", (uri?: unknown) => withDocument(uri, (document) => showView(document, "expand")));
  register("exportDot", (uri?: unknown) => withDocument(uri, (document) => showView(document, "renderDot")));
  register("run", (uri?: unknown) => withDocument(uri, (document) => inTerminal(context, "run", document)));
  register("simulate", (uri?: unknown) => withDocument(uri, (document) => inTerminal(context, "simulate", document)));
  register("restartServer", parts.restart);
  register("showLog", () => parts.log.show());
  register("showPlaces", showPlaces);
}

/** The document of an argument, which is a string from the server and an object from a menu, else the open one. */
async function withDocument(argument: unknown, run: (document: vscode.Uri) => unknown): Promise<void> {
  const uri =
    typeof argument === "string"
      ? vscode.Uri.parse(argument)
      : argument instanceof vscode.Uri
        ? argument
        : vscode.window.activeTextEditor?.document.uri;
  if (uri) {
    await run(uri);
  }
}

async function inTerminal(
  context: vscode.ExtensionContext,
  command: "run" | "simulate",
  document: vscode.Uri,
): Promise<void> {
  if (command === "run" && !vscode.workspace.isTrusted) {
    await vscode.window.showWarningMessage("Pipelines run commands. Trust the workspace to run one.");
    return;
  }
  const open = vscode.workspace.textDocuments.find((known) => known.uri.toString() === document.toString());
  if (open?.isDirty && !(await open.save())) {
    return;
  }
  const folder = vscode.workspace.getWorkspaceFolder(document)?.uri;
  // The program and its arguments go to the system as they are: no shell reads the path of a file.
  const terminal = vscode.window.createTerminal({
    name: `dotwright ${command}`,
    shellPath: serverPath(context),
    shellArgs: [command, document.fsPath],
    ...(folder ? { cwd: folder } : {}),
  });
  terminal.show();
}

/** Shows places of a code lens in a peek view. */
async function showPlaces(uri: string, position: Range["start"], places: Range[]): Promise<void> {
  const document = vscode.Uri.parse(uri);
  const at = ({ line, character }: Range["start"]) => new vscode.Position(line, character);
  const locations = places.map(({ start, end }) => new vscode.Location(document, new vscode.Range(at(start), at(end))));
  await vscode.commands.executeCommand("editor.action.showReferences", document, at(position), locations);
}
