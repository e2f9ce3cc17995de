import { useEffect, useRef } from "react";
import { tinykeys } from "tinykeys";
import { usePreference } from "@/shared/preferences";

const isTyping = (event: KeyboardEvent): boolean => {
  const target = event.target as HTMLElement | null;
  return !!target?.closest?.(
    "input, textarea, select, [contenteditable=''], [contenteditable='true'], .cm-editor",
  );
};

/**
 * Binds keys while the component lives: `useHotkeys({ t: () => …, "g d": () => … })`, in tinykeys' notation. Keys
 * without a modifier are ignored while somebody types, and all of them when the reader switched shortcuts off (WCAG
 * 2.1.4); those with $mod (⌘ or Ctrl) always work.
 */
export function useHotkeys(bindings: Readonly<Record<string, (event: KeyboardEvent) => void>>): void {
  const [enabled] = usePreference("hotkeys", true);
  const latest = useRef(bindings);
  latest.current = bindings;
  const names = Object.keys(bindings).join("\n");
  useEffect(() => {
    const map: Record<string, (event: KeyboardEvent) => void> = {};
    for (const name of names.split("\n")) {
      if (!name) continue;
      const always = name.includes("$mod");
      if (!enabled && !always) continue;
      map[name] = (event) => {
        if (!always && (isTyping(event) || event.defaultPrevented)) return;
        if (!always && document.querySelector("[role='dialog'][aria-modal='true']")) return;
        latest.current[name]?.(event);
      };
    }
    return tinykeys(window, map);
  }, [names, enabled]);
}
