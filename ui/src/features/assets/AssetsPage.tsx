import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function AssetsPage() {
  const t = useT();
  useTitle([t("assets.title")]);
  return <Page title={t("assets.title")} />;
}
