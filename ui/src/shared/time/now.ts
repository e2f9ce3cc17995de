import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let now = new Date();
let timer: ReturnType<typeof setInterval> | undefined;

/** The present, renewed every second while something on the page shows it, and never while the tab is hidden. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now);
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  if (timer === undefined) {
    now = new Date();
    timer = setInterval(() => {
      if (document.visibilityState === "hidden") return;
      now = new Date();
      for (const listener of listeners) listener();
    }, 1000);
  }
  return () => {
    listeners.delete(changed);
    if (listeners.size) return;
    clearInterval(timer);
    timer = undefined;
  };
}
