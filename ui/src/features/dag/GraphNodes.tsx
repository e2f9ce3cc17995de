import { Handle, type Node, type NodeProps } from "@xyflow/react";
import { ChevronDown, ChevronRight } from "lucide-react";
import { type Direction, ends, NodeCard } from "@/shared/graph/NodeCard";
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
  direction: Direction;
  onFold: () => void;
}

/** A task, or a folded group: state, name, operator, and what is unusual about it. */
export function TaskNodeView({ data }: NodeProps<Node<NodeData>>) {
  const t = useT();
  const locale = useLocale();
  const { node, state } = data;
  const instances = data.mapped ? Object.values(data.mapped).reduce((sum, one) => sum + one, 0) : 0;
  const marks = [
    node.is_mapped && instances ? `[${instances}]` : node.is_mapped ? "[ ]" : "",
    node.is_setup ? t("dag.graph.setup") : "",
    node.is_teardown ? t("dag.graph.teardown") : "",
    node.trigger_rule && node.trigger_rule !== "all_success" ? node.trigger_rule : "",
  ].filter(Boolean);
  return (
    <NodeCard
      direction={data.direction}
      isSelected={data.isSelected}
      isCritical={data.isCritical}
      isFound={data.isFound}
      change={data.change}
      edge={state ? stateVar(state) : undefined}
      hint={[node.id, node.operator, state ? t(stateMessage(state)) : ""].filter(Boolean).join("\n")}
      title={
        <>
          {node.kind === "group" ? <ChevronRight size={12} aria-hidden="true" /> : null}
          {state ? <StateDot state={state} /> : null}
          <b>{node.label}</b>
        </>
      }
      sub={
        <>
          <span>{node.operator || t("dag.graph.group")}</span>
          {marks.map((mark) => (
            <span key={mark}>{mark}</span>
          ))}
          {data.seconds ? <span>{duration(data.seconds, locale)}</span> : null}
        </>
      }
    />
  );
}

/** An open group: a frame around its tasks. */
export function GroupNode({ data }: NodeProps<Node<NodeData>>) {
  const [into, out] = ends(data.direction);
  return (
    <div className={classes.group}>
      <Handle type="target" position={into} isConnectable={false} />
      <button type="button" className={classes.groupName} onClick={data.onFold}>
        <ChevronDown size={12} aria-hidden="true" /> {data.node.label}
      </button>
      <Handle type="source" position={out} isConnectable={false} />
    </div>
  );
}
