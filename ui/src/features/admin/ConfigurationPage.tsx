import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function ConfigurationPage() {
  const t = useT();
  useTitle([t("admin.configuration.title")]);
  return <Page title={t("admin.configuration.title")} />;
}
