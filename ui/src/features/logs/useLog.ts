import { useCallback, useEffect, useRef, useState } from "react";
import { data, ui } from "@/api/client";
import { fromWindow, join, type Loaded, type LogWindow } from "./lines";

export interface LogTarget {
  dagId: string;
  runId: string;
  taskId: string;
  mapIndex: number;
  /** Absent: the last try. */
  tryNumber?: number | undefined;
}

/** Where to open: at the tail, the first error, the head, or a line's offset. */
export type Anchor = "head" | "tail" | "error" | number;

const path = "/ui/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/log";
const windowBytes = 262_144;
/** The server holds the request until the log grows; below the time after which proxies give up. */
const waitSeconds = 20;

export function readWindow(
  target: LogTarget,
  query: {
    at?: "head" | "tail" | "error" | "offset";
    offset?: number;
    backwards?: boolean;
    limit?: number;
    wait_s?: number;
  },
  signal?: AbortSignal,
): Promise<LogWindow> {
  return data(
    ui.GET(path, {
      params: {
        path: { dag_id: target.dagId, run_id: target.runId, task_id: target.taskId },
        query: {
          map_index: target.mapIndex,
          ...(target.tryNumber === undefined ? {} : { try_number: target.tryNumber }),
          limit: windowBytes,
          ...query,
        },
      },
      ...(signal ? { signal } : {}),
    }),
  );
}

export interface Log {
  loaded: Loaded | null;
  error: unknown;
  /** True while the end is watched: new lines come by themselves. */
  following: boolean;
  open: (anchor: Anchor) => void;
  older: () => void;
  newer: () => void;
  retry: () => void;
}

/**
 * One try's log, a window at a time. `live` follows its end: each request is answered when the file has grown, so
 * nothing is asked for on a quiet log but once in twenty seconds, and nothing at all once the try has ended.
 */
export function useLog(target: LogTarget, anchor: Anchor, live: boolean): Log {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [round, setRound] = useState({ number: 0, anchor });
  const reading = useRef(false);
  const current = useRef<AbortController | null>(null);
  const { dagId, runId, taskId, mapIndex, tryNumber } = target;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another try, or another place in it, begins anew
  useEffect(() => {
    const abort = new AbortController();
    current.current = abort;
    const at = round.anchor;
    reading.current = true;
    readWindow(target, typeof at === "number" ? { at: "offset", offset: at } : { at }, abort.signal)
      .then((window) => {
        setLoaded(fromWindow(window));
        setError(null);
      })
      .catch((problem: unknown) => {
        if (!abort.signal.aborted) setError(problem);
      })
      .finally(() => {
        if (!abort.signal.aborted) reading.current = false;
      });
    return () => abort.abort();
  }, [dagId, runId, taskId, mapIndex, tryNumber, round]);

  const read = useCallback(
    (query: { offset: number; backwards?: boolean; wait_s?: number }) => {
      const abort = current.current;
      if (!abort || reading.current) return;
      reading.current = true;
      readWindow({ dagId, runId, taskId, mapIndex, tryNumber }, { at: "offset", ...query }, abort.signal)
        .then((window) => setLoaded((before) => (before ? join(before, window) : fromWindow(window))))
        .catch((problem: unknown) => {
          if (!abort.signal.aborted) setError(problem);
        })
        .finally(() => {
          if (!abort.signal.aborted) reading.current = false;
        });
    },
    [dagId, runId, taskId, mapIndex, tryNumber],
  );

  const end = loaded?.end ?? 0;
  const atEnd = loaded !== null && loaded.end >= loaded.size;
  const following = live && loaded !== null && !loaded.isComplete && atEnd;
  useEffect(() => {
    if (!following || error) return;
    const abort = new AbortController();
    const stopped = current.current?.signal;
    const stop = () => abort.abort();
    stopped?.addEventListener("abort", stop);
    const follow = async () => {
      let from = end;
      while (!abort.signal.aborted) {
        const window = await readWindow(
          { dagId, runId, taskId, mapIndex, tryNumber },
          { at: "offset", offset: from, wait_s: waitSeconds },
          abort.signal,
        );
        if (abort.signal.aborted) return;
        if (window.lines.length || window.is_complete) {
          setLoaded((before) => (before ? join(before, window) : fromWindow(window)));
          return;
        }
        from = window.end;
      }
    };
    follow().catch((problem: unknown) => {
      if (!abort.signal.aborted) setError(problem);
    });
    return () => {
      stopped?.removeEventListener("abort", stop);
      abort.abort();
    };
  }, [following, error, end, dagId, runId, taskId, mapIndex, tryNumber]);

  const older = useCallback(() => {
    if (loaded && loaded.start > 0) read({ offset: loaded.start, backwards: true });
  }, [loaded, read]);
  const newer = useCallback(() => {
    if (loaded && loaded.end < loaded.size) read({ offset: loaded.end });
  }, [loaded, read]);
  const open = useCallback(
    (where: Anchor) => setRound((before) => ({ number: before.number + 1, anchor: where })),
    [],
  );
  const retry = useCallback(() => {
    setError(null);
    setRound((before) => ({ ...before, number: before.number + 1 }));
  }, []);
  return { loaded, error, following, open, older, newer, retry };
}
