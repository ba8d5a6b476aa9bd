// Makes the extension's package with the server inside: `node package.mjs [--server PATH] [--target linux-x64] [--out FILE]`.
// Without a server the package is the one for all platforms, which looks for `dotwright` on PATH.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, rmSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: { server: { type: "string" }, target: { type: "string" }, out: { type: "string" } },
});
const target = values.target ?? (values.server ? `${process.platform}-${process.arch}` : undefined);
const out = resolve(values.out ?? `dotwright${target ? `-${target}` : ""}.vsix`);
const folder = resolve(here, "server");

rmSync(folder, { recursive: true, force: true });
if (values.server) {
  mkdirSync(folder);
  const program = resolve(folder, basename(values.server));
  cpSync(values.server, program);
  chmodSync(program, 0o755);
}
const vsce = resolve(here, "node_modules/@vscode/vsce/vsce");
const args = ["package", "--no-dependencies", "--skip-license", "--out", out, ...(target ? ["--target", target] : [])];
execFileSync(process.execPath, [vsce, ...args], { cwd: here, stdio: "inherit" });
rmSync(folder, { recursive: true, force: true });
