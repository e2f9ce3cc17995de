import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";
import { RunTable } from "./RunTable";

const route = getRouteApi("/frame/runs");

export default function RunsPage() {
  const t = useT();
  const search = route.useSearch();
  const navigate = useNavigate();
  useTitle([t("runs.title")]);
  return (
    <Page title={t("runs.title")} wide>
      <RunTable
        search={search}
        onSearch={(next) => void navigate({ to: ".", search: next, replace: true })}
      />
    </Page>
  );
}
