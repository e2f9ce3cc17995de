import { describe, expect, it } from "vitest";
import { allZones, findZones, withRecent } from "./zones";

describe("time zones", () => {
  it("are all that the browser knows", () => {
    expect(allZones()).toContain("Asia/Seoul");
    expect(allZones()).toContain("UTC");
    expect(new Set(allZones()).size).toBe(allZones().length);
  });
  it("are found by words of their names, beginnings first", () => {
    const zones = ["America/New_York", "Asia/Seoul", "Europe/Oslo", "Asia/Yakutsk"];
    expect(findZones(zones, "new york")).toEqual(["America/New_York"]);
    expect(findZones(zones, "SEO")).toEqual(["Asia/Seoul"]);
    expect(findZones(zones, "k")).toEqual(["America/New_York", "Asia/Yakutsk"]);
    expect(findZones(zones, "os")).toEqual(["Europe/Oslo"]);
    expect(findZones(zones, "")).toEqual(zones);
    expect(findZones(zones, "mars")).toEqual([]);
  });
  it("are remembered, newest first, five at most", () => {
    expect(withRecent(["a", "b", "c", "d", "e"], "c")).toEqual(["c", "a", "b", "d", "e"]);
    expect(withRecent(["a", "b", "c", "d", "e"], "f")).toEqual(["f", "a", "b", "c", "d"]);
  });
});
