import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { data, ui } from "@/api/client";
import type { ActionRequest } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import { Loading } from "@/shared/ui/Loading";
import { RelativeTime, TimeStamp } from "@/shared/ui/Time";
import classes from "./Actions.module.css";
import { DialogFrame } from "./DialogFrame";
import { useAction } from "./useAction";

type Request = Extract<ActionRequest, { kind: "pause" }>;

/**
 * Switching off, and switching several on, is done at once. One DAG that will catch up tells first how many runs that
 * makes; when it is at most one, nobody is asked.
 */
export function PauseDialog({ request, settle }: { request: Request; settle: (done: boolean) => void }) {
  const t = useT();
  const [only] = request.dagIds;
  const asks = !request.paused && request.dagIds.length === 1;
  const preview = useQuery({
    queryKey: ["dag", only ?? "", "unpause"],
    queryFn: ({ signal }) =>
      data(ui.GET("/ui/dags/{dag_id}/unpause-preview", { params: { path: { dag_id: only ?? "" } }, signal })),
    enabled: asks,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const action = useAction({
    act: () =>
      data(ui.PATCH("/ui/dags", { body: { dag_ids: [...request.dagIds], is_paused: request.paused } })),
    said: ({ changed }) =>
      t(request.paused ? "actions.pause.done" : "actions.unpause.done", { count: changed }),
    settle,
  });
  const started = useRef(false);
  const { mutate } = action;
  const small = preview.isSuccess && preview.data.creates_now <= 1;
  useEffect(() => {
    if (started.current || (asks && !small)) return;
    started.current = true;
    mutate();
  }, [asks, small, mutate]);
  if (!action.error && (!asks || small || (preview.isPending && !preview.isError))) return null;
  const runs = preview.data;
  return (
    <DialogFrame
      title={t(request.paused ? "actions.pause.title" : "actions.unpause.title", { dag: only ?? "" })}
      preview={
        preview.isError ? (
          <p>{preview.error.message}</p>
        ) : runs ? (
          <div className={classes.planned}>
            <p className={classes.sentence}>{t("actions.unpause.creates", { count: runs.creates_now })}</p>
            <ul>
              {runs.first.map((run) => (
                <li key={run.run_after}>
                  <TimeStamp at={run.data_interval_start ?? run.logical_date} />
                  {run.data_interval_end ? (
                    <>
                      {" → "}
                      <TimeStamp at={run.data_interval_end} />
                    </>
                  ) : null}
                </li>
              ))}
              {runs.creates_now > runs.first.length ? <li>…</li> : null}
            </ul>
            {runs.next ? (
              <p className={classes.meta}>
                {t("actions.unpause.next")} <TimeStamp at={runs.next.run_after} /> (
                <RelativeTime at={runs.next.run_after} />)
              </p>
            ) : null}
          </div>
        ) : (
          <Loading />
        )
      }
      confirm={t(request.paused ? "actions.pause.confirm" : "actions.unpause.confirm")}
      busy={action.isPending}
      problem={action.error?.message ?? null}
      onConfirm={() => action.mutate()}
      onClose={() => settle(false)}
    />
  );
}
