import type { components } from "@/api/gen/ui";
import type { Target } from "@/shared/actions/request";

type ClearRequest = components["schemas"]["ClearRequest"];

/** How far from the chosen instances an action reaches. */
export interface Scope {
  upstream: boolean;
  downstream: boolean;
  past: boolean;
  future: boolean;
  onlyFailed: boolean;
}

export type Selected = Pick<ClearRequest, "run_ids" | "task_ids" | "instances" | "map_indexes">;

/**
 * Targets as the server takes them. Whole runs are named by run; a rectangle of the grid (each of its runs with each of
 * its tasks) by runs and tasks; anything else instance by instance.
 */
export function selectionOf(targets: readonly Target[]): Selected {
  const runs = [...new Set(targets.map((target) => target.runId))];
  if (targets.every((target) => target.taskId === undefined)) {
    return { run_ids: runs, task_ids: null, instances: [], map_indexes: null };
  }
  const tasks = [...new Set(targets.flatMap((target) => target.taskId ?? []))];
  const whole = targets.every((target) => target.taskId !== undefined && target.mapIndex === undefined);
  const pairs = new Set(targets.map((target) => `${target.runId}\n${target.taskId}`));
  if (whole && pairs.size === runs.length * tasks.length) {
    return { run_ids: runs, task_ids: tasks, instances: [], map_indexes: null };
  }
  const indexes = new Set(targets.flatMap((target) => target.mapIndex ?? []));
  if (
    runs.length === 1 &&
    tasks.length === 1 &&
    targets.every((target) => target.taskId !== undefined && target.mapIndex !== undefined)
  ) {
    return { run_ids: runs, task_ids: tasks, instances: [], map_indexes: [...indexes] };
  }
  return {
    run_ids: [],
    task_ids: null,
    instances: targets.flatMap((target) =>
      target.taskId === undefined
        ? []
        : [{ run_id: target.runId, task_id: target.taskId, map_index: target.mapIndex ?? -1 }],
    ),
    map_indexes: null,
  };
}
