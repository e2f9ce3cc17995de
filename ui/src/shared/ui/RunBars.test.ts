import { expect, it } from "vitest";
import { heights } from "./RunBars";

it("a run's height grows with its length, and one without a length still shows", () => {
  const [short, long, unknown] = heights([1, 100, null]) as [number, number, number];
  expect(long).toBe(100);
  expect(short).toBeGreaterThan(22);
  expect(short).toBeLessThan(long);
  expect(unknown).toBe(30);
  expect(heights([0, 0])).toEqual([30, 30]);
  expect(heights([])).toEqual([]);
});
