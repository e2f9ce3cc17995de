import { Menu } from "@mantine/core";
import { Columns3 } from "lucide-react";
import { useMemo } from "react";
import { useT } from "@/shared/i18n";
import { usePreference } from "@/shared/preferences";
import type { Column } from "./DataTable";
import classes from "./DataTable.module.css";

interface Chosen<R> {
  column: Column<R>;
  shown: boolean;
  /** What names the row stays (all up to the first column with a heading), and so do columns without one. */
  fixed: boolean;
}
export interface ColumnChoice<R> {
  all: readonly Chosen<R>[];
  change: (id: string, shown: boolean) => void;
  reset: (() => void) | null;
}

/**
 * The columns to show: all that fit the window, but for what the reader chose otherwise. Only departures are remembered, so
 * that a phone is not crammed by what was never chosen there.
 */
export function useColumnChoice<R>(
  name: string | undefined,
  all: readonly Column<R>[],
  narrow: boolean,
): { columns: readonly Column<R>[]; choice: ColumnChoice<R> | null } {
  const [departures, write] = usePreference<Departures>(`columns.${name ?? ""}`, NONE);
  const chosen = useMemo(
    () => choose(all, name === undefined ? NONE : departures, narrow),
    [all, name, departures, narrow],
  );
  const columns = useMemo(() => chosen.filter((one) => one.shown).map((one) => one.column), [chosen]);
  if (name === undefined) return { columns, choice: null };
  const change = (id: string, shown: boolean) => {
    const { [id]: _, ...rest } = departures;
    const column = all.find((one) => one.id === id);
    write(column && isUsual(column, narrow) === shown ? rest : { ...rest, [id]: shown });
  };
  return {
    columns,
    choice: { all: chosen, change, reset: Object.keys(departures).length ? () => write(NONE) : null },
  };
}

type Departures = Record<string, boolean>;
const NONE: Departures = {};

const isUsual = <R,>(column: Column<R>, narrow: boolean) => !(narrow && column.wide);

function choose<R>(all: readonly Column<R>[], departures: Departures, narrow: boolean): readonly Chosen<R>[] {
  const naming = all.findIndex((column) => column.header !== "");
  return all.map((column, index) => {
    const fixed = index <= naming || column.header === "";
    const usual = isUsual(column, narrow);
    return { column, fixed, shown: fixed ? usual : (departures[column.id] ?? usual) };
  });
}

export function ColumnMenu<R>({ choice }: { choice: ColumnChoice<R> }) {
  const t = useT();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className={classes.choose} aria-label={t("shared.table.columns")}>
          <Columns3 aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("shared.table.columns")}</Menu.Label>
        {choice.all
          .filter((one) => !one.fixed)
          .map(({ column, shown }) => (
            <Menu.CheckboxItem
              key={column.id}
              checked={shown}
              checkIcon={<span aria-hidden="true">✓</span>}
              closeMenuOnClick={false}
              onChange={(next) => choice.change(column.id, next)}
            >
              {column.header}
            </Menu.CheckboxItem>
          ))}
        {choice.reset ? <Menu.Item onClick={choice.reset}>{t("shared.table.columnsReset")}</Menu.Item> : null}
      </Menu.Dropdown>
    </Menu>
  );
}
