import { Checkbox } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, type ReactNode, useEffect, useMemo, useRef } from "react";
import { useT } from "@/shared/i18n";
import { ColumnMenu, useColumnChoice } from "./ColumnMenu";
import classes from "./DataTable.module.css";

export interface Column<R> {
  id: string;
  header: ReactNode;
  cell: (row: R) => ReactNode;
  /** CSS width: "12rem", "minmax(10rem, 2fr)". Default "minmax(6rem, 1fr)". */
  width?: string;
  /** Numbers and durations stand at the right. */
  align?: "left" | "right";
  /** What `onSort` is called with; absent: cannot be sorted. */
  sort?: string;
  /** Left out on narrow windows. */
  wide?: boolean;
}

export interface DataTableProps<R> {
  /** What the table holds, for screen readers. */
  label: string;
  /** Under this name the reader's choice of columns is remembered; absent: all columns are always there. */
  name?: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  rowKey: (row: R) => string;
  /** "name" or "-name"; the server sorts. */
  sort?: string | undefined;
  onSort?: (sort: string) => void;
  /** Keys of the selected rows; absent: rows cannot be selected. */
  selected?: ReadonlySet<string>;
  onSelect?: (keys: ReadonlySet<string>) => void;
  /** Shown above the table while rows are selected. */
  selectionBar?: ReactNode;
  onOpen?: (row: R) => void;
  /** The row whose details are open. */
  current?: string | undefined;
  /** More rows exist; called when the end comes near (keyset pages: useInfiniteQuery). */
  more?: boolean;
  onMore?: () => void;
  empty?: ReactNode;
  rowHeight?: number;
}

/** A real table whose rows are only there while they can be seen; 100,000 rows scroll like 100. */
export function DataTable<R>(props: DataTableProps<R>) {
  const narrow = useMediaQuery("(max-width: 900px)", false);
  const { columns, choice } = useColumnChoice(props.name, props.columns, narrow);
  const { rows, rowKey, selected, onSelect, rowHeight = 36, more = false, onMore } = props;
  const t = useT();
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: (index) => rowKey(rows[index] as R),
    initialRect: { width: 1000, height: 800 },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (more && last >= rows.length - 20) onMore?.();
  }, [more, last, rows.length, onMore]);

  const selectable = selected !== undefined && onSelect !== undefined;
  const template = [
    ...(selectable ? ["36px"] : []),
    ...columns.map((column) => column.width ?? "minmax(6rem, 1fr)"),
  ].join(" ");
  const allSelected = selectable && rows.length > 0 && rows.every((row) => selected.has(rowKey(row)));
  const toggle = (key: string) => {
    const next = new Set(selected);
    if (!next.delete(key)) next.add(key);
    onSelect?.(next);
  };
  const latest = useRef(toggle);
  latest.current = toggle;
  const onToggle = useMemo(() => (key: string) => latest.current(key), []);

  return (
    <div className={classes.wrap}>
      {selectable && selected.size > 0 ? (
        <div className={classes.bar} role="toolbar" aria-label={t("shared.table.selection")}>
          <span>{t("shared.table.selected", { count: selected.size })}</span>
          {props.selectionBar}
          <button type="button" className={classes.clear} onClick={() => onSelect?.(new Set())}>
            {t("shared.table.unselect")}
          </button>
        </div>
      ) : null}
      <div className={classes.frame}>
        {choice ? <ColumnMenu choice={choice} /> : null}
        <section
          ref={scroller}
          className={classes.scroller}
          data-chooses={choice ? true : undefined}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          aria-label={props.label}
        >
          {/* Rows are laid out as grids, which takes their table meaning from browsers: the roles give it back. */}
          <table
            className={classes.table}
            aria-label={props.label}
            aria-rowcount={more ? -1 : rows.length + 1}
          >
            <thead className={classes.head}>
              <tr className={classes.row} style={{ gridTemplateColumns: template, height: 32 }}>
                {selectable ? (
                  <th scope="col" className={classes.cell}>
                    <Checkbox
                      size="xs"
                      aria-label={t("shared.table.selectAll")}
                      checked={allSelected}
                      indeterminate={!allSelected && selected.size > 0}
                      onChange={() => onSelect?.(allSelected ? new Set() : new Set(rows.map(rowKey)))}
                    />
                  </th>
                ) : null}
                {columns.map((column) => (
                  <Heading key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
                ))}
              </tr>
            </thead>
            <tbody className={classes.body} style={{ height: virtual.getTotalSize() }}>
              {items.map((item) => {
                const row = rows[item.index] as R;
                const key = rowKey(row);
                return (
                  <Row
                    key={key}
                    name={key}
                    row={row}
                    columns={columns}
                    template={template}
                    index={item.index}
                    top={item.start}
                    height={rowHeight}
                    selected={selectable ? selected.has(key) : undefined}
                    current={props.current === key}
                    onToggle={onToggle}
                    onOpen={props.onOpen}
                  />
                );
              })}
            </tbody>
          </table>
          {rows.length === 0 ? props.empty : null}
        </section>
      </div>
    </div>
  );
}

interface RowProps<R> {
  /** The row's key. */
  name: string;
  row: R;
  columns: readonly Column<R>[];
  template: string;
  index: number;
  top: number;
  height: number;
  /** Absent: rows cannot be selected. */
  selected: boolean | undefined;
  current: boolean;
  onToggle: (key: string) => void;
  onOpen: ((row: R) => void) | undefined;
}

function PlainRow<R>({ name, row, columns, selected, onToggle, onOpen, ...place }: RowProps<R>) {
  const t = useT();
  return (
    <tr
      className={classes.row}
      data-selected={selected || undefined}
      data-current={place.current || undefined}
      data-opens={onOpen ? true : undefined}
      aria-rowindex={place.index + 2}
      style={{
        gridTemplateColumns: place.template,
        height: place.height,
        transform: `translateY(${place.top}px)`,
        position: "absolute",
      }}
      onClick={(event) => {
        if ((event.target as HTMLElement).closest("a, button, input, label, [role=menu]")) return;
        if (window.getSelection()?.toString()) return;
        onOpen?.(row);
      }}
    >
      {selected === undefined ? null : (
        <td className={classes.cell}>
          <Checkbox
            size="xs"
            aria-label={t("shared.table.select", { name })}
            checked={selected}
            onChange={() => onToggle(name)}
          />
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} className={classes.cell} data-align={column.align}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

/** Scrolling draws only the rows that come into sight. */
const Row = memo(PlainRow) as typeof PlainRow;

function Heading<R>({
  column,
  sort,
  onSort,
}: {
  column: Column<R>;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
}) {
  const field = column.sort;
  const up = field !== undefined && sort === field;
  const down = field !== undefined && sort === `-${field}`;
  return (
    <th
      scope="col"
      className={classes.cell}
      data-align={column.align}
      {...(field && onSort ? { "aria-sort": up ? "ascending" : down ? "descending" : "none" } : {})}
    >
      {field && onSort ? (
        <button type="button" className={classes.sort} onClick={() => onSort(up ? `-${field}` : field)}>
          {column.header}
          {up ? <ArrowUp aria-hidden="true" /> : down ? <ArrowDown aria-hidden="true" /> : null}
        </button>
      ) : (
        column.header
      )}
    </th>
  );
}
