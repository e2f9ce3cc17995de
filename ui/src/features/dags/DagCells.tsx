import { Switch, Tooltip } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { Play, Star } from "lucide-react";
import { requestAction } from "@/shared/actions/request";
import { useLocale, useT } from "@/shared/i18n";
import { states, toState } from "@/shared/state/states";
import { RunBars } from "@/shared/ui/RunBars";
import { StateDot } from "@/shared/ui/StateGlyph";
import { RelativeTime } from "@/shared/ui/Time";
import classes from "./Dags.module.css";
import type { DagRow } from "./queries";
import { useFavourite } from "./useFavourite";

export function PauseToggle({ dag }: { dag: DagRow }) {
  const t = useT();
  const action = dag.actions.find((one) => one.name === "pause" || one.name === "unpause");
  const label = t(dag.is_paused ? "dags.switchOn" : "dags.switchOff", { dag: dag.dag_id });
  return (
    <Switch
      size="xs"
      checked={!dag.is_paused}
      disabled={!action || action.denied !== null}
      aria-label={label}
      title={action?.denied ?? label}
      onChange={() => void requestAction({ kind: "pause", dagIds: [dag.dag_id], paused: !dag.is_paused })}
    />
  );
}

export function DagName({ dag }: { dag: DagRow }) {
  const t = useT();
  return (
    <span className={classes.name}>
      <Link to="/dags/$dagId" params={{ dagId: dag.dag_id }} title={dag.description ?? dag.dag_id}>
        {dag.display_name}
      </Link>
      {dag.has_import_error ? (
        <Link to="/import-errors" className={classes.bad}>
          {t("dags.importError")}
        </Link>
      ) : null}
      {dag.tags.slice(0, 4).map((tag) => (
        <Link key={tag} to="/dags" search={{ q: `tag:${tag}` }} className={classes.tag}>
          {tag}
        </Link>
      ))}
    </span>
  );
}

export function FavouriteStar({ dag }: { dag: DagRow }) {
  const t = useT();
  const favourite = useFavourite();
  return (
    <button
      type="button"
      className={classes.star}
      data-on={dag.is_favourite || undefined}
      aria-pressed={dag.is_favourite}
      aria-label={t("dags.favourite", { dag: dag.dag_id })}
      title={t("dags.favourite", { dag: dag.dag_id })}
      onClick={() => favourite.mutate({ dagId: dag.dag_id, on: !dag.is_favourite })}
    >
      <Star size={13} fill={dag.is_favourite ? "currentColor" : "none"} aria-hidden="true" />
    </button>
  );
}

export function Schedule({ dag }: { dag: DagRow }) {
  const locale = useLocale();
  return (
    <Tooltip label={`${dag.schedule.raw ?? "–"} (${dag.schedule.timezone})`}>
      <span className={classes.schedule}>{dag.schedule.words[locale] ?? dag.schedule.raw ?? "–"}</span>
    </Tooltip>
  );
}

export function LastRuns({ dag }: { dag: DagRow }) {
  const navigate = useNavigate();
  return (
    <RunBars
      runs={dag.runs}
      hasNext={dag.next_run !== null && !dag.is_paused}
      onOpen={(runId) =>
        void navigate({
          to: "/dags/$dagId",
          params: { dagId: dag.dag_id },
          search: { view: "grid", run: runId },
        })
      }
    />
  );
}

/** How many task instances of the newest run are in which state. */
export function TaskCounts({ dag }: { dag: DagRow }) {
  return (
    <span className={classes.counts}>
      {states
        .filter((state) => dag.task_counts[state] && state !== "none")
        .map((state) => (
          <span key={state} className={classes.count}>
            <StateDot state={toState(state)} size={12} /> {dag.task_counts[state]}
          </span>
        ))}
    </span>
  );
}

export function NextRun({ dag }: { dag: DagRow }) {
  if (dag.is_paused || !dag.next_run) return <span className={classes.quiet}>–</span>;
  return <RelativeTime at={dag.next_run.run_after} />;
}

export function TriggerButton({ dag }: { dag: DagRow }) {
  const t = useT();
  const action = dag.actions.find((one) => one.name === "trigger");
  if (!action) return null;
  const label = t("dags.trigger", { dag: dag.dag_id });
  return (
    <button
      type="button"
      className={classes.icon}
      disabled={action.denied !== null}
      aria-label={label}
      title={action.denied ?? label}
      onClick={() => void requestAction({ kind: "trigger", dagId: dag.dag_id })}
    >
      <Play size={14} aria-hidden="true" />
    </button>
  );
}
