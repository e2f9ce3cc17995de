import { Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { components } from "@/api/gen/ui";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import classes from "./Admin.module.css";
import { configQuery } from "./queries";

type Row = components["schemas"]["ConfigRow"];

/** Every option: its value, where that comes from, and whether it has an effect here. */
export default function ConfigurationPage() {
  const t = useT();
  useTitle([t("admin.configuration.title")]);
  const query = useQuery(configQuery);
  const [text, setText] = useState("");
  const [changed, setChanged] = useState(false);
  const rows = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return (query.data?.options ?? []).filter(
      (row) =>
        (!changed || row.source !== "default") &&
        (!wanted || `${row.section} ${row.option} ${row.description}`.toLowerCase().includes(wanted)),
    );
  }, [query.data, text, changed]);
  const columns: Column<Row>[] = [
    {
      id: "option",
      header: t("admin.configuration.option"),
      width: "minmax(14rem, 2fr)",
      cell: (row) => (
        <span title={row.environment_name}>
          <span className={classes.quiet}>[{row.section}]</span> <b>{row.option}</b>
        </span>
      ),
    },
    {
      id: "value",
      header: t("admin.configuration.value"),
      width: "minmax(8rem, 2fr)",
      cell: (row) => <code className={classes.cut}>{row.value ?? t("admin.configuration.secret")}</code>,
    },
    {
      id: "source",
      header: t("admin.configuration.source"),
      width: "8rem",
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
            checked={changed}
            onChange={(event) => setChanged(event.currentTarget.checked)}
          />
          <TextInput
            size="xs"
            aria-label={t("admin.search")}
            placeholder={t("admin.search")}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
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
