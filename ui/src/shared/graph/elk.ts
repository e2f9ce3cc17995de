import ELK, { type ElkNode } from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";
import type { Box, Line, Shape } from "./layout";

// The worker is a file of our own origin: the page's policy allows no other kind.
const elk = new ELK({ workerFactory: () => new Worker(workerUrl) });
const kept = new Map<string, Promise<Box[]>>();

const nodeHeight = 46;
const widthOf = (label: string): number => Math.min(260, Math.max(168, 46 + label.length * 7.2));

/** Places for everything that is drawn. The same structure gets the same places, so that nothing jumps. */
export function layout(
  key: string,
  shape: Shape,
  folded: ReadonlySet<string>,
  drawn: ReadonlyMap<string, string>,
  lines: readonly Line[],
  direction: "RIGHT" | "DOWN",
): Promise<Box[]> {
  const known = kept.get(key);
  if (known) return known;
  const found = run(shape, folded, drawn, lines, direction);
  kept.set(key, found);
  if (kept.size > 40) kept.delete(kept.keys().next().value as string);
  found.catch(() => kept.delete(key));
  return found;
}

async function run(
  shape: Shape,
  folded: ReadonlySet<string>,
  drawn: ReadonlyMap<string, string>,
  lines: readonly Line[],
  direction: "RIGHT" | "DOWN",
): Promise<Box[]> {
  const byId = new Map(shape.nodes.map((node) => [node.id, node]));
  const children = new Map<string | null, ElkNode[]>();
  const visible = shape.nodes.filter((node) => drawn.get(node.id) === node.id);
  const isOpen = (id: string) => byId.get(id)?.kind === "group" && !folded.has(id);
  const elkNodes = new Map<string, ElkNode>();
  for (const node of visible) {
    const one: ElkNode = isOpen(node.id)
      ? {
          id: node.id,
          children: [],
          layoutOptions: { "elk.padding": "[top=34,left=14,bottom=14,right=14]" },
        }
      : { id: node.id, width: widthOf(node.label), height: nodeHeight };
    elkNodes.set(node.id, one);
    const parent = node.parent && isOpen(node.parent) ? node.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  for (const [parent, list] of children) if (parent) (elkNodes.get(parent) as ElkNode).children = list;
  const root = await elk.layout({
    id: "root",
    children: children.get(null) ?? [],
    edges: lines.map((line) => ({ id: line.id, sources: [line.source], targets: [line.target] })),
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": direction,
      "elk.hierarchyHandling": "INCLUDE_CHILDREN",
      // Room for what stands on an edge.
      "elk.layered.spacing.nodeNodeBetweenLayers": lines.some((line) => line.label) ? "88" : "48",
      "elk.spacing.nodeNode": "18",
      "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
      "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    },
  });
  const boxes: Box[] = [];
  const walk = (node: ElkNode, parent: string | null) => {
    for (const child of node.children ?? []) {
      boxes.push({
        id: child.id,
        x: child.x ?? 0,
        y: child.y ?? 0,
        width: child.width ?? 120,
        height: child.height ?? nodeHeight,
        parent,
        isGroup: byId.get(child.id)?.kind === "group",
        isFolded: folded.has(child.id),
      });
      walk(child, child.id);
    }
  };
  walk(root, null);
  return boxes;
}
