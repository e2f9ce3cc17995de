import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NoticeSink, patchOn, refetchEveryMs, staleKeys } from "./notices";

describe("a notice", () => {
  it("of a task makes its own page, its run, its DAG and the lists stale", () => {
    expect(staleKeys({ seq: 1, kind: "task", dag_id: "d", run_id: "r", task_id: "t", map_index: 3 })).toEqual(
      [["dags"], ["home"], ["dag", "d"], ["run", "d", "r"], ["tasks"], ["xcoms"], ["task", "d", "r", "t"]],
    );
  });

  it("of a log touches that log alone", () => {
    expect(staleKeys({ seq: 1, kind: "log", dag_id: "d", run_id: "r", task_id: "t", map_index: -1 })).toEqual(
      [["log", "d", "r", "t", -1]],
    );
  });

  it("without a run reaches as far as its names go", () => {
    expect(staleKeys({ seq: 1, kind: "run", dag_id: "d" })).toContainEqual(["run", "d"]);
    expect(staleKeys({ seq: 1, kind: "pool" })).toEqual([["pools"]]);
  });
});

describe("the sink", () => {
  const queries = new QueryClient();
  let frames: (() => void)[] = [];
  const paint = () => {
    const now = frames;
    frames = [];
    for (const frame of now) frame();
  };
  let now = 0;
  const sink = () =>
    new NoticeSink(
      queries,
      (work) => frames.push(work),
      () => now,
    );
  const keys = () => vi.mocked(queries.invalidateQueries).mock.calls.map(([filter]) => filter?.queryKey);

  beforeEach(() => {
    vi.useFakeTimers();
    frames = [];
    now = 0;
    vi.spyOn(queries, "invalidateQueries").mockResolvedValue();
  });
  afterEach(() => void vi.useRealTimers());

  it("asks once for a key, however many notices a frame brings", () => {
    const mine = sink();
    for (let seq = 0; seq < 500; seq++) mine.add([{ seq, kind: "pool" }]);
    expect(frames).toHaveLength(1);
    paint();
    expect(keys()).toEqual([["pools"]]);
  });

  it("asks again no sooner than the pause allows, and never forgets the last notice", () => {
    const mine = sink();
    mine.add([{ seq: 1, kind: "pool" }]);
    paint();
    now = 50;
    mine.add([{ seq: 2, kind: "pool" }]);
    paint();
    expect(keys()).toHaveLength(1);
    now = refetchEveryMs;
    vi.advanceTimersByTime(refetchEveryMs);
    expect(keys()).toEqual([["pools"], ["pools"]]);
  });

  it("does not ask for what a patch brought up to date", () => {
    const stop = patchOn("dag", (_, notice) => [["dag", notice.dag_id]]);
    const mine = sink();
    mine.add([{ seq: 1, kind: "dag", dag_id: "d" }]);
    paint();
    stop();
    expect(keys()).toEqual([["dags"], ["home"]]);
  });
});
