import { describe, expect, it } from "vitest";
import { changedFrom, defaultsOf, fieldsOf, parseConf, printConf, problemsOf } from "./schema";

const schema = {
  type: "object",
  properties: {
    day: { type: "string", format: "date", default: "2026-01-01", title: "Day" },
    count: { type: ["null", "integer"], minimum: 1, default: null },
    rate: { type: "number", default: 0.5, maximum: 1 },
    mode: { enum: ["a", "b"], default: "a", values_display: { a: "Alpha" }, section: "More" },
    names: { type: "array", items: { type: "string" }, default: ["x"] },
    rows: { type: "array", items: { type: "object" }, default: [] },
    options: { type: "object", default: {} },
    free: { default: "text" },
    flag: { type: "boolean", default: false },
    fixed: { const: 3, default: 3 },
  },
};

describe("the fields of a trigger form", () => {
  it("follow the types that a param may have", () => {
    expect(fieldsOf(schema).map((field) => [field.name, field.kind])).toEqual([
      ["day", "date"],
      ["count", "integer"],
      ["rate", "number"],
      ["mode", "choice"],
      ["names", "list"],
      ["rows", "json"],
      ["options", "json"],
      ["free", "text"],
      ["flag", "boolean"],
    ]);
  });

  it("know titles, choices with their words, sections and what may be empty", () => {
    const [day, count, , mode] = fieldsOf(schema);
    expect(day?.title).toBe("Day");
    expect([count?.nullable, count?.minimum]).toEqual([true, 1]);
    expect(mode?.choices).toEqual([
      { value: '"a"', label: "Alpha" },
      { value: '"b"', label: "b" },
    ]);
    expect(mode?.section).toBe("More");
  });
});

describe("values of a trigger form", () => {
  const defaults = defaultsOf(fieldsOf(schema));

  it("fit when nothing was changed: null, an empty object and a float are values like others", () => {
    expect(problemsOf(schema, defaults)).toEqual({});
  });

  it("that do not fit are named", () => {
    const problems = problemsOf(schema, { ...defaults, count: 0, rate: 2, mode: "c", names: [1] });
    expect(Object.keys(problems)).toEqual(["count", "rate", "mode", "names"]);
  });

  it("are sent as far as they differ, and what the DAG does not declare", () => {
    expect(changedFrom(defaults, { ...defaults, rate: 0.25, more: 1 })).toEqual({ rate: 0.25, more: 1 });
    expect(changedFrom(defaults, defaults)).toEqual({});
  });
});

describe("the JSON editor", () => {
  it("takes an object, or nothing", () => {
    expect(parseConf(" ")).toEqual({ ok: true, value: {} });
    expect(parseConf('{"rows": [{"a": 1.5}]}')).toEqual({ ok: true, value: { rows: [{ a: 1.5 }] } });
    expect(parseConf("[1]")).toEqual({ ok: false, problem: "object" });
    expect(parseConf("{").ok).toBe(false);
  });

  it("prints what it reads", () => {
    const read = parseConf(printConf({ a: [1, { b: null }] }));
    expect(read).toEqual({ ok: true, value: { a: [1, { b: null }] } });
  });
});
