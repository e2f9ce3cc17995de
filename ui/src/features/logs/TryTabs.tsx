import type { components } from "@/api/gen/ui";
import { useT } from "@/shared/i18n";
import { toState } from "@/shared/state/states";
import { StateDot } from "@/shared/ui/StateGlyph";
import { Duration } from "@/shared/ui/Time";
import classes from "./Log.module.css";

/** One tab for each try, oldest first; earlier ones keep their logs. */
export function TryTabs({
  tries,
  chosen,
  onChoose,
}: {
  tries: readonly components["schemas"]["TryRow"][];
  chosen: number | undefined;
  onChoose: (tryNumber: number) => void;
}) {
  const t = useT();
  return (
    <div className={classes.tries} role="tablist" aria-label={t("logs.tries")}>
      {tries.map((attempt) => (
        <button
          key={attempt.try_id}
          type="button"
          role="tab"
          aria-selected={attempt.try_number === chosen}
          className={classes.try}
          onClick={() => onChoose(attempt.try_number)}
        >
          <StateDot state={toState(attempt.state)} decorative />
          {t("logs.try", { number: attempt.try_number })}
          <span className={classes.tryTime}>
            <Duration from={attempt.start_date} to={attempt.end_date} />
          </span>
        </button>
      ))}
    </div>
  );
}
