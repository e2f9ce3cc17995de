import { expect, it } from "vitest";
import { everyRow } from "./queries";

it("asks until it has every row", async () => {
  const all = Array.from({ length: 230 }, (_, index) => index);
  const asked: number[] = [];
  const rows = await everyRow<number>(async (offset, limit) => {
    asked.push(offset);
    return { rows: all.slice(offset, offset + limit), total: all.length };
  });
  expect(rows).toEqual(all);
  expect(asked).toEqual([0, 100, 200]);
});

it("ends when rows vanish meanwhile", async () => {
  expect(await everyRow<number>(async (offset) => ({ rows: offset ? [] : [1], total: 5 }))).toEqual([1]);
});
