import { Button, Progress } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { data, ui } from "@/api/client";
import { requestAction } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import { stateVar, toState } from "@/shared/state/states";
import { EmptyState } from "@/shared/ui/EmptyState";
import { QueryView } from "@/shared/ui/QueryView";
import { TimeStamp } from "@/shared/ui/Time";
import classes from "./Dag.module.css";
import type { ViewProps } from "./DagPage";
import { backfillsQuery } from "./queries";

const changes = ["pause", "unpause", "cancel"] as const;

/** The backfills of a DAG: how far they are, and what may be done with them. */
export default function Backfills({ dag }: ViewProps) {
  const t = useT();
  const queries = useQueryClient();
  const query = useQuery(backfillsQuery(dag.dag_id));
  const change = useMutation({
    mutationFn: ({ id, action }: { id: number; action: (typeof changes)[number] }) =>
      data(
        ui.POST("/ui/backfills/{backfill_id}/{action}", { params: { path: { backfill_id: id, action } } }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["dag", dag.dag_id] }),
  });
  const may = dag.actions.find((action) => action.name === "backfill");
  const start = () => void requestAction({ kind: "backfill", dagId: dag.dag_id });
  return (
    <div className={classes.details}>
      {may ? (
        <Button
          size="compact-sm"
          variant="default"
          disabled={may.denied !== null}
          title={may.denied ?? undefined}
          onClick={start}
        >
          {t("dag.backfill")}
        </Button>
      ) : null}
      {change.error ? <p role="alert">{change.error.message}</p> : null}
      <QueryView query={query}>
        {({ backfills }) =>
          backfills.length ? (
            <ol className={classes.list}>
              {backfills.map((one) => {
                const done = (one.run_counts.success ?? 0) + (one.run_counts.failed ?? 0);
                return (
                  <li key={one.backfill_id} className={classes.backfill}>
                    <span>
                      <TimeStamp at={one.from_date} /> → <TimeStamp at={one.to_date} />
                    </span>
                    <Progress.Root size="sm" aria-label={t("dag.backfills.progress")} w={180}>
                      {Object.entries(one.run_counts).map(([state, count]) => (
                        <Progress.Section
                          key={state}
                          value={one.total ? (count / one.total) * 100 : 0}
                          color={stateVar(toState(state))}
                        />
                      ))}
                    </Progress.Root>
                    <span className={classes.quiet}>
                      {t("dag.backfills.done", { done, total: one.total })}
                      {one.is_paused ? ` · ${t("dag.backfills.paused")}` : ""}
                    </span>
                    {one.actions.map((action) => {
                      const known = changes.find((name) => name === action.name);
                      return known && action.denied === null ? (
                        <button
                          key={known}
                          type="button"
                          className={classes.link}
                          onClick={() => change.mutate({ id: one.backfill_id, action: known })}
                        >
                          {t(`dag.backfills.${known}`)}
                        </button>
                      ) : null;
                    })}
                  </li>
                );
              })}
            </ol>
          ) : (
            <EmptyState title={t("dag.backfills.none")}>{t("dag.backfills.noneHint")}</EmptyState>
          )
        }
      </QueryView>
    </div>
  );
}
