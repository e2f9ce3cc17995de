import { describe, expect, it } from "vitest";
import { clock, clockTime, duration, iso, relative, zoneLabel } from "./format";

const at = new Date("2026-03-29T00:30:05.007Z");

describe("a moment in a zone", () => {
  it("is written in that zone, whatever the machine's", () => {
    expect(clock(at, "Asia/Seoul")).toBe("2026-03-29 09:30");
    expect(clock(at, "America/New_York", "second")).toBe("2026-03-28 20:30:05");
    expect(clock(at, "UTC", "millisecond")).toBe("2026-03-29 00:30:05.007");
    expect(clockTime(at, "UTC")).toBe("00:30:05");
  });

  it("knows the hour that summer time takes away", () => {
    const after = new Date("2026-03-29T01:00:00Z");
    expect(iso(at, "Europe/Berlin")).toBe("2026-03-29T01:30:05.007+01:00");
    expect(iso(after, "Europe/Berlin")).toBe("2026-03-29T03:00:00.000+02:00");
  });

  it("has an ISO form with the offset, Z for UTC, and half hours", () => {
    expect(iso(at, "UTC")).toBe("2026-03-29T00:30:05.007Z");
    expect(iso(at, "Asia/Kolkata")).toBe("2026-03-29T06:00:05.007+05:30");
    expect(iso(at, "America/St_Johns")).toBe("2026-03-28T22:00:05.007-02:30");
  });

  it("is labelled with the zone", () => {
    expect(zoneLabel(at, "Asia/Seoul")).toBe("KST");
    expect(zoneLabel(at, "UTC")).toBe("UTC");
    expect(zoneLabel(at, "Asia/Kolkata")).toBe("GMT+5:30");
  });

  it("is told from now in words of the language", () => {
    const now = new Date("2026-03-29T00:35:05.007Z");
    expect(relative(at, now, "en")).toBe("5 minutes ago");
    expect(relative(at, now, "ko")).toBe("5분 전");
    expect(relative(new Date(now.getTime() + 7_300_000), now, "en")).toBe("in 2 hours");
  });
});

describe("a length of time", () => {
  it.each([
    [0, "0 ms"],
    [0.84, "840 ms"],
    [0.9996, "1 s"],
    [4.24, "4.2 s"],
    [9.96, "10 s"],
    [59.6, "1 min"],
    [125, "2 min 5 s"],
    [3_599.7, "1 h"],
    [12_345, "3 h 26 min"],
    [86_399, "1 d"],
    [187_200, "2 d 4 h"],
    [-3, "0 ms"],
  ])("%d s is %s", (seconds, text) => expect(duration(seconds)).toBe(text));

  it("speaks Korean", () => expect(duration(12_345, "ko")).toBe("3시간 26분"));
});
