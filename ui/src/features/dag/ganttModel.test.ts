import { expect, it } from "vitest";
import { share, spanOf, ticks } from "./ganttModel";

const row = (...segments: [string, string | null][]) =>
  ({ segments: segments.map(([start, end]) => ({ start, end })) }) as unknown as Parameters<
    typeof spanOf
  >[0][number];

it("the drawn time goes from the first start to the last end, or to now while something runs", () => {
  const start = "2026-01-01T00:00:00Z";
  const end = "2026-01-01T00:00:10Z";
  const now = Date.parse("2026-01-01T00:01:00Z");
  expect(spanOf([], now)).toBeNull();
  expect(spanOf([row([start, end])], now)).toEqual({ from: Date.parse(start), to: Date.parse(end) });
  expect(spanOf([row([start, end]), row([end, null])], now)?.to).toBe(now);
  expect(spanOf([row([start, start])], now)?.to).toBe(Date.parse(start) + 1);
});

it.each([
  [9_000, 6],
  [60_000, 5],
  [3, 4],
  [86_400_000 * 400, 8],
])("a scale of %d ms has few, round steps", (length, count) => {
  const found = ticks(length);
  expect(found.length).toBeLessThanOrEqual(9);
  expect(found.length).toBeGreaterThanOrEqual(Math.min(count, 4));
  expect(found[0]).toBe(0);
});

it("a moment's place is a share of the drawn time", () => {
  expect(share(5, { from: 0, to: 10 })).toBe(50);
});
