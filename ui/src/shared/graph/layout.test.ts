import { describe, expect, it } from "vitest";
import { drawnFor, linesOf, reach, type Shape, shapeKey } from "./layout";

const node = (id: string, parent: string | null = null, kind: "task" | "group" = "task") =>
  ({ id, parent, kind, label: id, depth: 0, operator: "" }) as unknown as Shape["nodes"][number];
const edge = (source: string, target: string, label: string | null = null) => ({
  source,
  target,
  label,
  is_setup_teardown: false,
});
const shape: Shape = {
  nodes: [
    node("a"),
    node("g", null, "group"),
    node("g.x", "g"),
    node("h", "g", "group"),
    node("h.y", "h"),
    node("z"),
  ],
  edges: [edge("a", "g.x"), edge("a", "h.y", "yes"), edge("g.x", "h.y"), edge("h.y", "z")],
};

describe("a graph with a folded group", () => {
  it("draws the outermost folded group for everything inside", () => {
    const drawn = drawnFor(shape, new Set(["g", "h"]));
    expect([drawn.get("g.x"), drawn.get("h.y"), drawn.get("a")]).toEqual(["g", "g", "a"]);
  });

  it("draws each edge once, keeps a label, and none inside the group", () => {
    const lines = linesOf(shape, drawnFor(shape, new Set(["g"])));
    expect(lines.map((line) => [line.id, line.label])).toEqual([
      ["a→g", "yes"],
      ["g→z", null],
    ]);
  });
});

it("what lies below or above a task is found along the edges", () => {
  expect([...reach(shape.edges, "g.x", "downstream")].sort()).toEqual(["g.x", "h.y", "z"]);
  expect([...reach(shape.edges, "h.y", "upstream")].sort()).toEqual(["a", "g.x", "h.y"]);
});

it("a layout is known again by structure, folding and direction", () => {
  const key = shapeKey(shape, new Set(), "RIGHT");
  expect(shapeKey({ ...shape }, new Set(), "RIGHT")).toBe(key);
  expect(shapeKey(shape, new Set(["g"]), "RIGHT")).not.toBe(key);
  expect(shapeKey(shape, new Set(), "DOWN")).not.toBe(key);
});
