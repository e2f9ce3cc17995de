import { useLocale, useT } from "@/shared/i18n";
import { type State, stateMessage, stateVar, toState } from "@/shared/state/states";
import { clock, duration, zoneLabel } from "@/shared/time/format";
import { useZone } from "@/shared/time/zone";
import classes from "./RunBars.module.css";

export interface Bar {
  run_id: string;
  state: string;
  run_after: string;
  duration_s: number | null;
}

/** Heights of bars in percent: square roots, so that one long run does not flatten the others. */
export function heights(seconds: readonly (number | null)[]): number[] {
  const most = Math.max(0, ...seconds.map((value) => value ?? 0));
  return seconds.map((value) => (value === null || most === 0 ? 30 : 22 + 78 * Math.sqrt(value / most)));
}

/** The last runs, oldest first: height is duration, colour is state; a ghost stands for the next. */
export function RunBars({
  runs,
  hasNext = false,
  onOpen,
}: {
  runs: readonly Bar[];
  hasNext?: boolean;
  onOpen?: (runId: string) => void;
}) {
  const t = useT();
  const locale = useLocale();
  const zone = useZone();
  const tall = heights(runs.map((run) => run.duration_s));
  return (
    <span className={classes.bars}>
      {runs.map((run, index) => {
        const state: State = toState(run.state);
        const at = new Date(run.run_after);
        const told = [
          t(stateMessage(state)),
          `${clock(at, zone.name)} ${zoneLabel(at, zone.name)}`,
          run.duration_s === null ? "" : duration(run.duration_s, locale),
        ]
          .filter(Boolean)
          .join(" · ");
        return (
          <button
            key={run.run_id}
            type="button"
            className={classes.slot}
            title={told}
            aria-label={told}
            onClick={() => onOpen?.(run.run_id)}
          >
            <span
              className={classes.bar}
              data-state={state}
              style={{ height: `${tall[index]}%`, background: stateVar(state) }}
            />
          </button>
        );
      })}
      {hasNext ? <span className={classes.ghost} aria-hidden="true" /> : null}
    </span>
  );
}
