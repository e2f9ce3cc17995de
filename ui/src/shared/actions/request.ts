import { useSyncExternalStore } from "react";

/** Task instances by name; `mapIndex` absent means all of a mapped task, `taskId` absent the whole run. */
export interface Target {
  runId: string;
  taskId?: string;
  mapIndex?: number;
}

/** Something a reader wants done. The feature "actions" shows the dialog, with the server's preview, and does it. */
export type ActionRequest =
  | { kind: "trigger"; dagId: string; conf?: unknown; fromRun?: string }
  | { kind: "pause"; dagIds: readonly string[]; paused: boolean }
  | { kind: "clear"; dagId: string; targets: readonly Target[]; onlyFailed?: boolean }
  | { kind: "mark"; dagId: string; targets: readonly Target[]; state: "success" | "failed" | "skipped" }
  | { kind: "note"; dagId: string; target: Target; note: string }
  | { kind: "backfill"; dagId: string; from?: string; to?: string }
  | { kind: "delete"; dagId: string; runIds?: readonly string[] };

export interface PendingAction {
  request: ActionRequest;
  /** Call once, when the dialog closes. */
  settle: (done: boolean) => void;
}

let pending: PendingAction | null = null;
const listeners = new Set<() => void>();

/** Opens the dialog of an action from any page; true when it was done, false when the reader thought better of it. */
export function requestAction(request: ActionRequest): Promise<boolean> {
  pending?.settle(false);
  return new Promise((resolve) => {
    const mine: PendingAction = {
      request,
      settle(done) {
        if (pending === mine) {
          pending = null;
          for (const listener of listeners) listener();
        }
        resolve(done);
      },
    };
    pending = mine;
    for (const listener of listeners) listener();
  });
}

/** The action that waits for its dialog; for the feature "actions" alone. */
export function usePendingAction(): PendingAction | null {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => pending,
  );
}
