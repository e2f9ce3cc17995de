import { Button, Checkbox, NumberInput, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { data, v2 } from "@/api/client";
import { usePermission } from "@/api/session";
import { useT } from "@/shared/i18n";
import { stateVar, toState } from "@/shared/state/states";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import { StateDot } from "@/shared/ui/StateGlyph";
import { RelativeTime } from "@/shared/ui/Time";
import classes from "./Admin.module.css";
import { FormDialog } from "./FormDialog";
import { type Pool, poolsQuery } from "./queries";
import { Removal } from "./Removal";
import { useChange } from "./useChange";

/** Pools: how their slots are used, who holds them, who waits for one. */
export default function PoolsPage() {
  const t = useT();
  useTitle([t("admin.pools.title")]);
  const query = useQuery(poolsQuery);
  const mayCreate = usePermission("can_create on Pools");
  const [edited, setEdited] = useState<Pool | "new" | null>(null);
  const [removed, setRemoved] = useState<Pool | null>(null);
  return (
    <Page
      title={t("admin.pools.title")}
      actions={
        mayCreate ? (
          <Button size="compact-sm" onClick={() => setEdited("new")}>
            {t("admin.pools.new")}
          </Button>
        ) : null
      }
    >
      <QueryView query={query}>
        {({ pools }) => (
          <ul className={classes.cards}>
            {pools.map((pool) => (
              <li key={pool.name}>
                <header>
                  <h2>{pool.name}</h2>
                  <span className={classes.quiet}>
                    {pool.slots < 0
                      ? t("admin.pools.unlimited")
                      : t("admin.pools.open", { open: pool.open, slots: pool.slots })}
                  </span>
                  <span className={classes.spring} />
                  {pool.actions.some((action) => action.name === "edit") ? (
                    <button type="button" className={classes.link} onClick={() => setEdited(pool)}>
                      {t("admin.edit")}
                    </button>
                  ) : null}
                  {pool.actions.some((action) => action.name === "delete" && action.denied === null) ? (
                    <button type="button" className={classes.link} onClick={() => setRemoved(pool)}>
                      {t("admin.remove")}
                    </button>
                  ) : null}
                </header>
                {pool.description ? <p className={classes.quiet}>{pool.description}</p> : null}
                <Slots pool={pool} />
                <Holders label={t("admin.pools.holders")} held={pool.holders} />
                <Holders label={t("admin.pools.waiting")} held={pool.waiting} />
              </li>
            ))}
          </ul>
        )}
      </QueryView>
      {edited ? <PoolForm pool={edited === "new" ? null : edited} onClose={() => setEdited(null)} /> : null}
      {removed ? (
        <Removal
          name={removed.name}
          listKey={["pools"]}
          remove={() =>
            data(v2.DELETE("/api/v2/pools/{pool_name}", { params: { path: { pool_name: removed.name } } }))
          }
          onClose={() => setRemoved(null)}
        />
      ) : null}
    </Page>
  );
}

function Slots({ pool }: { pool: Pool }) {
  const t = useT();
  const total = Math.max(1, pool.slots < 0 ? pool.running + pool.queued + 1 : pool.slots);
  const part = (state: string, count: number) => (
    <span
      key={state}
      style={{ width: `${Math.min(100, (count / total) * 100)}%`, background: stateVar(toState(state)) }}
    />
  );
  return (
    <>
      <div
        className={classes.slots}
        role="img"
        aria-label={t("admin.pools.used", { used: pool.running + pool.queued })}
      >
        {part("running", pool.running)}
        {part("queued", pool.queued)}
        {pool.include_deferred ? part("deferred", pool.deferred) : null}
      </div>
      <p className={classes.quiet}>
        {t("admin.pools.counts", {
          running: pool.running,
          queued: pool.queued,
          scheduled: pool.scheduled,
          deferred: pool.deferred,
        })}
      </p>
    </>
  );
}

function Holders({ label, held }: { label: string; held: Pool["holders"] }) {
  if (!held.length) return null;
  return (
    <>
      <h3>{label}</h3>
      <ol className={classes.plain}>
        {held.map((one) => (
          <li key={`${one.dag_id}/${one.run_id}/${one.task_id}/${one.map_index}`}>
            <StateDot state={toState(one.state)} size={12} />{" "}
            <Link
              to="/dags/$dagId/runs/$runId/tasks/$taskId"
              params={{ dagId: one.dag_id, runId: one.run_id, taskId: one.task_id }}
              search={one.map_index < 0 ? {} : { map: one.map_index }}
            >
              {one.dag_id} · {one.task_id}
              {one.map_index < 0 ? "" : `[${one.map_index}]`}
            </Link>{" "}
            <span className={classes.quiet}>
              {one.slots} · <RelativeTime at={one.since} />
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

function PoolForm({ pool, onClose }: { pool: Pool | null; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState(pool?.name ?? "");
  const [slots, setSlots] = useState(pool?.slots ?? 16);
  const [description, setDescription] = useState(pool?.description ?? "");
  const [deferred, setDeferred] = useState(pool?.include_deferred ?? false);
  const change = useChange<void>(
    ["pools"],
    () =>
      pool
        ? data(
            v2.PATCH("/api/v2/pools/{pool_name}", {
              params: { path: { pool_name: pool.name } },
              body: { pool: pool.name, slots, description, include_deferred: deferred },
            }),
          )
        : data(v2.POST("/api/v2/pools", { body: { name, slots, description, include_deferred: deferred } })),
    onClose,
  );
  return (
    <FormDialog
      title={pool ? pool.name : t("admin.pools.new")}
      confirm={t("admin.save")}
      busy={change.isPending}
      blocked={!name.trim()}
      problem={change.error?.message ?? null}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={t("admin.name")}
        value={name}
        disabled={pool !== null}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <NumberInput
        label={t("admin.pools.slots")}
        description={t("admin.pools.slotsHint")}
        min={-1}
        allowDecimal={false}
        value={slots}
        onChange={(value) => setSlots(typeof value === "number" ? value : 0)}
      />
      <Textarea
        label={t("admin.description")}
        autosize
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <Checkbox
        label={t("admin.pools.deferred")}
        checked={deferred}
        onChange={(event) => setDeferred(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}
