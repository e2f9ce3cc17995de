import { useCallback } from "react";
import { usePreference } from "@/shared/preferences";

/** Something that was looked at: enough to name it and to go there again. */
export interface Visit {
  dagId: string;
  runId?: string;
  taskId?: string;
}

const most = 12;
const nothing: readonly Visit[] = [];

export const visitKey = ({ dagId, runId, taskId }: Visit): string =>
  [taskId ? "task" : runId ? "run" : "dag", dagId, runId ?? "", taskId ?? ""].join(":");

/** The newest first, each once. */
export const withVisit = (visits: readonly Visit[], visit: Visit): Visit[] =>
  [visit, ...visits.filter((one) => visitKey(one) !== visitKey(visit))].slice(0, most);

export function useVisits(): [readonly Visit[], (visit: Visit) => void] {
  const [kept, write] = usePreference<readonly Visit[] | null>("palette.recent", nothing);
  const visits = kept ?? nothing;
  const add = useCallback(
    (visit: Visit) => {
      if (visits[0] && visitKey(visits[0]) === visitKey(visit)) return;
      write(withVisit(visits, visit));
    },
    [visits, write],
  );
  return [visits, add];
}
