import { useT } from "@/shared/i18n";
import { JsonView } from "@/shared/ui/JsonView";
import { Duration, TimeStamp } from "@/shared/ui/Time";
import classes from "./Dag.module.css";
import type { ViewProps } from "./DagPage";

/** Every argument of the DAG, where it comes from, and when it runs next. */
export default function Details({ dag }: ViewProps) {
  const t = useT();
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    [t("dag.details.file"), <code key="f">{dag.fileloc}</code>],
    [t("dag.details.parsed"), <TimeStamp key="p" at={dag.last_parsed_at} precision="second" />],
    [t("dag.details.dialect"), `Airflow ${dag.dialect} (${dag.dialect_reason})`],
    [t("dag.details.version"), `${dag.version.number} / ${dag.version_count}`],
    [t("dag.details.schedule"), `${dag.schedule.raw ?? "–"} (${dag.schedule.timezone})`],
    [t("dag.details.owners"), dag.owners.join(", ")],
    [t("dag.details.median"), <Duration key="m" seconds={dag.median_duration_s} />],
    [t("dag.details.p95"), <Duration key="9" seconds={dag.p95_duration_s} />],
    [t("dag.details.tasks"), dag.tasks.filter((node) => node.kind === "task").length],
  ];
  return (
    <div className={classes.details}>
      {dag.doc_md ? <pre className={classes.doc}>{dag.doc_md}</pre> : null}
      <dl className={classes.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {dag.next_runs.length ? (
        <>
          <h3>{t("dag.details.next")}</h3>
          <ol className={classes.list}>
            {dag.next_runs.map((run) => (
              <li key={run.run_after}>
                <TimeStamp at={run.run_after} />
                {run.data_interval_start && run.data_interval_end ? (
                  <span className={classes.quiet}>
                    {" "}
                    (<TimeStamp at={run.data_interval_start} zone={false} /> →{" "}
                    <TimeStamp at={run.data_interval_end} zone={false} />)
                  </span>
                ) : null}
              </li>
            ))}
          </ol>
        </>
      ) : null}
      <h3>{t("dag.details.arguments")}</h3>
      <JsonView value={dag.arguments} />
    </div>
  );
}
