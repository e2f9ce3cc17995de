import { Button, Menu } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { Ellipsis, Play, RotateCcw } from "lucide-react";
import { requestAction } from "@/shared/actions/request";
import { useT } from "@/shared/i18n";
import type { RunRow } from "./queries";

/** What may be done with a run, as the server says. */
export function RunActions({ run }: { run: RunRow }) {
  const t = useT();
  const navigate = useNavigate();
  const find = (name: string) => run.actions.find((action) => action.name === name);
  const target = { runId: run.run_id };
  const clear = find("clear");
  const entry = (name: "mark_success" | "mark_failed" | "note" | "delete", act: () => void) => {
    const action = find(name);
    return action ? (
      <Menu.Item
        key={name}
        disabled={action.denied !== null}
        title={action.denied ?? undefined}
        onClick={act}
      >
        {t(`runs.action.${name}`)}
      </Menu.Item>
    ) : null;
  };
  return (
    <>
      {clear ? (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<RotateCcw size={14} aria-hidden="true" />}
          disabled={clear.denied !== null}
          title={clear.denied ?? undefined}
          onClick={() => void requestAction({ kind: "clear", dagId: run.dag_id, targets: [target] })}
        >
          {t("runs.action.clear")}
        </Button>
      ) : null}
      {find("trigger") ? (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Play size={14} aria-hidden="true" />}
          disabled={find("trigger")?.denied !== null}
          onClick={() =>
            void requestAction({ kind: "trigger", dagId: run.dag_id, conf: run.conf, fromRun: run.run_id })
          }
        >
          {t("runs.action.again")}
        </Button>
      ) : null}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-sm" variant="default" aria-label={t("runs.action.more")}>
            <Ellipsis size={14} aria-hidden="true" />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {entry(
            "mark_success",
            () =>
              void requestAction({ kind: "mark", dagId: run.dag_id, targets: [target], state: "success" }),
          )}
          {entry(
            "mark_failed",
            () => void requestAction({ kind: "mark", dagId: run.dag_id, targets: [target], state: "failed" }),
          )}
          {entry(
            "note",
            () => void requestAction({ kind: "note", dagId: run.dag_id, target, note: run.note ?? "" }),
          )}
          {entry(
            "delete",
            () =>
              void requestAction({ kind: "delete", dagId: run.dag_id, runIds: [run.run_id] }).then((done) => {
                if (done) void navigate({ to: "/dags/$dagId", params: { dagId: run.dag_id } });
              }),
          )}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
