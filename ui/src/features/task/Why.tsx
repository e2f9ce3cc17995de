import { Link } from "@tanstack/react-router";
import { useT } from "@/shared/i18n";
import type { TaskTarget } from "@/shared/slots";
import { RelativeTime, TimeStamp } from "@/shared/ui/Time";
import type { WhyAnswer } from "./queries";
import classes from "./Task.module.css";

/** Why it does not run: one sentence, then each thing that holds it with what to do about it. */
export function Why({ why, target }: { why: WhyAnswer; target: TaskTarget }) {
  const t = useT();
  if (!why.reasons.length && !why.sentence) return <p className={classes.quiet}>{t("task.why.nothing")}</p>;
  return (
    <div className={classes.why}>
      {why.sentence ? <p className={classes.sentence}>{why.sentence}</p> : null}
      {why.root_cause ? (
        <p>
          {t("task.why.root")}{" "}
          <Link
            to="/dags/$dagId/runs/$runId/tasks/$taskId"
            params={{ dagId: target.dagId, runId: target.runId, taskId: why.root_cause }}
          >
            {why.root_cause}
          </Link>
        </p>
      ) : null}
      <ol className={classes.reasons}>
        {why.reasons.map((reason) => (
          <li key={reason.kind + reason.text}>
            <span>{reason.text}</span>
            {reason.since ? (
              <span className={classes.meta}>
                {t("task.why.since")} <TimeStamp at={reason.since} precision="second" />
              </span>
            ) : null}
            {reason.until ? (
              <span className={classes.meta}>
                {t("task.why.until")} <RelativeTime at={reason.until} />
              </span>
            ) : null}
            {reason.holder ? (
              <span className={classes.meta}>
                {t("task.why.holder")} <code>{reason.holder}</code>
              </span>
            ) : null}
            {reason.remedy ? <span className={classes.remedy}>{reason.remedy}</span> : null}
          </li>
        ))}
      </ol>
    </div>
  );
}
