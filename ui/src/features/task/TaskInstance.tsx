import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useT } from "@/shared/i18n";
import { Slot, type Slots, type TaskTarget } from "@/shared/slots";
import { toState } from "@/shared/state/states";
import { QueryView } from "@/shared/ui/QueryView";
import { StateBadge } from "@/shared/ui/StateGlyph";
import { Duration } from "@/shared/ui/Time";
import { Details } from "./Details";
import { Events } from "./Events";
import { Mapped } from "./Mapped";
import { type TaskData, taskQuery } from "./queries";
import classes from "./Task.module.css";
import { TaskActions } from "./TaskActions";
import { Tries } from "./Tries";
import { Rendered, XComs } from "./Values";
import { Why } from "./Why";

type Props = Slots["taskInstance"];

const tabs = ["logs", "why", "mapped", "xcom", "rendered", "tries", "events", "details"] as const;
export type TaskTab = (typeof tabs)[number];

/** A mapped task as a whole has no log of its own: its instances come first. One that waits explains itself. */
export function firstTab(page: TaskData): TaskTab {
  if (page.map_index < 0 && Object.keys(page.mapped_counts).length > 0) return "mapped";
  if (!page.tries.length) return page.why ? "why" : "details";
  return "logs";
}

/** Everything about one task instance; beside the grid, or as a page of its own. */
export default function TaskInstance(props: Props) {
  const target = { dagId: props.dagId, runId: props.runId, taskId: props.taskId, mapIndex: props.mapIndex };
  const query = useQuery(taskQuery(target));
  return <QueryView query={query}>{(page) => <Loaded page={page} target={target} {...props} />}</QueryView>;
}

function Loaded({ page, target, layout, ...props }: Props & { page: TaskData; target: TaskTarget }) {
  const t = useT();
  const [ownTry, setOwnTry] = useState<number | undefined>(undefined);
  const tryNumber = props.tryNumber ?? ownTry;
  const onTryNumber = props.onTryNumber ?? setOwnTry;
  const isWhole = page.map_index < 0 && Object.keys(page.mapped_counts).length > 0;
  const shown = tabs.filter((tab) => {
    if (tab === "why") return page.why !== null;
    if (tab === "mapped") return isWhole;
    if (tab === "logs" || tab === "tries" || tab === "rendered") return !isWhole;
    return true;
  });
  const wanted = shown.find((tab) => tab === props.tab) ?? firstTab(page);
  const tab = shown.includes(wanted) ? wanted : (shown[0] ?? "details");
  return (
    <div className={classes.instance} data-layout={layout}>
      <header className={classes.header}>
        <div className={classes.name}>
          <h2>
            {layout === "panel" ? (
              <Link
                to="/dags/$dagId/runs/$runId/tasks/$taskId"
                params={{ dagId: target.dagId, runId: target.runId, taskId: target.taskId }}
                search={target.mapIndex < 0 ? {} : { map: target.mapIndex }}
              >
                {page.task.label}
              </Link>
            ) : (
              page.task.label
            )}
            {page.map_index >= 0 ? (
              <span className={classes.index}>[{page.rendered_map_index ?? page.map_index}]</span>
            ) : null}
          </h2>
          <StateBadge state={toState(page.state)} />
          {page.start_date ? (
            <span className={classes.meta}>
              <Duration from={page.start_date} to={page.end_date} />
            </span>
          ) : null}
          {page.try_number > 1 ? (
            <span className={classes.meta}>{t("task.tries.number", { number: page.try_number })}</span>
          ) : null}
        </div>
        <div className={classes.actions}>
          <TaskActions page={page} target={target} />
        </div>
      </header>
      {page.note ? <p className={classes.note}>{page.note}</p> : null}
      {page.why?.sentence && tab !== "why" ? <p className={classes.hint}>{page.why.sentence}</p> : null}
      <Tabs
        value={tab}
        onChange={(next) => next && props.onTab?.(next)}
        keepMounted={false}
        className={classes.tabs ?? ""}
      >
        <Tabs.List aria-label={t("task.tabs")}>
          {shown.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`task.tab.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="logs" className={classes.fill ?? ""}>
          <Slot
            name="taskLog"
            {...target}
            {...(tryNumber === undefined ? {} : { tryNumber })}
            onTryNumber={onTryNumber}
          />
        </Tabs.Panel>
        <Tabs.Panel value="why" className={classes.panel ?? ""}>
          {page.why ? <Why why={page.why} target={target} /> : null}
        </Tabs.Panel>
        <Tabs.Panel value="mapped" className={classes.fill ?? ""}>
          <Mapped target={target} />
        </Tabs.Panel>
        <Tabs.Panel value="xcom" className={classes.panel ?? ""}>
          <XComs target={target} />
        </Tabs.Panel>
        <Tabs.Panel value="rendered" className={classes.panel ?? ""}>
          <Rendered target={target} tryNumber={tryNumber} />
        </Tabs.Panel>
        <Tabs.Panel value="tries" className={classes.panel ?? ""}>
          <Tries tries={page.tries} target={target} />
        </Tabs.Panel>
        <Tabs.Panel value="events" className={classes.panel ?? ""}>
          <Events target={target} />
        </Tabs.Panel>
        <Tabs.Panel value="details" className={classes.panel ?? ""}>
          <Details page={page} target={target} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
