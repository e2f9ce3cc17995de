export interface Box {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  parent: string | null;
  isGroup: boolean;
  isFolded: boolean;
}

export interface Line {
  id: string;
  source: string;
  target: string;
  label: string | null;
}

export interface ShapeNode {
  id: string;
  label: string;
  /** A group holds other nodes. */
  kind: string;
  parent?: string | null;
}

export interface Shape {
  nodes: readonly ShapeNode[];
  edges: readonly { source: string; target: string; label?: string | null }[];
}

/** The nearest folded group around each node, or the node itself: what is drawn for it. */
export function drawnFor(shape: Shape, folded: ReadonlySet<string>): Map<string, string> {
  const parents = new Map(shape.nodes.map((node) => [node.id, node.parent]));
  const drawn = new Map<string, string>();
  for (const node of shape.nodes) {
    let shown = node.id;
    let above: string | null | undefined = node.parent;
    while (above !== null && above !== undefined) {
      if (folded.has(above)) shown = above;
      above = parents.get(above) ?? null;
    }
    drawn.set(node.id, shown);
  }
  return drawn;
}

/** Edges between what is drawn, each once; those inside a folded group vanish. */
export function linesOf(shape: Shape, drawn: ReadonlyMap<string, string>): Line[] {
  const lines = new Map<string, Line>();
  for (const edge of shape.edges) {
    const source = drawn.get(edge.source);
    const target = drawn.get(edge.target);
    if (!source || !target || source === target) continue;
    const id = `${source}→${target}`;
    const known = lines.get(id);
    if (!known) lines.set(id, { id, source, target, label: edge.label ?? null });
    else if (!known.label && edge.label) lines.set(id, { ...known, label: edge.label });
  }
  return [...lines.values()];
}

/** Tasks reached from `start` along the edges, `start` included. */
export function reach(
  edges: Shape["edges"],
  start: string,
  direction: "upstream" | "downstream",
): Set<string> {
  const next = new Map<string, string[]>();
  for (const { source, target } of edges) {
    const [from, to] = direction === "downstream" ? [source, target] : [target, source];
    next.set(from, [...(next.get(from) ?? []), to]);
  }
  const seen = new Set([start]);
  const left = [start];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const to of next.get(at) ?? []) {
      if (!seen.has(to)) {
        seen.add(to);
        left.push(to);
      }
    }
  }
  return seen;
}

/** Names the structure, so that a layout is found again while only states change. */
export const shapeKey = (shape: Shape, folded: ReadonlySet<string>, direction: string): string =>
  JSON.stringify([
    direction,
    shape.nodes.map((node) => [node.id, node.parent, node.label]),
    shape.edges.map((edge) => [edge.source, edge.target]),
    [...folded].sort(),
  ]);
