import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function VariablesPage() {
  const t = useT();
  useTitle([t("admin.variables.title")]);
  return <Page title={t("admin.variables.title")} />;
}
