import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useLocale, useT } from "@/shared/i18n";
import { type State, stateMessage, stateVar } from "@/shared/state/states";
import { duration } from "@/shared/time/format";
import { StateDot } from "@/shared/ui/StateGlyph";
import classes from "./Graph.module.css";
import type { TaskNode } from "./gridModel";

export interface NodeData extends Record<string, unknown> {
  node: TaskNode;
  /** null: no run is looked at. */
  state: State | null;
  mapped: Readonly<Record<string, number>> | null;
  seconds: number | null;
  change: string | null;
  isSelected: boolean;
  isCritical: boolean;
  isFound: boolean;
  direction: "RIGHT" | "DOWN";
  onFold: () => void;
}

const ends = (direction: "RIGHT" | "DOWN") =>
  direction === "RIGHT" ? [Position.Left, Position.Right] : [Position.Top, Position.Bottom];

/** A task, or a folded group: state, name, operator, and what is unusual about it. */
export function TaskNodeView({ data }: NodeProps<Node<NodeData>>) {
  const t = useT();
  const locale = useLocale();
  const { node, state } = data;
  const [into, out] = ends(data.direction);
  const instances = data.mapped ? Object.values(data.mapped).reduce((sum, one) => sum + one, 0) : 0;
  const marks = [
    node.is_mapped && instances ? `[${instances}]` : node.is_mapped ? "[ ]" : "",
    node.is_setup ? t("dag.graph.setup") : "",
    node.is_teardown ? t("dag.graph.teardown") : "",
    node.trigger_rule && node.trigger_rule !== "all_success" ? node.trigger_rule : "",
  ].filter(Boolean);
  return (
    <div
      className={classes.node}
      data-selected={data.isSelected || undefined}
      data-critical={data.isCritical || undefined}
      data-found={data.isFound || undefined}
      data-change={data.change ?? undefined}
      style={state ? { borderLeftColor: stateVar(state) } : undefined}
      title={[node.id, node.operator, state ? t(stateMessage(state)) : ""].filter(Boolean).join("\n")}
    >
      <Handle type="target" position={into as Position} isConnectable={false} />
      <span className={classes.title}>
        {node.kind === "group" ? <ChevronRight size={12} aria-hidden="true" /> : null}
        {state ? <StateDot state={state} /> : null}
        <b>{node.label}</b>
      </span>
      <span className={classes.sub}>
        <span>{node.operator || t("dag.graph.group")}</span>
        {marks.map((mark) => (
          <span key={mark}>{mark}</span>
        ))}
        {data.seconds ? <span>{duration(data.seconds, locale)}</span> : null}
      </span>
      <Handle type="source" position={out as Position} isConnectable={false} />
    </div>
  );
}

/** An open group: a frame around its tasks. */
export function GroupNode({ data }: NodeProps<Node<NodeData>>) {
  const [into, out] = ends(data.direction);
  return (
    <div className={classes.group}>
      <Handle type="target" position={into as Position} isConnectable={false} />
      <button type="button" className={classes.groupName} onClick={data.onFold}>
        <ChevronDown size={12} aria-hidden="true" /> {data.node.label}
      </button>
      <Handle type="source" position={out as Position} isConnectable={false} />
    </div>
  );
}
