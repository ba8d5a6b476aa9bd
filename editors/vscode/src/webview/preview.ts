// Draws the graph, answers clicks, marks what the cursor of the editor is at.

import type { Drawn, Element as GraphElement, FromPreview, ToPreview } from "../messages.js";
import { Painter } from "./painter.js";
import { svgText, toPng } from "./picture.js";
import { View } from "./view.js";

declare function acquireVsCodeApi(): { postMessage(message: FromPreview): void; setState(state: unknown): void };

const editor = acquireVsCodeApi();
const state = JSON.parse(document.body.dataset.state ?? "{}") as { document: string; worker: string };
editor.setState({ document: state.document });

const frame = document.querySelector<HTMLElement>("#graph")!;
const status = document.querySelector<HTMLElement>("#status")!;
const view = new View(frame);
let elements = new Map<string, GraphElement>();
let drawnElements = elements;
let selected: string | null = null;
let begin = 0;

function show(drawn: Drawn): void {
  if ("error" in drawn) {
    // The last good picture stays.
    status.textContent = drawn.error;
    status.className = "error";
    return;
  }
  const parsed = new DOMParser().parseFromString(drawn.svg, "image/svg+xml");
  const picture = parsed.documentElement;
  for (const active of picture.querySelectorAll("script, foreignObject, a")) {
    active.replaceWith(...active.childNodes);
  }
  frame.replaceChildren(document.importNode(picture, true));
  drawnElements = elements;
  view.refresh();
  mark(selected);
  status.className = "";
  status.textContent = "";
  frame.dataset.version = String(drawn.version);
  editor.postMessage({ type: "drawn", version: drawn.version, milliseconds: Math.round(performance.now() - begin) });
}

function element(key: string): Element | null {
  return frame.querySelector(`#${CSS.escape(key)}`);
}

function mark(key: string | null): void {
  frame.querySelector(".selected")?.classList.remove("selected");
  selected = key;
  const found = key === null ? null : element(key);
  if (found) {
    found.classList.add("selected");
    view.show(found);
  }
}

function clicked(event: MouseEvent): void {
  const group = (event.target as Element | null)?.closest("g.node, g.edge");
  if (group && drawnElements.has(group.id)) {
    mark(group.id);
    editor.postMessage({ type: "reveal", key: group.id });
  }
}

async function exportPicture(format: "svg" | "png"): Promise<void> {
  const picture = frame.querySelector("svg");
  if (!picture) {
    return;
  }
  const base64 = format === "svg" ? svgText(picture) : await toPng(picture);
  editor.postMessage({ type: "exported", format, base64 });
}

async function main(): Promise<void> {
  const script = await (await fetch(state.worker)).text();
  const painter = new Painter(script, show);
  addEventListener("message", ({ data }: MessageEvent<ToPreview>) => {
    switch (data.type) {
      case "graph":
        elements = new Map(data.elements.map((element) => [element.key, element]));
        begin = performance.now();
        painter.draw({ version: data.version, dot: data.dot });
        break;
      case "select":
        mark(data.key);
        break;
      case "failed":
        status.textContent = data.message;
        status.className = "error";
        break;
      case "export":
        void exportPicture(data.format);
        break;
    }
  });
  editor.postMessage({ type: "ready" });
}

frame.addEventListener("click", clicked);
document.querySelector("#fit")?.addEventListener("click", () => view.fit());
document.querySelector("#in")?.addEventListener("click", () => view.zoom(1));
document.querySelector("#out")?.addEventListener("click", () => view.zoom(-1));
main().catch((error: unknown) => {
  status.textContent = String(error);
  status.className = "error";
  editor.postMessage({ type: "log", message: String(error) });
});
