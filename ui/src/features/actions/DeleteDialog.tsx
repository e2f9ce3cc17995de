import { data, ui } from "@/api/client";
import type { ActionRequest } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import classes from "./Actions.module.css";
import { DialogFrame } from "./DialogFrame";
import { useAction } from "./useAction";

type Request = Extract<ActionRequest, { kind: "delete" }>;

/** Deletes runs, or everything that is stored of a DAG. It cannot be taken back, and says so. */
export function DeleteDialog({ request, settle }: { request: Request; settle: (done: boolean) => void }) {
  const t = useT();
  const runs = request.runIds;
  const action = useAction({
    act: async () => {
      if (!runs) {
        await data(ui.DELETE("/ui/dags/{dag_id}", { params: { path: { dag_id: request.dagId } } }));
        return;
      }
      for (const runId of runs) {
        await data(
          ui.DELETE("/ui/dags/{dag_id}/runs/{run_id}", {
            params: { path: { dag_id: request.dagId, run_id: runId } },
          }),
        );
      }
    },
    said: () =>
      runs
        ? t("actions.delete.runsDone", { count: runs.length })
        : t("actions.delete.dagDone", { dag: request.dagId }),
    settle,
  });
  return (
    <DialogFrame
      title={
        runs
          ? t("actions.delete.runsTitle", { count: runs.length })
          : t("actions.delete.dagTitle", { dag: request.dagId })
      }
      options={
        <>
          <p className={classes.sentence}>{t(runs ? "actions.delete.runs" : "actions.delete.dag")}</p>
          {runs ? (
            <ul className={classes.names}>
              {runs.slice(0, 20).map((runId) => (
                <li key={runId}>{runId}</li>
              ))}
              {runs.length > 20 ? <li>…</li> : null}
            </ul>
          ) : null}
        </>
      }
      confirm={t("actions.delete.confirm")}
      danger
      busy={action.isPending}
      problem={action.error?.message ?? null}
      onConfirm={() => action.mutate()}
      onClose={() => settle(false)}
    />
  );
}
