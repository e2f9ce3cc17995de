import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useT } from "@/shared/i18n";
import { toState } from "@/shared/state/states";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { QueryView } from "@/shared/ui/QueryView";
import { StateBadge } from "@/shared/ui/StateGlyph";
import { Duration, TimeStamp } from "@/shared/ui/Time";
import { runTasksQuery } from "./queries";

/** The run's task instances in the order of the DAG. */
export function RunTasks({ dagId, runId }: { dagId: string; runId: string }) {
  const t = useT();
  const navigate = useNavigate();
  const query = useQuery(runTasksQuery(dagId, runId));
  type Row = NonNullable<typeof query.data>["rows"][number];
  const span = (row: Row) => {
    const running = row.segments.filter((segment) => segment.kind === "running");
    return { from: running[0]?.start ?? null, to: running.at(-1)?.end ?? null };
  };
  const columns: Column<Row>[] = [
    { id: "task", header: t("runs.column.task"), width: "minmax(10rem, 3fr)", cell: (row) => row.label },
    {
      id: "state",
      header: t("runs.column.state"),
      width: "minmax(8rem, 1fr)",
      cell: (row) => <StateBadge state={toState(row.state)} />,
    },
    {
      id: "start",
      header: t("runs.column.start"),
      wide: true,
      width: "13rem",
      cell: (row) => <TimeStamp at={span(row).from} precision="second" />,
    },
    {
      id: "duration",
      header: t("runs.column.duration"),
      align: "right",
      width: "7rem",
      cell: (row) => <Duration {...span(row)} />,
    },
    {
      id: "median",
      header: t("runs.column.median"),
      align: "right",
      wide: true,
      width: "7rem",
      cell: (row) => <Duration seconds={row.median_duration_s} />,
    },
  ];
  return (
    <QueryView query={query}>
      {({ rows }) => (
        <DataTable
          label={t("runs.tasks")}
          name="run-tasks"
          columns={columns}
          rows={rows}
          rowKey={(row) => `${row.task_id}/${row.map_index}`}
          onOpen={(row) =>
            void navigate({
              to: "/dags/$dagId/runs/$runId/tasks/$taskId",
              params: { dagId, runId, taskId: row.task_id },
              search: { tab: "logs", ...(row.map_index < 0 ? {} : { map: row.map_index }) },
            })
          }
          empty={<EmptyState title={t("runs.noTasks")}>{t("runs.noTasksHint")}</EmptyState>}
        />
      )}
    </QueryView>
  );
}
