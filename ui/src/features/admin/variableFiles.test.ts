import { describe, expect, it } from "vitest";
import type { Variable } from "./queries";
import { fateOf, kindOf, readFile, writeFile } from "./variableFiles";

const aVariable = (key: string, value: string | null, description: string | null = null): Variable => ({
  key,
  value,
  description,
  is_encrypted: true,
  team_name: null,
});

it.each([
  ["plain", "text"],
  ["12", "text"],
  ['{"a": 1}', "json"],
  [" [1, 2]", "json"],
  ['{"a": 1', "broken"],
] as const)("%s is %s", (value, kind) => {
  expect(kindOf(value)).toBe(kind);
});

describe("a file of variables", () => {
  it("is read in both of its forms", () => {
    const file = '{"a": "x", "b": {"in": 1}, "c": {"value": [1], "description": "three"}, "d": {"value": 1}}';
    expect(readFile(file)).toEqual([
      { key: "a", value: "x", description: null },
      { key: "b", value: '{"in":1}', description: null },
      { key: "c", value: "[1]", description: "three" },
      { key: "d", value: '{"value":1}', description: null },
    ]);
  });

  it("is nothing else", () => {
    expect(readFile("a=1")).toBeNull();
    expect(readFile("[1]")).toBeNull();
  });

  it("comes back as it was written, without what is hidden", () => {
    const text = writeFile([
      aVariable("a", '{"x": 1}', "Ex"),
      aVariable("b", "12"),
      aVariable("token", "***"),
      aVariable("half", '{"password": "***"}'),
    ]);
    expect(readFile(text)).toEqual([
      { key: "a", value: '{"x": 1}', description: "Ex" },
      { key: "b", value: "12", description: null },
    ]);
  });
});

it("tells what an import would change", () => {
  const row = { key: "a", value: '{"x":1}', description: null };
  expect(fateOf(row, undefined)).toBe("new");
  expect(fateOf(row, aVariable("a", '{"x": 1}', "kept"))).toBe("same");
  expect(fateOf(row, aVariable("a", '{"x": 2}'))).toBe("changed");
  expect(fateOf({ ...row, description: "other" }, aVariable("a", '{"x": 1}'))).toBe("changed");
  expect(fateOf({ ...row, value: "***" }, undefined)).toBe("hidden");
});
