import { describe, expect, it } from "vitest";
import { type Group, type Item, pieces, ranked } from "./items";

const item = (group: Group, label: string, more: Partial<Item> = {}): Item => ({
  key: `${group}:${label}`,
  group,
  label,
  run: () => {},
  ...more,
});
const shown = (items: Item[], typed: string) =>
  ranked(items, typed).map(({ group, hits }) => [group, hits.map((hit) => hit.item.label)]);

describe("ranked", () => {
  it("shows recent things, then actions, then pages while nothing is typed", () => {
    const items = [item("page", "Pools"), item("action", "Trigger"), item("recent", "etl")];
    expect(shown(items, "")).toEqual([
      ["recent", ["etl"]],
      ["action", ["Trigger"]],
      ["page", ["Pools"]],
    ]);
  });
  it("puts the group first that holds the best hit", () => {
    const items = [item("action", "Clear the pool"), item("page", "Pools"), item("page", "Users")];
    expect(shown(items, "pool")).toEqual([
      ["page", ["Pools"]],
      ["action", ["Clear the pool"]],
    ]);
  });
  it("keeps what the server found, whatever it found it by", () => {
    expect(shown([item("run", "manual__2026", { detail: "etl" }), item("page", "Pools")], "xyz")).toEqual([
      ["run", ["manual__2026"]],
    ]);
  });
  it("finds a page by its English name in the Korean palette, without marking letters", () => {
    const [group] = ranked([item("page", "커넥션", { keyword: "connections" })], "conn");
    expect(group?.hits[0]?.match.at).toEqual([]);
    expect(shown([item("page", "커넥션", { keyword: "connections" })], "ㅋㄴㅅ")).toEqual([
      ["page", ["커넥션"]],
    ]);
  });
  it("does not find by scattered letters of a word that is not shown", () => {
    expect(shown([item("setting", "테마: 밝게", { keyword: "theme light" })], "hel")).toEqual([]);
    expect(shown([item("setting", "테마: 밝게", { keyword: "theme light" })], "light")).toHaveLength(1);
  });
  it("lists a thing once, where it came first", () => {
    const both = [item("recent", "etl", { key: "dag:etl" }), item("dag", "etl", { key: "dag:etl" })];
    expect(shown(both, "etl")).toEqual([["recent", ["etl"]]]);
  });
  it("shows at most eight of a group for what was typed", () => {
    const many = Array.from({ length: 20 }, (_, index) => item("dag", `etl_${index}`));
    expect(ranked(many, "etl")[0]?.hits).toHaveLength(8);
  });
});

describe("pieces", () => {
  it.each([
    ["etl_daily", [0, 1], ["", "et", "l_daily"]],
    ["etl_daily", [4, 5], ["etl_", "da", "ily"]],
    ["etl", [0, 2], ["", "e", "t", "l"]],
    ["etl", [], ["etl"]],
    ["한글", [1], ["한", "글"]],
  ])("%s at %j", (text, at, expected) => {
    expect(pieces(text, at)).toEqual(expected);
  });
});
