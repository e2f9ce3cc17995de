import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useT } from "@/shared/i18n";
import { toState } from "@/shared/state/states";
import { localToIso } from "@/shared/time/wall";
import { useZone } from "@/shared/time/zone";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import { StateBadge } from "@/shared/ui/StateGlyph";
import { Duration, TimeStamp } from "@/shared/ui/Time";
import { InstanceActions } from "./InstanceActions";
import { InstanceFilters } from "./InstanceFilters";
import { type InstanceFilter, type InstanceRow, instancesQuery } from "./queries";
import { filtersOf, type TasksSearch, textFilters } from "./search";
import classes from "./Tasks.module.css";

const route = getRouteApi("/frame/task-instances");
const key = (row: InstanceRow) =>
  `${row.dag_id} ${row.run_id} ${row.task_id}${row.map_index < 0 ? "" : ` [${row.map_index}]`}`;

function useFilter(search: TasksSearch): InstanceFilter {
  const zone = useZone();
  const after = search.from ? localToIso(search.from, zone.name) : null;
  const before = search.until ? localToIso(search.until, zone.name) : null;
  const sort = search.sort ?? "-run";
  return {
    ...Object.fromEntries(textFilters.flatMap((name) => (search[name] ? [[name, search[name]]] : []))),
    ...(search.state?.length ? { state: search.state } : {}),
    ...(search.mapped ? { only_mapped: true } : {}),
    ...(after ? { after } : {}),
    ...(before ? { before } : {}),
    order_by: sort.replace("-", "") as NonNullable<InstanceFilter["order_by"]>,
    descending: sort.startsWith("-"),
  };
}

/** Task instances of all DAGs and runs, with what may be done to many at once. */
export default function TasksPage() {
  const t = useT();
  const search = route.useSearch();
  const navigate = useNavigate();
  useTitle([t("tasks.title")]);
  const query = useInfiniteQuery({
    ...instancesQuery(useFilter(search)),
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.instances) ?? [], [query.data]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const chosen = rows.filter((row) => selected.has(key(row)));
  const oneDag = new Set(chosen.map((row) => row.dag_id)).size === 1;
  const columns = useColumns();
  const onSearch = (next: TasksSearch) => void navigate({ to: ".", search: next, replace: true });
  const filtered = filtersOf(search).length > 0;
  const found = query.data?.pages[0];
  return (
    <Page title={t("tasks.title")} wide>
      <div className={classes.page}>
        <InstanceFilters
          search={search}
          onSearch={onSearch}
          count={found ? t(found.is_more ? "tasks.countMore" : "tasks.count", { count: found.total }) : ""}
        />
        <div className={classes.fill}>
          <QueryView query={query}>
            {() => (
              <DataTable
                label={t("tasks.title")}
                name="tasks"
                columns={columns}
                rows={rows}
                rowKey={key}
                sort={search.sort ?? "-run"}
                onSort={(sort) => onSearch({ ...search, sort: sort as NonNullable<TasksSearch["sort"]> })}
                selected={selected}
                onSelect={setSelected}
                selectionBar={
                  oneDag ? (
                    <InstanceActions rows={chosen} finish={(done) => done && setSelected(new Set())} />
                  ) : (
                    <span className={classes.index}>{t("tasks.oneDagAtATime")}</span>
                  )
                }
                onOpen={(row) =>
                  void navigate({
                    to: "/dags/$dagId/runs/$runId/tasks/$taskId",
                    params: { dagId: row.dag_id, runId: row.run_id, taskId: row.task_id },
                    search: { tab: "logs", ...(row.map_index < 0 ? {} : { map: row.map_index }) },
                  })
                }
                more={query.hasNextPage}
                onMore={() => !query.isFetchingNextPage && void query.fetchNextPage()}
                empty={
                  <EmptyState title={t(filtered ? "tasks.noneFiltered" : "tasks.none")}>
                    {t(filtered ? "tasks.noneFilteredHint" : "tasks.noneHint")}
                  </EmptyState>
                }
              />
            )}
          </QueryView>
        </div>
      </div>
    </Page>
  );
}

function useColumns(): Column<InstanceRow>[] {
  const t = useT();
  return [
    {
      id: "task",
      header: t("tasks.column.task"),
      width: "minmax(9rem, 3fr)",
      sort: "task_id",
      cell: (row) => (
        <Link
          to="/dags/$dagId/runs/$runId/tasks/$taskId"
          params={{ dagId: row.dag_id, runId: row.run_id, taskId: row.task_id }}
          search={{ tab: "logs", ...(row.map_index < 0 ? {} : { map: row.map_index }) }}
          title={row.task_id}
        >
          {row.task_id}
          {row.map_index < 0 ? null : (
            <span className={classes.index}> [{row.rendered_map_index ?? row.map_index}]</span>
          )}
        </Link>
      ),
    },
    {
      id: "state",
      header: t("tasks.column.state"),
      width: "minmax(7rem, 9rem)",
      cell: (row) => <StateBadge state={toState(row.state)} />,
    },
    {
      id: "dag",
      header: t("tasks.column.dag"),
      width: "minmax(8rem, 2fr)",
      cell: (row) => (
        <Link to="/dags/$dagId" params={{ dagId: row.dag_id }} title={row.dag_id}>
          {row.dag_id}
        </Link>
      ),
    },
    {
      id: "run",
      header: t("tasks.column.run"),
      width: "minmax(9rem, 3fr)",
      wide: true,
      sort: "run",
      cell: (row) => (
        <Link
          to="/dags/$dagId/runs/$runId"
          params={{ dagId: row.dag_id, runId: row.run_id }}
          title={row.run_id}
        >
          {row.run_id}
        </Link>
      ),
    },
    {
      id: "operator",
      header: t("tasks.column.operator"),
      width: "minmax(8rem, 1.5fr)",
      wide: true,
      cell: (row) => <span title={row.operator}>{row.operator}</span>,
    },
    {
      id: "start",
      header: t("tasks.column.start"),
      width: "13rem",
      wide: true,
      sort: "start_date",
      cell: (row) => <TimeStamp at={row.start_date} precision="second" />,
    },
    {
      id: "duration",
      header: t("tasks.column.duration"),
      width: "7rem",
      align: "right",
      sort: "duration_s",
      cell: (row) => <Duration from={row.start_date} to={row.end_date} />,
    },
    {
      id: "try",
      header: t("tasks.column.try"),
      width: "4.5rem",
      align: "right",
      wide: true,
      cell: (row) => row.try_number || "",
    },
    {
      id: "pool",
      header: t("tasks.column.pool"),
      width: "minmax(6rem, 1fr)",
      wide: true,
      cell: (row) => <span title={row.pool}>{row.pool}</span>,
    },
    {
      id: "host",
      header: t("tasks.column.host"),
      width: "minmax(6rem, 1fr)",
      wide: true,
      cell: (row) => <span title={row.hostname}>{row.hostname}</span>,
    },
  ];
}
