import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { data, ui } from "@/api/client";
import type { components } from "@/api/gen/ui";
import type { runSorts } from "./search";

export type RunData = components["schemas"]["RunPage"];
export type RunRow = components["schemas"]["RunRow"];
export type Failure = components["schemas"]["Failure"];

export const runQuery = (dagId: string, runId: string) =>
  queryOptions({
    queryKey: ["run", dagId, runId, "page"],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/runs/{run_id}", {
          params: { path: { dag_id: dagId, run_id: runId } },
          signal,
        }),
      ),
  });

/** Every task instance of the run with its times: the same answer that the Gantt view draws. */
export const runTasksQuery = (dagId: string, runId: string) =>
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

export interface RunFilter {
  dagId?: string | undefined;
  q: string;
  states: readonly string[];
  types: readonly string[];
  sort: (typeof runSorts)[number];
  descending: boolean;
}

export const runsQuery = (filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: [...(filter.dagId ? ["dag", filter.dagId, "runs"] : ["runs"]), filter],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) =>
      data(
        ui.GET("/ui/runs", {
          params: {
            query: {
              ...(filter.dagId ? { dag_id: filter.dagId } : {}),
              search: filter.q,
              ...(filter.states.length ? { state: [...filter.states] } : {}),
              ...(filter.types.length ? { run_type: [...filter.types] } : {}),
              order_by: filter.sort,
              descending: filter.descending,
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    getNextPageParam: (last) => last.next_cursor,
  });
