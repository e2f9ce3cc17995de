import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { requestAction } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import { StateDot } from "@/shared/ui/StateGlyph";
import { TimeStamp } from "@/shared/ui/Time";
import type { RunData } from "./queries";
import classes from "./Run.module.css";

/** What broke, earliest first: the exception's own line, the end of the log, and what it stopped. */
export function Failures({ page }: { page: RunData }) {
  const t = useT();
  const { run, failures } = page;
  if (!failures.length) return null;
  const clearable = run.actions.some((action) => action.name === "clear" && action.denied === null);
  return (
    <section className={classes.failures} aria-labelledby="failures">
      <header>
        <h3 id="failures">{t("runs.failures", { count: failures.length })}</h3>
        {clearable ? (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() =>
              void requestAction({
                kind: "clear",
                dagId: run.dag_id,
                targets: [{ runId: run.run_id }],
                onlyFailed: true,
              })
            }
          >
            {t("runs.clearFailed")}
          </Button>
        ) : null}
      </header>
      <ol>
        {failures.map((failure) => (
          <li key={`${failure.task_id}/${failure.map_index}`}>
            <div className={classes.failureHead}>
              <StateDot state="failed" decorative />
              <Link
                to="/dags/$dagId/runs/$runId/tasks/$taskId"
                params={{ dagId: run.dag_id, runId: run.run_id, taskId: failure.task_id }}
                search={{ tab: "logs", ...(failure.map_index < 0 ? {} : { map: failure.map_index }) }}
              >
                {failure.task_id}
                {failure.map_index < 0 ? "" : `[${failure.map_index}]`}
              </Link>
              <span className={classes.meta}>
                {t("runs.try", { number: failure.try_number })} · {failure.cause}
              </span>
              <span className={classes.meta}>
                <TimeStamp at={failure.ended_at} precision="second" />
              </span>
            </div>
            {failure.last_line ? <p className={classes.lastLine}>{failure.last_line}</p> : null}
            <p className={classes.meta}>
              {failure.blocked ? t("runs.blocked", { count: failure.blocked }) : null}{" "}
              {failure.seen_before ? (
                <>
                  {t("runs.seenBefore")}{" "}
                  <Link
                    to="/dags/$dagId/runs/$runId"
                    params={{ dagId: run.dag_id, runId: failure.seen_before }}
                  >
                    {failure.seen_before}
                  </Link>
                </>
              ) : null}
            </p>
            {failure.excerpt.length ? (
              <details>
                <summary>{t("runs.excerpt", { count: failure.excerpt.length })}</summary>
                <pre className={classes.excerpt}>{failure.excerpt.join("\n")}</pre>
              </details>
            ) : null}
          </li>
        ))}
      </ol>
    </section>
  );
}
