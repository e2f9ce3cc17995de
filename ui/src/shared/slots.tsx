import { type ComponentType, lazy, Suspense } from "react";

export interface TaskTarget {
  dagId: string;
  runId: string;
  taskId: string;
  /** -1 for a task that is not mapped. */
  mapIndex: number;
}

/**
 * Pieces that one feature shows and another provides, by name and props. Features do not import each other: the app
 * fills the slots (`app/slots.ts`), a page writes `<Slot name="taskLog" …/>`.
 */
export interface Slots {
  /** The log of one try, with its tools. Provided by "logs". `tryNumber` absent: the last. */
  taskLog: TaskTarget & { tryNumber?: number; onTryNumber?: (tryNumber: number) => void };
  /** Everything about one task instance, with tabs; `panel` when beside the grid. Provided by "task". */
  taskInstance: TaskTarget & { layout: "panel" | "page"; tab?: string; onTab?: (tab: string) => void };
  /** One run: digest, progress, parameters. Provided by "runs". */
  run: { dagId: string; runId: string; layout: "panel" | "page" };
  /** Table of runs, of one DAG or of all. Provided by "runs". */
  runTable: { dagId?: string };
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
