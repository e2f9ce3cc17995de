import { expect, it } from "vitest";
import { extraText, readExtra } from "./extras";

it("a connection's extra is a JSON object, or nothing", () => {
  expect(readExtra("")).toEqual({ ok: true, value: {} });
  expect(readExtra('{"a": 1}')).toEqual({ ok: true, value: { a: 1 } });
  for (const text of ["[1]", "null", "{", "word"]) expect(readExtra(text)).toEqual({ ok: false });
});

it("is written without what was taken away", () => {
  expect(extraText({ a: 1, b: undefined })).toBe('{\n  "a": 1\n}');
  expect(extraText({ b: undefined })).toBe("");
});
