import { expect, it } from "vitest";
import { dateOf, dayNumber, stateOf, weekday, weeks } from "./calendarModel";

it("days are counted without a zone", () => {
  expect(dateOf(dayNumber("2026-02-28") + 1)).toBe("2026-03-01");
  expect(weekday(dayNumber("2026-11-23"))).toBe(0);
  expect(weekday(dayNumber("2026-11-29"))).toBe(6);
  expect(weekday(dayNumber("1969-12-28"))).toBe(6);
});

it("weeks begin on Monday, and only the asked days are in them", () => {
  const found = weeks(dayNumber("2026-11-26"), dayNumber("2026-12-02"));
  expect(found.map((week) => week.days.map((day) => (day === null ? null : dateOf(day).slice(8))))).toEqual([
    [null, null, null, "26", "27", "28", "29"],
    ["30", "01", "02", null, null, null, null],
  ]);
  expect(found.map((week) => week.month)).toEqual([null, 12]);
});

it("a day shows its worst run; one that is only planned has no state", () => {
  const day = (counts: Record<string, number>) => ({
    date: "2026-11-26",
    counts,
    by_type: {},
    duration_s: null,
  });
  expect(stateOf(day({ success: 3, failed: 1 }))).toBe("failed");
  expect(stateOf(day({ planned: 2 }))).toBeNull();
  expect(stateOf(undefined)).toBeNull();
});
