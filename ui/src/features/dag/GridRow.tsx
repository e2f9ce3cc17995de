import { ChevronDown, ChevronRight } from "lucide-react";
import { memo, type PointerEvent } from "react";
import classes from "./Grid.module.css";
import { cellSize, GridCell, nameWidth } from "./GridCell";
import { type CellPlace, cellKey, type GridPage, type Matrix, type TaskNode } from "./gridModel";

/** What a row asks of its grid. The same object as long as the grid lives, so that rows need not be drawn again for it. */
export interface GridHands {
  press: (place: CellPlace, event: PointerEvent) => void;
  enter: (place: CellPlace) => void;
  fold: (groupId: string) => void;
  name: (taskId: string) => void;
}

interface Props {
  dagId: string;
  page: GridPage;
  matrix: Matrix;
  node: TaskNode;
  /** Of the row among all rows of the page. */
  index: number;
  /** Of the row among those that are shown. */
  line: number;
  top: number;
  /** The runs that are in sight: the first one, and the one behind the last. */
  from: number;
  to: number;
  isFolded: boolean;
  isSelected: boolean;
  selectedRun: string | undefined;
  /** The focused run of this row; −1: none. */
  focused: number;
  /** `cellKey`s. */
  marked: ReadonlyMap<string, CellPlace>;
  hands: GridHands;
}

/** One task of the grid with its instances. Scrolling down draws only the rows that come into sight. */
export const GridRow = memo(function GridRow(props: Props) {
  const { page, matrix, node, index, line, hands, isFolded } = props;
  const runs = page.runs.slice(props.from, props.to);
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the grid's role
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus and tells the active cell
    <div
      role="row"
      aria-rowindex={line + 2}
      className={classes.row}
      data-selected={props.isSelected || undefined}
      style={{ transform: `translateY(${props.top}px)`, height: cellSize }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see the grid's role */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: see the row */}
      <div
        role="rowheader"
        className={classes.name}
        style={{ width: nameWidth, paddingLeft: 12 + node.depth * 14 }}
        title={`${node.id}${node.operator ? ` · ${node.operator}` : ""}`}
      >
        {node.kind === "group" ? (
          <button type="button" aria-expanded={!isFolded} onClick={() => hands.fold(node.id)}>
            {isFolded ? (
              <ChevronRight size={12} aria-hidden="true" />
            ) : (
              <ChevronDown size={12} aria-hidden="true" />
            )}
            <b>{node.label}</b>
          </button>
        ) : (
          <button type="button" onClick={() => hands.name(node.id)}>
            {node.label}
          </button>
        )}
        {node.is_mapped ? <span className={classes.mapped}>[ ]</span> : null}
      </div>
      {runs.map((bar, offset) => {
        const run = props.from + offset;
        const place = { run, row: line };
        return (
          <GridCell
            key={bar.run_id}
            left={nameWidth + run * cellSize}
            state={matrix.at(run, index)}
            dagId={props.dagId}
            run={bar}
            node={node}
            mapped={page.mapped[bar.run_id]?.[node.id]}
            tries={page.tries[bar.run_id]?.[node.id] ?? 1}
            place={place}
            selected={props.isSelected && bar.run_id === props.selectedRun}
            marked={props.marked.has(cellKey(place))}
            focused={props.focused === run}
            hands={hands}
          />
        );
      })}
    </div>
  );
});
