import { useQuery } from "@tanstack/react-query";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import { type Provider, providersQuery } from "./queries";

export default function ProvidersPage() {
  const t = useT();
  useTitle([t("admin.providers.title")]);
  const columns: Column<Provider>[] = [
    {
      id: "name",
      header: t("admin.providers.package"),
      width: "minmax(14rem, 2fr)",
      cell: (one) => <b>{one.package_name}</b>,
    },
    { id: "version", header: t("admin.providers.version"), width: "8rem", cell: (one) => one.version },
    {
      id: "what",
      header: t("admin.description"),
      wide: true,
      width: "minmax(12rem, 3fr)",
      cell: (one) => one.description,
    },
  ];
  return (
    <Page title={t("admin.providers.title")} wide>
      <QueryView query={useQuery(providersQuery)}>
        {(providers) => (
          <DataTable
            label={t("admin.providers.title")}
            columns={columns}
            rows={providers}
            rowKey={(one) => one.package_name}
            empty={<EmptyState title={t("admin.providers.none")}>{t("admin.providers.noneHint")}</EmptyState>}
          />
        )}
      </QueryView>
    </Page>
  );
}
