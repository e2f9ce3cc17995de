import { Link } from "@tanstack/react-router";
import { useT } from "@/shared/i18n";
import type { TaskTarget } from "@/shared/slots";
import { toState } from "@/shared/state/states";
import { EmptyState } from "@/shared/ui/EmptyState";
import { StateBadge } from "@/shared/ui/StateGlyph";
import { Duration, TimeStamp } from "@/shared/ui/Time";
import { Facts } from "./Facts";
import type { TryRow } from "./queries";
import classes from "./Task.module.css";

const megabytes = (kilobytes: number | null) =>
  kilobytes === null ? null : `${(kilobytes / 1024).toFixed(kilobytes < 10_240 ? 1 : 0)} MB`;

/** Every try, newest first: where it ran, how it ended, what it used. */
export function Tries({ tries, target }: { tries: readonly TryRow[]; target: TaskTarget }) {
  const t = useT();
  if (!tries.length) return <EmptyState title={t("task.tries.none")}>{t("task.tries.noneHint")}</EmptyState>;
  return (
    <ol className={classes.tries}>
      {[...tries].reverse().map((attempt) => (
        <li key={attempt.try_id}>
          <header>
            <b>{t("task.tries.number", { number: attempt.try_number })}</b>
            <StateBadge state={toState(attempt.state)} />
            <Duration from={attempt.start_date} to={attempt.end_date} />
            {attempt.has_log ? (
              <Link
                to="/dags/$dagId/runs/$runId/tasks/$taskId"
                params={{ dagId: target.dagId, runId: target.runId, taskId: target.taskId }}
                search={{
                  tab: "logs",
                  try: attempt.try_number,
                  ...(target.mapIndex < 0 ? {} : { map: target.mapIndex }),
                }}
              >
                {t("task.tab.logs")}
              </Link>
            ) : null}
          </header>
          {attempt.cause || attempt.error ? (
            <p className={classes.cause}>{[attempt.cause, attempt.error].filter(Boolean).join(": ")}</p>
          ) : null}
          <Facts
            facts={[
              [t("task.fact.queued"), <TimeStamp key="q" at={attempt.queued_at} precision="second" />],
              [t("task.fact.start"), <TimeStamp key="s" at={attempt.start_date} precision="second" />],
              [t("task.fact.end"), <TimeStamp key="e" at={attempt.end_date} precision="second" />],
              [t("task.fact.host"), attempt.hostname],
              [t("task.fact.process"), attempt.pid],
              [t("task.fact.user"), attempt.unixname],
              [t("task.fact.executor"), attempt.executor],
              [t("task.fact.queue"), attempt.queue],
              [t("task.fact.pool"), attempt.pool],
              [t("task.fact.exit"), attempt.signal ?? attempt.exit_code],
              [t("task.fact.memory"), megabytes(attempt.peak_rss_kb)],
              [
                t("task.fact.cpu"),
                attempt.cpu_s === null ? null : <Duration key="c" seconds={attempt.cpu_s} />,
              ],
              [t("task.fact.interpreter"), t(attempt.forked ? "task.fact.forked" : "task.fact.fresh")],
              [t("task.fact.version"), attempt.version_number],
            ]}
          />
        </li>
      ))}
    </ol>
  );
}
