import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Breadcrumb } from "@/shared/breadcrumb";
import { useT } from "@/shared/i18n";
import { toState } from "@/shared/state/states";
import { useTitle } from "@/shared/title";
import { runQuery } from "./queries";
import Run from "./Run";
import classes from "./Run.module.css";

const route = getRouteApi("/frame/dags/$dagId/runs/$runId");

export default function RunPage() {
  const t = useT();
  const { dagId, runId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { tab, ...logFilter } = search;
  const { data: page } = useQuery(runQuery(dagId, runId));
  useTitle([runId, dagId], page ? toState(page.run.state) : undefined);
  return (
    <div className={classes.page}>
      <Breadcrumb>
        <Link to="/dags">{t("runs.breadcrumb.dags")}</Link>
        <Link to="/dags/$dagId" params={{ dagId }}>
          {dagId}
        </Link>
        <Link to="/dags/$dagId" params={{ dagId }} search={{ view: "grid", run: runId }}>
          {t("runs.breadcrumb.grid")}
        </Link>
        <b>{runId}</b>
      </Breadcrumb>
      <Run
        dagId={dagId}
        runId={runId}
        layout="page"
        tab={tab}
        onTab={(next) => void navigate({ to: ".", search: { tab: next }, replace: true })}
        logFilter={logFilter}
        onLogFilter={({ q, level, task }) =>
          void navigate({
            to: ".",
            search: {
              tab: "log",
              ...(q ? { q } : {}),
              ...(level?.length ? { level } : {}),
              ...(task?.length ? { task } : {}),
            },
            replace: true,
          })
        }
      />
    </div>
  );
}
