import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { data, v2 } from "@/api/client";
import { usePermission } from "@/api/session";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import classes from "./Admin.module.css";
import { ConnectionForm } from "./ConnectionForm";
import { type Connection, connectionsQuery } from "./queries";
import { Removal } from "./Removal";

/** Connections: how tasks reach other systems. */
export default function ConnectionsPage() {
  const t = useT();
  useTitle([t("admin.connections.title")]);
  const query = useQuery(connectionsQuery);
  const mayCreate = usePermission("can_create on Connections");
  const mayEdit = usePermission("can_edit on Connections");
  const mayDelete = usePermission("can_delete on Connections");
  const [text, setText] = useState("");
  const [edited, setEdited] = useState<Connection | "new" | null>(null);
  const [removed, setRemoved] = useState<Connection | null>(null);
  const rows = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return (query.data?.connections ?? []).filter(
      (one) =>
        !wanted ||
        [one.connection_id, one.conn_type, one.host].some((part) => part?.toLowerCase().includes(wanted)),
    );
  }, [query.data, text]);
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
    {
      id: "do",
      header: "",
      width: "9rem",
      align: "right",
      cell: (one) => (
        <span className={classes.buttons}>
          {mayEdit ? (
            <button type="button" className={classes.link} onClick={() => setEdited(one)}>
              {t("admin.edit")}
            </button>
          ) : null}
          {mayDelete ? (
            <button type="button" className={classes.link} onClick={() => setRemoved(one)}>
              {t("admin.remove")}
            </button>
          ) : null}
        </span>
      ),
    },
  ];
  return (
    <Page
      title={t("admin.connections.title")}
      wide
      actions={
        <>
          <TextInput
            size="xs"
            aria-label={t("admin.search")}
            placeholder={t("admin.search")}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {mayCreate ? (
            <Button size="compact-sm" onClick={() => setEdited("new")}>
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
            columns={columns}
            rows={rows}
            rowKey={(one) => one.connection_id}
            empty={
              <EmptyState title={t("admin.connections.none")}>{t("admin.connections.noneHint")}</EmptyState>
            }
          />
        )}
      </QueryView>
      {edited ? (
        <ConnectionForm connection={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      ) : null}
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
