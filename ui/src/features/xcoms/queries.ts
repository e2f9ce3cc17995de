import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { data, ui } from "@/api/client";
import type { components, operations } from "@/api/gen/ui";

export type XCom = components["schemas"]["XComPlace"];
export type XComFilter = NonNullable<operations["list_xcoms"]["parameters"]["query"]>;

export const xcomsQuery = (filter: XComFilter) =>
  infiniteQueryOptions({
    queryKey: ["xcoms", filter],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) =>
      data(
        ui.GET("/ui/xcoms", {
          params: { query: { ...filter, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    getNextPageParam: (last) => last.next_cursor,
  });

/** What the instance of one XCom left, each value whole. */
export const valuesQuery = ({ dag_id, run_id, task_id, map_index }: XCom) =>
  queryOptions({
    queryKey: ["task", dag_id, run_id, task_id, map_index, "xcoms"],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/xcoms", {
          params: { path: { dag_id, run_id, task_id }, query: { map_index } },
          signal,
        }),
      ),
  });
