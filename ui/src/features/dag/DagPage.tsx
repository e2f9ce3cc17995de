import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Breadcrumb } from "@/shared/breadcrumb";
import { useHotkeys } from "@/shared/hotkeys";
import { useT } from "@/shared/i18n";
import { Slot } from "@/shared/slots";
import { toState } from "@/shared/state/states";
import { useTitle } from "@/shared/title";
import { Loading } from "@/shared/ui/Loading";
import { QueryView } from "@/shared/ui/QueryView";
import { SplitView } from "@/shared/ui/SplitView";
import classes from "./Dag.module.css";
import { DagHeader } from "./DagHeader";
import { Grid } from "./Grid";
import { type DagData, dagQuery } from "./queries";
import { type DagSearch, type DagView, dagViews } from "./search";

const route = getRouteApi("/frame/dags/$dagId");
const Graph = lazy(() => import("./Graph"));
const Gantt = lazy(() => import("./Gantt"));
const Calendar = lazy(() => import("./Calendar"));
const Charts = lazy(() => import("./Charts"));
const Code = lazy(() => import("./Code"));
const Details = lazy(() => import("./Details"));
const Backfills = lazy(() => import("./Backfills"));

/** What changes of the address; undefined takes a part away. */
export type Look = (next: Partial<{ [K in keyof DagSearch]: DagSearch[K] | undefined }>) => void;

export interface ViewProps {
  dag: DagData;
  search: DagSearch;
  /** Changes what is looked at; what is not named stays. */
  look: Look;
}

/** One DAG: its views share one selection, which the panel at the right shows. */
export default function DagPage() {
  const t = useT();
  const { dagId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const query = useQuery(dagQuery(dagId));
  const running = query.data?.run_counts.running ?? 0;
  const newest = query.data?.newest_state;
  useTitle([dagId], running ? "running" : newest ? toState(newest) : undefined, running > 1 ? running : 0);
  const look: Look = (next) => {
    const merged = { ...search, ...next };
    for (const key of Object.keys(merged) as (keyof DagSearch)[])
      if (merged[key] === undefined) delete merged[key];
    void navigate({ to: "/dags/$dagId", params: { dagId }, search: merged as DagSearch, replace: true });
  };
  const view = search.view ?? "grid";
  const leave = () =>
    look(
      search.task ? { task: undefined, map: undefined, tab: undefined, try: undefined } : { run: undefined },
    );
  useHotkeys({ gridOrGraph: () => look({ view: view === "grid" ? "graph" : "grid" }), leave });

  return (
    <div className={classes.page}>
      <Breadcrumb>
        <Link to="/dags">{t("dag.breadcrumb")}</Link>
        <b>{dagId}</b>
      </Breadcrumb>
      <QueryView query={query}>
        {(dag) => (
          <>
            <DagHeader dag={dag} />
            <nav className={classes.views} aria-label={t("dag.views")}>
              <SegmentedControl
                size="xs"
                value={view}
                onChange={(value) => look({ view: value as DagView })}
                data={dagViews.map((name) => ({ value: name, label: t(`dag.view.${name}`) }))}
              />
            </nav>
            <SplitView
              id="dag"
              left={
                <Suspense fallback={<Loading lines={10} />}>
                  <Chosen view={view} dag={dag} search={search} look={look} />
                </Suspense>
              }
              right={<Panel dag={dag} search={search} look={look} />}
            />
          </>
        )}
      </QueryView>
    </div>
  );
}

function Chosen({ view, ...props }: ViewProps & { view: DagView }) {
  switch (view) {
    case "grid":
      return <Grid {...props} />;
    case "graph":
      return <Graph {...props} />;
    case "gantt":
      return <Gantt {...props} />;
    case "calendar":
      return <Calendar {...props} />;
    case "charts":
      return <Charts {...props} />;
    case "code":
      return <Code {...props} />;
    case "runs":
      return <Slot name="runTable" dagId={props.dag.dag_id} />;
    case "backfills":
      return <Backfills {...props} />;
    case "events":
      return <Slot name="auditLog" dagId={props.dag.dag_id} />;
    case "details":
      return <Details {...props} />;
  }
}

function Panel({ dag, search, look }: ViewProps) {
  const t = useT();
  const { run, task, map, tab } = search;
  if (run && task) {
    return (
      <Slot
        name="taskInstance"
        dagId={dag.dag_id}
        runId={run}
        taskId={task}
        mapIndex={map ?? -1}
        layout="panel"
        {...(tab ? { tab } : {})}
        {...(search.try === undefined ? {} : { tryNumber: search.try })}
        onTab={(next) => look({ tab: next })}
        onTryNumber={(number) => look({ try: number })}
      />
    );
  }
  if (run) return <Slot name="run" dagId={dag.dag_id} runId={run} layout="panel" />;
  return (
    <div className={classes.nothing}>
      <p>{t("dag.nothing")}</p>
      {dag.description ? <p className={classes.quiet}>{dag.description}</p> : null}
    </div>
  );
}
