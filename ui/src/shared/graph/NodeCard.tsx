import { Handle, Position } from "@xyflow/react";
import type { ReactNode } from "react";
import classes from "./Canvas.module.css";

export type Direction = "RIGHT" | "DOWN";

/** Where edges come in and go out. */
export const ends = (direction: Direction): readonly [Position, Position] =>
  direction === "RIGHT" ? [Position.Left, Position.Right] : [Position.Top, Position.Bottom];

/** A node of a graph: a name with what it is below, and marks of what is unusual about it. */
export function NodeCard({
  direction,
  title,
  sub,
  hint,
  edge,
  isSelected,
  isCritical,
  isFound,
  change,
}: {
  direction: Direction;
  title: ReactNode;
  sub: ReactNode;
  hint: string;
  /** Colour of the left edge: the state's. */
  edge?: string | undefined;
  isSelected?: boolean;
  isCritical?: boolean;
  isFound?: boolean;
  change?: string | null;
}) {
  const [into, out] = ends(direction);
  return (
    <div
      className={classes.node}
      data-selected={isSelected || undefined}
      data-critical={isCritical || undefined}
      data-found={isFound || undefined}
      data-change={change ?? undefined}
      style={edge ? { borderLeftColor: edge } : undefined}
      title={hint}
    >
      <Handle type="target" position={into} isConnectable={false} />
      <span className={classes.title}>{title}</span>
      <span className={classes.sub}>{sub}</span>
      <Handle type="source" position={out} isConnectable={false} />
    </div>
  );
}
