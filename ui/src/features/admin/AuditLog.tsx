import { Modal } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { data, ui } from "@/api/client";
import { usePermission } from "@/api/session";
import { useT } from "@/shared/i18n";
import type { Slots } from "@/shared/slots";
import { zoneLabel } from "@/shared/time/format";
import { useZone } from "@/shared/time/zone";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { ErrorState } from "@/shared/ui/ErrorState";
import { Loading } from "@/shared/ui/Loading";
import { TimeStamp } from "@/shared/ui/Time";
import classes from "./Admin.module.css";
import { changesOf, difference, subjectOf } from "./difference";
import type { AuditRow } from "./queries";
import { useNarrow } from "./RowActions";

export interface AuditFilter {
  who?: string;
  event?: string;
  dagId?: string;
  runId?: string;
  taskId?: string;
  /** ISO 8601. */
  after?: string;
  before?: string;
}

/** Who did what, when, from where; a row opens with everything that it tells. */
export default function AuditLog(props: Slots["auditLog"] & AuditFilter) {
  const t = useT();
  const may = usePermission("can_read on Audit Logs");
  const filter: AuditFilter = props;
  const narrow = useNarrow();
  const zone = useZone();
  const [opened, setOpened] = useState<AuditRow | null>(null);
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
              ...(filter.after ? { after: filter.after } : {}),
              ...(filter.before ? { before: filter.before } : {}),
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
      header: narrow
        ? `${t("admin.audit.when")} (${zoneLabel(new Date(), zone.name)})`
        : t("admin.audit.when"),
      width: narrow ? "9.75rem" : "12.5rem",
      cell: (row) => <TimeStamp at={row.at} precision={narrow ? "minute" : "second"} zone={!narrow} />,
    },
    { id: "who", header: t("admin.audit.who"), width: "minmax(3.5rem, 1fr)", cell: (row) => row.who },
    {
      id: "event",
      header: t("admin.audit.what"),
      width: "minmax(9.5rem, 1fr)",
      cell: (row) => (
        <button type="button" className={classes.link} onClick={() => setOpened(row)}>
          <code>{row.event}</code>
        </button>
      ),
    },
    {
      id: "on",
      header: t("admin.audit.on"),
      width: "minmax(8rem, 2fr)",
      wide: true,
      cell: (row) => <Subject row={row} />,
    },
    {
      id: "change",
      header: t("admin.audit.change"),
      width: "minmax(10rem, 3fr)",
      wide: true,
      cell: (row) => <span className={classes.cut}>{difference(row)}</span>,
    },
    { id: "from", header: t("admin.audit.from"), width: "8rem", wide: true, cell: (row) => row.address },
  ];
  if (!may) return <EmptyState title={t("admin.audit.forbidden")} />;
  if (query.isError && !query.data)
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const filtered = Boolean(filter.who || filter.event || filter.dagId || filter.after || filter.before);
  return (
    <>
      <DataTable
        label={t("admin.audit.title")}
        name="audit"
        columns={columns}
        rows={rows}
        rowKey={(row) => String(row.id)}
        onOpen={setOpened}
        more={query.hasNextPage}
        onMore={() => !query.isFetchingNextPage && void query.fetchNextPage()}
        empty={
          <EmptyState title={t("admin.audit.none")}>
            {t(filtered ? "admin.audit.noneFiltered" : "admin.audit.noneHint")}
          </EmptyState>
        }
      />
      {opened ? <Entry row={opened} onClose={() => setOpened(null)} /> : null}
    </>
  );
}

function Subject({ row }: { row: AuditRow }) {
  if (!row.dag_id) return subjectOf(row);
  const text = [row.dag_id, row.run_id, row.task_id].filter(Boolean).join(" · ");
  return (
    <Link to="/dags/$dagId" params={{ dagId: row.dag_id }} search={row.run_id ? { run: row.run_id } : {}}>
      {text}
    </Link>
  );
}

/** One entry, with each field before and after. */
function Entry({ row, onClose }: { row: AuditRow; onClose: () => void }) {
  const t = useT();
  const changes = changesOf(row);
  return (
    <Modal
      opened
      onClose={onClose}
      size={720}
      title={<code>{row.event}</code>}
      closeButtonProps={{ "aria-label": t("admin.close") }}
    >
      <dl className={classes.facts}>
        <dt>{t("admin.audit.when")}</dt>
        <dd>
          <TimeStamp at={row.at} precision="second" />
        </dd>
        <dt>{t("admin.audit.who")}</dt>
        <dd>{row.who}</dd>
        <dt>{t("admin.audit.from")}</dt>
        <dd>{row.address}</dd>
        <dt>{t("admin.audit.on")}</dt>
        <dd>
          <Subject row={row} />
        </dd>
      </dl>
      {changes.length ? (
        <table className={classes.changes}>
          <thead>
            <tr>
              <th scope="col">{t("admin.audit.field")}</th>
              <th scope="col">{t("admin.audit.before")}</th>
              <th scope="col">{t("admin.audit.after")}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((change) => (
              <tr key={change.name} data-differs={change.differs || undefined}>
                <th scope="row">{change.name}</th>
                <td>{change.before ?? "–"}</td>
                <td>{change.after ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </Modal>
  );
}
