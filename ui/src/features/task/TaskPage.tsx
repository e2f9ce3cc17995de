import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Breadcrumb } from "@/shared/breadcrumb";
import { useT } from "@/shared/i18n";
import { toState } from "@/shared/state/states";
import { useTitle } from "@/shared/title";
import { taskQuery } from "./queries";
import classes from "./Task.module.css";
import TaskInstance from "./TaskInstance";

const route = getRouteApi("/frame/dags/$dagId/runs/$runId/tasks/$taskId");

export default function TaskPage() {
  const t = useT();
  const { dagId, runId, taskId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const mapIndex = search.map ?? -1;
  const { data: page } = useQuery(taskQuery({ dagId, runId, taskId, mapIndex }));
  useTitle([taskId, dagId], page ? toState(page.state) : undefined);
  return (
    <div className={classes.page}>
      <Breadcrumb>
        <Link to="/dags">{t("task.breadcrumb.dags")}</Link>
        <Link to="/dags/$dagId" params={{ dagId }}>
          {dagId}
        </Link>
        <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId }}>
          {runId}
        </Link>
        <b>{taskId}</b>
      </Breadcrumb>
      <TaskInstance
        dagId={dagId}
        runId={runId}
        taskId={taskId}
        mapIndex={mapIndex}
        layout="page"
        {...(search.tab ? { tab: search.tab } : {})}
        {...(search.try === undefined ? {} : { tryNumber: search.try })}
        onTab={(tab) => void navigate({ to: ".", search: { ...search, tab }, replace: true })}
        onTryNumber={(tryNumber) =>
          void navigate({ to: ".", search: { ...search, try: tryNumber }, replace: true })
        }
      />
    </div>
  );
}
