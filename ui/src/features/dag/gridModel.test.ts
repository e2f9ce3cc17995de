import { describe, expect, it } from "vitest";
import { filterRows, Matrix, moved, rectangle, type TaskNode, troubled, visibleRows } from "./gridModel";

const node = (id: string, parent: string | null = null, kind: "task" | "group" = "task"): TaskNode => ({
  id,
  label: id,
  kind,
  parent,
  depth: parent ? 1 : 0,
  operator: "",
  is_mapped: false,
  is_setup: false,
  is_teardown: false,
  trigger_rule: "all_success",
  pool: "default_pool",
  queue: "default",
  owner: "",
  tooltip: "",
  retries: 0,
  links: [],
});
const rows = [
  node("a"),
  node("g", null, "group"),
  node("g.h", "g", "group"),
  node("g.h.x", "g.h"),
  node("z"),
];
const page = (bytes: number[]) => ({
  states: btoa(String.fromCharCode(...bytes)),
  state_names: ["none", "success", "failed"],
  rows: rows.slice(0, 2),
});

describe("the matrix of states", () => {
  it("holds one byte for each cell, run by run", () => {
    const matrix = new Matrix(page([1, 2, 0, 255]));
    expect([matrix.at(0, 0), matrix.at(0, 1), matrix.at(1, 0), matrix.at(1, 1)]).toEqual([
      "success",
      "failed",
      "none",
      null,
    ]);
    expect(matrix.at(9, 9)).toBeNull();
  });

  it("tells rows with trouble", () => {
    const matrix = new Matrix(page([1, 2, 1, 1]));
    expect([troubled(matrix, 2, 0), troubled(matrix, 2, 1)]).toEqual([false, true]);
  });
});

describe("rows", () => {
  it("of a folded group are hidden, with everything inside its groups", () => {
    expect(visibleRows(rows, new Set())).toEqual([0, 1, 2, 3, 4]);
    expect(visibleRows(rows, new Set(["g"]))).toEqual([0, 1, 4]);
    expect(visibleRows(rows, new Set(["g.h"]))).toEqual([0, 1, 2, 4]);
  });

  it("are found by a part of their name, and keep the groups around them", () => {
    expect(filterRows(rows, "  ")).toBeNull();
    expect([...(filterRows(rows, "X") ?? [])].sort()).toEqual(["g", "g.h", "g.h.x"]);
    expect(filterRows(rows, "nothing")?.size).toBe(0);
  });
});

describe("cells", () => {
  it("are selected as a rectangle, whichever corner comes first", () => {
    const forth = rectangle({ run: 0, row: 1 }, { run: 1, row: 2 });
    expect(forth).toHaveLength(4);
    expect(rectangle({ run: 1, row: 2 }, { run: 0, row: 1 })).toEqual(forth);
  });

  it("are walked by the arrow keys and do not leave the grid", () => {
    expect(moved({ run: 0, row: 0 }, "ArrowLeft", 3, 2)).toEqual({ run: 0, row: 0 });
    expect(moved({ run: 0, row: 0 }, "ArrowUp", 3, 2)).toEqual({ run: 0, row: -1 });
    expect(moved({ run: 0, row: 1 }, "j", 3, 2)).toEqual({ run: 0, row: 1 });
    expect(moved({ run: 0, row: 0 }, "End", 3, 2)).toEqual({ run: 2, row: 0 });
    expect(moved({ run: 0, row: 0 }, "x", 3, 2)).toBeNull();
  });
});
