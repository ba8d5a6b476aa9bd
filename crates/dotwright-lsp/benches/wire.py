#!/usr/bin/env python3
"""Times `dotwright lsp` against nikeee's server, keystroke for keystroke, in one run.

    cargo build --release -p dotwright
    python3 crates/dotwright-lsp/benches/wire.py [--alone] [FILE...]

Both servers have the same file open and get the same keystrokes in turn, so that a busy machine slows both. The other
one collects its garbage while ours works, which shows in the slowest times; `--alone` leaves it out. Packages of npm are
installed under target/ at the first run. Prints a table in Markdown; times are in milliseconds.
"""

import argparse
import itertools
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import time
from queue import Empty, Queue

ROOT = pathlib.Path(__file__).resolve().parents[3]
PEER = ROOT / "target" / "bench-lsp"
PACKAGES = ["dot-language-support@4.3.1", "vscode-languageserver@9.0.1", "vscode-languageserver-textdocument@1.0.12"]
# The library of nikeee's server behind the smallest connection that does what his does on a change.
PEER_PROGRAM = """
const { createConnection, TextDocuments, TextDocumentSyncKind } = require("vscode-languageserver/node");
const { TextDocument } = require("vscode-languageserver-textdocument");
const service = require("dot-language-support").createService();
const connection = createConnection(process.stdin, process.stdout);
const documents = new TextDocuments(TextDocument);
const parsed = new Map();
const at = (feature) => ({ textDocument, position }) =>
  feature(documents.get(textDocument.uri), parsed.get(textDocument.uri), position);
connection.onInitialize(() => ({ capabilities: {
  textDocumentSync: TextDocumentSyncKind.Incremental, hoverProvider: true, definitionProvider: true,
  completionProvider: {},
} }));
connection.onHover(at((document, file, position) => service.hover(document, file, position)));
connection.onDefinition(at((document, file, position) => service.findDefinition(document, file, position)));
connection.onCompletion(at((document, file, position) => service.getCompletions(document, file, position)));
documents.onDidChangeContent(({ document }) => {
  const file = service.parseDocument(document);
  parsed.set(document.uri, file);
  const diagnostics = service.validateDocument(document, file);
  connection.sendDiagnostics({ uri: document.uri, version: document.version, diagnostics });
});
documents.listen(connection);
connection.listen();
"""


