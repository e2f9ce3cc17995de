import { HoverCard } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { memo, useState } from "react";
import { useT } from "@/shared/i18n";
import { type State, stateMessage } from "@/shared/state/states";
import { StateBadge, StateDot } from "@/shared/ui/StateGlyph";
import { Duration, TimeStamp } from "@/shared/ui/Time";
import classes from "./Grid.module.css";
import type { GridHands } from "./GridRow";
import type { CellPlace, RunBar, TaskNode } from "./gridModel";
import { cellQuery } from "./queries";

export const cellSize = 22;
export const nameWidth = 220;

interface Props {
  left: number;
  /** null: the run's version has no such task. */
  state: State | null;
  dagId: string;
  run: RunBar;
  node: TaskNode;
  mapped: Readonly<Record<string, number>> | undefined;
  tries: number;
  place: CellPlace;
  selected: boolean;
  marked: boolean;
  focused: boolean;
  hands: GridHands;
}

/** One task instance of the grid. What the pointer sees over it is fetched when it rests there. */
export const GridCell = memo(
  function GridCell(props: Props) {
    const t = useT();
    const { state, node, run } = props;
    const [near, setNear] = useState(false);
    const label =
      state === null
        ? t("dag.grid.absent", { task: node.label })
        : `${node.label}, ${run.run_id}: ${t(stateMessage(state))}`;
    const count = props.mapped ? Object.values(props.mapped).reduce((sum, one) => sum + one, 0) : 0;
    const cell = (
      // biome-ignore lint/a11y/useSemanticElements: see the grid's role
      // biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus
      <div
        role="gridcell"
        aria-colindex={props.place.run + 2}
        aria-label={label}
        aria-selected={props.selected || props.marked}
        className={classes.cell}
        data-absent={state === null || undefined}
        data-selected={props.selected || undefined}
        data-marked={props.marked || undefined}
        data-focused={props.focused || undefined}
        data-state={state ?? undefined}
        data-task={node.id}
        data-run={run.run_id}
        style={{ left: props.left, width: cellSize, height: cellSize }}
        onPointerDown={(event) =>
          state !== null && event.button === 0 && props.hands.press(props.place, event)
        }
        onPointerEnter={() => {
          setNear(true);
          props.hands.enter(props.place);
        }}
        onPointerLeave={() => setNear(false)}
      >
        {state === null ? null : (
          <>
            <StateDot state={state} size={node.kind === "group" ? 12 : 14} decorative />
            {count ? <span className={classes.many}>{count}</span> : null}
            {props.tries > 1 ? <span className={classes.tries} aria-hidden="true" /> : null}
          </>
        )}
      </div>
    );
    if (!near || state === null || node.kind === "group") return cell;
    return (
      <HoverCard openDelay={250} closeDelay={0} position="bottom-start" withinPortal>
        <HoverCard.Target>{cell}</HoverCard.Target>
        <HoverCard.Dropdown className={classes.card ?? ""}>
          <CellCard {...props} count={count} />
        </HoverCard.Dropdown>
      </HoverCard>
    );
  },
  (before, after) =>
    before.left === after.left &&
    before.place.row === after.place.row &&
    before.state === after.state &&
    before.selected === after.selected &&
    before.marked === after.marked &&
    before.focused === after.focused &&
    before.tries === after.tries &&
    before.mapped === after.mapped &&
    before.run.run_id === after.run.run_id &&
    before.node === after.node,
);

function CellCard({ dagId, run, node, state, mapped, count }: Props & { count: number }) {
  const t = useT();
  const { data: cell } = useQuery({ ...cellQuery(dagId, run.run_id, node.id), enabled: count === 0 });
  return (
    <div>
      <b>{node.label}</b> <StateBadge state={state ?? "none"} />
      {mapped ? (
        <p>
          {Object.entries(mapped)
            .map(([name, number]) => `${t(stateMessage(name as State))} ${number}`)
            .join(" · ")}
        </p>
      ) : null}
      <p>{node.operator}</p>
      {cell?.start_date ? (
        <p>
          <TimeStamp at={cell.start_date} precision="second" /> ·{" "}
          <Duration from={cell.start_date} to={cell.end_date} />
        </p>
      ) : null}
      {cell && cell.try_number > 1 ? <p>{t("dag.grid.try", { number: cell.try_number })}</p> : null}
      {cell?.why && state !== "success" && state !== "running" ? (
        <p className={classes.why}>{cell.why}</p>
      ) : null}
      {cell?.note ? <p>{cell.note}</p> : null}
    </div>
  );
}
