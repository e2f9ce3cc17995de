import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { requestAction } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import type { TaskTarget } from "@/shared/slots";
import { type State, stateMessage, states, toState } from "@/shared/state/states";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { QueryView } from "@/shared/ui/QueryView";
import { StateBadge } from "@/shared/ui/StateGlyph";
import { Duration, TimeStamp } from "@/shared/ui/Time";
import { mappedPageSize, mappedQuery } from "./queries";
import classes from "./Task.module.css";

/** The instances of a mapped task: counted by state, listed page by page, chosen for clearing. */
export function Mapped({ target }: { target: TaskTarget }) {
  const t = useT();
  const navigate = useNavigate();
  const [state, setState] = useState<State | "">("");
  const [page, setPage] = useState(0);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const query = useQuery(mappedQuery(target, state ? [state] : [], page * mappedPageSize));
  type Row = NonNullable<typeof query.data>["instances"][number];
  const columns: Column<Row>[] = [
    {
      id: "index",
      header: t("task.mapped.index"),
      width: "minmax(8rem, 2fr)",
      cell: (row) =>
        row.rendered_map_index ? `${row.map_index} · ${row.rendered_map_index}` : row.map_index,
    },
    { id: "state", header: t("task.fact.state"), cell: (row) => <StateBadge state={toState(row.state)} /> },
    { id: "try", header: t("task.fact.tries"), width: "5rem", align: "right", cell: (row) => row.try_number },
    {
      id: "start",
      header: t("task.fact.start"),
      wide: true,
      width: "12rem",
      cell: (row) => <TimeStamp at={row.start_date} precision="second" />,
    },
    {
      id: "duration",
      header: t("task.fact.duration"),
      align: "right",
      width: "7rem",
      cell: (row) =>
        row.end_date ? (
          <Duration seconds={row.duration_s} />
        ) : (
          <Duration from={row.start_date} to={row.end_date} />
        ),
    },
  ];
  return (
    <QueryView query={query}>
      {(found) => (
        <div className={classes.mapped}>
          <SegmentedControl
            size="xs"
            aria-label={t("task.fact.state")}
            value={state}
            onChange={(value) => {
              setState(value as State | "");
              setPage(0);
            }}
            data={[
              { value: "", label: t("task.mapped.all") },
              ...states
                .filter((name) => found.counts[name] || name === state)
                .map((name) => ({
                  value: name,
                  label: `${t(stateMessage(name))} ${found.counts[name] ?? 0}`,
                })),
            ]}
          />
          <DataTable
            label={t("task.tab.mapped")}
            columns={columns}
            rows={found.instances}
            rowKey={(row) => String(row.map_index)}
            selected={selected}
            onSelect={setSelected}
            selectionBar={
              <button
                type="button"
                onClick={() =>
                  void requestAction({
                    kind: "clear",
                    dagId: target.dagId,
                    targets: [...selected].map((index) => ({
                      runId: target.runId,
                      taskId: target.taskId,
                      mapIndex: Number(index),
                    })),
                  }).then((done) => done && setSelected(new Set()))
                }
              >
                {t("task.action.clear")}
              </button>
            }
            onOpen={(row) =>
              void navigate({
                to: "/dags/$dagId/runs/$runId/tasks/$taskId",
                params: { dagId: target.dagId, runId: target.runId, taskId: target.taskId },
                search: { map: row.map_index, tab: "logs" },
              })
            }
            empty={<EmptyState title={t("task.mapped.none")} />}
          />
          {found.total > mappedPageSize ? (
            <nav className={classes.pages} aria-label={t("task.mapped.pages")}>
              <button type="button" disabled={page === 0} onClick={() => setPage(page - 1)}>
                {t("task.mapped.previous")}
              </button>
              <span>
                {t("task.mapped.range", {
                  from: page * mappedPageSize + 1,
                  to: Math.min(found.total, (page + 1) * mappedPageSize),
                  total: found.total,
                })}
              </span>
              <button
                type="button"
                disabled={(page + 1) * mappedPageSize >= found.total}
                onClick={() => setPage(page + 1)}
              >
                {t("task.mapped.next")}
              </button>
            </nav>
          ) : null}
        </div>
      )}
    </QueryView>
  );
}
