import { getRouteApi } from "@tanstack/react-router";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

const route = getRouteApi("/frame/assets/$assetId");

export default function AssetPage() {
  const { assetId } = route.useParams();
  useTitle([assetId]);
  return <Page title={assetId} />;
}
