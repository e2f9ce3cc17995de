import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function RolesPage() {
  const t = useT();
  useTitle([t("admin.roles.title")]);
  return <Page title={t("admin.roles.title")} />;
}
