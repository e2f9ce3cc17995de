import { queryOptions } from "@tanstack/react-query";
import { data, ui } from "@/api/client";
import type { components } from "@/api/gen/ui";
import type { TaskTarget } from "@/shared/slots";

export type TaskData = components["schemas"]["TaskPage"];
export type WhyAnswer = components["schemas"]["WhyAnswer"];
export type TryRow = components["schemas"]["TryRow"];

const named = ({ dagId, runId, taskId }: TaskTarget) => ({ dag_id: dagId, run_id: runId, task_id: taskId });
const key = ({ dagId, runId, taskId, mapIndex }: TaskTarget, what: string, more?: object) => [
  "task",
  dagId,
  runId,
  taskId,
  mapIndex,
  what,
  ...(more ? [more] : []),
];
const base = "/ui/dags/{dag_id}/runs/{run_id}/tasks/{task_id}";

export const taskQuery = (target: TaskTarget) =>
  queryOptions({
    queryKey: key(target, "page"),
    queryFn: ({ signal }) =>
      data(ui.GET(base, { params: { path: named(target), query: { map_index: target.mapIndex } }, signal })),
  });

export const xcomsQuery = (target: TaskTarget) =>
  queryOptions({
    queryKey: key(target, "xcoms"),
    queryFn: ({ signal }) =>
      data(
        ui.GET(`${base}/xcoms`, {
          params: { path: named(target), query: { map_index: target.mapIndex } },
          signal,
        }),
      ),
  });

export const renderedQuery = (target: TaskTarget, tryNumber: number | undefined) =>
  queryOptions({
    queryKey: key(target, "rendered", { tryNumber: tryNumber ?? null }),
    queryFn: ({ signal }) =>
      data(
        ui.GET(`${base}/rendered`, {
          params: {
            path: named(target),
            query: {
              map_index: target.mapIndex,
              ...(tryNumber === undefined ? {} : { try_number: tryNumber }),
            },
          },
          signal,
        }),
      ),
  });

export const eventsQuery = (target: TaskTarget) =>
  queryOptions({
    queryKey: key(target, "events"),
    queryFn: ({ signal }) =>
      data(
        ui.GET(`${base}/events`, {
          params: { path: named(target), query: { map_index: target.mapIndex } },
          signal,
        }),
      ),
  });

export const mappedPageSize = 200;

export const mappedQuery = (target: TaskTarget, states: readonly string[], offset: number) =>
  queryOptions({
    queryKey: key({ ...target, mapIndex: -1 }, "mapped", { states, offset }),
    queryFn: ({ signal }) =>
      data(
        ui.GET(`${base}/mapped`, {
          params: {
            path: named(target),
            query: {
              offset,
              limit: mappedPageSize,
              ...(states.length ? { state: [...states] } : {}),
            },
          },
          signal,
        }),
      ),
    placeholderData: (before) => before,
  });
