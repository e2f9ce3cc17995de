import { useEffect } from "react";
import type { State } from "@/shared/state/states";

const marks: Partial<Record<State, string>> = { failed: "✗", running: "▶", success: "✓", queued: "…" };
let waiting: { title: string } | null = null;

/**
 * The tab's title: "✗ failed · etl_daily · tradewind". `parts` from the most specific to the least; `state` is shown as
 * a mark in front, so that a row of tabs can be read.
 */
export function useTitle(parts: readonly string[], state?: State): void {
  const mark = state ? marks[state] : undefined;
  const title = [mark ? `${mark} ${parts[0] ?? ""}` : parts[0], ...parts.slice(1), "tradewind"]
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
}
