import { getRouteApi } from "@tanstack/react-router";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

const route = getRouteApi("/frame/dags/$dagId/runs/$runId/tasks/$taskId");

export default function TaskPage() {
  const { taskId } = route.useParams();
  useTitle([taskId]);
  return <Page title={taskId} />;
}
