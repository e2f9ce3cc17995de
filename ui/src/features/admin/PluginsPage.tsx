import { useQuery } from "@tanstack/react-query";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import { type Plugin, pluginsQuery } from "./queries";

export default function PluginsPage() {
  const t = useT();
  useTitle([t("admin.plugins.title")]);
  const columns: Column<Plugin>[] = [
    { id: "name", header: t("admin.name"), width: "minmax(10rem, 2fr)", cell: (one) => <b>{one.name}</b> },
    {
      id: "source",
      header: t("admin.plugins.source"),
      width: "minmax(12rem, 3fr)",
      cell: (one) => one.source,
    },
  ];
  return (
    <Page title={t("admin.plugins.title")} wide>
      <QueryView query={useQuery(pluginsQuery)}>
        {(plugins) => (
          <DataTable
            label={t("admin.plugins.title")}
            columns={columns}
            rows={plugins}
            rowKey={(one) => one.name}
            empty={<EmptyState title={t("admin.plugins.none")}>{t("admin.plugins.noneHint")}</EmptyState>}
          />
        )}
      </QueryView>
    </Page>
  );
}
