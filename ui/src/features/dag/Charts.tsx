import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLocale, useT } from "@/shared/i18n";
import { duration } from "@/shared/time/format";
import { Chart, type Series } from "@/shared/ui/Chart";
import { EmptyState } from "@/shared/ui/EmptyState";
import { QueryView } from "@/shared/ui/QueryView";
import classes from "./Charts.module.css";
import type { ViewProps } from "./DagPage";
import { type DurationPoint, durationsQuery } from "./queries";

const limits = ["50", "100", "365"];
const colours = [
  "var(--accent)",
  "var(--state-success)",
  "var(--state-upstream-failed)",
  "var(--state-deferred)",
  "var(--state-up-for-reschedule)",
  "var(--state-skipped)",
  "var(--state-failed)",
  "var(--state-queued)",
];

/** The tasks that take longest, by their total over the shown runs. */
export function longest(points: readonly DurationPoint[], most: number): string[] {
  const sums = new Map<string, number>();
  for (const point of points)
    for (const [task, seconds] of Object.entries(point.tasks))
      sums.set(task, (sums.get(task) ?? 0) + seconds);
  return [...sums]
    .sort((one, other) => other[1] - one[1] || one[0].localeCompare(other[0]))
    .slice(0, most)
    .map(([task]) => task);
}

/** How long runs and tasks took, when they landed, how often tasks were tried. */
export default function Charts({ dag, look }: ViewProps) {
  const t = useT();
  const locale = useLocale();
  const [limit, setLimit] = useState("100");
  const query = useQuery(durationsQuery(dag.dag_id, Number(limit)));
  const points = query.data?.points;
  const at = useMemo(() => (points ?? []).map((point) => new Date(point.run_after)), [points]);
  const tasks = useMemo(() => longest(points ?? [], colours.length), [points]);
  const format = (seconds: number) => duration(seconds, locale);
  const pick = (index: number) => {
    const run = points?.[index]?.run_id;
    if (run) look({ run, task: undefined });
  };
  const level = (label: string, value: number | null): Series[] =>
    value === null ? [] : [{ label, values: at.map(() => value), colour: "var(--ink-3)", kind: "dashed" }];
  const ofRuns = useMemo(() => {
    const found = points ?? [];
    return {
      ran: found.map((point) => point.duration_s),
      queued: found.map((point) => point.queued_s),
      landed: found.map((point) => point.landing_s),
      tries: found.map((point) => Math.max(0, ...Object.values(point.tries)) || null),
    };
  }, [points]);
  const csv = () => {
    const rows = [
      ["run_id", "run_after", "state", "queued_s", "duration_s", "landing_s"],
      ...(points ?? []).map((point) =>
        [point.run_id, point.run_after, point.state, point.queued_s, point.duration_s, point.landing_s].map(
          (value) => JSON.stringify(value ?? ""),
        ),
      ),
    ];
    return `data:text/csv;charset=utf-8,${encodeURIComponent(rows.map((row) => row.join(",")).join("\n"))}`;
  };
  return (
    <QueryView query={query}>
      {(page) =>
        page.points.length ? (
          <div className={classes.charts}>
            <div className={classes.tools}>
              <Select
                size="xs"
                w={120}
                aria-label={t("dag.charts.runs")}
                data={limits.map((value) => ({
                  value,
                  label: t("dag.charts.count", { count: Number(value) }),
                }))}
                value={limit}
                allowDeselect={false}
                onChange={(value) => setLimit(value ?? "100")}
              />
              <a href={csv()} download={`${dag.dag_id}.csv`}>
                CSV
              </a>
            </div>
            <h3>{t("dag.charts.duration")}</h3>
            <Chart
              label={t("dag.charts.duration")}
              at={at}
              format={format}
              onPick={pick}
              series={[
                { label: t("dag.charts.ran"), values: ofRuns.ran, colour: "var(--accent)", kind: "bars" },
                {
                  label: t("dag.charts.queued"),
                  values: ofRuns.queued,
                  colour: "var(--state-queued)",
                  kind: "line",
                },
                ...level(t("dag.charts.median"), page.median_s),
                ...level(t("dag.charts.p95"), page.p95_s),
              ]}
            />
            <h3>{t("dag.charts.tasks")}</h3>
            <Chart
              label={t("dag.charts.tasks")}
              at={at}
              format={format}
              onPick={pick}
              series={tasks.map((task, index) => ({
                label: task,
                values: page.points.map((point) => point.tasks[task] ?? null),
                colour: colours[index] ?? "var(--ink-3)",
                kind: "line" as const,
              }))}
            />
            <h3>{t("dag.charts.landing")}</h3>
            <Chart
              label={t("dag.charts.landing")}
              at={at}
              format={format}
              onPick={pick}
              series={[
                {
                  label: t("dag.charts.landing"),
                  values: ofRuns.landed,
                  colour: "var(--state-deferred)",
                  kind: "line",
                },
              ]}
            />
            <h3>{t("dag.charts.tries")}</h3>
            <Chart
              label={t("dag.charts.tries")}
              at={at}
              format={(value) => String(Math.round(value * 10) / 10)}
              onPick={pick}
              height={140}
              series={[
                {
                  label: t("dag.charts.tries"),
                  values: ofRuns.tries,
                  colour: "var(--state-up-for-retry)",
                  kind: "bars",
                },
              ]}
            />
          </div>
        ) : (
          <EmptyState title={t("dag.grid.none")} />
        )
      }
    </QueryView>
  );
}
