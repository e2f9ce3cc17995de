import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { data, ui } from "@/api/client";
import type { components } from "@/api/gen/ui";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";

type Asset = components["schemas"]["AssetRow"];

/** What DAG files declare as their outlets, inlets and schedules, and who makes and uses it. */
export default function AssetsPage() {
  const t = useT();
  useTitle([t("assets.title")]);
  const query = useQuery({
    queryKey: ["assets", "list"],
    queryFn: ({ signal }) => data(ui.GET("/ui/assets", { signal })),
  });
  const columns: Column<Asset>[] = [
    { id: "name", header: t("assets.name"), width: "minmax(12rem, 2fr)", cell: (one) => <b>{one.name}</b> },
    {
      id: "uri",
      header: t("assets.uri"),
      wide: true,
      width: "minmax(12rem, 2fr)",
      cell: (one) => <code>{one.uri}</code>,
    },
    { id: "group", header: t("assets.group"), wide: true, cell: (one) => one.group },
    {
      id: "producers",
      header: t("assets.producers"),
      width: "minmax(8rem, 2fr)",
      cell: (one) =>
        one.producers.map((producer) => (
          <Link
            key={producer.dag_id + producer.task_id}
            to="/dags/$dagId"
            params={{ dagId: producer.dag_id }}
          >
            {producer.dag_id} · {producer.task_id}{" "}
          </Link>
        )),
    },
    {
      id: "consumers",
      header: t("assets.consumers"),
      width: "minmax(8rem, 2fr)",
      cell: (one) =>
        one.consumers.map((dagId) => (
          <Link key={dagId} to="/dags/$dagId" params={{ dagId }}>
            {dagId}{" "}
          </Link>
        )),
    },
  ];
  return (
    <Page title={t("assets.title")} wide>
      <QueryView query={query}>
        {({ assets }) => (
          <DataTable
            label={t("assets.title")}
            columns={columns}
            rows={assets}
            rowKey={(one) => one.name + one.uri}
            empty={<EmptyState title={t("assets.none")}>{t("assets.noneHint")}</EmptyState>}
          />
        )}
      </QueryView>
    </Page>
  );
}
