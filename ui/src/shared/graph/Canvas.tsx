import "@xyflow/react/dist/base.css";
import {
  Background,
  Controls,
  type Edge,
  MarkerType,
  MiniMap,
  type Node,
  type NodeTypes,
  ReactFlow,
  useReactFlow,
} from "@xyflow/react";
import { useEffect, useState } from "react";
import { useT } from "@/shared/i18n";
import classes from "./Canvas.module.css";
import { layout } from "./elk";
import { type Box, type Line, type Shape, shapeKey } from "./layout";
import type { Direction } from "./NodeCard";

/** Places of what is drawn; null while they are sought. The view fits them when the structure has changed. */
export function useLayout(
  shape: Shape,
  folded: ReadonlySet<string>,
  drawn: ReadonlyMap<string, string>,
  lines: readonly Line[],
  direction: Direction,
): { boxes: readonly Box[] | null; problem: unknown } {
  const flow = useReactFlow();
  const key = shapeKey(shape, folded, direction);
  const [boxes, setBoxes] = useState<Box[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key names the structure; states alone need no new layout
  useEffect(() => {
    let current = true;
    layout(key, shape, folded, drawn, lines, direction)
      .then((found) => {
        if (!current) return;
        setBoxes(found);
        requestAnimationFrame(() => void flow.fitView({ padding: 0.12, maxZoom: 1.2 }));
      })
      .catch((error: unknown) => current && setProblem(error));
    return () => {
      current = false;
    };
  }, [key]);
  return { boxes, problem };
}

/** An edge as it is drawn, with an arrow at its end. */
export const edgeOf = (line: Line): Edge => ({
  id: line.id,
  source: line.source,
  target: line.target,
  ...(line.label ? { label: line.label } : {}),
  markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14 },
  selectable: false,
});

/** Nodes and edges that can be moved over and zoomed, not changed. */
export function Canvas<N extends Node>({
  nodes,
  edges,
  nodeTypes,
  label,
  colorOf,
  onOpen,
}: {
  nodes: N[];
  edges: Edge[];
  nodeTypes: NodeTypes;
  label: string;
  /** In the small map. */
  colorOf: (node: N) => string;
  onOpen: (node: N) => void;
}) {
  const t = useT();
  return (
    <div className={classes.canvas}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        nodesConnectable={false}
        nodesDraggable={false}
        onlyRenderVisibleElements={nodes.length > 120}
        minZoom={0.08}
        fitView
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, node) => onOpen(node)}
        aria-label={label}
      >
        <Background gap={22} color="var(--line)" />
        <Controls showInteractive={false} position="bottom-left" />
        {nodes.length <= 400 ? (
          <MiniMap<N> pannable zoomable ariaLabel={t("shared.graph.map")} nodeColor={colorOf} />
        ) : null}
      </ReactFlow>
    </div>
  );
}
