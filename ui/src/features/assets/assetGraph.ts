import type { components } from "@/api/gen/ui";
import { reach, type Shape } from "@/shared/graph/layout";

export type Asset = components["schemas"]["AssetRow"];

export interface LineageNode {
  id: string;
  kind: "dag" | "asset";
  label: string;
  /** An asset's address; empty for a DAG. */
  uri: string;
}

export interface Lineage extends Shape {
  nodes: readonly LineageNode[];
  edges: readonly { source: string; target: string; label: string | null }[];
}

export const dagNode = (dagId: string): string => `dag:${dagId}`;
export const assetNode = (asset: Pick<Asset, "name" | "uri">): string => `asset:${asset.name} ${asset.uri}`;

/** DAG → asset → DAG. `schedules` labels the edges along which an asset starts a DAG; a DAG that only reads it has none. */
export function lineageOf(assets: readonly Asset[], schedules: string): Lineage {
  const nodes = new Map<string, LineageNode>();
  const edges = new Map<string, Lineage["edges"][number]>();
  const dag = (id: string) => {
    nodes.set(dagNode(id), { id: dagNode(id), kind: "dag", label: id, uri: "" });
    return dagNode(id);
  };
  const join = (source: string, target: string, label: string | null) =>
    edges.set(`${source}→${target}`, { source, target, label });
  for (const asset of assets) {
    const id = assetNode(asset);
    nodes.set(id, { id, kind: "asset", label: asset.name, uri: asset.uri });
    for (const one of asset.producers) join(dag(one.dag_id), id, null);
    for (const one of asset.consumers) join(id, dag(one), asset.scheduled.includes(one) ? schedules : null);
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

/** What leads to `focus` and what comes of it; everything when there is no such node. */
export function around(lineage: Lineage, focus: string | undefined): Lineage {
  if (!focus || !lineage.nodes.some((node) => node.id === focus)) return lineage;
  const kept = new Set([
    ...reach(lineage.edges, focus, "upstream"),
    ...reach(lineage.edges, focus, "downstream"),
  ]);
  return {
    nodes: lineage.nodes.filter((node) => kept.has(node.id)),
    edges: lineage.edges.filter((edge) => kept.has(edge.source) && kept.has(edge.target)),
  };
}
