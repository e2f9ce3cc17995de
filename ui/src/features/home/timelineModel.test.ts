import { expect, it } from "vitest";
import { barOf, placeOf, ticksOf } from "./timelineModel";

const at = (clock: string) => new Date(`2026-11-26T${clock}:00Z`);
const span = { from: at("00:00"), to: at("10:00") };

it("a moment's place is its share of the span, and never outside", () => {
  expect(placeOf(at("02:30"), span)).toBe(25);
  expect(placeOf(new Date("2026-11-25T00:00:00Z"), span)).toBe(0);
  expect(placeOf(at("23:00"), span)).toBe(100);
  expect(placeOf(at("00:00"), { from: at("00:00"), to: at("00:00") })).toBe(0);
});

it("a run that goes on reaches to now, one that waits is a mark, one from before is left out", () => {
  const run = (start: string | null, end: string | null, due = "01:00") => ({
    start_date: start && at(start).toISOString(),
    end_date: end && at(end).toISOString(),
    run_after: at(due).toISOString(),
  });
  expect(barOf(run("01:00", "02:00"), span, at("09:00"))).toEqual({ left: 10, width: 10 });
  expect(barOf(run("01:00", null), span, at("06:00"))).toEqual({ left: 10, width: 50 });
  expect(barOf(run(null, null, "03:00"), span, at("06:00"))).toEqual({ left: 30, width: 0 });
  expect(barOf(run("11:00", "12:00"), span, at("13:00"))).toBeNull();
});

it("ticks stand on whole hours of the zone's clock", () => {
  const clocks = (offset: number) => ticksOf(span, 3, offset).map((tick) => tick.toISOString().slice(11, 16));
  expect(clocks(0)).toEqual(["00:00", "03:00", "06:00", "09:00"]);
  // Seoul is nine hours ahead; India five and a half.
  expect(clocks(540)).toEqual(["00:00", "03:00", "06:00", "09:00"]);
  expect(clocks(330)).toEqual(["00:30", "03:30", "06:30", "09:30"]);
});
