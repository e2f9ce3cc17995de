import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function PluginsPage() {
  const t = useT();
  useTitle([t("admin.plugins.title")]);
  return <Page title={t("admin.plugins.title")} />;
}
