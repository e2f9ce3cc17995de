import { SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { lazy, Suspense, useMemo } from "react";
import { data, ui } from "@/api/client";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Loading } from "@/shared/ui/Loading";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import type { Asset } from "./assetGraph";
import type { AssetsSearch } from "./search";

const route = getRouteApi("/frame/assets");

const AssetGraph = lazy(() => import("./AssetGraph"));

/** What DAG files declare as their outlets, inlets and schedules, and who makes and uses it. */
export default function AssetsPage() {
  const t = useT();
  useTitle([t("assets.title")]);
  const search = route.useSearch();
  const { q = "", view = "list", focus } = search;
  const navigate = useNavigate();
  const go = ({ q, view, focus }: AssetsSearch) =>
    void navigate({
      to: "/assets",
      search: { ...(q ? { q } : {}), ...(view === "graph" ? { view } : {}), ...(focus ? { focus } : {}) },
      replace: true,
    });
  const query = useQuery({
    queryKey: ["assets", "list"],
    queryFn: ({ signal }) => data(ui.GET("/ui/assets", { signal })),
  });
  const rows = useMemo(
    () =>
      (query.data?.assets ?? []).filter((one) =>
        [
          one.name,
          one.uri,
          one.group,
          ...one.consumers,
          ...one.producers.map((producer) => `${producer.dag_id} ${producer.task_id}`),
        ].some((part) => part.toLowerCase().includes(q.toLowerCase())),
      ),
    [query.data, q],
  );
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
    <Page
      title={t("assets.title")}
      wide
      actions={
        <>
          <SegmentedControl
            size="xs"
            aria-label={t("assets.view")}
            value={view}
            onChange={(value) => go({ ...search, view: value as "list" | "graph" })}
            data={[
              { value: "list", label: t("assets.view.list") },
              { value: "graph", label: t("assets.view.graph") },
            ]}
          />
          <TextInput
            size="xs"
            aria-label={t("assets.search")}
            placeholder={t("assets.search")}
            leftSection={<Search size={12} aria-hidden="true" />}
            value={q}
            onChange={(event) => go({ ...search, q: event.currentTarget.value })}
          />
        </>
      }
    >
      <QueryView query={query}>
        {() =>
          view === "graph" && rows.length ? (
            <Suspense fallback={<Loading lines={10} />}>
              <AssetGraph assets={rows} focus={focus} onFocus={(id) => go({ ...search, focus: id ?? "" })} />
            </Suspense>
          ) : (
            <DataTable
              label={t("assets.title")}
              name="assets"
              columns={columns}
              rows={rows}
              rowKey={(one) => one.name + one.uri}
              empty={
                q ? (
                  <EmptyState title={t("assets.noneFiltered")}>{t("assets.noneFilteredHint")}</EmptyState>
                ) : (
                  <EmptyState title={t("assets.none")}>{t("assets.noneHint")}</EmptyState>
                )
              }
            />
          )
        }
      </QueryView>
    </Page>
  );
}
