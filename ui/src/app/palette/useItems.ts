import { useMantineColorScheme } from "@mantine/core";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { data, ui } from "@/api/client";
import { chooseLanguage } from "@/app/language";
import { dagQuery } from "@/features/dag/queries";
import { dagViews } from "@/features/dag/search";
import { runQuery } from "@/features/runs/queries";
import { taskQuery } from "@/features/task/queries";
import { type ActionRequest, requestAction } from "@/shared/actions/request";
import { type MessageId, useT } from "@/shared/i18n";
import { useZone } from "@/shared/time/zone";
import { useSections } from "../frame/navigation";
import type { Item } from "./items";
import { useVisits, type Visit, visitKey } from "./recent";

const searchQuery = (typed: string) =>
  queryOptions({
    queryKey: ["palette", typed],
    queryFn: ({ signal }) => data(ui.GET("/ui/palette", { params: { query: { q: typed } }, signal })),
    staleTime: 10_000,
  });

interface Permitted {
  name: string;
  denied?: string | null;
}

/** The way to a DAG, a run or a task: a task without a run is one of the DAG's page. */
function useGoTo(): (visit: Visit) => void {
  const navigate = useNavigate();
  return ({ dagId, runId, taskId }) => {
    if (runId && taskId) {
      void navigate({ to: "/dags/$dagId/runs/$runId/tasks/$taskId", params: { dagId, runId, taskId } });
    } else if (runId) {
      void navigate({ to: "/dags/$dagId/runs/$runId", params: { dagId, runId } });
    } else {
      void navigate({ to: "/dags/$dagId", params: { dagId }, search: taskId ? { task: taskId } : {} });
    }
  };
}

/** What may be done with what the page shows: its own actions, as the server grants them. */
function useActions(): Item[] {
  const t = useT();
  const { dagId = "", runId = "", taskId = "" } = useParams({ strict: false });
  const dag = useQuery({ ...dagQuery(dagId), enabled: dagId !== "" }).data;
  const run = useQuery({ ...runQuery(dagId, runId), enabled: runId !== "" }).data?.run;
  const task = useQuery({
    ...taskQuery({ dagId, runId, taskId, mapIndex: -1 }),
    enabled: taskId !== "",
  }).data;
  const items: Item[] = [];
  const add = (
    what: string,
    of: string,
    permitted: readonly Permitted[],
    name: string,
    request: ActionRequest,
  ) => {
    const action = permitted.find((one) => one.name === name);
    if (!action) return;
    items.push({
      key: `action:${what}:${name}`,
      group: "action",
      label: t(`app.palette.action.${name as "clear"}`),
      detail: of,
      keyword: name.replaceAll("_", " "),
      ...(action.denied ? { denied: action.denied } : {}),
      run: () => void requestAction(request),
    });
  };
  const target = { runId, ...(taskId ? { taskId } : {}) };
  const [permitted, of] = taskId ? [task?.actions, taskId] : [run?.actions, runId];
  if (permitted) {
    add("one", of, permitted, "clear", { kind: "clear", dagId, targets: [target] });
    add("one", of, permitted, "mark_success", { kind: "mark", dagId, targets: [target], state: "success" });
    add("one", of, permitted, "mark_failed", { kind: "mark", dagId, targets: [target], state: "failed" });
    const note = (taskId ? task?.note : run?.note) ?? "";
    add("one", of, permitted, "note", { kind: "note", dagId, target, note });
  }
  if (dag) {
    const { actions } = dag;
    add("dag", dagId, actions, "trigger", { kind: "trigger", dagId });
    add("dag", dagId, actions, "pause", { kind: "pause", dagIds: [dagId], paused: true });
    add("dag", dagId, actions, "unpause", { kind: "pause", dagIds: [dagId], paused: false });
    add("dag", dagId, actions, "backfill", { kind: "backfill", dagId });
  }
  return items;
}

