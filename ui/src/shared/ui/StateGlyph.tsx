import { useT } from "@/shared/i18n";
import { familyOf, glyphs, type State, stateMessage, stateVar } from "@/shared/state/states";
import classes from "./StateGlyph.module.css";

/** A state as a small square: fill, edge and glyph. Named for screen readers unless `decorative`. */
export function StateDot({
  state,
  size = 14,
  decorative = false,
}: {
  state: State;
  size?: number;
  decorative?: boolean;
}) {
  const t = useT();
  const name = t(stateMessage(state));
  return (
    <span
      className={classes.dot}
      data-state={state}
      data-family={familyOf(state)}
      style={{ width: size, height: size, background: stateVar(state), color: stateVar(state, "on") }}
      {...(decorative ? { "aria-hidden": true } : { role: "img", "aria-label": name, title: name })}
    >
      {size >= 10 && glyphs[state] ? (
        <svg viewBox="0 0 12 12" aria-hidden="true">
          <path d={glyphs[state]} />
        </svg>
      ) : null}
    </span>
  );
}

/** A state with its name beside it. */
export function StateBadge({ state, count }: { state: State; count?: number }) {
  const t = useT();
  return (
    <span className={classes.badge} style={{ color: stateVar(state, "text") }}>
      <StateDot state={state} decorative />
      <span>{t(stateMessage(state))}</span>
      {count === undefined ? null : <span className={classes.count}>{count}</span>}
    </span>
  );
}
