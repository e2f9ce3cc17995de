import { Link } from "@tanstack/react-router";
import { useLocale, useT } from "@/shared/i18n";
import { toState } from "@/shared/state/states";
import { duration } from "@/shared/time/format";
import { StateDot } from "@/shared/ui/StateGlyph";
import { Duration } from "@/shared/ui/Time";
import classes from "./Home.module.css";
import type { Home } from "./queries";

/** Runs that take longer than their DAG's usually do, or wait for long. */
export function Late({ rows }: { rows: Home["late"] }) {
  const t = useT();
  const locale = useLocale();
  return (
    <section className={classes.section}>
      <h2>{t("home.late")}</h2>
      {rows.length === 0 ? <p className={classes.quiet}>{t("home.late.none")}</p> : null}
      {rows.length ? (
        <ul className={classes.rows}>
          {rows.map((row) => (
            <li
              key={`${row.dag_id} ${row.run.run_id} ${row.task_id ?? ""}`}
              title={
                row.usual_s === null
                  ? undefined
                  : t("home.late.usual", { usual: duration(row.usual_s, locale) })
              }
            >
              <StateDot state={toState(row.run.state)} />
              <Link
                to="/dags/$dagId/runs/$runId"
                params={{ dagId: row.dag_id, runId: row.run.run_id }}
                title={row.run.run_id}
              >
                {row.display_name}
              </Link>
              <span className={classes.end}>
                <span>{t(`home.late.${row.kind}`)}</span>
                <Duration from={row.since} to={null} />
              </span>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}
