import { infiniteQueryOptions } from "@tanstack/react-query";
import { data, ui } from "@/api/client";
import type { components, operations } from "@/api/gen/ui";

export type InstanceRow = components["schemas"]["InstanceRow"];
export type InstanceFilter = NonNullable<operations["list_instances"]["parameters"]["query"]>;

export const instancesQuery = (filter: InstanceFilter) =>
  infiniteQueryOptions({
    queryKey: ["tasks", filter],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) =>
      data(
        ui.GET("/ui/task-instances", {
          params: { query: { ...filter, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    getNextPageParam: (last) => last.next_cursor,
  });
