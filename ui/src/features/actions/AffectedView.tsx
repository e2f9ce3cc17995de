import type { UseQueryResult } from "@tanstack/react-query";
import type { components } from "@/api/gen/ui";
import { useT } from "@/shared/i18n";
import { toState } from "@/shared/state/states";
import { EmptyState } from "@/shared/ui/EmptyState";
import { ErrorState } from "@/shared/ui/ErrorState";
import { Loading } from "@/shared/ui/Loading";
import { StateDot } from "@/shared/ui/StateGlyph";
import { TimeStamp } from "@/shared/ui/Time";
import classes from "./Actions.module.css";

type AffectedList = components["schemas"]["AffectedList"];
const shownAtOnce = 400;

/** Exactly what the server will change: instances by run, each from its state to the next. */
export function AffectedView({ query, empty }: { query: UseQueryResult<AffectedList>; empty: string }) {
  const t = useT();
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  const list = query.data;
  if (!list) return <Loading />;
  if (!list.total) return <EmptyState title={empty} />;
  let left = shownAtOnce;
  return (
    <div className={classes.affected} aria-busy={query.isFetching}>
      <p>
        <b>{t("actions.affected", { count: list.total })}</b>
      </p>
      {list.running ? (
        <p className={classes.warning}>{t("actions.running", { count: list.running })}</p>
      ) : null}
      {list.warnings.map((warning) => (
        <p key={warning} className={classes.warning}>
          {warning}
        </p>
      ))}
      {list.runs.map((run) => {
        const instances = run.instances.slice(0, Math.max(0, left));
        left -= run.instances.length;
        return (
          <section key={run.run_id}>
            <h4>
              <StateDot state={toState(run.before)} decorative /> {run.run_id}
              {run.logical_date ? (
                <span className={classes.meta}>
                  {" "}
                  <TimeStamp at={run.logical_date} />
                </span>
              ) : null}
            </h4>
            <ul>
              {instances.map((one) => (
                <li key={`${one.task_id}/${one.map_index}`}>
                  <span>
                    {one.task_id}
                    {one.map_index < 0 ? "" : `[${one.map_index}]`}
                  </span>
                  <span className={classes.change}>
                    <StateDot state={toState(one.before)} /> <span aria-hidden="true">→</span>{" "}
                    <StateDot state={toState(one.after)} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
      {left < 0 ? <p className={classes.meta}>{t("actions.more", { count: -left })}</p> : null}
    </div>
  );
}
