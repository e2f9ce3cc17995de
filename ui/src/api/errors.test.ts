import { expect, it } from "vitest";
import { sentenceOf } from "./errors";

it.each([
  ["a detail", { detail: "DAG 'x' does not exist." }, "DAG 'x' does not exist."],
  ["plain text", "  Not here. ", "Not here."],
  ["nothing", "", null],
  ["no object", null, null],
  [
    "several fields of a form",
    {
      detail: [
        { loc: ["body", "slots"], msg: "must be a number" },
        { loc: ["body", "name"], msg: "is missing" },
      ],
    },
    "slots: must be a number; name: is missing",
  ],
  [
    "a field within a field",
    { detail: [{ loc: ["body", "extra", 0], msg: "is no text" }] },
    "extra.0: is no text",
  ],
  ["the whole body", { detail: [{ loc: ["body"], msg: "is no JSON" }] }, "is no JSON"],
  [
    "a reason of version 2",
    { detail: { reason: "Unique constraint violation" } },
    "Unique constraint violation",
  ],
  ["a title of version 1", { title: "Not Found", status: 404 }, "Not Found"],
  ["something else", { message: 5 }, null],
])("%s", (_, body, expected) => {
  expect(sentenceOf(body)).toBe(expected);
});
