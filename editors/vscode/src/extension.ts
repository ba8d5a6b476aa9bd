// The client of the dotwright language server, and what an editor can do beside it: the preview, terminals, views.

import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  State,
} from "vscode-languageclient/node";
import { LENS_COMMANDS, registerCommands } from "./commands.js";
import { ExpandedDocuments } from "./expanded.js";
import { Previews } from "./preview.js";
import { serverPath } from "./server.js";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("dotwright", { log: true });
  context.subscriptions.push(log);
  const current = () => client;
  const previews = new Previews(context, current, log);
  const expanded = new ExpandedDocuments(current);
  context.subscriptions.push(previews, expanded);
  registerCommands(context, { client: current, previews, log, restart: () => restart(context, log) });
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("dotwright.server.path")) {
        await restart(context, log);
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => restart(context, log)),
  );
  await start(context, log);
}

export async function deactivate(): Promise<void> {
  await client?.dispose();
}

async function restart(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<void> {
  const old = client;
  client = undefined;
  await old?.dispose();
  await start(context, log);
}

async function start(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<void> {
  const command = serverPath(context);
  log.info(`starting ${command} lsp`);
  const server: ServerOptions = { command, args: ["lsp"] };
  const options: LanguageClientOptions = {
    documentSelector: [
      { scheme: "file", language: "dot" },
      { scheme: "untitled", language: "dot" },
    ],
    initializationOptions: {
      settings: vscode.workspace.getConfiguration("dotwright"),
      clientCommands: LENS_COMMANDS.map((name) => `dotwright.${name}`),
    },
    synchronize: { configurationSection: "dotwright" },
    outputChannel: log,
    markdown: { isTrusted: false, supportHtml: false },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue }),
      closed: () => ({
        action: CloseAction.DoNotRestart,
        message: "The dotwright server stopped. `Dotwright: Restart Server` starts it again.",
      }),
    },
  };
  const started = new LanguageClient("dotwright", "dotwright", server, options);
  client = started;
  started.onDidChangeState(({ newState }) => {
    if (newState === State.Running) {
      log.info("the server runs");
    }
  });
  try {
    await started.start();
  } catch (error) {
    log.error(String(error));
    const settings = "Open Settings";
    const choice = await vscode.window.showErrorMessage(
      `The dotwright server could not be started: ${command}. Install it, or set dotwright.server.path.`,
      settings,
    );
    if (choice === settings) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "dotwright.server.path");
    }
  }
}
