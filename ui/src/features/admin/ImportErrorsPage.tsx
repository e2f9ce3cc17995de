import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function ImportErrorsPage() {
  const t = useT();
  useTitle([t("admin.importErrors.title")]);
  return <Page title={t("admin.importErrors.title")} />;
}
