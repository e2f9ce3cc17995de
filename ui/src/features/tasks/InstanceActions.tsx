import { type ActionRequest, requestAction, type Target } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import type { InstanceRow } from "./queries";

const names = ["clear", "mark_success", "mark_failed"] as const;

/** What may be done with the chosen instances, which are of one DAG. */
export function InstanceActions({
  rows,
  finish,
}: {
  rows: readonly InstanceRow[];
  finish: (done: boolean) => void;
}) {
  const t = useT();
  const dagId = rows[0]?.dag_id ?? "";
  const targets: Target[] = rows.map((row) => ({
    runId: row.run_id,
    taskId: row.task_id,
    mapIndex: row.map_index,
  }));
  const requests: Record<(typeof names)[number], ActionRequest> = {
    clear: { kind: "clear", dagId, targets },
    mark_success: { kind: "mark", dagId, targets, state: "success" },
    mark_failed: { kind: "mark", dagId, targets, state: "failed" },
  };
  const may = (name: string) =>
    rows.some((row) => row.actions.some((action) => action.name === name && action.denied === null));
  return names.filter(may).map((name) => (
    <button key={name} type="button" onClick={() => void requestAction(requests[name]).then(finish)}>
      {t(`tasks.action.${name}`)}
    </button>
  ));
}
