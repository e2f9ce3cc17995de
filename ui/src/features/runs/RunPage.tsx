import { getRouteApi } from "@tanstack/react-router";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

const route = getRouteApi("/frame/dags/$dagId/runs/$runId");

export default function RunPage() {
  const { runId } = route.useParams();
  useTitle([runId]);
  return <Page title={runId} />;
}
