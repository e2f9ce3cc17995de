import { VisuallyHidden } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type Node, type NodeProps, ReactFlowProvider } from "@xyflow/react";
import { Boxes, Workflow } from "lucide-react";
import { useMemo } from "react";
import { Canvas, edgeOf, useLayout } from "@/shared/graph/Canvas";
import { drawnFor, linesOf } from "@/shared/graph/layout";
import { type Direction, NodeCard } from "@/shared/graph/NodeCard";
import { useT } from "@/shared/i18n";
import { usePreference } from "@/shared/preferences";
import { ErrorState } from "@/shared/ui/ErrorState";
import { Loading } from "@/shared/ui/Loading";
import classes from "./AssetGraph.module.css";
import { type Asset, around, dagNode, type LineageNode, lineageOf } from "./assetGraph";

interface NodeData extends Record<string, unknown> {
  node: LineageNode;
  direction: Direction;
  isFocus: boolean;
}

const nodeTypes = { lineage: LineageCard };
const nothing: ReadonlySet<string> = new Set();

interface Props {
  assets: readonly Asset[];
  /** Id of the node whose surroundings are shown. */
  focus: string | undefined;
  onFocus: (id: string | undefined) => void;
}

/** Which DAG makes which asset, and which DAGs use it. A DAG opens; an asset is looked at with what it hangs together with. */
export default function AssetGraph(props: Props) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  );
}

function Drawing({ assets, focus, onFocus }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const [direction] = usePreference<Direction>("graph.direction", "RIGHT");
  const schedules = t("assets.graph.schedules");
  const lineage = useMemo(() => around(lineageOf(assets, schedules), focus), [assets, schedules, focus]);
  const drawn = useMemo(() => drawnFor(lineage, nothing), [lineage]);
  const lines = useMemo(() => linesOf(lineage, drawn), [lineage, drawn]);
  const { boxes, problem } = useLayout(lineage, nothing, drawn, lines, direction);
  const nodes = useMemo((): Node<NodeData>[] => {
    const byId = new Map(lineage.nodes.map((node) => [node.id, node]));
    return (boxes ?? []).flatMap((box) => {
      const node = byId.get(box.id);
      if (!node) return [];
      return [
        {
          id: box.id,
          type: "lineage",
          position: { x: box.x, y: box.y },
          width: box.width,
          height: box.height,
          draggable: false,
          ariaLabel: `${t(`assets.graph.${node.kind}`)}: ${node.label}`,
          data: { node, direction, isFocus: node.id === focus },
        },
      ];
    });
  }, [boxes, lineage.nodes, direction, focus, t]);
  const edges = useMemo(() => lines.map(edgeOf), [lines]);
  if (problem) return <ErrorState error={problem} />;
  if (!boxes) return <Loading lines={10} />;
  const dagIds = (ids: readonly string[]) => (ids.length ? ids.join(", ") : t("assets.graph.nobody"));
  return (
    <div className={classes.graph}>
      {focus ? (
        <button type="button" className={classes.all} onClick={() => onFocus(undefined)}>
          {t("assets.graph.all")}
        </button>
      ) : null}
      <Canvas
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        label={t("assets.graph.label")}
        colorOf={({ data: { node } }) => (node.kind === "dag" ? "var(--ink-3)" : "var(--line-strong)")}
        onOpen={({ data: { node } }) => {
          if (node.id === dagNode(node.label))
            void navigate({ to: "/dags/$dagId", params: { dagId: node.label } });
          else onFocus(node.id === focus ? undefined : node.id);
        }}
      />
      <VisuallyHidden>
        <ul aria-label={t("assets.graph.list")}>
          {assets.map((asset) => (
            <li key={asset.name + asset.uri}>
              {t("assets.graph.sentence", {
                asset: asset.name,
                producers: dagIds([...new Set(asset.producers.map((one) => one.dag_id))]),
                consumers: dagIds(asset.consumers),
              })}
            </li>
          ))}
        </ul>
      </VisuallyHidden>
    </div>
  );
}

function LineageCard({ data: { node, direction, isFocus } }: NodeProps<Node<NodeData>>) {
  const t = useT();
  const Icon = node.kind === "dag" ? Workflow : Boxes;
  return (
    <NodeCard
      direction={direction}
      isSelected={isFocus}
      hint={[node.label, node.uri].filter(Boolean).join("\n")}
      title={
        <>
          <Icon size={12} aria-hidden="true" />
          <b>{node.label}</b>
        </>
      }
      // Datasets are often named by their address alone.
      sub={<span>{node.uri && node.uri !== node.label ? node.uri : t(`assets.graph.${node.kind}`)}</span>}
    />
  );
}
