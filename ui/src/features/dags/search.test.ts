import { expect, it } from "vitest";
import { dagsSearch, readTokens } from "./search";

it("the search box takes tokens anywhere among the words", () => {
  expect(readTokens("sales tag:etl tag:daily owner:kim state:failed paused:no folder:a/b load")).toEqual({
    search: "sales load",
    tag: ["etl", "daily"],
    owner: ["kim"],
    state: ["failed"],
    folder: "a/b",
    paused: false,
  });
});

it("what only looks like a token is searched for", () => {
  expect(readTokens("tag: other:thing").search).toBe("tag: other:thing");
  expect(readTokens("")).toMatchObject({ search: "", paused: null });
});

it("an address with nonsense shows the list without it", () => {
  expect(dagsSearch({ q: "x", sort: "-name", paused: "maybe", tag: ["a", 3] })).toEqual({
    q: "x",
    tag: ["a"],
  });
});
