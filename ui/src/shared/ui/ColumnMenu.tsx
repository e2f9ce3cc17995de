import { Menu } from "@mantine/core";
import { Columns3 } from "lucide-react";
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
  const [departures, write] = usePreference<Record<string, boolean>>(`columns.${name ?? ""}`, {});
  const usual = (column: Column<R>) => !(narrow && column.wide);
  if (name === undefined) return { columns: all.filter(usual), choice: null };
  const naming = all.findIndex((column) => column.header !== "");
  const chosen = all.map((column, index) => {
    const fixed = index <= naming || column.header === "";
    return { column, fixed, shown: fixed ? usual(column) : (departures[column.id] ?? usual(column)) };
  });
  const change = (id: string, shown: boolean) => {
    const { [id]: _, ...rest } = departures;
    const column = all.find((one) => one.id === id);
    write(column && usual(column) === shown ? rest : { ...rest, [id]: shown });
  };
  return {
    columns: chosen.filter((one) => one.shown).map((one) => one.column),
    choice: { all: chosen, change, reset: Object.keys(departures).length ? () => write({}) : null },
  };
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
