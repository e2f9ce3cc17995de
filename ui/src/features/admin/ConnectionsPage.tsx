import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { data, v2 } from "@/api/client";
import { usePermission } from "@/api/session";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import { ConnectionForm } from "./ConnectionForm";
import { ConnectionText } from "./ConnectionText";
import { FilterBox } from "./FilterBox";
import { type Connection, connectionsQuery } from "./queries";
import { Removal } from "./Removal";
import { actionColumn, useNarrow } from "./RowActions";
import { useFilters } from "./useFilters";

/** Connections: how tasks reach other systems. */
export default function ConnectionsPage() {
  const t = useT();
  useTitle([t("admin.connections.title")]);
  const query = useQuery(connectionsQuery);
  const mayCreate = usePermission("can_create on Connections");
  const mayEdit = usePermission("can_edit on Connections");
  const mayDelete = usePermission("can_delete on Connections");
  const narrow = useNarrow();
  const [search, change] = useFilters();
  const [adding, setAdding] = useState(false);
  const [shown, setShown] = useState<Connection | null>(null);
  const [removed, setRemoved] = useState<Connection | null>(null);
  const rows = useMemo(() => {
    const wanted = (search.q ?? "").toLowerCase();
    return (query.data ?? []).filter((one) =>
      [one.connection_id, one.conn_type, one.host, one.description].some((part) =>
        part?.toLowerCase().includes(wanted),
      ),
    );
  }, [query.data, search.q]);
  const edited = mayEdit ? query.data?.find((one) => one.connection_id === search.item) : undefined;
  const test = useMutation({
    // Only its name and type: the stored connection is tested, with its secrets.
    mutationFn: ({ connection_id, conn_type }: Connection) =>
      data(v2.POST("/api/v2/connections/test", { body: { connection_id, conn_type } })),
    onSuccess: ({ status, message }, one) =>
      notifications.show({
        title: `${status ? "✓" : "✗"} ${one.connection_id}`,
        message,
        ...(status ? {} : { color: "bad", autoClose: false }),
      }),
    onError: (error, one) =>
      notifications.show({
        title: one.connection_id,
        message: error.message,
        color: "bad",
        autoClose: false,
      }),
  });
  const columns: Column<Connection>[] = [
    {
      id: "id",
      header: t("admin.connections.id"),
      width: "minmax(10rem, 2fr)",
      cell: (one) => <b>{one.connection_id}</b>,
    },
    { id: "type", header: t("admin.connections.type"), width: "9rem", cell: (one) => one.conn_type },
    {
      id: "host",
      header: t("admin.connections.host"),
      width: "minmax(8rem, 2fr)",
      wide: true,
      cell: (one) => (one.host ? `${one.host}${one.port ? `:${one.port}` : ""}` : ""),
    },
    { id: "login", header: t("admin.connections.login"), wide: true, cell: (one) => one.login },
    {
      id: "description",
      header: t("admin.description"),
      wide: true,
      width: "minmax(8rem, 2fr)",
      cell: (one) => one.description,
    },
    actionColumn(
      narrow,
      "17rem",
      (one) => one.connection_id,
      (one) => [
        mayEdit && {
          label: t("admin.connections.test"),
          act: () => test.mutate(one),
          disabled: test.isPending,
        },
        { label: t("admin.connections.text"), act: () => setShown(one) },
        mayEdit && { label: t("admin.edit"), act: () => change({ item: one.connection_id }) },
        mayDelete && { label: t("admin.remove"), act: () => setRemoved(one) },
      ],
    ),
  ];
  return (
    <Page
      title={t("admin.connections.title")}
      wide
      actions={
        <>
          <FilterBox name="q" />
          {mayCreate ? (
            <Button size="compact-sm" onClick={() => setAdding(true)}>
              {t("admin.connections.new")}
            </Button>
          ) : null}
        </>
      }
    >
      <QueryView query={query}>
        {() => (
          <DataTable
            label={t("admin.connections.title")}
            name="connections"
            columns={columns}
            rows={rows}
            rowKey={(one) => one.connection_id}
            {...(mayEdit ? { onOpen: (one: Connection) => change({ item: one.connection_id }) } : {})}
            empty={
              search.q ? (
                <EmptyState title={t("admin.noneFiltered")}>{t("admin.noneFilteredHint")}</EmptyState>
              ) : (
                <EmptyState title={t("admin.connections.none")}>{t("admin.connections.noneHint")}</EmptyState>
              )
            }
          />
        )}
      </QueryView>
      {adding ? <ConnectionForm connection={null} onClose={() => setAdding(false)} /> : null}
      {edited ? (
        <ConnectionForm
          key={edited.connection_id}
          connection={edited}
          onClose={() => change({ item: undefined })}
        />
      ) : null}
      {shown ? <ConnectionText connection={shown} onClose={() => setShown(null)} /> : null}
      {removed ? (
        <Removal
          name={removed.connection_id}
          listKey={["connections"]}
          remove={() =>
            data(
              v2.DELETE("/api/v2/connections/{connection_id}", {
                params: { path: { connection_id: removed.connection_id } },
              }),
            )
          }
          onClose={() => setRemoved(null)}
        />
      ) : null}
    </Page>
  );
}
