import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function UsersPage() {
  const t = useT();
  useTitle([t("admin.users.title")]);
  return <Page title={t("admin.users.title")} />;
}
