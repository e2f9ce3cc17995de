import { Checkbox, Fieldset, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { data, ui } from "@/api/client";
import type { components } from "@/api/gen/ui";
import type { ActionRequest } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import classes from "./Actions.module.css";
import { AffectedView } from "./AffectedView";
import { DialogFrame } from "./DialogFrame";
import { selectionOf } from "./selection";
import { useAction } from "./useAction";

type Request = Extract<ActionRequest, { kind: "clear" }>;
type Body = components["schemas"]["ClearRequest"];

const scopes = ["downstream", "upstream", "past", "future", "only_failed"] as const;
const versions = ["only_new", "newest_version", "prevent_running"] as const;

/** Clear: the tasks run again. What is below them runs again, too, unless that is switched off. */
export function ClearDialog({ request, settle }: { request: Request; settle: (done: boolean) => void }) {
  const t = useT();
  const [options, setOptions] = useState<
    Record<(typeof scopes)[number] | (typeof versions)[number], boolean>
  >({
    downstream: true,
    upstream: false,
    past: false,
    future: false,
    only_failed: request.onlyFailed ?? false,
    only_new: false,
    newest_version: false,
    prevent_running: false,
  });
  const [note, setNote] = useState("");
  const body: Body = { ...selectionOf(request.targets), ...options, note: note || null, dry_run: true };
  const send = (dryRun: boolean, signal?: AbortSignal) =>
    data(
      ui.POST("/ui/dags/{dag_id}/clear", {
        params: { path: { dag_id: request.dagId } },
        body: { ...body, dry_run: dryRun },
        ...(signal ? { signal } : {}),
      }),
    );
  const { note: _, ...asked } = body;
  const preview = useQuery({
    queryKey: ["dag", request.dagId, "clear", asked],
    queryFn: ({ signal }) => send(true, signal),
    placeholderData: (before) => before,
    retry: false,
  });
  const action = useAction({
    act: () => send(false),
    said: (result) => t("actions.clear.done", { count: result.total }),
    settle,
  });
  const box = (name: keyof typeof options) => (
    <Checkbox
      key={name}
      label={t(`actions.clear.${name}`)}
      checked={options[name]}
      onChange={(event) => setOptions({ ...options, [name]: event.currentTarget.checked })}
    />
  );
  const names = [
    ...new Set((preview.data?.runs ?? []).flatMap((run) => run.instances.map((one) => one.task_id))),
  ];
  const [first, second] = names;
  return (
    <DialogFrame
      title={t("actions.clear.title")}
      options={
        <>
          <p className={classes.sentence}>
            {first === undefined
              ? t("actions.clear.sentence")
              : names.length === 1
                ? t("actions.clear.one", { task: first })
                : names.length === 2
                  ? t("actions.clear.two", { task: first, other: second ?? "" })
                  : t("actions.clear.many", { task: first, count: names.length - 1 })}
          </p>
          <Fieldset legend={t("actions.scope")}>{scopes.map(box)}</Fieldset>
          <Fieldset legend={t("actions.clear.how")}>{versions.map(box)}</Fieldset>
          <Textarea
            label={t("actions.note")}
            autosize
            minRows={1}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
        </>
      }
      preview={<AffectedView query={preview} empty={t("actions.clear.nothing")} />}
      confirm={t("actions.clear.confirm")}
      busy={action.isPending}
      blocked={!preview.data?.total || preview.isPlaceholderData}
      problem={action.error?.message ?? null}
      onConfirm={() => action.mutate()}
      onClose={() => settle(false)}
    />
  );
}
