import { Link } from "@tanstack/react-router";
import { useT } from "@/shared/i18n";
import { RelativeTime, TimeStamp } from "@/shared/ui/Time";
import classes from "./Home.module.css";
import type { Home } from "./queries";

/** What runs next, the soonest first. */
export function Upcoming({ rows }: { rows: Home["upcoming"] }) {
  const t = useT();
  return (
    <section className={classes.section}>
      <h2>{t("home.next")}</h2>
      {rows.length === 0 ? <p className={classes.quiet}>{t("home.next.none")}</p> : null}
      {rows.length ? (
        <ul className={classes.rows}>
          {rows.map((row) => (
            <li key={`${row.dag_id} ${row.planned.run_after}`}>
              <Link to="/dags/$dagId" params={{ dagId: row.dag_id }} title={row.dag_id}>
                {row.display_name}
              </Link>
              <span className={classes.end}>
                <RelativeTime at={row.planned.run_after} />
                <TimeStamp at={row.planned.run_after} />
              </span>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}
