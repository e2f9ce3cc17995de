import { describe, expect, it } from "vitest";
import { filtersOf, tasksSearch } from "./search";

describe("the address of the list of task instances", () => {
  it("keeps what it knows and forgets nonsense", () => {
    const search = tasksSearch({
      state: "failed",
      task: "load",
      mapped: "true",
      sort: "-start_date",
      x: 1,
      dag: "",
    });
    expect(search).toEqual({ state: ["failed"], task: "load", mapped: true, sort: "-start_date" });
    expect(tasksSearch({ sort: "colour" })).toEqual({});
  });
  it("tells filters from the order", () => {
    expect(filtersOf({ sort: "run" })).toEqual([]);
    expect(filtersOf({ sort: "run", host: "a" })).toEqual(["host"]);
  });
});
