import { Link } from "@tanstack/react-router";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { EmptyState } from "@/shared/ui/EmptyState";

export function NotFoundPage() {
  const t = useT();
  useTitle([t("app.notFound.title")]);
  return (
    <EmptyState title={t("app.notFound.title")} actions={<Link to="/">{t("app.notFound.home")}</Link>}>
      {t("app.notFound.text")}
    </EmptyState>
  );
}
