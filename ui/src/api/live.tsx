import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";
import { NoticeSink } from "./notices";
import { type Notice, Stream, type StreamStatus } from "./stream";

type Listener = (notices: readonly Notice[]) => void;

interface Live {
  status: StreamStatus;
  listen(listener: Listener): () => void;
}

const Context = createContext<Live>({ status: { state: "delayed" }, listen: () => () => {} });

/** Keeps the one stream open while somebody is logged in, and the cache up to date with it. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [status, setStatus] = useState<StreamStatus>({ state: "delayed" });
  const [listeners] = useState(() => new Set<Listener>());

  useEffect(() => {
    const sink = new NoticeSink(queries);
    const stream = new Stream({
      notices(notices) {
        sink.add(notices);
        for (const listener of listeners) listener(notices);
      },
      reset: () => sink.reset(),
      status: setStatus,
    });
    stream.start();
    const retry = () => stream.retryNow();
    window.addEventListener("online", retry);
    document.addEventListener("visibilitychange", retry);
    return () => {
      window.removeEventListener("online", retry);
      document.removeEventListener("visibilitychange", retry);
      stream.close();
    };
  }, [queries, listeners]);

  const live = useMemo<Live>(
    () => ({
      status,
      listen(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    }),
    [status, listeners],
  );
  return <Context.Provider value={live}>{children}</Context.Provider>;
}

export const useStreamStatus = (): StreamStatus => useContext(Context).status;

/**
 * Calls `heard` with the notices of the given kinds, as they come (not throttled). Most pages do not need it: a query
 * whose key follows the table in notices.ts is fetched again by itself.
 */
export function useLive(kinds: readonly string[], heard: Listener): void {
  const { listen } = useContext(Context);
  const latest = useRef(heard);
  latest.current = heard;
  const wanted = kinds.join(" ");
  useEffect(() => {
    const set = new Set(wanted.split(" "));
    return listen((notices) => {
      const mine = notices.filter((notice) => set.has(notice.kind));
      if (mine.length) latest.current(mine);
    });
  }, [listen, wanted]);
}
