import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function AuditPage() {
  const t = useT();
  useTitle([t("admin.audit.title")]);
  return <Page title={t("admin.audit.title")} />;
}
