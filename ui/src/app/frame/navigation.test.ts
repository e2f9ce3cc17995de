import { describe, expect, it } from "vitest";
import { permitted } from "./navigation";

describe("the way to every page", () => {
  it("shows what the server lets one open, and no section without a page", () => {
    const sections = permitted(["/", "/dags", "/xcoms", "/pools", "/status"]);
    expect(sections.map((section) => section.to)).toEqual(["/", "/dags", "/xcoms", "/pools"]);
    expect(sections.at(-1)?.places?.map((place) => place.to)).toEqual(["/pools", "/status"]);
    expect(permitted([])).toEqual([]);
  });
});
