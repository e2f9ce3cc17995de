import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function XComsPage() {
  const t = useT();
  useTitle([t("admin.xcoms.title")]);
  return <Page title={t("admin.xcoms.title")} />;
}
