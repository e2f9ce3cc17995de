import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function PoolsPage() {
  const t = useT();
  useTitle([t("admin.pools.title")]);
  return <Page title={t("admin.pools.title")} />;
}
