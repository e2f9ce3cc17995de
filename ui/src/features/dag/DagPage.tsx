import { getRouteApi } from "@tanstack/react-router";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

const route = getRouteApi("/frame/dags/$dagId");

export default function DagPage() {
  const { dagId } = route.useParams();
  useTitle([dagId]);
  return <Page title={dagId} />;
}
