import { QueryClient } from "@tanstack/react-query";
import { ApiError, isUnreachable } from "@/api/errors";

/** The one cache. The stream says what became stale, so nothing is asked for again by age, focus or clock. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      // The server's refusals are final; a server that is gone comes back.
      retry: (failures, error) =>
        isUnreachable(error) ? failures < 5 : !(error instanceof ApiError) && failures < 1,
      retryDelay: (failures) => Math.min(8_000, 500 * 2 ** failures),
    },
  },
});
