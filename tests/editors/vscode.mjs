// A person with the extension in VS Code: install it, open a pipeline, read the problem, take a completion and a quick
// fix, look at the graph and click a node. Everything is real: code-server, its extension host, Chromium, the server.
//
//     node tests/editors/vscode.mjs --code-server FOLDER --vsix FILE --out FOLDER
//
// Screenshots of each step land in the folder of --out.
import { spawn, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values } = parseArgs({
  options: { "code-server": { type: "string" }, vsix: { type: "string" }, out: { type: "string" } },
});
const codeServer = resolve(values["code-server"], "node_modules/.bin/code-server");
const out = resolve(values.out);
const PATIENCE = 60_000;

const PIPELINE = `digraph Release {
    goal="Release what was tested"
    start [shape=Mdiamond]
    test [shape=parallelogram, tool_command="make test", timeout="600s"]
    publish [shape=parallelogram, tool_command="make publish", timeout="600s"]
    exit [shape=Msquare]
    start -> test
    test -> publsh [condition="outcome=success"]
    publish -> exit
}
`;

function check(truth, message) {
  if (!truth) throw new Error(message);
}

async function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

function browser() {
  const found = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  check(found, "no Chromium is installed");
  return found;
}

class Editor {
  constructor(page) {
    this.page = page;
    this.shots = 0;
  }

  async shot(name) {
    this.shots += 1;
    await this.page.screenshot({ path: join(out, `${this.shots}-${name}.png`) });
  }

  async command(title) {
    await this.page.keyboard.press("F1");
    await this.page.waitForSelector(".quick-input-widget input", { timeout: PATIENCE });
    await this.page.keyboard.type(title);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().click();
  }

  async open(file) {
    const row = this.page.locator(".explorer-folders-view .monaco-list-row", { hasText: file });
    await row.dblclick();
    await this.page.waitForSelector(".monaco-editor .view-line", { timeout: PATIENCE });
  }

  /** Goes to a line and a column, both from 1. */
  async go(line, column) {
    await this.page.keyboard.press("Control+1");
    await this.page.keyboard.press("Control+g");
    await this.page.waitForSelector(".quick-input-widget input", { timeout: PATIENCE });
    await this.page.keyboard.type(`${line}:${column}`);
    await this.page.keyboard.press("Enter");
    await this.cursor(line);
  }

  /** Waits until the cursor is in a line. */
  async cursor(line) {
    const status = this.page.locator("#status\\.editor\\.selection", { hasText: `Ln ${line},` });
    await status.waitFor({ timeout: PATIENCE });
  }

  async text() {
    const lines = await this.page.locator(".monaco-editor .view-lines").first().innerText();
    return lines.replaceAll("\u00a0", " ");
  }

  async waitForText(wanted) {
    const begin = Date.now();
    while (!(await this.text()).includes(wanted)) {
      check(Date.now() - begin < PATIENCE, `the editor never shows ${JSON.stringify(wanted)}:\n${await this.text()}`);
      await this.page.waitForTimeout(100);
    }
  }

  /** The frame that holds the picture. */
  async graph() {
    const begin = Date.now();
    for (;;) {
      for (const frame of this.page.frames()) {
        if (await frame.locator("#graph svg g.node").count().catch(() => 0)) return frame;
      }
      check(Date.now() - begin < PATIENCE, "the preview never draws a node");
      await this.page.waitForTimeout(100);
    }
  }
}

