import { useQuery } from "@tanstack/react-query";
import { useLocale, useT } from "@/shared/i18n";
import { stateMessage, stateVar, toState } from "@/shared/state/states";
import { duration } from "@/shared/time/format";
import { useNow } from "@/shared/time/now";
import { EmptyState } from "@/shared/ui/EmptyState";
import { QueryView } from "@/shared/ui/QueryView";
import { StateDot } from "@/shared/ui/StateGlyph";
import type { ViewProps } from "./DagPage";
import classes from "./Gantt.module.css";
import { share, spanOf, ticks } from "./ganttModel";
import { type GanttData, ganttQuery } from "./queries";
import { useRun } from "./useRun";

/** One run on a time scale: waiting, queued and running of each task, try by try. */
export default function Gantt(props: ViewProps) {
  const t = useT();
  const { dag, search } = props;
  const { run, isKnown } = useRun(dag.dag_id, search.run);
  const query = useQuery({ ...ganttQuery(dag.dag_id, run ?? ""), enabled: Boolean(run) });
  if (!run && isKnown) return <EmptyState title={t("dag.grid.none")} />;
  return (
    <QueryView query={query}>
      {(page) =>
        page.rows.some((row) => row.segments.length) ? (
          <Chart {...props} page={page} run={run ?? ""} />
        ) : (
          <EmptyState title={t("dag.gantt.none")} />
        )
      }
    </QueryView>
  );
}

function Chart({ page, run, search, look }: ViewProps & { page: GanttData; run: string }) {
  const t = useT();
  const locale = useLocale();
  const now = useNow().getTime();
  const span = spanOf(page.rows, now);
  if (!span) return null;
  const length = span.to - span.from;
  const critical = new Set(page.critical_path);
  return (
    <div className={classes.gantt}>
      <p className={classes.title}>
        {run} · {duration(length / 1000, locale)}
      </p>
      <div className={classes.scale} aria-hidden="true">
        {ticks(length).map((at) => (
          <span key={at} style={{ left: `${(at / length) * 100}%` }}>
            {duration(at / 1000, locale)}
          </span>
        ))}
      </div>
      <ol className={classes.rows}>
        {page.rows.map((row) => {
          const told = `${row.label}: ${t(stateMessage(toState(row.state)))}`;
          const running = row.segments.find((segment) => segment.kind === "running");
          return (
            <li
              key={`${row.task_id}/${row.map_index}`}
              data-selected={row.task_id === search.task || undefined}
            >
              <button
                type="button"
                aria-label={told}
                onClick={() =>
                  look({
                    run,
                    task: row.task_id,
                    map: row.map_index < 0 ? undefined : row.map_index,
                    try: undefined,
                  })
                }
              >
                <span className={classes.name} data-critical={critical.has(row.task_id) || undefined}>
                  <StateDot state={toState(row.state)} size={12} decorative /> {row.label}
                </span>
                <span className={classes.track}>
                  {running && row.median_duration_s ? (
                    <span
                      className={classes.median}
                      style={{
                        left: `${share(Date.parse(running.start), span)}%`,
                        width: `${Math.min(100, (row.median_duration_s * 1000 * 100) / length)}%`,
                      }}
                    />
                  ) : null}
                  {row.segments.map((segment) => {
                    const from = share(Date.parse(segment.start), span);
                    const to = share(segment.end ? Date.parse(segment.end) : now, span);
                    const seconds =
                      ((segment.end ? Date.parse(segment.end) : now) - Date.parse(segment.start)) / 1000;
                    return (
                      <span
                        key={`${segment.kind}/${segment.start}`}
                        className={classes.segment}
                        data-kind={segment.kind}
                        title={`${t(`dag.gantt.${segment.kind}`)} · ${t("dag.grid.try", { number: segment.try_number })} · ${duration(seconds, locale)}`}
                        style={{
                          left: `${from}%`,
                          width: `max(2px, ${to - from}%)`,
                          ...(segment.kind === "running"
                            ? { background: stateVar(toState(segment.state)) }
                            : {}),
                        }}
                      />
                    );
                  })}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
