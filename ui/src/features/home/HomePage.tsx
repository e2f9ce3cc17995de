import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";

export default function HomePage() {
  const t = useT();
  useTitle([t("home.title")]);
  return <Page title={t("home.title")} />;
}