async function steps(editor) {
  const { page } = editor;
  await page.waitForSelector(".explorer-folders-view .monaco-list-row", { timeout: PATIENCE });
  await editor.open("release.dot");
  await page.waitForSelector(".squiggly-error", { timeout: PATIENCE });
  const language = await page.locator("#status\\.editor\\.mode").innerText();
  check(language.includes("DOT"), `the language is ${language}`);
  await editor.shot("squiggle");

  await page.keyboard.press("Control+Shift+M");
  const problem = page.locator(".markers-panel .monaco-list-row", { hasText: "publsh" }).first();
  await problem.waitFor({ timeout: PATIENCE });
  const problems = (await page.locator(".markers-panel .monaco-list-row").allInnerTexts()).join("\n");
  check(problems.includes("undeclared-node"), `no undeclared-node among the problems:\n${problems}`);
  await editor.shot("problems");
  await page.keyboard.press("Control+j");

  await editor.go(8, 14);
  await page.keyboard.press("Control+.");
  const fix = page.locator(".action-widget .monaco-list-row", { hasText: "publish" }).first();
  await fix.waitFor({ timeout: PATIENCE });
  await editor.shot("quick-fix");
  await page.keyboard.press("Enter");
  await editor.waitForText("test -> publish [");
  await page.waitForSelector(".squiggly-error", { state: "detached", timeout: PATIENCE });

  await editor.go(8, 48);
  await page.keyboard.press("Shift+Control+ArrowLeft");
  await page.keyboard.press("Delete");
  await editor.waitForText('condition="outcome="');
  await page.keyboard.press("Control+Space");
  const item = page.locator(".suggest-widget .monaco-list-row", { hasText: "success" }).first();
  await item.waitFor({ timeout: PATIENCE });
  await editor.shot("completion");
  await item.click();
  await editor.waitForText('condition="outcome=success"');

  await editor.command("Dotwright: Show Graph to the Side");
  const graph = await editor.graph();
  const nodes = await graph.locator("#graph svg g.node").count();
  check(nodes === 4, `the picture has ${nodes} nodes`);
  await graph.locator("#graph svg g.node", { hasText: "publish" }).click();
  await editor.cursor(5);
  await graph.locator("#graph svg g.node.selected", { hasText: "publish" }).waitFor({ timeout: PATIENCE });
  await editor.shot("graph");

  // The other way round: the cursor in a line marks what stands there.
  await editor.go(4, 6);
  await graph.locator("#graph svg g.node.selected", { hasText: "test" }).waitFor({ timeout: PATIENCE });
  // A broken text keeps the picture.
  await page.keyboard.type("[[[");
  await page.waitForSelector(".squiggly-error", { timeout: PATIENCE });
  check((await graph.locator("#graph svg g.node").count()) > 0, "the picture is gone while the text is broken");
  await editor.shot("broken");
}

async function main() {
  mkdirSync(out, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), "dotwright-vscode-"));
  const folder = join(scratch, "work");
  mkdirSync(folder);
  writeFileSync(join(folder, "release.dot"), PIPELINE);
  const settings = join(scratch, "data/User");
  mkdirSync(settings, { recursive: true });
  writeFileSync(
    join(settings, "settings.json"),
    JSON.stringify({ "workbench.startupEditor": "none", "security.workspace.trust.enabled": false, "editor.minimap.enabled": false, "telemetry.telemetryLevel": "off", "chat.commandCenter.enabled": false, "workbench.colorTheme": "Default Light Modern" }),
  );
  const places = ["--user-data-dir", join(scratch, "data"), "--extensions-dir", join(scratch, "extensions")];
  execFileSync(codeServer, [...places, "--install-extension", resolve(values.vsix)], { stdio: "inherit" });
  const port = await freePort();
  const flags = ["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"];
  const server = spawn(codeServer, [...places, ...flags, folder], { stdio: ["ignore", "pipe", "inherit"], detached: true });
  let failure;
  try {
    await new Promise((done, fail) => {
      server.stdout.on("data", (text) => String(text).includes("HTTP server listening") && done());
      server.on("exit", (code) => fail(new Error(`code-server ended with ${code}`)));
    });
    const context = await chromium.launchPersistentContext(join(scratch, "browser"), {
      executablePath: browser(),
      headless: true,
      viewport: { width: 1400, height: 860 },
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
    const page = context.pages()[0] ?? (await context.newPage());
    const editor = new Editor(page);
    try {
      await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`);
      await page.waitForSelector(".monaco-workbench", { timeout: PATIENCE });
      await steps(editor);
    } catch (error) {
      await editor.shot("failure");
      failure = error;
    } finally {
      await context.close();
    }
  } finally {
    process.kill(-server.pid, "SIGTERM");
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
  if (failure) throw failure;
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
