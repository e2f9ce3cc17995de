import { expect, it } from "vitest";
import { changesOf, difference, subjectOf } from "./difference";

it("a change is told by what differs", () => {
  expect(difference({ before: { a: 1, b: "x" }, after: { a: 2, b: "x" } })).toBe("a: 1 → 2");
  expect(difference({ before: null, after: { name: "etl", on: true } })).toBe("name: etl, on: true");
  expect(difference({ before: { name: "etl" }, after: null })).toBe("name: etl → –");
  expect(difference({ before: null, after: null })).toBe("");
});

it("nothing that becomes nothing is no change", () => {
  expect(difference({ before: null, after: { key: "a", description: null } })).toBe("key: a");
});

it("tells every field, also those that stay", () => {
  expect(changesOf({ before: { name: "db", slots: 4 }, after: { name: "db", slots: 6 } })).toEqual([
    { name: "name", before: "db", after: "db", differs: false },
    { name: "slots", before: "4", after: "6", differs: true },
  ]);
});

it("names what is no DAG", () => {
  expect(subjectOf({ before: { name: "db", slots: 4 }, after: null })).toBe("db");
  expect(subjectOf({ before: null, after: { conn_id: "warehouse" } })).toBe("warehouse");
  expect(subjectOf({ before: null, after: { is_paused: true } })).toBeNull();
});
