import { expect, it } from "vitest";
import { adminSearch, changed } from "./search";

it("reads what the address holds, and drops nonsense", () => {
  expect(adminSearch({ q: "db", changed: "yes", who: 7, other: "x" })).toEqual({
    q: "db",
    changed: true,
    who: "7",
  });
  expect(adminSearch({ q: "", changed: "perhaps", from: ["a"] })).toEqual({});
});

it("what is empty leaves the address", () => {
  expect(
    changed({ q: "db", who: "ada", changed: true }, { q: "", changed: false, event: "dag.pause" }),
  ).toEqual({
    who: "ada",
    event: "dag.pause",
  });
  expect(changed({ item: "db" }, { item: undefined })).toEqual({});
});