class Server:
    """One conversation."""

    def __init__(self, name, command):
        self.name = name
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.inbox = Queue()
        self.ids = itertools.count(1)
        threading.Thread(target=self.read, daemon=True).start()
        text = {"publishDiagnostics": {"versionSupport": True}, "synchronization": {}}
        params = {"processId": os.getpid(), "rootUri": None, "capabilities": {"textDocument": text}}
        self.request("initialize", params)
        self.start = (time.perf_counter() - begin) * 1000
        self.notify("initialized", {})

    def read(self):
        output = self.process.stdout
        while True:
            length = 0
            while (line := output.readline().strip()):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not length:
                return
            body = output.read(length)
            self.inbox.put((time.perf_counter(), json.loads(body)))

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        begin = time.perf_counter()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()
        return begin

    def notify(self, method, params):
        return self.send({"method": method, "params": params})

    def wait(self, wanted):
        while True:
            try:
                when, message = self.inbox.get(timeout=120)
            except Empty:
                sys.exit(f"{self.name} does not answer")
            if "method" in message and "id" in message:
                self.send({"id": message["id"], "result": None})
            elif wanted(message):
                return when, message

    def request(self, method, params):
        number = next(self.ids)
        begin = self.send({"id": number, "method": method, "params": params})
        when, message = self.wait(lambda message: message.get("id") == number)
        return (when - begin) * 1000, message

    def findings(self, begin, version):
        def wanted(message):
            params = message.get("params") or {}
            published = message.get("method") == "textDocument/publishDiagnostics"
            return published and params.get("version", version) == version

        when, message = self.wait(wanted)
        return (when - begin) * 1000, len(message["params"]["diagnostics"])

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024

    def end(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait(10)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def pipeline(nodes):
    """A pipeline of so many nodes, always the same."""
    draw = random.Random(nodes)
    words = "plan review test build deploy measure summarize the change against its criteria".split()
    prompt = lambda: " ".join(draw.choice(words) for _ in range(24))
    lines = ["digraph bench {", '    goal="measure";', "    start [shape=Mdiamond];", "    done [shape=Msquare];"]
    for number in range(nodes):
        lines.append(f'    work_{number} [shape=box, label="Work {number}", prompt="{prompt()}", max_retries=2];')
    lines.append("    start -> work_0;")
    for number in range(nodes - 1):
        lines.append(f'    work_{number} -> work_{number + 1} [condition="outcome=success"];')
        lines.append(f'    work_{number} -> work_{draw.randrange(nodes)} [condition="outcome=fail"];')
    lines.append(f"    work_{nodes - 1} -> done;")
    return "\n".join(lines + ["}", ""])


def measure(servers, name, text, keys):
    uri = f"file:///nowhere/{name}"
    middle = re.compile(r"(?m)^    (\w+) \[").search(text, len(text) // 2)
    line = text.count("\n", 0, middle.start(1))
    column = 4 + len(middle.group(1))
    times = {server.name: {"keystroke": []} for server in servers}
    for server in servers:
        document = {"uri": uri, "languageId": "dot", "version": 0, "text": text}
        begin = server.notify("textDocument/didOpen", {"textDocument": document})
        times[server.name]["open"] = [server.findings(begin, 0)[0]]
    for version in range(1, keys + 1):
        place = {"line": line, "character": column + version - 1}
        change = {"range": {"start": place, "end": place}, "text": "abcdefghij"[version % 10]}
        order = servers if version % 2 else servers[::-1]
        for server in order:
            document = {"uri": uri, "version": version}
            begin = server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
            times[server.name]["keystroke"].append(server.findings(begin, version)[0])
    position = {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}
    for feature in ["completion", "hover", "definition"]:
        for server in servers:
            one = [server.request(f"textDocument/{feature}", position)[0] for _ in range(keys)]
            times[server.name][feature] = one
    ours = servers[0]
    begin = time.perf_counter()
    for number in range(20):
        version += 1
        place = {"line": line, "character": column}
        change = {"range": {"start": place, "end": place}, "text": "x"}
        ours.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]})
    ours.findings(begin, version)
    end = time.perf_counter()
    # The largest answers decide the peak of memory, and the other server has none of them.
    for feature in ["documentSymbol", "semanticTokens/full"]:
        ours.request(f"textDocument/{feature}", {"textDocument": {"uri": uri}})
    burst = (end - begin) * 1000 / percentile(times[ours.name]["keystroke"], 0.5)
    return times, burst


def peer():
    if not (PEER / "node_modules").is_dir():
        PEER.mkdir(parents=True, exist_ok=True)
        (PEER / "package.json").write_text("{}")
        subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", *PACKAGES], cwd=PEER, check=True)
    (PEER / "server.js").write_text(PEER_PROGRAM)
    return ["node", str(PEER / "server.js")]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="*", type=pathlib.Path, help="pipelines, instead of made ones")
    arguments.add_argument("--server", default=ROOT / "target" / "release" / "dotwright", help="our program")
    arguments.add_argument("--alone", action="store_true", help="without the other server")
    arguments.add_argument("--keys", type=int, default=100, help="keystrokes for each file")
    arguments = arguments.parse_args()
    files = [(path.name, path.read_text()) for path in arguments.files]
    files = files or [(f"{nodes}.dot", pipeline(nodes)) for nodes in (10, 100, 1000, 10000)]
    heads = ["file", "bytes", "what", "dotwright p50", "p99"]
    heads += [] if arguments.alone else ["nikeee p50", "p99", "times faster"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    notes = []
    for name, text in files:
        servers = [Server("dotwright", [str(arguments.server), "lsp"])]
        if not arguments.alone:
            servers.append(Server("nikeee", peer()))
        keys = max(10, min(arguments.keys, 20_000_000 // len(text)))
        times, burst = measure(servers, name, text, keys)
        for what in ["open", "keystroke", "completion", "hover", "definition"]:
            values = [times[server.name][what] for server in servers]
            cells = [f"{percentile(value, part):.2f}" for value in values for part in (0.5, 0.99)]
            if not arguments.alone:
                ours, theirs = (percentile(value, 0.5) for value in values)
                cells.append(f"{theirs / ours:.1f}")
            print(f"| {name} | {len(text.encode())} | {what} | {' | '.join(cells)} |", flush=True)
        start = ", ".join(f"{server.name} {server.start:.0f} ms and {server.memory():.0f} MB" for server in servers)
        notes.append(f"- {name}: start and peak memory: {start}; 20 keystrokes at once cost {burst:.1f} single ones")
        for server in servers:
            server.end()
    print("\n" + "\n".join(notes))


main()
