import { Checkbox, JsonInput, NumberInput, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { data, ui } from "@/api/client";
import type { components } from "@/api/gen/ui";
import type { ActionRequest } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import { toState } from "@/shared/state/states";
import { zoneLabel } from "@/shared/time/format";
import { localToIso } from "@/shared/time/wall";
import { useZone } from "@/shared/time/zone";
import { EmptyState } from "@/shared/ui/EmptyState";
import { ErrorState } from "@/shared/ui/ErrorState";
import { Loading } from "@/shared/ui/Loading";
import { StateDot } from "@/shared/ui/StateGlyph";
import { TimeStamp } from "@/shared/ui/Time";
import classes from "./Actions.module.css";
import { DialogFrame } from "./DialogFrame";
import { parseConf } from "./schema";
import { useAction } from "./useAction";

type Request = Extract<ActionRequest, { kind: "backfill" }>;
type Body = components["schemas"]["BackfillRequest"];
const modes = ["none", "failed", "completed"] as const;
const steps = ["create", "rerun", "rerun_failed", "skip", "wait"] as const;
const stepOf = (action: string) =>
  steps.find((name) => name === (action === "rerun failed tasks" ? "rerun_failed" : action)) ?? "create";

/** A backfill: a range of dates, and for each of them what will happen, before it does. */
export function BackfillDialog({ request, settle }: { request: Request; settle: (done: boolean) => void }) {
  const t = useT();
  const zone = useZone();
  const [from, setFrom] = useState(request.from?.slice(0, 16) ?? "");
  const [to, setTo] = useState(request.to?.slice(0, 16) ?? "");
  const [reprocess, setReprocess] = useState<(typeof modes)[number]>("none");
  const [limit, setLimit] = useState<number | null>(10);
  const [backwards, setBackwards] = useState(false);
  const [conf, setConf] = useState("");
  const first = localToIso(from, zone.name);
  const last = localToIso(to, zone.name);
  const parsed = parseConf(conf);
  const body = (dryRun: boolean): Body => ({
    from_date: first ?? "",
    to_date: last ?? "",
    conf: parsed.ok ? parsed.value : {},
    max_active_runs: limit,
    reprocess,
    run_backwards: backwards,
    dry_run: dryRun,
  });
  const send = (dryRun: boolean, signal?: AbortSignal) =>
    data(
      ui.POST("/ui/dags/{dag_id}/backfills", {
        params: { path: { dag_id: request.dagId } },
        body: body(dryRun),
        ...(signal ? { signal } : {}),
      }),
    );
  const ready = first !== null && last !== null && parsed.ok;
  const plan = useQuery({
    queryKey: ["dag", request.dagId, "backfill", { first, last, reprocess, backwards }],
    queryFn: ({ signal }) => send(true, signal),
    enabled: ready,
    placeholderData: (before) => before,
    retry: false,
  });
  const action = useAction({ act: () => send(false), said: () => t("actions.backfill.done"), settle });
  const todo =
    plan.data?.steps.filter((step) => step.action !== "skip" && step.action !== "wait").length ?? 0;
  const inZone = t("actions.backfill.zone", { zone: `${zone.name} (${zoneLabel(new Date(), zone.name)})` });
  return (
    <DialogFrame
      title={t("actions.backfill.title", { dag: request.dagId })}
      options={
        <>
          <TextInput
            type="datetime-local"
            label={t("actions.backfill.from")}
            description={inZone}
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
            data-autofocus
          />
          <TextInput
            type="datetime-local"
            label={t("actions.backfill.to")}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
          <Select
            label={t("actions.backfill.existing")}
            allowDeselect={false}
            value={reprocess}
            onChange={(value) => setReprocess(modes.find((mode) => mode === value) ?? "none")}
            data={modes.map((mode) => ({ value: mode, label: t(`actions.backfill.${mode}`) }))}
          />
          <NumberInput
            label={t("actions.backfill.limit")}
            min={1}
            value={limit ?? ""}
            onChange={(value) => setLimit(typeof value === "number" ? value : null)}
          />
          <Checkbox
            label={t("actions.backfill.backwards")}
            checked={backwards}
            onChange={(event) => setBackwards(event.currentTarget.checked)}
          />
          <JsonInput
            label={t("actions.trigger.conf")}
            autosize
            minRows={2}
            value={conf}
            onChange={setConf}
            {...(parsed.ok ? {} : { error: t("actions.trigger.notObject") })}
          />
        </>
      }
      preview={
        !ready ? (
          <EmptyState title={t("actions.backfill.choose")} />
        ) : plan.isError ? (
          <ErrorState error={plan.error} />
        ) : !plan.data ? (
          <Loading />
        ) : plan.data.steps.length === 0 ? (
          <EmptyState title={t("actions.backfill.nothing")} />
        ) : (
          <div className={classes.affected}>
            <p>
              <b>{t("actions.backfill.runs", { count: todo })}</b>
            </p>
            <ul>
              {plan.data.steps.slice(0, 500).map((step) => (
                <li key={step.logical_date ?? ""}>
                  <TimeStamp at={step.logical_date} />
                  <span className={classes.change}>
                    {step.existing_state ? <StateDot state={toState(step.existing_state)} /> : null}{" "}
                    {t(`actions.backfill.step.${stepOf(step.action)}`)}
                  </span>
                </li>
              ))}
            </ul>
          </div>
        )
      }
      confirm={t("actions.backfill.confirm")}
      busy={action.isPending}
      blocked={!ready || !todo || plan.isPlaceholderData}
      problem={action.error?.message ?? null}
      onConfirm={() => action.mutate()}
      onClose={() => settle(false)}
    />
  );
}
