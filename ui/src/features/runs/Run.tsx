import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { useT } from "@/shared/i18n";
import { type RunLogFilter, Slot, type Slots } from "@/shared/slots";
import { states, toState } from "@/shared/state/states";
import { JsonView } from "@/shared/ui/JsonView";
import { QueryView } from "@/shared/ui/QueryView";
import { StateBadge } from "@/shared/ui/StateGlyph";
import { Duration, TimeStamp } from "@/shared/ui/Time";
import { Failures } from "./Failures";
import { type RunData, runQuery } from "./queries";
import classes from "./Run.module.css";
import { RunActions } from "./RunActions";
import { RunTasks } from "./RunTasks";

type Props = Slots["run"] & {
  tab?: string | undefined;
  onTab?: (tab: string) => void;
  logFilter?: RunLogFilter;
  onLogFilter?: (filter: RunLogFilter) => void;
};

/** One run: how it went, what broke, its tasks, its parameters, its history. */
export default function Run(props: Props) {
  return (
    <QueryView query={useQuery(runQuery(props.dagId, props.runId))}>
      {(page) => <Loaded page={page} {...props} />}
    </QueryView>
  );
}

const tabs = ["overview", "tasks", "log", "events", "audit"] as const;

function Loaded({ page, layout, tab: wanted, onTab, logFilter, onLogFilter }: Props & { page: RunData }) {
  const t = useT();
  const { run } = page;
  const [own, setOwn] = useState<string>("overview");
  const [ownFilter, setOwnFilter] = useState<RunLogFilter>({});
  const tab = tabs.find((name) => name === (wanted ?? own)) ?? "overview";
  const choose = onTab ?? setOwn;
  const step = (runId: string | null, label: string, icon: React.ReactNode) =>
    runId ? (
      <Link
        to="/dags/$dagId/runs/$runId"
        params={{ dagId: run.dag_id, runId }}
        aria-label={label}
        title={label}
        className={classes.step}
      >
        {icon}
      </Link>
    ) : null;
  return (
    <div className={classes.run} data-layout={layout}>
      <header className={classes.header}>
        <div className={classes.name}>
          {step(page.previous_run_id, t("runs.previous"), <ChevronLeft size={16} />)}
          <h2>
            {layout === "panel" ? (
              <Link to="/dags/$dagId/runs/$runId" params={{ dagId: run.dag_id, runId: run.run_id }}>
                {run.run_id}
              </Link>
            ) : (
              run.run_id
            )}
          </h2>
          {step(page.next_run_id, t("runs.next"), <ChevronRight size={16} />)}
          <StateBadge state={toState(run.state)} />
          <span className={classes.meta}>
            <Duration from={run.start_date} to={run.end_date} />
            {page.median_duration_s === null ? null : (
              <>
                {" "}
                · {t("runs.median")} <Duration seconds={page.median_duration_s} />
              </>
            )}
          </span>
        </div>
        <div className={classes.actions}>
          <RunActions run={run} />
        </div>
      </header>
      {run.end_reason ? <p className={classes.reason}>{run.end_reason}</p> : null}
      {run.note ? <p className={classes.note}>{run.note}</p> : null}
      {page.why.length ? (
        <ul className={classes.why}>
          {page.why.map((reason) => (
            <li key={reason.kind + reason.text}>
              {reason.text} {reason.remedy ? <span className={classes.meta}>{reason.remedy}</span> : null}
            </li>
          ))}
        </ul>
      ) : null}
      <Tabs
        value={tab}
        onChange={(next) => next && choose(next)}
        keepMounted={false}
        className={classes.tabs ?? ""}
      >
        <Tabs.List aria-label={t("runs.tabs")}>
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`runs.tab.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview" className={classes.panel ?? ""}>
          <Failures page={page} />
          <p className={classes.counts}>
            {states
              .filter((state) => page.task_counts[state])
              .map((state) => (
                <StateBadge key={state} state={state} count={page.task_counts[state] ?? 0} />
              ))}
          </p>
          <Facts page={page} />
          {Object.keys(run.conf).length ? (
            <>
              <h3>{t("runs.conf")}</h3>
              <JsonView value={run.conf} />
            </>
          ) : null}
        </Tabs.Panel>
        <Tabs.Panel value="tasks" className={classes.fill ?? ""}>
          <RunTasks dagId={run.dag_id} runId={run.run_id} />
        </Tabs.Panel>
        <Tabs.Panel value="log" className={classes.fill ?? ""}>
          <Slot
            name="runLog"
            dagId={run.dag_id}
            runId={run.run_id}
            filter={logFilter ?? ownFilter}
            onFilter={onLogFilter ?? setOwnFilter}
          />
        </Tabs.Panel>
        <Tabs.Panel value="events" className={classes.panel ?? ""}>
          <ol className={classes.events}>
            {page.events.map((event) => (
              <li key={event.seq}>
                <TimeStamp at={event.at} precision="second" zone={false} />
                <span>
                  {event.task_id}
                  {event.map_index < 0 ? "" : `[${event.map_index}]`}
                </span>
                <span>{event.new ? <StateBadge state={toState(event.new)} /> : null}</span>
                <span>{event.why}</span>
                <span className={classes.meta}>{event.who}</span>
              </li>
            ))}
          </ol>
        </Tabs.Panel>
        <Tabs.Panel value="audit" className={classes.fill ?? ""}>
          <Slot name="auditLog" dagId={run.dag_id} runId={run.run_id} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

function Facts({ page }: { page: RunData }) {
  const t = useT();
  const { run } = page;
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    [t("runs.fact.type"), t(`runs.type.${typeOf(run.run_type)}`)],
    [
      t("runs.fact.logical"),
      run.logical_date ? <TimeStamp key="l" at={run.logical_date} precision="second" /> : null,
    ],
    [
      t("runs.fact.interval"),
      run.data_interval_start ? (
        <span key="i">
          <TimeStamp at={run.data_interval_start} zone={false} /> → <TimeStamp at={run.data_interval_end} />
        </span>
      ) : null,
    ],
    [t("runs.fact.after"), <TimeStamp key="a" at={run.run_after} precision="second" />],
    [t("runs.fact.queued"), <TimeStamp key="q" at={run.queued_at} precision="second" />],
    [t("runs.fact.start"), <TimeStamp key="s" at={run.start_date} precision="second" />],
    [t("runs.fact.end"), <TimeStamp key="e" at={run.end_date} precision="second" />],
    [
      t("runs.fact.version"),
      <span key="v">
        {page.version.number}
        {page.is_newest_version ? "" : ` (${t("runs.olderVersion")})`}
      </span>,
    ],
    [t("runs.fact.by"), [run.triggered_by, run.triggering_user].filter(Boolean).join(" · ") || null],
  ];
  return (
    <dl className={classes.facts}>
      {facts
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export const runTypes = ["scheduled", "manual", "backfill", "asset_triggered"] as const;
export const typeOf = (name: string): (typeof runTypes)[number] =>
  runTypes.find((type) => type === name) ?? "manual";
