import { Button } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { FilterText } from "@/shared/ui/FilterText";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import { TimeStamp } from "@/shared/ui/Time";
import { type XCom, type XComFilter, xcomsQuery } from "./queries";
import { type XComsSearch, xcomFilters } from "./search";
import { ValueDialog } from "./ValueDialog";
import classes from "./XComs.module.css";

const route = getRouteApi("/frame/xcoms");
const keyOf = (xcom: XCom) => [xcom.dag_id, xcom.run_id, xcom.task_id, xcom.map_index, xcom.key].join(" ");

/** What tasks of all DAGs and runs left for others. */
export default function XComsPage() {
  const t = useT();
  const { sort = "-run", ...filters } = route.useSearch();
  const navigate = useNavigate();
  const [shown, show] = useState<XCom | null>(null);
  useTitle([t("xcoms.title")]);
  const query = useInfiniteQuery({
    ...xcomsQuery({
      ...filters,
      order_by: sort.replace("-", "") as NonNullable<XComFilter["order_by"]>,
      descending: sort.startsWith("-"),
    }),
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.xcoms) ?? [], [query.data]);
  const onSearch = (next: XComsSearch) => void navigate({ to: ".", search: next, replace: true });
  const columns = useColumns(show);
  const filtered = Object.keys(filters).length > 0;
  const found = query.data?.pages[0];
  return (
    <Page title={t("xcoms.title")} wide>
      <div className={classes.page}>
        <search className={classes.filters} aria-label={t("xcoms.filters")}>
          {xcomFilters.map((name) => (
            <FilterText
              key={name}
              label={t(`xcoms.column.${name}`)}
              value={filters[name] ?? ""}
              onChange={(value) => {
                const { [name]: _, ...others } = filters;
                onSearch({ ...others, ...(value ? { [name]: value } : {}), sort });
              }}
              searches={name === "key"}
            />
          ))}
          {filtered ? (
            <Button size="compact-xs" variant="subtle" onClick={() => onSearch({ sort })}>
              {t("xcoms.reset")}
            </Button>
          ) : null}
          <output className={classes.count}>
            {found ? t(found.is_more ? "xcoms.countMore" : "xcoms.count", { count: found.total }) : ""}
          </output>
        </search>
        <div className={classes.fill}>
          <QueryView query={query}>
            {() => (
              <DataTable
                label={t("xcoms.title")}
                name="xcoms"
                columns={columns}
                rows={rows}
                rowKey={keyOf}
                sort={sort}
                onSort={(next) => onSearch({ ...filters, sort: next })}
                onOpen={show}
                more={query.hasNextPage}
                onMore={() => !query.isFetchingNextPage && void query.fetchNextPage()}
                empty={
                  <EmptyState title={t(filtered ? "xcoms.noneFiltered" : "xcoms.none")}>
                    {t(filtered ? "xcoms.noneFilteredHint" : "xcoms.noneHint")}
                  </EmptyState>
                }
              />
            )}
          </QueryView>
        </div>
      </div>
      {shown ? <ValueDialog xcom={shown} close={() => show(null)} /> : null}
    </Page>
  );
}

function useColumns(show: (xcom: XCom) => void): Column<XCom>[] {
  const t = useT();
  return [
    {
      id: "key",
      header: t("xcoms.column.key"),
      width: "minmax(8rem, 1.2fr)",
      sort: "key",
      cell: (xcom) => <b title={xcom.key}>{xcom.key}</b>,
    },
    {
      id: "value",
      header: t("xcoms.column.value"),
      width: "minmax(8rem, 3fr)",
      cell: (xcom) => (
        <button
          type="button"
          className={classes.value}
          title={t("xcoms.open")}
          aria-label={t("xcoms.openOf", { key: xcom.key, value: xcom.text.slice(0, 100) })}
          onClick={() => show(xcom)}
        >
          {xcom.text.slice(0, 300)}
        </button>
      ),
    },
    {
      id: "dag",
      header: t("xcoms.column.dag"),
      width: "minmax(7rem, 1.5fr)",
      cell: (xcom) => (
        <Link to="/dags/$dagId" params={{ dagId: xcom.dag_id }} title={xcom.dag_id}>
          {xcom.dag_id}
        </Link>
      ),
    },
    {
      id: "run",
      header: t("xcoms.column.run"),
      width: "minmax(9rem, 2fr)",
      wide: true,
      sort: "run",
      cell: (xcom) => (
        <Link
          to="/dags/$dagId/runs/$runId"
          params={{ dagId: xcom.dag_id, runId: xcom.run_id }}
          title={xcom.run_id}
        >
          {xcom.run_id}
        </Link>
      ),
    },
    {
      id: "task",
      header: t("xcoms.column.task"),
      width: "minmax(7rem, 1.5fr)",
      wide: true,
      cell: (xcom) => (
        <Link
          to="/dags/$dagId/runs/$runId/tasks/$taskId"
          params={{ dagId: xcom.dag_id, runId: xcom.run_id, taskId: xcom.task_id }}
          search={{ tab: "xcom", ...(xcom.map_index < 0 ? {} : { map: xcom.map_index }) }}
          title={xcom.task_id}
        >
          {xcom.task_id}
          {xcom.map_index < 0 ? null : <span className={classes.quiet}> [{xcom.map_index}]</span>}
        </Link>
      ),
    },
    {
      id: "created",
      header: t("xcoms.column.created"),
      width: "13rem",
      wide: true,
      sort: "created_at",
      cell: (xcom) => <TimeStamp at={xcom.created_at} precision="second" />,
    },
    {
      id: "size",
      header: t("xcoms.column.size"),
      width: "6rem",
      align: "right",
      wide: true,
      cell: (xcom) => xcom.size.toLocaleString(),
    },
  ];
}
