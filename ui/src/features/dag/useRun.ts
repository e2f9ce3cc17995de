import { useQuery } from "@tanstack/react-query";
import { gridQuery } from "./queries";

/** The run that is looked at: the chosen one, else the newest there is. */
export function useRun(
  dagId: string,
  chosen: string | undefined,
): { run: string | undefined; isKnown: boolean } {
  const newest = useQuery({
    ...gridQuery(dagId, { limit: 1, types: [], states: [], cursor: null, around: null }),
    enabled: chosen === undefined,
  });
  return {
    run: chosen ?? newest.data?.runs.at(-1)?.run_id,
    isKnown: chosen !== undefined || newest.data !== undefined || newest.isError,
  };
}
