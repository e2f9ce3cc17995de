import { Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { components } from "@/api/gen/ui";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import classes from "./Admin.module.css";
import { copy } from "./copy";
import { FilterBox } from "./FilterBox";
import { configQuery } from "./queries";
import { useNarrow } from "./RowActions";
import { useFilters } from "./useFilters";

type Row = components["schemas"]["ConfigRow"];

/** For a shell: within quotes when it is more than a plain word. */
const quoted = (value: string): string =>
  /^[\w./:@%+,-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;

/** Every option: its value, where that comes from, and whether it has an effect here. */
export default function ConfigurationPage() {
  const t = useT();
  useTitle([t("admin.configuration.title")]);
  const query = useQuery(configQuery);
  const narrow = useNarrow();
  const [search, change] = useFilters();
  const rows = useMemo(() => {
    const wanted = (search.q ?? "").toLowerCase();
    return (query.data?.options ?? []).filter(
      (row) =>
        (!search.changed || row.source !== "default") &&
        (!wanted || `${row.section} ${row.option} ${row.description}`.toLowerCase().includes(wanted)),
    );
  }, [query.data, search.q, search.changed]);
  const columns: Column<Row>[] = [
    {
      id: "option",
      header: t("admin.configuration.option"),
      width: narrow ? "minmax(11rem, 2fr)" : "minmax(19rem, 2fr)",
      cell: (row) => (
        <span title={`[${row.section}] ${row.option}`}>
          <span className={classes.quiet}>[{row.section}]</span> <b>{row.option}</b>
        </span>
      ),
    },
    {
      id: "value",
      header: t("admin.configuration.value"),
      width: "minmax(5rem, 2fr)",
      cell: (row) => (
        <code className={classes.cut} title={row.value ?? ""}>
          {row.value ?? t("admin.configuration.secret")}
        </code>
      ),
    },
    {
      id: "default",
      header: t("admin.configuration.default"),
      width: "minmax(6rem, 1fr)",
      wide: true,
      cell: (row) => (
        <code className={classes.cut} title={row.default ?? ""}>
          {row.default}
        </code>
      ),
    },
    {
      id: "source",
      header: t("admin.configuration.source"),
      width: narrow ? "5.5rem" : "8rem",
      cell: (row) => t(`admin.configuration.source.${row.source}`),
    },
    {
      id: "description",
      header: t("admin.description"),
      wide: true,
      width: "minmax(12rem, 3fr)",
      cell: (row) => (
        <span className={classes.cut} title={row.description}>
          {row.has_effect ? "" : `${t("admin.configuration.noEffect")} `}
          {row.description}
        </span>
      ),
    },
    {
      id: "copy",
      header: "",
      width: "5rem",
      align: "right",
      wide: true,
      cell: (row) => (
        <button
          type="button"
          className={classes.link}
          title={t("admin.configuration.copyAs", { name: row.environment_name })}
          aria-label={t("admin.configuration.copyAs", { name: row.environment_name })}
          onClick={() => copy(`${row.environment_name}=${quoted(row.value ?? "")}`, t("admin.copied"))}
        >
          {t("admin.copy")}
        </button>
      ),
    },
  ];
  return (
    <Page
      title={t("admin.configuration.title")}
      wide
      actions={
        <>
          <Switch
            size="xs"
            label={t("admin.configuration.changed")}
            checked={search.changed ?? false}
            onChange={(event) => change({ changed: event.currentTarget.checked })}
          />
          <FilterBox name="q" />
        </>
      }
    >
      <QueryView query={query}>
        {() => (
          <DataTable
            label={t("admin.configuration.title")}
            columns={columns}
            rows={rows}
            rowKey={(row) => `${row.section}.${row.option}`}
            empty={<EmptyState title={t("admin.configuration.none")} />}
          />
        )}
      </QueryView>
    </Page>
  );
}
