import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { en, ko } from "@/test/app";
import { familyOf, glyphs, isFinished, stateMessage, states, stateVar, toState, worstOf } from "./states";

// From the disk: in tests, imported styles are empty.
const css = readFileSync("src/shared/theme/states.css", "utf8");

describe("every state", () => {
  it.each(states)(
    "%s has a name in both languages and a fill, a text tone and a tone on the fill",
    (state) => {
      expect(en[stateMessage(state)]).toBeTruthy();
      expect(ko[stateMessage(state)]).toBeTruthy();
      for (const part of [undefined, "text", "on"] as const) {
        const name = stateVar(state, part).slice(4, -1);
        expect(css.split(`${name}:`).length, name).toBeGreaterThan(1);
      }
    },
  );

  it("has a glyph of its own, but nothing yet", () => {
    const drawn = states.filter((state) => state !== "none").map((state) => glyphs[state]);
    expect(drawn.every(Boolean)).toBe(true);
    expect(new Set(drawn).size).toBe(states.length - 1);
  });
});

describe("a word of the server", () => {
  it.each([
    ["up_for_retry", "up_for_retry"],
    [null, "none"],
    [undefined, "none"],
    ["", "none"],
    ["dreaming", "none"],
    ["constructor", "none"],
  ])("%s is %s", (word, state) => {
    expect(toState(word)).toBe(state);
  });
});

describe("many states", () => {
  it("are shown as the worst of them", () => {
    expect(worstOf(["success", "failed", "running"])).toBe("failed");
    expect(worstOf(["success", "skipped", "running"])).toBe("running");
    expect(worstOf(["skipped", "success"])).toBe("success");
    expect(worstOf([])).toBe("none");
  });
  it("can each be the worst", () => {
    for (const state of states) expect(worstOf([state])).toBe(state);
  });
});

it("is finished when nothing happens to it any more", () => {
  expect(states.filter(isFinished)).toEqual(["failed", "upstream_failed", "success", "skipped", "removed"]);
  expect(states.filter((state) => familyOf(state) === "bad")).toEqual(["failed", "upstream_failed"]);
});
