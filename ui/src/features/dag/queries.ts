import { queryOptions } from "@tanstack/react-query";
import { data, ui } from "@/api/client";
import type { components } from "@/api/gen/ui";

export type DagData = components["schemas"]["DagPage"];
export type GraphData = components["schemas"]["GraphPage"];
export type GanttData = components["schemas"]["GanttPage"];
export type CalendarDay = components["schemas"]["CalendarDay"];
export type DurationPoint = components["schemas"]["DurationPoint"];

const path = (dagId: string) => ({ dag_id: dagId });

export const dagQuery = (dagId: string) =>
  queryOptions({
    queryKey: ["dag", dagId, "page"],
    queryFn: ({ signal }) => data(ui.GET("/ui/dags/{dag_id}", { params: { path: path(dagId) }, signal })),
  });

export interface GridFilter {
  limit: number;
  types: readonly string[];
  states: readonly string[];
  cursor: string | null;
  around: string | null;
}

export const gridQuery = (dagId: string, filter: GridFilter) =>
  queryOptions({
    queryKey: ["dag", dagId, "grid", filter],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/grid", {
          params: {
            path: path(dagId),
            query: {
              limit: filter.limit,
              ...(filter.types.length ? { run_type: [...filter.types] } : {}),
              ...(filter.states.length ? { state: [...filter.states] } : {}),
              ...(filter.cursor ? { cursor: filter.cursor } : {}),
              ...(filter.around && !filter.cursor ? { around: filter.around } : {}),
            },
          },
          signal,
        }),
      ),
    placeholderData: (before) => before,
  });

export const cellQuery = (dagId: string, runId: string, taskId: string) =>
  queryOptions({
    queryKey: ["task", dagId, runId, taskId, -1, "cell"],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/cell", {
          params: { path: { dag_id: dagId, run_id: runId, task_id: taskId } },
          signal,
        }),
      ),
    retry: false,
    staleTime: 5_000,
  });

export const graphQuery = (dagId: string, runId: string | undefined, version?: number, compare?: number) =>
  queryOptions({
    queryKey: [
      "dag",
      dagId,
      "graph",
      { runId: runId ?? null, version: version ?? null, compare: compare ?? null },
    ],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/graph", {
          params: {
            path: path(dagId),
            query: {
              ...(runId ? { run_id: runId } : {}),
              ...(version === undefined ? {} : { version }),
              ...(compare === undefined ? {} : { compare }),
            },
          },
          signal,
        }),
      ),
    placeholderData: (before) => before,
  });

export const ganttQuery = (dagId: string, runId: string) =>
  queryOptions({
    queryKey: ["run", dagId, runId, "gantt"],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/runs/{run_id}/gantt", {
          params: { path: { dag_id: dagId, run_id: runId } },
          signal,
        }),
      ),
  });

export const calendarQuery = (dagId: string, timezone: string) =>
  queryOptions({
    queryKey: ["dag", dagId, "calendar", { timezone }],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/calendar", { params: { path: path(dagId), query: { timezone } }, signal }),
      ),
    placeholderData: (before) => before,
  });

export const durationsQuery = (dagId: string, limit: number) =>
  queryOptions({
    queryKey: ["dag", dagId, "durations", { limit }],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/durations", { params: { path: path(dagId), query: { limit } }, signal }),
      ),
    placeholderData: (before) => before,
  });

export const codeQuery = (dagId: string, version: number | undefined) =>
  queryOptions({
    queryKey: ["dag", dagId, "code", { version: version ?? null }],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/code", {
          params: { path: path(dagId), query: version === undefined ? {} : { version } },
          signal,
        }),
      ),
  });

export const codeDiffQuery = (dagId: string, before: number, after: number) =>
  queryOptions({
    queryKey: ["dag", dagId, "code-diff", { before, after }],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/code-diff", {
          params: { path: path(dagId), query: { old: before, new: after } },
          signal,
        }),
      ),
  });

export const backfillsQuery = (dagId: string) =>
  queryOptions({
    queryKey: ["dag", dagId, "backfills"],
    queryFn: ({ signal }) =>
      data(ui.GET("/ui/dags/{dag_id}/backfills", { params: { path: path(dagId) }, signal })),
  });
