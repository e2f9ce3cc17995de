import { Menu } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Ellipsis } from "lucide-react";
import { useT } from "@/shared/i18n";
import type { Column } from "@/shared/ui/DataTable";
import classes from "./Admin.module.css";

export interface RowAction {
  label: string;
  act: () => void;
  disabled?: boolean;
}

/** Where tables leave out their wide columns. */
export const useNarrow = (): boolean => useMediaQuery("(max-width: 900px)", false) ?? false;

/** The last column of a list: what may be done with a row, side by side, or in a menu where there is no room. */
export function actionColumn<R>(
  narrow: boolean,
  width: string,
  nameOf: (row: R) => string,
  actionsOf: (row: R) => readonly (RowAction | false)[],
): Column<R> {
  return {
    id: "do",
    header: "",
    width: narrow ? "52px" : width,
    align: "right",
    cell: (row) => {
      const actions = actionsOf(row).filter((action) => action !== false);
      return narrow ? (
        <ActionMenu name={nameOf(row)} actions={actions} />
      ) : (
        <span className={classes.buttons}>
          {actions.map(({ label, act, disabled }) => (
            <button
              key={label}
              type="button"
              className={classes.link}
              aria-label={`${label}: ${nameOf(row)}`}
              disabled={disabled}
              onClick={act}
            >
              {label}
            </button>
          ))}
        </span>
      );
    },
  };
}

function ActionMenu({ name, actions }: { name: string; actions: readonly RowAction[] }) {
  const t = useT();
  if (!actions.length) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className={classes.more} aria-label={t("admin.actionsOf", { name })}>
          <Ellipsis size={16} aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map(({ label, act, disabled }) => (
          <Menu.Item key={label} disabled={disabled ?? false} onClick={act}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
