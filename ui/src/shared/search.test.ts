import { describe, expect, it } from "vitest";
import { flag, integer, oneOf, text, words } from "./search";

describe("reading an address", () => {
  it.each([
    ["text", text({ q: "etl" }, "q"), { q: "etl" }],
    ["a number that is meant as text", text({ q: 2024 }, "q"), { q: "2024" }],
    ["empty text", text({ q: "" }, "q"), {}],
    ["text that is an object", text({ q: { a: 1 } }, "q"), {}],
    ["a whole number", integer({ n: 30 }, "n"), { n: 30 }],
    ["a whole number as text", integer({ n: "30" }, "n"), { n: 30 }],
    ["zero", integer({ n: 0 }, "n"), { n: 0 }],
    ["half a number", integer({ n: 1.5 }, "n"), {}],
    ["no number", integer({ n: "many" }, "n"), {}],
    ["yes", flag({ paused: "yes" }, "paused"), { paused: true }],
    ["true", flag({ paused: true }, "paused"), { paused: true }],
    ["no", flag({ paused: "no" }, "paused"), { paused: false }],
    ["perhaps", flag({ paused: "perhaps" }, "paused"), {}],
    ["a list", words({ tag: ["a", "", "b", 3] }, "tag"), { tag: ["a", "b"] }],
    ["one word as a list", words({ tag: "a" }, "tag"), { tag: ["a"] }],
    ["an empty list", words({ tag: [] }, "tag"), {}],
    ["one of some", oneOf({ view: "grid" }, "view", ["grid", "graph"]), { view: "grid" }],
    ["none of them", oneOf({ view: "pie" }, "view", ["grid", "graph"]), {}],
    ["nothing", oneOf({}, "view", ["grid"]), {}],
  ])("%s", (_, read, expected) => {
    expect(read).toEqual(expected);
  });
});
