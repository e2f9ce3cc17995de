import { type ComponentType, lazy, Suspense } from "react";

export interface TaskTarget {
  dagId: string;
  runId: string;
  taskId: string;
  /** -1 for a task that is not mapped. */
  mapIndex: number;
}

/** Which lines of a run's log are shown; what is absent or empty limits nothing. */
export interface RunLogFilter {
  q?: string;
  level?: string[];
  task?: string[];
}

/**
 * Pieces that one feature shows and another provides, by name and props. Features do not import each other: the app
 * fills the slots (`app/slots.ts`), a page writes `<Slot name="taskLog" …/>`.
 */
export interface Slots {
  /** The log of one try, with its tools. Provided by "logs". `tryNumber` absent: the last. */
  taskLog: TaskTarget & { tryNumber?: number; onTryNumber?: (tryNumber: number) => void };
  /** Everything about one task instance, with tabs; `panel` when beside the grid. Provided by "task". */
  taskInstance: TaskTarget & {
    layout: "panel" | "page";
    tab?: string;
    onTab?: (tab: string) => void;
    tryNumber?: number;
    onTryNumber?: (tryNumber: number) => void;
  };
  /** The log of all tasks of a run, by time. Provided by "logs". */
  runLog: { dagId: string; runId: string; filter: RunLogFilter; onFilter: (filter: RunLogFilter) => void };
  /** One run: digest, progress, parameters. Provided by "runs". */
  run: { dagId: string; runId: string; layout: "panel" | "page" };
  /** Table of runs, of one DAG or of all. Provided by "runs". */
  runTable: { dagId?: string };
  /** The dialog of the action that a page asked for, if any. Provided by "actions", shown by the frame. */
  actionDialog: object;
  /** Table of the audit log, of one object or of all. Provided by "admin". */
  auditLog: { dagId?: string; runId?: string; taskId?: string };
}

const filled = new Map<keyof Slots, ComponentType<never>>();

/** For the app: `fillSlot("taskLog", () => import("@/features/logs/LogView"))`. Loaded when first shown. */
export function fillSlot<N extends keyof Slots>(
  name: N,
  load: () => Promise<{ default: ComponentType<Slots[N]> }>,
): void {
  filled.set(name, lazy(load) as unknown as ComponentType<never>);
}

export function Slot<N extends keyof Slots>({ name, ...props }: { name: N } & Slots[N]) {
  const Piece = filled.get(name) as ComponentType<object> | undefined;
  if (!Piece) return null;
  return (
    <Suspense fallback={null}>
      <Piece {...props} />
    </Suspense>
  );
}
