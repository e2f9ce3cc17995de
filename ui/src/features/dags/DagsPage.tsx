import { SegmentedControl, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { requestAction } from "@/shared/actions/request";
import { useHotkeys } from "@/shared/hotkeys";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { ErrorState } from "@/shared/ui/ErrorState";
import { Loading } from "@/shared/ui/Loading";
import { Page } from "@/shared/ui/Page";
import { Duration, RelativeTime } from "@/shared/ui/Time";
import { Banners } from "./Banners";
import {
  DagName,
  FavouriteStar,
  LastRuns,
  NextRun,
  PauseToggle,
  Schedule,
  TaskCounts,
  TriggerButton,
} from "./DagCells";
import classes from "./Dags.module.css";
import { NoDags } from "./NoDags";
import { type DagRow, dagsQuery } from "./queries";
import type { DagsSearch } from "./search";

const route = getRouteApi("/frame/dags");
const filters = ["all", "active", "paused", "running", "failed", "favourite"] as const;
type Filter = (typeof filters)[number];

const filterOf = (search: DagsSearch): Filter => {
  if (search.paused === true) return "paused";
  if (search.paused === false) return "active";
  return filters.find((name) => name === search.state?.[0]) ?? "all";
};

/** Every DAG: switched on or off, how its runs went, and what comes next. */
export default function DagsPage() {
  const t = useT();
  const search = route.useSearch();
  const navigate = useNavigate();
  useTitle([t("dags.title")]);
  const query = useInfiniteQuery(dagsQuery(search));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.dags) ?? [], [query.data]);
  const first = query.data?.pages[0];
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [typed, setTyped] = useState(search.q ?? "");
  const box = useRef<HTMLInputElement>(null);
  const go = (next: DagsSearch) => void navigate({ to: "/dags", search: next, replace: true });
  const latest = useRef(go);
  latest.current = go;

  // The address follows the box once the reader pauses.
  useEffect(() => {
    if (typed === (search.q ?? "")) return;
    const timer = setTimeout(() => {
      const { q: _, ...rest } = search;
      latest.current(typed ? { ...rest, q: typed } : rest);
    }, 200);
    return () => clearTimeout(timer);
  }, [typed, search]);
  useHotkeys({
    findDag: (event) => {
      event.preventDefault();
      box.current?.focus();
    },
  });

  const choose = (filter: Filter) => {
    const { paused: _, state: __, ...rest } = search;
    if (filter === "all") go(rest);
    else if (filter === "active" || filter === "paused") go({ ...rest, paused: filter === "paused" });
    else go({ ...rest, state: [filter] });
  };
  const count = (filter: Filter): string => {
    const found = first?.states.find((facet) => facet.value === filter);
    return found ? ` ${found.count}` : "";
  };
  const columns: Column<DagRow>[] = [
    { id: "on", header: "", width: "44px", cell: (dag) => <PauseToggle dag={dag} /> },
    {
      id: "name",
      header: t("dags.column.dag"),
      width: "minmax(13rem, 3fr)",
      sort: "dag_id",
      cell: (dag) => (
        <>
          <FavouriteStar dag={dag} />
          <DagName dag={dag} />
        </>
      ),
    },
    {
      id: "owner",
      header: t("dags.column.owner"),
      width: "minmax(5rem, 1fr)",
      wide: true,
      cell: (dag) => <span className={classes.quiet}>{dag.owners.join(", ")}</span>,
    },
    {
      id: "schedule",
      header: t("dags.column.schedule"),
      width: "minmax(8rem, 1.6fr)",
      wide: true,
      cell: (dag) => <Schedule dag={dag} />,
    },
    { id: "runs", header: t("dags.column.runs"), width: "150px", cell: (dag) => <LastRuns dag={dag} /> },
    {
      id: "tasks",
      header: t("dags.column.tasks"),
      width: "minmax(7rem, 1fr)",
      wide: true,
      cell: (dag) => <TaskCounts dag={dag} />,
    },
    {
      id: "last",
      header: t("dags.column.last"),
      width: "8.5rem",
      wide: true,
      sort: "last_run",
      cell: (dag) => <RelativeTime at={dag.runs.at(-1)?.run_after} />,
    },
    {
      id: "next",
      header: t("dags.column.next"),
      width: "8.5rem",
      wide: true,
      sort: "next_run",
      cell: (dag) => <NextRun dag={dag} />,
    },
    {
      id: "median",
      header: t("dags.column.median"),
      width: "6rem",
      align: "right",
      wide: true,
      sort: "median_duration",
      cell: (dag) => <Duration seconds={dag.median_duration_s} />,
    },
    { id: "trigger", header: "", width: "40px", cell: (dag) => <TriggerButton dag={dag} /> },
  ];
  const pause = (paused: boolean) =>
    void requestAction({ kind: "pause", dagIds: [...selected], paused }).then(
      (done) => done && setSelected(new Set()),
    );
  const filtered = Boolean(search.q || search.state?.length || search.paused !== undefined);
  return (
    <Page title={t("dags.title")} wide>
      <div className={classes.page}>
        <Banners />
        <div className={classes.filters}>
          <TextInput
            ref={box}
            size="xs"
            className={classes.search ?? ""}
            aria-label={t("dags.search")}
            placeholder={t("dags.searchHint")}
            leftSection={<Search size={12} aria-hidden="true" />}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <SegmentedControl
            size="xs"
            aria-label={t("dags.filter")}
            value={filterOf(search)}
            onChange={(value) => choose(value as Filter)}
            data={filters.map((filter) => ({
              value: filter,
              label: t(`dags.filter.${filter}`) + count(filter),
            }))}
          />
          {first ? <span className={classes.quiet}>{t("dags.total", { count: first.total })}</span> : null}
        </div>
        {query.isError && !first ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} />
        ) : !first ? (
          <Loading lines={10} />
        ) : (
          <DataTable
            label={t("dags.title")}
            name="dags"
            columns={columns}
            rows={rows}
            rowKey={(dag) => dag.dag_id}
            sort={search.sort ?? "dag_id"}
            onSort={(sort) => go({ ...search, sort: sort as NonNullable<DagsSearch["sort"]> })}
            selected={selected}
            onSelect={setSelected}
            selectionBar={
              <>
                <button type="button" onClick={() => pause(false)}>
                  {t("dags.bulk.on")}
                </button>
                <button type="button" onClick={() => pause(true)}>
                  {t("dags.bulk.off")}
                </button>
              </>
            }
            onOpen={(dag) => void navigate({ to: "/dags/$dagId", params: { dagId: dag.dag_id } })}
            more={query.hasNextPage}
            onMore={() => !query.isFetchingNextPage && void query.fetchNextPage()}
            empty={
              filtered ? (
                <EmptyState title={t("dags.none")}>{t("dags.noneHint")}</EmptyState>
              ) : (
                <NoDags folder={first.dags_folder} examples={first.load_examples} />
              )
            }
          />
        )}
      </div>
    </Page>
  );
}
