import { describe, expect, it } from "vitest";
import { opened, type RunLogWindow, taskOf, toneOf, withEarlier, withLater } from "./runLines";

const window = (first: number, count: number, rest: Partial<RunLogWindow> = {}): RunLogWindow => ({
  lines: Array.from({ length: count }, (_, index) => ({
    offset: first + index,
    at: "2024-01-01T00:00:00Z",
    level: "info",
    source: "task",
    text: `line ${first + index}`,
    is_cut: false,
    extra: {},
    task_id: "a",
    map_index: -1,
    try_number: 1,
    try_id: "t",
  })),
  before: `<${first}`,
  after: `>${first + count}`,
  is_exhausted: false,
  is_complete: false,
  tasks: ["a"],
  ...rest,
});

describe("the loaded part of a run's log", () => {
  it("opens at the tail with its end known and its start not", () => {
    const loaded = opened(window(90, 10), "tail");
    expect([loaded.atStart, loaded.atEnd]).toEqual([false, true]);
    expect(opened(window(0, 3, { is_exhausted: true }), "tail").atStart).toBe(true);
  });

  it("grows in both directions and goes on from its ends", () => {
    let loaded = opened(window(50, 10), "tail");
    loaded = withEarlier(loaded, window(40, 10));
    loaded = withLater(loaded, window(60, 2, { is_exhausted: true }));
    expect(loaded.lines.map((line) => line.offset)).toEqual(Array.from({ length: 22 }, (_, at) => 40 + at));
    expect([loaded.before, loaded.after]).toEqual(["<40", ">62"]);
  });

  it("moves on over a window without a match, so that a search comes to an end", () => {
    const loaded = withEarlier(opened(window(50, 1), "tail"), window(20, 0));
    expect(loaded.lines).toHaveLength(1);
    expect(loaded.before).toBe("<20");
  });

  it("lets whole windows go at the far end, and knows that it is no longer there", () => {
    let loaded = opened(window(100, 10, { is_complete: true }), "tail");
    loaded = withEarlier(loaded, window(90, 10), 15);
    expect(loaded.lines.map((line) => line.offset)).toEqual(Array.from({ length: 10 }, (_, at) => 90 + at));
    expect([loaded.after, loaded.atEnd, loaded.isComplete]).toEqual([">100", false, false]);
    loaded = withLater(loaded, window(100, 10, { is_exhausted: true, is_complete: true }), 15);
    expect([loaded.before, loaded.atStart, loaded.isComplete]).toEqual(["<100", false, true]);
  });
});

describe("the name of a line's task", () => {
  it("tells mapped instances apart", () => {
    expect(taskOf({ task_id: "load", map_index: -1 })).toBe("load");
    expect(taskOf({ task_id: "load", map_index: 3 })).toBe("load [3]");
  });

  it("has the same tone each time", () => {
    expect(toneOf("load")).toBe(toneOf("load"));
    expect(toneOf("태스크")).toBeGreaterThanOrEqual(0);
    expect(toneOf("태스크")).toBeLessThan(12);
  });
});
