import { Link, useNavigate } from "@tanstack/react-router";
import { useT } from "@/shared/i18n";
import { stateMessage, stateVar, toState } from "@/shared/state/states";
import { clock, offsetMinutes, zoneLabel } from "@/shared/time/format";
import { useNow } from "@/shared/time/now";
import { useZone } from "@/shared/time/zone";
import classes from "./Home.module.css";
import type { Home, Lane } from "./queries";
import { barOf, placeOf, type Span, ticksOf } from "./timelineModel";

/** The last day and the next two hours, one lane for each DAG that ran or will. */
export function Timeline({ home }: { home: Home }) {
  const t = useT();
  const zone = useZone();
  const now = useNow();
  const span = { from: new Date(home.timeline_from), to: new Date(home.timeline_to) };
  const ticks = ticksOf(span, 3, offsetMinutes(span.from, zone.name)).filter(
    // The last one would be cut off.
    (tick) => placeOf(tick, span) < 94,
  );
  if (home.timeline.length === 0) return <p className={classes.quiet}>{t("home.timeline.none")}</p>;
  return (
    <div className={classes.timeline}>
      <div className={classes.lane} aria-hidden="true">
        <span className={classes.zone}>{zoneLabel(now, zone.name)}</span>
        <div className={classes.axis}>
          {ticks.map((tick) => (
            <span key={tick.getTime()} style={{ left: `${placeOf(tick, span)}%` }}>
              {clock(tick, zone.name).slice(11)}
            </span>
          ))}
        </div>
      </div>
      <ul className={classes.lanes}>
        {home.timeline.map((lane) => (
          <LaneRow key={lane.dag_id} lane={lane} span={span} now={now} />
        ))}
      </ul>
    </div>
  );
}

function LaneRow({ lane, span, now }: { lane: Lane; span: Span; now: Date }) {
  const t = useT();
  const zone = useZone();
  const navigate = useNavigate();
  return (
    <li className={classes.lane}>
      <Link
        to="/dags/$dagId"
        params={{ dagId: lane.dag_id }}
        className={classes.laneName}
        title={lane.dag_id}
      >
        {lane.display_name}
      </Link>
      <div className={classes.track}>
        {lane.planned.map((planned) => (
          <span
            key={planned.run_after}
            className={classes.planned}
            style={{ left: `${placeOf(new Date(planned.run_after), span)}%` }}
            role="img"
            aria-label={t("home.timeline.planned", { at: clock(new Date(planned.run_after), zone.name) })}
            title={t("home.timeline.planned", { at: clock(new Date(planned.run_after), zone.name) })}
          />
        ))}
        {lane.runs.map((run) => {
          const bar = barOf(run, span, now);
          if (!bar) return null;
          const state = toState(run.state);
          const told = `${t(stateMessage(state))} · ${clock(new Date(run.start_date ?? run.run_after), zone.name)}`;
          return (
            <button
              key={run.run_id}
              type="button"
              className={classes.run}
              style={{ left: `${bar.left}%`, width: `${bar.width}%`, background: stateVar(state) }}
              title={told}
              aria-label={told}
              onClick={() =>
                void navigate({
                  to: "/dags/$dagId/runs/$runId",
                  params: { dagId: lane.dag_id, runId: run.run_id },
                })
              }
            />
          );
        })}
        <span className={classes.now} style={{ left: `${placeOf(now, span)}%` }} />
      </div>
    </li>
  );
}
