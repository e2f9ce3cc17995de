import { MultiSelect, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { requestAction, type Target } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import { stateMessage, toState } from "@/shared/state/states";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { ErrorState } from "@/shared/ui/ErrorState";
import { Loading } from "@/shared/ui/Loading";
import { StateBadge } from "@/shared/ui/StateGlyph";
import { Duration, TimeStamp } from "@/shared/ui/Time";
import { type RunRow, runsQuery } from "./queries";
import { runTypes, typeOf } from "./Run";
import classes from "./Run.module.css";
import type { RunsSearch, runSorts } from "./search";

const runStates = ["queued", "running", "success", "failed"] as const;

/** Runs, filtered and ordered by the server, with what may be done to many at once. */
export function RunTable({
  dagId,
  search,
  onSearch,
}: {
  dagId?: string | undefined;
  search: RunsSearch;
  onSearch: (search: RunsSearch) => void;
}) {
  const t = useT();
  const navigate = useNavigate();
  const sort = search.sort ?? "-run_after";
  const query = useInfiniteQuery(
    runsQuery({
      dagId,
      q: search.q ?? "",
      states: search.state ?? [],
      types: search.type ?? [],
      sort: sort.replace("-", "") as (typeof runSorts)[number],
      descending: sort.startsWith("-"),
    }),
  );
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.runs) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? 0;
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const key = (row: RunRow) => `${row.dag_id} ${row.run_id}`;
  const chosen = rows.filter((row) => selected.has(key(row)));
  const oneDag = new Set(chosen.map((row) => row.dag_id)).size === 1;
  const targets: Target[] = chosen.map((row) => ({ runId: row.run_id }));
  const finish = (done: boolean) => done && setSelected(new Set());
  const columns: Column<RunRow>[] = [
    ...(dagId
      ? []
      : [
          {
            id: "dag",
            header: t("runs.column.dag"),
            width: "minmax(8rem, 2fr)",
            cell: (row: RunRow) => (
              <Link to="/dags/$dagId" params={{ dagId: row.dag_id }}>
                {row.dag_id}
              </Link>
            ),
          },
        ]),
    {
      id: "run",
      header: t("runs.column.run"),
      width: "minmax(12rem, 3fr)",
      cell: (row) => (
        <Link to="/dags/$dagId/runs/$runId" params={{ dagId: row.dag_id, runId: row.run_id }}>
          {row.run_id}
        </Link>
      ),
    },
    {
      id: "state",
      header: t("runs.column.state"),
      width: "8rem",
      cell: (row) => <StateBadge state={toState(row.state)} />,
    },
    {
      id: "type",
      header: t("runs.column.type"),
      width: "7rem",
      wide: true,
      cell: (row) => t(`runs.type.${typeOf(row.run_type)}`),
    },
    {
      id: "logical",
      header: t("runs.column.logical"),
      width: "12rem",
      wide: true,
      sort: "logical_date",
      cell: (row) => <TimeStamp at={row.logical_date} />,
    },
    {
      id: "start",
      header: t("runs.column.start"),
      width: "12rem",
      wide: true,
      sort: "start_date",
      cell: (row) => <TimeStamp at={row.start_date} />,
    },
    {
      id: "duration",
      header: t("runs.column.duration"),
      width: "7rem",
      align: "right",
      sort: "duration",
      cell: (row) => <Duration from={row.start_date} to={row.end_date} />,
    },
    {
      id: "note",
      header: t("runs.column.note"),
      width: "minmax(6rem, 2fr)",
      wide: true,
      cell: (row) => <span title={row.note ?? undefined}>{row.note}</span>,
    },
  ];
  if (query.isError && !query.data)
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const filtered = Boolean(search.q || search.state?.length || search.type?.length);
  return (
    <div className={classes.table}>
      <div className={classes.filters}>
        <TextInput
          size="xs"
          aria-label={t("runs.search")}
          placeholder={t("runs.search")}
          leftSection={<Search size={12} aria-hidden="true" />}
          value={search.q ?? ""}
          onChange={(event) => {
            const { q: _, ...rest } = search;
            const q = event.currentTarget.value;
            onSearch(q ? { ...rest, q } : rest);
          }}
        />
        <MultiSelect
          size="xs"
          aria-label={t("runs.column.state")}
          placeholder={search.state?.length ? "" : t("runs.column.state")}
          value={search.state ?? []}
          onChange={(state) => onSearch({ ...search, state })}
          data={runStates.map((state) => ({ value: state, label: t(stateMessage(state)) }))}
        />
        <MultiSelect
          size="xs"
          aria-label={t("runs.column.type")}
          placeholder={search.type?.length ? "" : t("runs.column.type")}
          value={search.type ?? []}
          onChange={(type) => onSearch({ ...search, type })}
          data={runTypes.map((type) => ({ value: type, label: t(`runs.type.${type}`) }))}
        />
        <span className={classes.meta}>{t("runs.count", { count: total })}</span>
      </div>
      <DataTable
        label={t("runs.title")}
        name="runs"
        columns={columns}
        rows={rows}
        rowKey={key}
        sort={sort}
        onSort={(next) => onSearch({ ...search, sort: next as NonNullable<RunsSearch["sort"]> })}
        selected={selected}
        onSelect={setSelected}
        selectionBar={
          oneDag && chosen[0] ? (
            <Bulk dagId={chosen[0].dag_id} runs={chosen} targets={targets} finish={finish} />
          ) : (
            <span className={classes.meta}>{t("runs.oneDagAtATime")}</span>
          )
        }
        onOpen={(row) =>
          void navigate({
            to: "/dags/$dagId/runs/$runId",
            params: { dagId: row.dag_id, runId: row.run_id },
          })
        }
        more={query.hasNextPage}
        onMore={() => !query.isFetchingNextPage && void query.fetchNextPage()}
        empty={
          <EmptyState title={t(filtered ? "runs.noneFiltered" : "runs.none")}>
            {t(filtered ? "runs.noneFilteredHint" : "runs.noneHint")}
          </EmptyState>
        }
      />
    </div>
  );
}

function Bulk({
  dagId,
  runs,
  targets,
  finish,
}: {
  dagId: string;
  runs: readonly RunRow[];
  targets: readonly Target[];
  finish: (done: boolean) => void;
}) {
  const t = useT();
  const may = (name: string) =>
    runs.some((run) => run.actions.some((action) => action.name === name && action.denied === null));
  return (
    <>
      {may("clear") ? (
        <>
          <button
            type="button"
            onClick={() => void requestAction({ kind: "clear", dagId, targets }).then(finish)}
          >
            {t("runs.action.clear")}
          </button>
          <button
            type="button"
            onClick={() =>
              void requestAction({ kind: "clear", dagId, targets, onlyFailed: true }).then(finish)
            }
          >
            {t("runs.clearFailed")}
          </button>
        </>
      ) : null}
      {may("mark_success") ? (
        <button
          type="button"
          onClick={() => void requestAction({ kind: "mark", dagId, targets, state: "success" }).then(finish)}
        >
          {t("runs.action.mark_success")}
        </button>
      ) : null}
      {may("mark_failed") ? (
        <button
          type="button"
          onClick={() => void requestAction({ kind: "mark", dagId, targets, state: "failed" }).then(finish)}
        >
          {t("runs.action.mark_failed")}
        </button>
      ) : null}
      {may("delete") ? (
        <button
          type="button"
          onClick={() =>
            void requestAction({ kind: "delete", dagId, runIds: runs.map((run) => run.run_id) }).then(finish)
          }
        >
          {t("runs.action.delete")}
        </button>
      ) : null}
    </>
  );
}
