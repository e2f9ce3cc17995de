import { Checkbox, Fieldset, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { data, ui } from "@/api/client";
import type { components } from "@/api/gen/ui";
import type { ActionRequest } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import { AffectedView } from "./AffectedView";
import { DialogFrame } from "./DialogFrame";
import { selectionOf } from "./selection";
import { useAction } from "./useAction";

type Request = Extract<ActionRequest, { kind: "mark" }>;
type Body = components["schemas"]["MarkRequest"];

const scopes = ["downstream", "upstream", "past", "future"] as const;

/** Mark success, failed or skipped without running anything; only the chosen ones, unless more is asked for. */
export function MarkDialog({ request, settle }: { request: Request; settle: (done: boolean) => void }) {
  const t = useT();
  const [reach, setReach] = useState({ downstream: false, upstream: false, past: false, future: false });
  const [note, setNote] = useState("");
  const asked = { ...selectionOf(request.targets), ...reach, state: request.state };
  const send = (dryRun: boolean, signal?: AbortSignal) =>
    data(
      ui.POST("/ui/dags/{dag_id}/mark", {
        params: { path: { dag_id: request.dagId } },
        body: { ...asked, note: note || null, dry_run: dryRun } satisfies Body,
        ...(signal ? { signal } : {}),
      }),
    );
  const preview = useQuery({
    queryKey: ["dag", request.dagId, "mark", asked],
    queryFn: ({ signal }) => send(true, signal),
    placeholderData: (before) => before,
    retry: false,
  });
  const action = useAction({
    act: () => send(false),
    said: (result) => t("actions.mark.done", { count: result.total }),
    settle,
  });
  const wholeRuns = request.targets.every((target) => target.taskId === undefined);
  return (
    <DialogFrame
      title={t(`actions.mark.title.${request.state}`)}
      options={
        <>
          {wholeRuns ? null : (
            <Fieldset legend={t("actions.scope")}>
              {scopes.map((name) => (
                <Checkbox
                  key={name}
                  label={t(`actions.mark.${name}`)}
                  checked={reach[name]}
                  onChange={(event) => setReach({ ...reach, [name]: event.currentTarget.checked })}
                />
              ))}
            </Fieldset>
          )}
          <Textarea
            label={t("actions.note")}
            autosize
            minRows={2}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
        </>
      }
      preview={<AffectedView query={preview} empty={t("actions.mark.nothing")} />}
      confirm={t("actions.mark.confirm")}
      danger={request.state === "failed"}
      busy={action.isPending}
      blocked={
        preview.isPending || preview.isPlaceholderData || preview.isError || !preview.data?.runs.length
      }
      problem={action.error?.message ?? null}
      onConfirm={() => action.mutate()}
      onClose={() => settle(false)}
    />
  );
}
