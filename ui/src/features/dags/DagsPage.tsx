import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function DagsPage() {
  const t = useT();
  useTitle([t("dags.title")]);
  return <Page title={t("dags.title")} />;
}
