import { Button, Menu } from "@mantine/core";
import { Ellipsis, RotateCcw } from "lucide-react";
import { requestAction } from "@/shared/actions/request";
import { useHotkeys } from "@/shared/hotkeys";
import { useT } from "@/shared/i18n";
import type { TaskTarget } from "@/shared/slots";
import type { TaskData } from "./queries";

const marks = { mark_success: "success", mark_failed: "failed", mark_skipped: "skipped" } as const;

/** Clear, mark, note: what the server says may be done; what cannot be done now tells why. */
export function TaskActions({ page, target }: { page: TaskData; target: TaskTarget }) {
  const t = useT();
  const action = (name: string) => page.actions.find((one) => one.name === name);
  const one = {
    runId: target.runId,
    taskId: target.taskId,
    ...(target.mapIndex < 0 ? {} : { mapIndex: target.mapIndex }),
  };
  const allowed = (name: string) => action(name)?.denied === null;
  const clear = () => void requestAction({ kind: "clear", dagId: target.dagId, targets: [one] });
  const mark = (state: "success" | "failed" | "skipped") =>
    void requestAction({ kind: "mark", dagId: target.dagId, targets: [one], state });
  const note = () =>
    void requestAction({ kind: "note", dagId: target.dagId, target: one, note: page.note ?? "" });
  useHotkeys({
    clearTask: () => allowed("clear") && clear(),
    markTaskSuccess: () => allowed("mark_success") && mark("success"),
    markTaskFailed: () => allowed("mark_failed") && mark("failed"),
    noteTask: () => allowed("note") && note(),
  });
  const clearing = action("clear");
  const others = page.actions.filter((one) => one.name in marks);
  return (
    <>
      {clearing ? (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<RotateCcw size={14} aria-hidden="true" />}
          disabled={clearing.denied !== null}
          title={clearing.denied ?? t("task.action.clearHint")}
          onClick={clear}
        >
          {t("task.action.clear")}
        </Button>
      ) : null}
      {others.length || action("note") ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="compact-sm" variant="default" aria-label={t("task.action.more")}>
              <Ellipsis size={14} aria-hidden="true" />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {others.map((one) => (
              <Menu.Item
                key={one.name}
                disabled={one.denied !== null}
                title={one.denied ?? undefined}
                onClick={() => mark(marks[one.name as keyof typeof marks])}
              >
                {t(`task.action.${one.name as keyof typeof marks}`)}
              </Menu.Item>
            ))}
            {action("note") ? (
              <Menu.Item disabled={!allowed("note")} onClick={note}>
                {t("task.action.note")}
              </Menu.Item>
            ) : null}
          </Menu.Dropdown>
        </Menu>
      ) : null}
    </>
  );
}
