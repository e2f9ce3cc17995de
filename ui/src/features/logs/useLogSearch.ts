import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { data, ui } from "@/api/client";
import type { LogTarget } from "./useLog";

export interface LogQuery {
  text: string;
  regex: boolean;
}

/** What marks matches on screen; null for nothing, and for an expression that this browser cannot read. */
export function markOf({ text, regex }: LogQuery): RegExp | null {
  if (!text) return null;
  try {
    return new RegExp(regex ? text : text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
  } catch {
    return null;
  }
}

/** The text once the reader has paused typing. */
export function useSettled<T>(value: T, ms = 250): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** Matches in the whole log, found by the server; with an empty text the levels are counted. Kept up to date by notices. */
export function useLogSearch(target: LogTarget, query: LogQuery, size: number) {
  const text = useSettled(query.text);
  return useQuery({
    queryKey: [
      "log",
      target.dagId,
      target.runId,
      target.taskId,
      target.mapIndex,
      "search",
      { try: target.tryNumber ?? null, text, regex: query.regex, size },
    ],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/log/search", {
          params: {
            path: { dag_id: target.dagId, run_id: target.runId, task_id: target.taskId },
            query: {
              map_index: target.mapIndex,
              ...(target.tryNumber === undefined ? {} : { try_number: target.tryNumber }),
              q: text,
              regex: query.regex,
            },
          },
          signal,
        }),
      ),
    enabled: size > 0,
    placeholderData: (before) => before,
    retry: false,
  });
}
