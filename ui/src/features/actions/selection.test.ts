import { describe, expect, it } from "vitest";
import { selectionOf } from "./selection";

describe("what an action is asked for", () => {
  it("is whole runs, when no task is named", () => {
    expect(selectionOf([{ runId: "a" }, { runId: "b" }])).toEqual({
      run_ids: ["a", "b"],
      task_ids: null,
      instances: [],
      map_indexes: null,
    });
  });

  it("is runs and tasks, for a rectangle of the grid", () => {
    const rectangle = ["a", "b"].flatMap((runId) => ["x", "y"].map((taskId) => ({ runId, taskId })));
    expect(selectionOf(rectangle)).toMatchObject({
      run_ids: ["a", "b"],
      task_ids: ["x", "y"],
      instances: [],
    });
  });

  it("is single instances, for anything else, never more than was chosen", () => {
    const corner = [
      { runId: "a", taskId: "x" },
      { runId: "b", taskId: "y" },
    ];
    expect(selectionOf(corner)).toEqual({
      run_ids: [],
      task_ids: null,
      instances: [
        { run_id: "a", task_id: "x", map_index: -1 },
        { run_id: "b", task_id: "y", map_index: -1 },
      ],
      map_indexes: null,
    });
  });

  it("is the chosen map indexes of one task", () => {
    expect(
      selectionOf([
        { runId: "a", taskId: "x", mapIndex: 3 },
        { runId: "a", taskId: "x", mapIndex: 7 },
      ]),
    ).toEqual({ run_ids: ["a"], task_ids: ["x"], instances: [], map_indexes: [3, 7] });
  });
});
