import type { components } from "@/api/gen/ui";

export type LogLine = components["schemas"]["LogLine"];
export type LogWindow = components["schemas"]["LogWindow"];

/** What is loaded of a log: one run of whole lines, without gaps. */
export interface Loaded {
  lines: readonly LogLine[];
  /** Byte offsets: of the first line, behind the last line. */
  start: number;
  end: number;
  size: number;
  isComplete: boolean;
  /** Number of the first line when it is known. */
  firstNumber: number | null;
  missing: string | null;
}

export const fromWindow = (window: LogWindow): Loaded => ({
  lines: window.lines,
  start: window.start,
  end: window.end,
  size: window.size,
  isComplete: window.is_complete,
  firstNumber: window.first_line_number ?? null,
  missing: window.missing ?? null,
});

/**
 * Joins a window that lies directly before or behind what is loaded; one that does not touch it replaces it. At most
 * `keep` lines stay, dropped at the far end, so that following a log for days costs no memory.
 */
export function join(loaded: Loaded, window: LogWindow, keep = 50_000): Loaded {
  const next = fromWindow(window);
  if (window.start === loaded.end) {
    const lines = [...loaded.lines, ...next.lines];
    const dropped = Math.max(0, lines.length - keep);
    const kept = dropped ? lines.slice(dropped) : lines;
    return {
      ...next,
      lines: kept,
      start: kept[0]?.offset ?? loaded.start,
      firstNumber: loaded.firstNumber === null ? null : loaded.firstNumber + dropped,
    };
  }
  if (window.end === loaded.start) {
    const lines = [...next.lines, ...loaded.lines];
    const kept = lines.slice(0, keep);
    const last = kept.length < lines.length ? lines[kept.length] : undefined;
    return {
      ...loaded,
      size: Math.max(loaded.size, next.size),
      isComplete: next.isComplete || loaded.isComplete,
      lines: kept,
      start: next.start,
      end: last ? last.offset : loaded.end,
      firstNumber:
        next.firstNumber ?? (loaded.firstNumber === null ? null : loaded.firstNumber - next.lines.length),
    };
  }
  return next;
}

/** From the least to the most severe; "" is plain output. */
export const levels = ["debug", "info", "warning", "error", "critical"] as const;
export type Level = (typeof levels)[number];

/** Lines that the reader wants to see; plain output always is. An empty choice means everything. */
export function shown(
  lines: readonly LogLine[],
  chosen: ReadonlySet<string>,
  source: string,
): readonly LogLine[] {
  if (!chosen.size && !source) return lines;
  return lines.filter(
    (line) => (!chosen.size || !line.level || chosen.has(line.level)) && (!source || line.source === source),
  );
}

/** Loggers and streams that occur, by name. */
export const sourcesOf = (lines: readonly LogLine[]): string[] =>
  [...new Set(lines.map((line) => line.source).filter(Boolean))].sort();

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const escapes = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

/** Text without colours and cursor movements. */
export const plain = (text: string): string => text.replace(escapes, "");

/** What is copied: as on screen, or the message alone. */
export function copyText(
  lines: readonly LogLine[],
  options: { time: (at: string) => string; withTime: boolean; withLevel: boolean },
): string {
  return lines
    .map((line) => {
      const parts: string[] = [];
      if (options.withTime && line.at) parts.push(options.time(line.at));
      if (options.withLevel && line.level) parts.push(line.level.toUpperCase());
      parts.push(plain(line.text));
      return parts.join(" ");
    })
    .join("\n");
}

/** Place of the first line at or behind `offset`; the last one when there is none. */
export function placeOf(lines: readonly LogLine[], offset: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle] as LogLine).offset < offset) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, Math.max(0, lines.length - 1));
}

/** A traceback is folded to its last line; anything else is shown as it is. */
export function foldable(text: string): { head: string; last: string; hidden: number } | null {
  const rows = text.split("\n");
  const at = rows.findIndex((row) => row.startsWith("Traceback (most recent call last)"));
  if (at < 0 || rows.length - at < 4) return null;
  let end = rows.length - 1;
  while (end > at && !(rows[end] ?? "").trim()) end--;
  return { head: rows.slice(0, at).join("\n"), last: rows[end] ?? "", hidden: end - at };
}

/** `#L1234` → 1234: the byte offset of the line that a link names. */
export function offsetOf(hash: string): number | null {
  const found = /^#?L(\d+)$/.exec(hash);
  return found ? Number(found[1]) : null;
}