function useViews(): Item[] {
  const t = useT();
  const navigate = useNavigate();
  const { dagId } = useParams({ strict: false });
  if (!dagId) return [];
  return dagViews.map((view) => ({
    key: `view:${view}`,
    group: "page",
    label: t(`dag.view.${view}`),
    detail: dagId,
    keyword: view,
    run: () => void navigate({ to: "/dags/$dagId", params: { dagId }, search: { view } }),
  }));
}

function usePages(): Item[] {
  const t = useT();
  const navigate = useNavigate();
  const page = (to: string, message: MessageId): Item => ({
    key: `page:${to}`,
    group: "page",
    label: t(message),
    keyword: to === "/" ? "home" : to.slice(1).replaceAll("-", " "),
    run: () => void navigate({ to }),
  });
  return useSections().flatMap((section) =>
    section.places
      ? section.places.map((place) => page(place.to, place.message))
      : [page(section.to, section.message)],
  );
}

function useSettings(): Item[] {
  const t = useT();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const zone = useZone();
  const setting = (key: string, label: string, keyword: string, run: () => void): Item => ({
    key: `setting:${key}`,
    group: "setting",
    label,
    keyword,
    run,
  });
  return [
    ...(["auto", "light", "dark"] as const)
      .filter((scheme) => scheme !== colorScheme)
      .map((scheme) =>
        setting(scheme, `${t("app.theme.label")}: ${t(`app.theme.${scheme}`)}`, `theme ${scheme}`, () =>
          setColorScheme(scheme),
        ),
      ),
    setting("en", "English", "language", () => void chooseLanguage("en")),
    setting("ko", "한국어", "korean language", () => void chooseLanguage("ko")),
    ...[
      ["server", t("app.zone.server", { zone: zone.server })],
      ["local", t("app.zone.local", { zone: zone.local })],
      ["UTC", "UTC"],
    ].map(([choice = "UTC", label = ""]) =>
      setting(`zone:${choice}`, `${t("app.zone.label")}: ${label}`, `time zone ${choice}`, () =>
        zone.choose(choice),
      ),
    ),
  ];
}

const kinds = { dag: "dag", task: "task", run: "run" } as const;

/** Everything that the palette can offer for what was typed, unordered; `isSearching` while the server looks. */
export function useItems(typed: string): { items: Item[]; isSearching: boolean; error: Error | null } {
  const goTo = useGoTo();
  const [visits] = useVisits();
  const wanted = typed.trim();
  const search = useQuery({
    ...searchQuery(wanted),
    enabled: wanted.length >= 2,
    placeholderData: keepPreviousData,
  });
  const here = useParams({ strict: false });
  const actions = useActions();
  const views = useViews();
  const pages = usePages();
  const settings = useSettings();
  const recent = useMemo(
    () =>
      visits.filter(
        // Where we are is no place to go to.
        (visit) =>
          !(visit.dagId === here.dagId && visit.runId === here.runId && visit.taskId === here.taskId),
      ),
    [visits, here.dagId, here.runId, here.taskId],
  );
  const items: Item[] = recent.map((visit) => ({
    key: visitKey(visit),
    group: "recent",
    label: visit.taskId ?? visit.runId ?? visit.dagId,
    ...(visit.runId ? { detail: visit.taskId ? `${visit.dagId} · ${visit.runId}` : visit.dagId } : {}),
    run: () => goTo(visit),
  }));
  items.push(...actions);
  for (const hit of wanted.length >= 2 ? (search.data?.hits ?? []) : []) {
    const visit: Visit = {
      dagId: hit.dag_id,
      ...(hit.run_id ? { runId: hit.run_id } : {}),
      ...(hit.task_id ? { taskId: hit.task_id } : {}),
    };
    items.push({
      key: visitKey(visit),
      group: kinds[hit.kind],
      label: hit.label,
      detail: hit.detail || (hit.label === hit.dag_id ? "" : hit.dag_id),
      keyword: hit.dag_id,
      run: () => goTo(visit),
    });
  }
  items.push(...views, ...pages, ...settings);
  return {
    items,
    isSearching: search.isFetching && wanted.length >= 2,
    error: wanted.length >= 2 ? search.error : null,
  };
}
