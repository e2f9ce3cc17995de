import { Checkbox, JsonInput, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { data, ui } from "@/api/client";
import type { components } from "@/api/gen/ui";
import type { ActionRequest } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import { iso, zoneLabel } from "@/shared/time/format";
import { localToIso } from "@/shared/time/wall";
import { useZone } from "@/shared/time/zone";
import { Loading } from "@/shared/ui/Loading";
import { TimeStamp } from "@/shared/ui/Time";
import classes from "./Actions.module.css";
import { DialogFrame } from "./DialogFrame";
import { ParamField } from "./ParamField";
import { changedFrom, defaultsOf, fieldsOf, parseConf, printConf, problemsOf } from "./schema";
import { useAction } from "./useAction";

type Request = Extract<ActionRequest, { kind: "trigger" }>;
type Body = components["schemas"]["TriggerRequest"];
type Dag = components["schemas"]["DagPage"];

/** Trigger a run: the DAG's params as a form and as JSON, the logical date with its zone, and what will come of it. */
export function TriggerDialog({ request, settle }: { request: Request; settle: (done: boolean) => void }) {
  const dag = useQuery({
    queryKey: ["dag", request.dagId, "page"],
    queryFn: ({ signal }) =>
      data(ui.GET("/ui/dags/{dag_id}", { params: { path: { dag_id: request.dagId } }, signal })),
  });
  const t = useT();
  if (!dag.data) {
    return (
      <DialogFrame
        title={t("actions.trigger.title", { dag: request.dagId })}
        preview={<Loading />}
        confirm={t("actions.trigger.confirm")}
        busy={false}
        blocked
        problem={dag.error?.message ?? null}
        onConfirm={() => {}}
        onClose={() => settle(false)}
      />
    );
  }
  return <Form request={request} settle={settle} dag={dag.data} />;
}

const initialOf = (conf: unknown): Record<string, unknown> =>
  typeof conf === "object" && conf !== null && !Array.isArray(conf) ? { ...conf } : {};

function Form({ request, settle, dag }: { request: Request; settle: (done: boolean) => void; dag: Dag }) {
  const t = useT();
  const zone = useZone();
  const navigate = useNavigate();
  const fields = useMemo(() => fieldsOf(dag.params_schema), [dag.params_schema]);
  const defaults = useMemo(() => defaultsOf(fields), [fields]);
  const [values, setValues] = useState<Record<string, unknown>>({ ...defaults, ...initialOf(request.conf) });
  const [mode, setMode] = useState<"form" | "json">(fields.length ? "form" : "json");
  const [text, setText] = useState(printConf({ ...defaults, ...initialOf(request.conf) }));
  const [when, setWhen] = useState<"default" | "now" | "pick">("default");
  const [picked, setPicked] = useState("");
  const [runId, setRunId] = useState("");
  const [note, setNote] = useState("");
  const [unpause, setUnpause] = useState(dag.is_paused);

  const parsed = parseConf(text);
  const problems = problemsOf(dag.params_schema, values);
  const logicalDate = when === "pick" ? localToIso(picked, zone.name) : null;
  const body: Body = {
    conf: changedFrom(defaults, values),
    logical_date: logicalDate,
    use_now: when === "now",
    run_id: runId || null,
    note: note || null,
    unpause: dag.is_paused && unpause,
  };
  const preview = useQuery({
    queryKey: ["dag", request.dagId, "trigger", { logicalDate, when, runId, unpause }],
    queryFn: ({ signal }) =>
      data(
        ui.POST("/ui/dags/{dag_id}/trigger-preview", {
          params: { path: { dag_id: request.dagId } },
          body: { ...body, conf: {} },
          signal,
        }),
      ),
    placeholderData: (before) => before,
    retry: false,
    enabled: when !== "pick" || logicalDate !== null,
  });
  const action = useAction({
    act: () => data(ui.POST("/ui/dags/{dag_id}/runs", { params: { path: { dag_id: request.dagId } }, body })),
    said: (run) => t("actions.trigger.done", { run: run.run_id }),
    settle(done) {
      settle(done);
      const run = action.data?.run_id;
      if (done && run)
        void navigate({ to: "/dags/$dagId/runs/$runId", params: { dagId: request.dagId, runId: run } });
    },
  });
  const change = (name: string, value: unknown) => {
    const next = { ...values, [name]: value };
    setValues(next);
    setText(printConf(next));
  };
  const edit = (next: string) => {
    setText(next);
    const read = parseConf(next);
    if (read.ok) setValues({ ...defaults, ...read.value });
  };
  const sections = [...new Set(fields.map((field) => field.section))];
  const blocked = !parsed.ok || Object.keys(problems).length > 0 || (when === "pick" && logicalDate === null);
  return (
    <DialogFrame
      title={t("actions.trigger.title", { dag: dag.display_name })}
      options={
        <>
          {fields.length ? (
            <SegmentedControl
              size="xs"
              aria-label={t("actions.trigger.as")}
              value={mode}
              onChange={(value) => setMode(value as "form" | "json")}
              data={[
                { value: "form", label: t("actions.trigger.form") },
                { value: "json", label: "JSON" },
              ]}
            />
          ) : (
            <p className={classes.meta}>{t("actions.trigger.noParams")}</p>
          )}
          {mode === "form" ? (
            sections.map((section) => (
              <fieldset key={section} className={classes.section}>
                {section ? <legend>{section}</legend> : null}
                {fields
                  .filter((field) => field.section === section)
                  .map((field) => (
                    <ParamField
                      key={field.name}
                      field={field}
                      value={values[field.name]}
                      problem={problems[field.name]}
                      onChange={(value) => change(field.name, value)}
                    />
                  ))}
              </fieldset>
            ))
          ) : (
            <JsonInput
              label={t("actions.trigger.conf")}
              autosize
              minRows={6}
              maxRows={20}
              value={text}
              onChange={edit}
              {...(parsed.ok
                ? {}
                : { error: parsed.problem === "object" ? t("actions.trigger.notObject") : parsed.problem })}
            />
          )}
          {mode === "json" && Object.keys(problems).length ? (
            <ul className={classes.problems} role="alert">
              {Object.entries(problems).map(([name, problem]) => (
                <li key={name}>
                  <b>{name}</b>: {problem}
                </li>
              ))}
            </ul>
          ) : null}
        </>
      }
      preview={
        <>
          <SegmentedControl
            size="xs"
            aria-label={t("actions.trigger.logical")}
            value={when}
            onChange={(value) => setWhen(value as typeof when)}
            data={[
              {
                value: "default",
                label: t(dag.dialect === 2 ? "actions.trigger.now" : "actions.trigger.none"),
              },
              ...(dag.dialect === 2 ? [] : [{ value: "now", label: t("actions.trigger.now") }]),
              { value: "pick", label: t("actions.trigger.pick") },
            ]}
          />
          {when === "pick" ? (
            <TextInput
              type="datetime-local"
              step={1}
              label={t("actions.trigger.dateIn", {
                zone: `${zone.name} (${zoneLabel(new Date(), zone.name)})`,
              })}
              {...(logicalDate
                ? {
                    description: `${iso(new Date(logicalDate), zone.name)} = ${iso(new Date(logicalDate), "UTC")}`,
                  }
                : {})}
              value={picked}
              onChange={(event) => setPicked(event.currentTarget.value)}
            />
          ) : null}
          <TextInput
            label={t("actions.trigger.runId")}
            placeholder={preview.data?.run_id ?? ""}
            value={runId}
            onChange={(event) => setRunId(event.currentTarget.value)}
          />
          <Textarea
            label={t("actions.note")}
            autosize
            minRows={1}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          {dag.is_paused ? (
            <Checkbox
              label={t("actions.trigger.unpause")}
              checked={unpause}
              onChange={(event) => setUnpause(event.currentTarget.checked)}
            />
          ) : null}
          {preview.data ? (
            <dl className={classes.outcome}>
              <div>
                <dt>{t("actions.trigger.logical")}</dt>
                <dd>
                  <TimeStamp at={preview.data.logical_date} precision="second" />
                </dd>
              </div>
              <div>
                <dt>{t("actions.trigger.interval")}</dt>
                <dd>
                  <TimeStamp at={preview.data.data_interval_start} zone={false} /> →{" "}
                  <TimeStamp at={preview.data.data_interval_end} />
                </dd>
              </div>
            </dl>
          ) : null}
          {preview.data?.waits_for_unpause ? (
            <p className={classes.warning}>{t("actions.trigger.waits")}</p>
          ) : null}
          {preview.error ? <p className={classes.problem}>{preview.error.message}</p> : null}
        </>
      }
      confirm={t("actions.trigger.confirm")}
      busy={action.isPending}
      blocked={blocked}
      problem={action.error?.message ?? null}
      onConfirm={() => action.mutate()}
      onClose={() => settle(false)}
    />
  );
}
