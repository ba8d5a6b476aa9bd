// Lays graphs out with Graphviz, away from the thread that scrolls and clicks.

import { instance } from "@viz-js/viz";
import type { Draw, Drawn } from "../messages.js";

const graphviz = instance();

addEventListener("message", async ({ data }: MessageEvent<Draw>) => {
  const answer = await draw(data);
  postMessage(answer);
});

async function draw({ version, dot }: Draw): Promise<Drawn> {
  try {
    const result = (await graphviz).render(dot, { format: "svg" });
    if (result.status === "success") {
      return { version, svg: result.output };
    }
    const errors = result.errors.filter(({ level }) => level !== "warning").map(({ message }) => message);
    return { version, error: errors.join("; ") || "Graphviz drew nothing" };
  } catch (error) {
    return { version, error: String(error) };
  }
}
