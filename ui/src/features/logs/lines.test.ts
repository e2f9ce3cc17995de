import { describe, expect, it } from "vitest";
import {
  copyText,
  foldable,
  fromWindow,
  join,
  type LogLine,
  type LogWindow,
  offsetOf,
  placeOf,
  plain,
  shown,
  sourcesOf,
} from "./lines";

const line = (offset: number, text = `line ${offset}`, more: Partial<LogLine> = {}): LogLine => ({
  offset,
  at: "2026-11-26T05:00:00Z",
  level: "info",
  source: "task",
  text,
  is_cut: false,
  extra: {},
  ...more,
});
const part = (start: number, end: number, offsets: number[], more: Partial<LogWindow> = {}): LogWindow => ({
  lines: offsets.map((offset) => line(offset)),
  start,
  end,
  size: 1000,
  is_complete: false,
  first_line_number: null,
  missing: null,
  ...more,
});
const offsets = (lines: readonly LogLine[]) => lines.map((one) => one.offset);

describe("what is loaded of a log", () => {
  it("grows at its end, and learns that the try has ended", () => {
    const loaded = join(
      fromWindow(part(0, 20, [0, 10])),
      part(20, 40, [20, 30], { is_complete: true, size: 40 }),
    );
    expect(offsets(loaded.lines)).toEqual([0, 10, 20, 30]);
    expect([loaded.start, loaded.end, loaded.size, loaded.isComplete]).toEqual([0, 40, 40, true]);
  });

  it("grows at its beginning, counting line numbers down", () => {
    const loaded = join({ ...fromWindow(part(20, 40, [20, 30])), firstNumber: 3 }, part(0, 20, [0, 10]));
    expect(offsets(loaded.lines)).toEqual([0, 10, 20, 30]);
    expect(loaded.firstNumber).toBe(1);
    expect([loaded.start, loaded.end]).toEqual([0, 40]);
  });

  it("is replaced by a window that does not touch it", () => {
    const loaded = join(fromWindow(part(0, 20, [0, 10])), part(500, 520, [500, 510]));
    expect(offsets(loaded.lines)).toEqual([500, 510]);
  });

  it("lets go of lines at the far end, and knows where to go on", () => {
    const later = join(fromWindow(part(0, 20, [0, 10])), part(20, 40, [20, 30]), 3);
    expect([offsets(later.lines), later.start, later.end]).toEqual([[10, 20, 30], 10, 40]);
    const earlier = join(fromWindow(part(20, 40, [20, 30])), part(0, 20, [0, 10]), 3);
    expect([offsets(earlier.lines), earlier.start, earlier.end]).toEqual([[0, 10, 20], 0, 30]);
  });
});

describe("lines on screen", () => {
  const lines = [
    line(0, "a"),
    line(5, "b", { level: "error", source: "x" }),
    line(9, "c", { level: "", source: "y" }),
  ];

  it("are those of the chosen levels, and plain output", () => {
    expect(offsets(shown(lines, new Set(["error"]), ""))).toEqual([5, 9]);
    expect(shown(lines, new Set(), "")).toBe(lines);
    expect(offsets(shown(lines, new Set(), "x"))).toEqual([5]);
    expect(sourcesOf(lines)).toEqual(["task", "x", "y"]);
  });

  it("are found by offset", () => {
    expect(placeOf(lines, 5)).toBe(1);
    expect(placeOf(lines, 6)).toBe(2);
    expect(placeOf(lines, 99)).toBe(2);
    expect(placeOf([], 7)).toBe(0);
    expect(offsetOf("#L120")).toBe(120);
    expect(offsetOf("#elsewhere")).toBeNull();
  });

  it("are copied with what the reader sees, without colours", () => {
    const red = [line(0, "\u001b[31mred\u001b[0m", { level: "error" })];
    const time = () => "05:00";
    expect(copyText(red, { time, withTime: true, withLevel: true })).toBe("05:00 ERROR red");
    expect(copyText(red, { time, withTime: false, withLevel: false })).toBe("red");
    expect(plain("\u001b[1;32mgreen\u001b[0m")).toBe("green");
  });

  it("fold a traceback to its last line", () => {
    const text =
      'Task failed\nTraceback (most recent call last):\n  File "a.py", line 1\n    f()\nValueError: bad\n';
    expect(foldable(text)).toEqual({ head: "Task failed", last: "ValueError: bad", hidden: 3 });
    expect(foldable("one\ntwo")).toBeNull();
  });
});
