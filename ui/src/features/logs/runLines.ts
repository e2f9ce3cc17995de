import type { components } from "@/api/gen/ui";

export type RunLogLine = components["schemas"]["RunLogLine"];
export type RunLogWindow = components["schemas"]["RunLogWindow"];

interface Piece {
  lines: readonly RunLogLine[];
  /** Cursors: what lies before and behind these lines. */
  before: string;
  after: string;
}

/** What is loaded of a run's log: windows that touch each other. */
export interface RunLines {
  pieces: readonly Piece[];
  lines: readonly RunLogLine[];
  before: string;
  after: string;
  atStart: boolean;
  atEnd: boolean;
  /** The run has ended and its last line is here. */
  isComplete: boolean;
  tasks: readonly string[];
}

const keepLines = 20_000;

function made(
  pieces: readonly Piece[],
  rest: Omit<RunLines, "pieces" | "lines" | "before" | "after">,
): RunLines {
  return {
    ...rest,
    pieces,
    lines: pieces.flatMap((piece) => piece.lines),
    before: pieces[0]?.before ?? "",
    after: pieces.at(-1)?.after ?? "",
  };
}

export const opened = (window: RunLogWindow, at: "head" | "tail"): RunLines =>
  made([window], {
    atStart: at === "head" || window.is_exhausted,
    atEnd: at === "tail" || window.is_exhausted,
    isComplete: window.is_complete && (at === "tail" || window.is_exhausted),
    tasks: window.tasks,
  });

/** The pieces that stay, counted from one end: whole ones, so that their cursors remain true. */
function kept(pieces: readonly Piece[], keep: number): number {
  let lines = 0;
  let count = 0;
  for (const piece of pieces) {
    lines += piece.lines.length;
    if (count && lines > keep) break;
    count++;
  }
  return count;
}

/** With the window before; windows at the far end are let go when it gets too much. */
export function withEarlier(loaded: RunLines, window: RunLogWindow, keep = keepLines): RunLines {
  // An empty window only moves the cursor on.
  const all = window.lines.length
    ? [window, ...loaded.pieces]
    : loaded.pieces.map((piece, at) => (at === 0 ? { ...piece, before: window.before } : piece));
  const count = kept(all, keep);
  const isCut = count < all.length;
  return made(all.slice(0, count), {
    atStart: window.is_exhausted,
    atEnd: loaded.atEnd && !isCut,
    isComplete: loaded.isComplete && !isCut,
    tasks: window.tasks,
  });
}

/** With the window behind. */
export function withLater(loaded: RunLines, window: RunLogWindow, keep = keepLines): RunLines {
  const last = loaded.pieces.length - 1;
  const all = window.lines.length
    ? [...loaded.pieces, window]
    : loaded.pieces.map((piece, at) => (at === last ? { ...piece, after: window.after } : piece));
  const count = kept(all.toReversed(), keep);
  return made(all.slice(all.length - count), {
    atStart: loaded.atStart && count === all.length,
    atEnd: window.is_exhausted,
    isComplete: window.is_complete && window.is_exhausted,
    tasks: window.tasks,
  });
}

/** `load [3]`, and which try when it is not the first. */
export const taskOf = (line: Pick<RunLogLine, "task_id" | "map_index">): string =>
  line.map_index < 0 ? line.task_id : `${line.task_id} [${line.map_index}]`;

export const keyOf = (line: Pick<RunLogLine, "try_id" | "offset">): string => `${line.try_id}:${line.offset}`;

/** A number of 0–11 for a task's name, the same on every visit: the tone of its edge. */
export function toneOf(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return sum % 12;
}
