import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { data, ui } from "@/api/client";
import { usePermission } from "@/api/session";
import { useT } from "@/shared/i18n";
import type { Slots } from "@/shared/slots";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { ErrorState } from "@/shared/ui/ErrorState";
import { Loading } from "@/shared/ui/Loading";
import { TimeStamp } from "@/shared/ui/Time";
import classes from "./Admin.module.css";
import type { AuditRow } from "./queries";

export interface AuditFilter {
  who?: string;
  event?: string;
  dagId?: string;
  runId?: string;
  taskId?: string;
}

/** What differs, in one line: name: before → after. */
export function difference(before: AuditRow["before"], after: AuditRow["after"]): string {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return names
    .filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]))
    .map((name) => {
      const old = before?.[name];
      const next = after?.[name];
      if (old === undefined || old === null) return `${name}: ${text(next)}`;
      return `${name}: ${text(old)} → ${next === undefined || next === null ? "–" : text(next)}`;
    })
    .join(", ");
}

/** Who did what, when, from where. */
export default function AuditLog(props: Slots["auditLog"] & { who?: string; event?: string }) {
  const t = useT();
  const may = usePermission("can_read on Audit Logs");
  const filter: AuditFilter = props;
  const query = useInfiniteQuery({
    queryKey: [...(filter.dagId ? ["dag", filter.dagId] : []), "audit", filter],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) =>
      data(
        ui.GET("/ui/audit", {
          params: {
            query: {
              ...(filter.who ? { who: filter.who } : {}),
              ...(filter.event ? { event: filter.event } : {}),
              ...(filter.dagId ? { dag_id: filter.dagId } : {}),
              ...(filter.runId ? { run_id: filter.runId } : {}),
              ...(filter.taskId ? { task_id: filter.taskId } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    getNextPageParam: (last) => last.next_cursor,
    enabled: may,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.entries) ?? [], [query.data]);
  const columns: Column<AuditRow>[] = [
    {
      id: "at",
      header: t("admin.audit.when"),
      width: "14rem",
      cell: (row) => <TimeStamp at={row.at} precision="second" />,
    },
    { id: "who", header: t("admin.audit.who"), width: "minmax(6rem, 1fr)", cell: (row) => row.who },
    {
      id: "event",
      header: t("admin.audit.what"),
      width: "minmax(8rem, 1fr)",
      cell: (row) => <code>{row.event}</code>,
    },
    {
      id: "on",
      header: t("admin.audit.on"),
      width: "minmax(8rem, 2fr)",
      wide: true,
      cell: (row) =>
        row.dag_id ? (
          <Link
            to="/dags/$dagId"
            params={{ dagId: row.dag_id }}
            search={row.run_id ? { run: row.run_id } : {}}
          >
            {[row.dag_id, row.run_id, row.task_id].filter(Boolean).join(" · ")}
          </Link>
        ) : null,
    },
    {
      id: "change",
      header: t("admin.audit.change"),
      width: "minmax(10rem, 3fr)",
      wide: true,
      cell: (row) => {
        const text = difference(row.before, row.after);
        return (
          <span className={classes.cut} title={text}>
            {text}
          </span>
        );
      },
    },
    { id: "from", header: t("admin.audit.from"), width: "8rem", wide: true, cell: (row) => row.address },
  ];
  if (!may) return <EmptyState title={t("admin.audit.forbidden")} />;
  if (query.isError && !query.data)
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  return (
    <DataTable
      label={t("admin.audit.title")}
      columns={columns}
      rows={rows}
      rowKey={(row) => String(row.id)}
      more={query.hasNextPage}
      onMore={() => !query.isFetchingNextPage && void query.fetchNextPage()}
      empty={<EmptyState title={t("admin.audit.none")} />}
    />
  );
}
