import { describe, expect, it } from "vitest";
import { match, stands } from "./match";

const score = (text: string, typed: string) => match(text, typed)?.score ?? -1;

describe("what a typed character stands for", () => {
  it.each([
    ["ㅎ", "한", true],
    ["ㅎ", "글", false],
    ["ㄲ", "까", true],
    ["ㄱ", "까", false],
    ["하", "한", true],
    ["하", "허", false],
    ["한", "하", false],
    ["한", "한", true],
    ["a", "a", true],
    ["ㅎ", "h", false],
    ["ㅏ", "하", false],
  ])("%s for %s: %s", (typed, letter, expected) => {
    expect(stands(typed, letter)).toBe(expected);
  });
});

describe("match", () => {
  it("finds Korean by initial consonants", () => {
    expect(match("한글 처리", "ㅎㄱ")?.at).toEqual([0, 1]);
    expect(match("일별 매출 집계", "ㅁㅊ")?.at).toEqual([3, 4]);
    expect(match("매출", "ㅎㄱ")).toBeNull();
  });
  it("finds a word while its last syllable is being typed", () => {
    expect(match("한국", "하")?.at).toEqual([0]);
    expect(match("한국", "한구")?.at).toEqual([0, 1]);
  });
  it("puts the start before a word's start, that before the middle, that before scattered letters", () => {
    const scores = [
      score("load_daily", "load"),
      score("daily_load", "load"),
      score("daily_reload", "load"),
      score("l_o_a_d", "load"),
    ];
    expect(scores).toEqual([...scores].sort((one, other) => other - one));
    expect(new Set(scores).size).toBe(4);
  });
  it("puts the shorter of two names first", () => {
    expect(score("etl", "etl")).toBeGreaterThan(score("etl_daily", "etl"));
  });
  it("takes the starts of words for scattered letters", () => {
    expect(match("etl_daily_load", "edl")?.at).toEqual([0, 4, 10]);
  });
  it("does not insist on a word's start when the rest would not follow", () => {
    expect(match("abca_b", "abc")?.at).toEqual([0, 1, 2]);
    expect(match("xab_a", "ab")?.at).toEqual([1, 2]);
  });
  it("ignores case and spaces around", () => {
    expect(match("Variables", " vAR ")?.at).toEqual([0, 1, 2]);
  });
  it("keeps positions in step where lower case is longer", () => {
    expect(match("İstanbul", "stan")?.at).toEqual([1, 2, 3, 4]);
  });
  it("fits everything when nothing is typed, and nothing when a letter is missing", () => {
    expect(match("home", "")).toEqual({ score: 0, at: [] });
    expect(match("home", "hx")).toBeNull();
  });
});
