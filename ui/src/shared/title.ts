import { useEffect } from "react";
import { glyphs, type State, stateVar } from "@/shared/state/states";

const marks: Partial<Record<State, string>> = { failed: "✗", running: "▶", success: "✓", queued: "…" };
let waiting: { title: string } | null = null;

/** The page's own icon, as index.html names it, while no state is shown. */
let ownIcon: string | null = null;

/** An icon that shows a state: its fill with its glyph. `colour`: computes a custom property of the present theme. */
export function iconOf(state: State, colour: (property: string) => string): string {
  const fill = (part?: "on") => colour(stateVar(state, part).slice(4, -1)) || "#6E737B";
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 12"><rect width="12" height="12" rx="2.5" fill="${fill()}"/>` +
    `<path d="${glyphs[state]}" fill="none" stroke="${fill("on")}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function showIcon(state: State | undefined): void {
  const link = document.querySelector<HTMLLinkElement>("link#favicon");
  if (!link) return;
  ownIcon ??= link.href;
  const theme = getComputedStyle(document.documentElement);
  link.href = state ? iconOf(state, (property) => theme.getPropertyValue(property).trim()) : ownIcon;
}

/**
 * The tab's title and icon: "✗ 2 etl_daily · tradewind". `parts` from the most specific to the least; `state` is shown as a
 * mark in front, with `count` when it stands for several, so that a row of tabs can be read.
 */
export function useTitle(parts: readonly string[], state?: State, count?: number): void {
  const mark = state ? marks[state] : undefined;
  const title = [
    [mark, mark && count ? String(count) : "", parts[0]].filter(Boolean).join(" "),
    ...parts.slice(1),
  ]
    .concat("tradewind")
    .filter(Boolean)
    .join(" · ");
  useEffect(() => {
    waiting = { title };
    document.title = title;
    const mine = waiting;
    return () => {
      if (waiting === mine) document.title = "tradewind";
    };
  }, [title]);
  useEffect(() => {
    showIcon(state);
    return () => showIcon(undefined);
  }, [state]);
}
