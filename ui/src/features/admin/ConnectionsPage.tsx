import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function ConnectionsPage() {
  const t = useT();
  useTitle([t("admin.connections.title")]);
  return <Page title={t("admin.connections.title")} />;
}
