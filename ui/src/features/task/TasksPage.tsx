import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function TasksPage() {
  const t = useT();
  useTitle([t("task.listTitle")]);
  return <Page title={t("task.listTitle")} />;
}
