import { Textarea } from "@mantine/core";
import { useState } from "react";
import { data, ui } from "@/api/client";
import type { ActionRequest } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import { DialogFrame } from "./DialogFrame";
import { useAction } from "./useAction";

type Request = Extract<ActionRequest, { kind: "note" }>;

export function NoteDialog({ request, settle }: { request: Request; settle: (done: boolean) => void }) {
  const t = useT();
  const [note, setNote] = useState(request.note);
  const { runId, taskId, mapIndex } = request.target;
  const body = { note: note.trim() || null };
  const action = useAction({
    act: () =>
      taskId === undefined
        ? data(
            ui.PATCH("/ui/dags/{dag_id}/runs/{run_id}/note", {
              params: { path: { dag_id: request.dagId, run_id: runId } },
              body,
            }),
          )
        : data(
            ui.PATCH("/ui/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/note", {
              params: {
                path: { dag_id: request.dagId, run_id: runId, task_id: taskId },
                query: { map_index: mapIndex ?? -1 },
              },
              body,
            }),
          ),
    said: () => t("actions.note.done"),
    settle,
  });
  return (
    <DialogFrame
      title={t("actions.note.title", { name: taskId ?? runId })}
      options={
        <Textarea
          label={t("actions.note")}
          autosize
          minRows={4}
          maxLength={1000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          data-autofocus
        />
      }
      confirm={t("actions.note.confirm")}
      busy={action.isPending}
      problem={action.error?.message ?? null}
      onConfirm={() => action.mutate()}
      onClose={() => settle(false)}
    />
  );
}
