import { Link } from "@tanstack/react-router";
import { useT } from "@/shared/i18n";
import type { TaskTarget } from "@/shared/slots";
import { toState } from "@/shared/state/states";
import { JsonView } from "@/shared/ui/JsonView";
import { StateBadge } from "@/shared/ui/StateGlyph";
import { Duration, TimeStamp } from "@/shared/ui/Time";
import { Facts } from "./Facts";
import type { TaskData } from "./queries";
import classes from "./Task.module.css";

export function Details({ page, target }: { page: TaskData; target: TaskTarget }) {
  const t = useT();
  const neighbours = (ids: readonly string[]) =>
    ids.length ? (
      <span className={classes.neighbours}>
        {ids.map((taskId) => (
          <Link
            key={taskId}
            to="/dags/$dagId/runs/$runId/tasks/$taskId"
            params={{ dagId: target.dagId, runId: target.runId, taskId }}
            search={{ tab: "details" }}
          >
            {taskId}
          </Link>
        ))}
      </span>
    ) : null;
  return (
    <div className={classes.details}>
      <Facts
        facts={[
          [t("task.fact.state"), <StateBadge key="s" state={toState(page.state)} />],
          [t("task.fact.operator"), page.task.operator],
          [t("task.fact.rule"), page.task.trigger_rule],
          [t("task.fact.tries"), `${page.try_number} / ${page.max_tries + 1}`],
          [t("task.fact.scheduled"), <TimeStamp key="sc" at={page.scheduled_at} precision="second" />],
          [t("task.fact.queued"), <TimeStamp key="q" at={page.queued_at} precision="second" />],
          [t("task.fact.start"), <TimeStamp key="st" at={page.start_date} precision="second" />],
          [t("task.fact.end"), <TimeStamp key="e" at={page.end_date} precision="second" />],
          [t("task.fact.duration"), <Duration key="d" from={page.start_date} to={page.end_date} />],
          [t("task.fact.median"), <Duration key="m" seconds={page.median_duration_s} />],
          [
            t("task.fact.due"),
            page.due_at ? <TimeStamp key="du" at={page.due_at} precision="second" /> : null,
          ],
          [t("task.fact.pool"), `${page.task.pool} (${page.pool_slots})`],
          [t("task.fact.queue"), page.task.queue],
          [t("task.fact.priority"), page.priority_weight],
          [t("task.fact.owner"), page.task.owner],
          [t("task.fact.upstream"), neighbours(page.upstream)],
          [t("task.fact.downstream"), neighbours(page.downstream)],
          [t("task.fact.note"), page.note],
        ]}
      />
      {page.task.doc_md ? <pre className={classes.rendered}>{page.task.doc_md}</pre> : null}
      {Object.keys(page.arguments).length ? (
        <>
          <h3>{t("task.arguments")}</h3>
          <JsonView value={page.arguments} />
        </>
      ) : null}
    </div>
  );
}
