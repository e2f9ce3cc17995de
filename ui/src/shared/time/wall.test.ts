import { expect, it } from "vitest";
import { localToIso } from "./wall";

it.each([
  ["2026-11-26T09:00", "Asia/Seoul", "2026-11-26T00:00:00.000Z"],
  ["2026-11-26T09:00:30", "UTC", "2026-11-26T09:00:30.000Z"],
  // Clocks go from 02:00 to 03:00: half past two is half past three.
  ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"],
  // Half past two comes twice: the first.
  ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
  ["2026-10-25T03:30", "Europe/Berlin", "2026-10-25T02:30:00.000Z"],
])("%s in %s is %s", (local, zone, moment) => expect(localToIso(local, zone)).toBe(moment));

it("is nothing when it is no time", () => {
  expect(localToIso("", "UTC")).toBeNull();
  expect(localToIso("tomorrow", "UTC")).toBeNull();
});
