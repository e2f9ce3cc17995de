import { infiniteQueryOptions } from "@tanstack/react-query";
import { data, ui } from "@/api/client";
import type { components } from "@/api/gen/ui";
import { type DagsSearch, type dagSorts, readTokens } from "./search";

export type DagRow = components["schemas"]["DagRow"];
export type DagList = components["schemas"]["DagList"];

export const dagsQuery = (search: DagsSearch) => {
  const asked = readTokens(search.q ?? "");
  const sort = search.sort ?? "dag_id";
  const query = {
    search: asked.search,
    tag: [...asked.tag, ...(search.tag ?? [])],
    owner: asked.owner,
    state: [...asked.state, ...(search.state ?? [])],
    ...(asked.folder === null ? {} : { folder: asked.folder }),
    ...(asked.paused === null && search.paused === undefined
      ? {}
      : { paused: asked.paused ?? search.paused ?? false }),
    order_by: sort.replace("-", "") as (typeof dagSorts)[number],
    descending: sort.startsWith("-"),
    runs: 14,
    limit: 50,
  };
  return infiniteQueryOptions({
    queryKey: ["dags", query],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) =>
      data(
        ui.GET("/ui/dags", {
          params: { query: { ...query, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: (before) => before,
  });
};
