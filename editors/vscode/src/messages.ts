// What the extension and the preview tell each other.

/** A place in the document, as in the language server protocol. */
export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

/** A node or an edge of the picture, by the id that the server gave it. */
export interface Element {
  key: string;
  range: Range;
  /** The whole statement, where the element has one. */
  statement: Range | null;
  title: string;
}

/** From the extension to the preview. */
export type ToPreview =
  | { type: "graph"; version: number; dot: string; elements: Element[] }
  | { type: "select"; key: string | null }
  | { type: "failed"; message: string }
  | { type: "export"; format: "svg" | "png" };

/** From the preview to the extension. */
export type FromPreview =
  | { type: "ready" }
  | { type: "drawn"; version: number; milliseconds: number }
  | { type: "reveal"; key: string }
  | { type: "exported"; format: "svg" | "png"; base64: string }
  | { type: "log"; message: string };

/** From the preview to its worker. */
export interface Draw {
  version: number;
  dot: string;
}

/** From the worker to the preview. */
export type Drawn = { version: number; svg: string } | { version: number; error: string };
