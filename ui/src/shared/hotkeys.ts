import { useEffect, useRef } from "react";
import { tinykeys } from "tinykeys";
import { usePreference } from "@/shared/preferences";

/** Where a shortcut works, in the order in which the help shows them. */
export const hotkeyPlaces = ["everywhere", "dags", "dag", "grid", "task", "log"] as const;

/** Every shortcut of the program, by name: where it works, and its keys in tinykeys' notation. */
export const hotkeys = {
  palette: ["everywhere", "$mod+k"],
  help: ["everywhere", "Shift+?"],
  goHome: ["everywhere", "g h"],
  goDags: ["everywhere", "g d"],
  goRuns: ["everywhere", "g r"],
  goTasks: ["everywhere", "g t"],
  goAssets: ["everywhere", "g a"],
  findDag: ["dags", "/"],
  trigger: ["dag", "t"],
  pause: ["dag", "p"],
  gridOrGraph: ["dag", "g"],
  leave: ["dag", "Escape"],
  previousRun: ["grid", "["],
  nextRun: ["grid", "]"],
  clearCells: ["grid", "Shift+C"],
  markCellsSuccess: ["grid", "Shift+S"],
  markCellsFailed: ["grid", "Shift+F"],
  clearTask: ["task", "Shift+C"],
  markTaskSuccess: ["task", "Shift+S"],
  markTaskFailed: ["task", "Shift+F"],
  noteTask: ["task", "Shift+N"],
  findInLog: ["log", "/"],
  findInLogAlways: ["log", "$mod+f"],
  nextHit: ["log", "n"],
  previousHit: ["log", "b"],
  wrapLog: ["log", "w"],
  fullLog: ["log", "f"],
} as const satisfies Record<string, readonly [(typeof hotkeyPlaces)[number], string]>;

export type HotkeyName = keyof typeof hotkeys;

const isMac = /Mac|iP(hone|ad)/.test(navigator.userAgent);
const caps: Readonly<Record<string, string>> = { $mod: isMac ? "⌘" : "Ctrl", Escape: "Esc" };

/** The keys as they stand on the keyboard: presses one after the other, each of keys held together. */
export const keysOf = (name: HotkeyName): string[][] =>
  hotkeys[name][1].split(" ").map((press) =>
    press
      .split("+")
      // The sign itself says that Shift is held.
      .filter((key) => !(key === "Shift" && press.endsWith("?")))
      .map((key) => caps[key] ?? (key.length === 1 ? key.toUpperCase() : key)),
  );

const isTyping = (event: KeyboardEvent): boolean => {
  const target = event.target as HTMLElement | null;
  return !!target?.closest?.(
    "input, textarea, select, [contenteditable=''], [contenteditable='true'], .cm-editor",
  );
};

/**
 * Binds shortcuts while the component lives: `useHotkeys({ trigger: () => … })`. Keys without a modifier are ignored while
 * somebody types, and all of them when the reader switched shortcuts off (WCAG 2.1.4); those with $mod (⌘ or Ctrl) always
 * work.
 */
export function useHotkeys(
  bindings: Readonly<Partial<Record<HotkeyName, (event: KeyboardEvent) => void>>>,
): void {
  const [enabled] = usePreference("hotkeys", true);
  const latest = useRef(bindings);
  latest.current = bindings;
  const names = Object.keys(bindings).join("\n");
  useEffect(() => {
    const map: Record<string, (event: KeyboardEvent) => void> = {};
    for (const name of names.split("\n") as (HotkeyName | "")[]) {
      if (!name) continue;
      const keys = hotkeys[name][1];
      const always = keys.includes("$mod");
      if (!enabled && !always) continue;
      map[keys] = (event) => {
        if (!always && (isTyping(event) || event.defaultPrevented)) return;
        if (!always && document.querySelector("[role='dialog'][aria-modal='true']")) return;
        latest.current[name]?.(event);
      };
    }
    return tinykeys(window, map);
  }, [names, enabled]);
}
