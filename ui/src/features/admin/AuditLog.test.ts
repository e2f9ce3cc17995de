import { expect, it } from "vitest";
import { difference } from "./AuditLog";

it("a change is told by what differs", () => {
  expect(difference({ a: 1, b: "x" }, { a: 2, b: "x" })).toBe("a: 1 → 2");
  expect(difference(null, { name: "etl", on: true })).toBe("name: etl, on: true");
  expect(difference({ name: "etl" }, null)).toBe("name: etl → –");
  expect(difference(null, null)).toBe("");
});
