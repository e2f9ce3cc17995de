import type { MessageId } from "@/shared/i18n";

/** Every state of a task instance or run, in the order in which counts are shown. */
export const states = [
  "running",
  "failed",
  "upstream_failed",
  "success",
  "queued",
  "scheduled",
  "up_for_retry",
  "up_for_reschedule",
  "deferred",
  "restarting",
  "skipped",
  "removed",
  "none",
] as const;

export type State = (typeof states)[number];

const known: ReadonlySet<string> = new Set(states);

/** The server's word as one of ours: null (nothing yet) and words we do not know are "none". */
export const toState = (word: string | null | undefined): State =>
  word && known.has(word) ? (word as State) : "none";

/** Five groups for places too small for a glyph. */
export type Family = "good" | "active" | "waiting" | "bad" | "inert";

const families: Record<State, Family> = {
  success: "good",
  running: "active",
  restarting: "active",
  queued: "waiting",
  scheduled: "waiting",
  up_for_retry: "waiting",
  up_for_reschedule: "waiting",
  deferred: "waiting",
  failed: "bad",
  upstream_failed: "bad",
  skipped: "inert",
  removed: "inert",
  none: "inert",
};

export const familyOf = (state: State): Family => families[state];

/** Nothing happens to it any more, unless somebody acts. */
export const isFinished = (state: State): boolean =>
  state === "success" ||
  state === "failed" ||
  state === "upstream_failed" ||
  state === "skipped" ||
  state === "removed";

/** Worst first: what a group of tasks is shown as. */
const worst: readonly State[] = [
  "failed",
  "upstream_failed",
  "up_for_retry",
  "restarting",
  "running",
  "up_for_reschedule",
  "deferred",
  "queued",
  "scheduled",
  "none",
  "success",
  "skipped",
  "removed",
];

/** The state that stands for many: the worst that is there; "none" for nothing. */
export function worstOf(many: Iterable<State>): State {
  let best = worst.length;
  for (const state of many) best = Math.min(best, worst.indexOf(state));
  return worst[best] ?? "none";
}

export const stateMessage = (state: State): MessageId => `shared.state.${state}`;
/** CSS custom properties of a state: `stateVar(state)` fill, `stateVar(state, "text")`, `stateVar(state, "on")`. */
export const stateVar = (state: State, part?: "text" | "on"): string =>
  `var(--state-${state.replaceAll("_", "-")}${part ? `-${part}` : ""})`;

/** Strokes in a 12 × 12 box; drawn with `stroke: currentColor`, no fill, round ends. */
export const glyphs: Record<State, string> = {
  success: "M2.8 6.4 5 8.6 9.3 3.8",
  running: "M4.2 2.9v6.2L9 6z",
  failed: "m3.2 3.2 5.6 5.6m0-5.6L3.2 8.8",
  upstream_failed: "M6 1.6v3M4.6 3.2 6 4.6l1.4-1.4M4 6.6l4 4m0-4-4 4",
  queued: "M2.8 6h.01M6 6h.01M9.2 6h.01",
  scheduled: "M6 3.4V6l1.8 1.2M10 6a4 4 0 1 1-8 0 4 4 0 0 1 8 0",
  skipped: "m2.8 3.2 2.8 2.8-2.8 2.8M6.6 3.2 9.4 6 6.6 8.8",
  up_for_retry: "M9.4 6A3.4 3.4 0 1 1 8.3 3.5M8.6 1.6v2.2H6.4",
  up_for_reschedule: "M9.6 6A3.6 3.6 0 1 1 8.4 3.3M8.8 1.4v2.2H6.6M6 4.4V6l1.1.8",
  deferred: "M9 7.4A3.6 3.6 0 0 1 4.6 3 3.6 3.6 0 1 0 9 7.4z",
  restarting: "M9.6 5A3.8 3.8 0 0 0 2.8 4M2.4 7A3.8 3.8 0 0 0 9.2 8M2.6 1.9V4h2.1M9.4 10.1V8H7.3",
  removed: "M3 6h6",
  none: "",
};
