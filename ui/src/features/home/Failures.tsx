import { Link } from "@tanstack/react-router";
import { requestAction } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import { toState } from "@/shared/state/states";
import { StateDot } from "@/shared/ui/StateGlyph";
import { RelativeTime } from "@/shared/ui/Time";
import classes from "./Home.module.css";
import type { Home } from "./queries";

const mayClear = (row: Home["failures"][number]) =>
  row.actions.some((action) => action.name === "clear" && action.denied === null);

/** DAGs whose newest run failed: where it began, what was said last, and the ways on. */
export function Failures({ rows }: { rows: Home["failures"] }) {
  const t = useT();
  return (
    <section className={classes.section}>
      <h2>{t("home.broken")}</h2>
      {rows.length === 0 ? <p className={classes.quiet}>{t("home.broken.none")}</p> : null}
      {rows.length ? (
        <ul className={classes.rows}>
          {rows.map((row) => {
            const run = { dagId: row.dag_id, runId: row.run.run_id };
            return (
              <li key={row.dag_id}>
                <StateDot state={toState(row.run.state)} />
                <Link to="/dags/$dagId/runs/$runId" params={run} title={row.dag_id}>
                  {row.display_name}
                </Link>
                {row.task_id ? (
                  <Link
                    to="/dags/$dagId/runs/$runId/tasks/$taskId"
                    params={{ ...run, taskId: row.task_id }}
                    search={{ tab: "logs", ...(row.map_index >= 0 ? { map: row.map_index } : {}) }}
                  >
                    {t("home.broken.log", {
                      task: row.map_index >= 0 ? `${row.task_id} [${row.map_index}]` : row.task_id,
                    })}
                  </Link>
                ) : null}
                <span className={classes.end}>
                  {row.count > 1 ? <span>{t("home.broken.inARow", { count: row.count })}</span> : null}
                  <RelativeTime at={row.since} />
                  {mayClear(row) ? (
                    <button
                      type="button"
                      className={classes.link}
                      aria-label={t("home.broken.clearOf", { dag: row.display_name })}
                      onClick={() =>
                        void requestAction({
                          kind: "clear",
                          dagId: row.dag_id,
                          targets: [{ runId: row.run.run_id }],
                          onlyFailed: true,
                        })
                      }
                    >
                      {t("home.broken.clear")}
                    </button>
                  ) : null}
                </span>
                {row.last_line ? <span className={classes.line}>{row.last_line}</span> : null}
              </li>
            );
          })}
        </ul>
      ) : null}
    </section>
  );
}
