import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function HealthPage() {
  const t = useT();
  useTitle([t("admin.health.title")]);
  return <Page title={t("admin.health.title")} />;
}
