import { useCallback, useSyncExternalStore } from "react";

/** Where preferences are kept. Values are JSON; `undefined` is "never set". */
export interface PreferenceStore {
  read(key: string): unknown;
  write(key: string, value: unknown): void;
  /** Calls `changed` when the value of `key` changes, here or in another tab; returns how to stop. */
  subscribe(key: string, changed: () => void): () => void;
}

/** Kept in this browser. A browser that refuses (private mode, full) forgets at the end of the page, and nothing breaks. */
export function browserStore(storage: Storage | undefined, prefix = "tradewind."): PreferenceStore {
  const values = new Map<string, { text: string | null; value: unknown }>();
  const listeners = new Map<string, Set<() => void>>();
  const tell = (key: string) => {
    for (const listener of listeners.get(key) ?? []) listener();
  };
  const readText = (key: string): string | null => {
    try {
      return storage?.getItem(prefix + key) ?? null;
    } catch {
      return null;
    }
  };
  if (typeof window !== "undefined") {
    window.addEventListener("storage", (event) => {
      if (!event.key?.startsWith(prefix)) return;
      const key = event.key.slice(prefix.length);
      values.delete(key);
      tell(key);
    });
  }
  return {
    read(key) {
      // The same object for the same text, as a store of React must answer.
      const known = values.get(key);
      if (known) return known.value;
      const text = readText(key);
      let value: unknown;
      try {
        value = text === null ? undefined : JSON.parse(text);
      } catch {
        value = undefined;
      }
      values.set(key, { text, value });
      return value;
    },
    write(key, value) {
      const text = JSON.stringify(value);
      values.set(key, { text, value });
      try {
        storage?.setItem(prefix + key, text);
      } catch {
        // Full or forbidden: the value lives until the page is closed.
      }
      tell(key);
    },
    subscribe(key, changed) {
      const set = listeners.get(key) ?? new Set();
      listeners.set(key, set.add(changed));
      return () => set.delete(changed);
    },
  };
}

function openStorage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

let store: PreferenceStore = browserStore(openStorage());

/** Puts another store in place (the server's, or a test's). Call before the first render. */
export function installPreferenceStore(other: PreferenceStore): void {
  store = other;
}

export function readPreference<T>(key: string, fallback: T): T {
  const value = store.read(key);
  return value === undefined ? fallback : (value as T);
}

export function writePreference(key: string, value: unknown): void {
  store.write(key, value);
}

/** A value that outlives the page: `const [density, setDensity] = usePreference("dags.density", "cosy")`. */
export function usePreference<T>(key: string, fallback: T): [T, (value: T) => void] {
  const subscribe = useCallback((changed: () => void) => store.subscribe(key, changed), [key]);
  const value = useSyncExternalStore(subscribe, () => store.read(key));
  const write = useCallback((next: T) => store.write(key, next), [key]);
  return [value === undefined ? fallback : (value as T), write];
}
