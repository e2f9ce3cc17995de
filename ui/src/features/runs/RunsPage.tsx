import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function RunsPage() {
  const t = useT();
  useTitle([t("runs.title")]);
  return <Page title={t("runs.title")} />;
}
