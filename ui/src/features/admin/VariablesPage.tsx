import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { data, v2 } from "@/api/client";
import { usePermission } from "@/api/session";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import classes from "./Admin.module.css";
import { download } from "./download";
import { FilterBox } from "./FilterBox";
import { type Variable, variablesQuery } from "./queries";
import { Removal } from "./Removal";
import { actionColumn, useNarrow } from "./RowActions";
import { useFilters } from "./useFilters";
import { VariableForm } from "./VariableForm";
import { VariableImport } from "./VariableImport";
import { isHidden, writeFile } from "./variableFiles";

/** Variables: names and values that DAGs read. The server hides what looks like a secret. */
export default function VariablesPage() {
  const t = useT();
  useTitle([t("admin.variables.title")]);
  const query = useQuery(variablesQuery);
  const mayCreate = usePermission("can_create on Variables");
  const mayEdit = usePermission("can_edit on Variables");
  const mayDelete = usePermission("can_delete on Variables");
  const narrow = useNarrow();
  const [search, change] = useFilters();
  const [adding, setAdding] = useState<"one" | "file" | null>(null);
  const [removed, setRemoved] = useState<Variable | null>(null);
  const rows = useMemo(() => {
    const wanted = (search.q ?? "").toLowerCase();
    return (query.data ?? []).filter((one) =>
      [one.key, one.value, one.description].some((part) => part?.toLowerCase().includes(wanted)),
    );
  }, [query.data, search.q]);
  const edited = mayEdit ? query.data?.find((one) => one.key === search.item) : undefined;
  const columns: Column<Variable>[] = [
    {
      id: "key",
      header: t("admin.variables.key"),
      width: "minmax(8rem, 2fr)",
      cell: (one) => <b>{one.key}</b>,
    },
    {
      id: "value",
      header: t("admin.variables.value"),
      width: "minmax(8rem, 3fr)",
      cell: (one) =>
        one.value === null ? (
          <span className={classes.quiet}>{t("admin.variables.unreadable")}</span>
        ) : (
          <code className={classes.cut} title={isHidden(one.value) ? t("admin.variables.hidden") : one.value}>
            {one.value}
          </code>
        ),
    },
    {
      id: "description",
      header: t("admin.description"),
      wide: true,
      width: "minmax(8rem, 2fr)",
      cell: (one) => one.description,
    },
    actionColumn(
      narrow,
      "9rem",
      (one) => one.key,
      (one) => [
        mayEdit && { label: t("admin.edit"), act: () => change({ item: one.key }) },
        mayDelete && { label: t("admin.remove"), act: () => setRemoved(one) },
      ],
    ),
  ];
  return (
    <Page
      title={t("admin.variables.title")}
      wide
      actions={
        <>
          <FilterBox name="q" />
          <Button
            size="compact-sm"
            variant="default"
            disabled={!rows.some((one) => !isHidden(one.value))}
            onClick={() => download("variables.json", writeFile(rows))}
          >
            {t("admin.variables.export")}
          </Button>
          {mayCreate ? (
            <>
              <Button size="compact-sm" variant="default" onClick={() => setAdding("file")}>
                {t("admin.variables.import")}
              </Button>
              <Button size="compact-sm" onClick={() => setAdding("one")}>
                {t("admin.variables.new")}
              </Button>
            </>
          ) : null}
        </>
      }
    >
      <QueryView query={query}>
        {() => (
          <DataTable
            label={t("admin.variables.title")}
            name="variables"
            columns={columns}
            rows={rows}
            rowKey={(one) => one.key}
            {...(mayEdit ? { onOpen: (one: Variable) => change({ item: one.key }) } : {})}
            empty={
              search.q ? (
                <EmptyState title={t("admin.noneFiltered")}>{t("admin.noneFilteredHint")}</EmptyState>
              ) : (
                <EmptyState title={t("admin.variables.none")}>{t("admin.variables.noneHint")}</EmptyState>
              )
            }
          />
        )}
      </QueryView>
      {adding === "one" ? <VariableForm variable={null} onClose={() => setAdding(null)} /> : null}
      {adding === "file" ? <VariableImport there={query.data ?? []} onClose={() => setAdding(null)} /> : null}
      {edited ? (
        <VariableForm key={edited.key} variable={edited} onClose={() => change({ item: undefined })} />
      ) : null}
      {removed ? (
        <Removal
          name={removed.key}
          listKey={["variables"]}
          remove={() =>
            data(
              v2.DELETE("/api/v2/variables/{variable_key}", {
                params: { path: { variable_key: removed.key } },
              }),
            )
          }
          onClose={() => setRemoved(null)}
        />
      ) : null}
    </Page>
  );
}
