import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function ProvidersPage() {
  const t = useT();
  useTitle([t("admin.providers.title")]);
  return <Page title={t("admin.providers.title")} />;
}
