import { Button, Menu, Switch } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { Ellipsis, Play } from "lucide-react";
import { requestAction } from "@/shared/actions/request";
import { useHotkeys } from "@/shared/hotkeys";
import { useLocale, useT } from "@/shared/i18n";
import { RelativeTime, TimeStamp } from "@/shared/ui/Time";
import classes from "./Dag.module.css";
import type { DagData } from "./queries";

/** Switch, name, when it runs, who owns it, and what may be done with it. */
export function DagHeader({ dag }: { dag: DagData }) {
  const t = useT();
  const locale = useLocale();
  const navigate = useNavigate();
  const find = (name: string) => dag.actions.find((action) => action.name === name);
  const toggle = find("pause") ?? find("unpause");
  const trigger = find("trigger");
  const next = dag.next_runs[0];
  const pause = () => void requestAction({ kind: "pause", dagIds: [dag.dag_id], paused: !dag.is_paused });
  const run = () => void requestAction({ kind: "trigger", dagId: dag.dag_id });
  useHotkeys({
    pause: () => toggle?.denied === null && pause(),
    trigger: () => trigger?.denied === null && run(),
  });
  const label = t(dag.is_paused ? "dag.switchOn" : "dag.switchOff", { dag: dag.dag_id });
  return (
    <header className={classes.header}>
      <Switch
        size="sm"
        checked={!dag.is_paused}
        disabled={!toggle || toggle.denied !== null}
        aria-label={label}
        title={toggle?.denied ?? label}
        onChange={pause}
      />
      <h1>{dag.display_name}</h1>
      <span className={classes.fact} title={`${dag.schedule.raw ?? ""} (${dag.schedule.timezone})`}>
        {dag.schedule.words[locale] ?? dag.schedule.raw}
      </span>
      {next && !dag.is_paused ? (
        <span className={classes.fact}>
          {t("dag.next")} <RelativeTime at={next.run_after} />
        </span>
      ) : null}
      {dag.is_paused ? <span className={classes.fact}>{dag.paused_reason || t("dag.paused")}</span> : null}
      <span className={classes.fact}>{dag.owners.join(", ")}</span>
      {dag.tags.map((tag) => (
        <Link key={tag} to="/dags" search={{ q: `tag:${tag}` }} className={classes.tag}>
          {tag}
        </Link>
      ))}
      <span className={classes.fact} title={dag.dialect_reason}>
        Airflow {dag.dialect}
      </span>
      <span className={classes.fact}>
        v{dag.version.number} · <TimeStamp at={dag.last_parsed_at} />
      </span>
      {dag.import_error ? (
        <Link to="/import-errors" className={classes.bad} title={dag.import_error.summary}>
          {t("dag.importError")}
        </Link>
      ) : null}
      <span className={classes.spring} />
      {trigger ? (
        <Button
          size="compact-sm"
          leftSection={<Play size={14} aria-hidden="true" />}
          disabled={trigger.denied !== null}
          title={trigger.denied ?? undefined}
          onClick={run}
        >
          {t("dag.trigger")}
        </Button>
      ) : null}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-sm" variant="default" aria-label={t("dag.more")}>
            <Ellipsis size={14} aria-hidden="true" />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {find("backfill") ? (
            <Menu.Item
              disabled={find("backfill")?.denied !== null}
              title={find("backfill")?.denied ?? undefined}
              onClick={() => void requestAction({ kind: "backfill", dagId: dag.dag_id })}
            >
              {t("dag.backfill")}
            </Menu.Item>
          ) : null}
          {find("delete") ? (
            <Menu.Item
              disabled={find("delete")?.denied !== null}
              title={find("delete")?.denied ?? undefined}
              onClick={() =>
                void requestAction({ kind: "delete", dagId: dag.dag_id }).then((done) => {
                  if (done) void navigate({ to: "/dags" });
                })
              }
            >
              {t("dag.delete")}
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
    </header>
  );
}
