// Which server runs.

import * as fs from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";

const PROGRAM = process.platform === "win32" ? "dotwright.exe" : "dotwright";

/** The server of the setting, else the one in the extension, else the one on `PATH`. */
export function serverPath(context: vscode.ExtensionContext): string {
  const configured = vscode.workspace.getConfiguration("dotwright").get<string | null>("server.path");
  if (configured) {
    return configured;
  }
  const bundled = path.join(context.extensionPath, "server", PROGRAM);
  return fs.existsSync(bundled) ? bundled : PROGRAM;
}
