// One layout at a time: the latest graph wins, and one that takes too long is given up.

import type { Draw, Drawn } from "../messages.js";

/** Longer than this, in milliseconds, nobody waits for a picture. */
const PATIENCE = 20_000;

export class Painter {
  private worker: Worker | undefined;
  private busy: Draw | undefined;
  private next: Draw | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `script` is the text of the worker: a webview may start workers from blobs only. */
  constructor(
    private readonly script: string,
    private readonly drawn: (drawn: Drawn) => void,
  ) {}

  draw(graph: Draw): void {
    if (this.busy) {
      this.next = graph;
      return;
    }
    this.busy = graph;
    this.worker ??= this.start();
    this.timer = setTimeout(() => this.giveUp(), PATIENCE);
    this.worker.postMessage(graph);
  }

  private start(): Worker {
    const url = URL.createObjectURL(new Blob([this.script], { type: "text/javascript" }));
    const worker = new Worker(url);
    URL.revokeObjectURL(url);
    worker.onmessage = ({ data }: MessageEvent<Drawn>) => this.finished(data);
    worker.onerror = (event) => {
      this.stop();
      this.finished({ version: this.busy?.version ?? 0, error: event.message || "the renderer stopped" });
    };
    return worker;
  }

  private finished(drawn: Drawn): void {
    clearTimeout(this.timer);
    this.busy = undefined;
    const next = this.next;
    this.next = undefined;
    // A picture that is older than the text is still nearer to it than the one on the screen.
    this.drawn(drawn);
    if (next) {
      this.draw(next);
    }
  }

  private giveUp(): void {
    const version = this.busy?.version ?? 0;
    this.stop();
    this.finished({ version, error: `the layout takes longer than ${PATIENCE / 1000} s` });
  }

  private stop(): void {
    this.worker?.terminate();
    this.worker = undefined;
  }
}
