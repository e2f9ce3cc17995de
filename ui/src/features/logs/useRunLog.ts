import { useCallback, useEffect, useRef, useState } from "react";
import { data, ui } from "@/api/client";
import type { RunLogFilter } from "@/shared/slots";
import { opened, type RunLines, type RunLogWindow, withEarlier, withLater } from "./runLines";

const waitSeconds = 20;

interface Place {
  at?: "head" | "tail";
  cursor?: string;
  backwards?: boolean;
  wait_s?: number;
}

export interface RunLog {
  loaded: RunLines | null;
  error: unknown;
  following: boolean;
  open: (at: "head" | "tail") => void;
  older: () => void;
  newer: () => void;
  retry: () => void;
}

/**
 * The log of all tasks of a run, a window at a time; the server filters. At the end it is followed until the run is over:
 * each request is answered when there is a line.
 */
export function useRunLog(dagId: string, runId: string, filter: RunLogFilter): RunLog {
  const [loaded, setLoaded] = useState<RunLines | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [round, setRound] = useState<{ at: "head" | "tail" }>({ at: "tail" });
  const reading = useRef(false);
  const current = useRef<AbortController | null>(null);
  const { q, level, task } = filter;
  const asked = JSON.stringify([q, level, task]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` stands for the filter's parts
  const read = useCallback(
    (place: Place, signal: AbortSignal): Promise<RunLogWindow> =>
      data(
        ui.GET("/ui/dags/{dag_id}/runs/{run_id}/log", {
          params: {
            path: { dag_id: dagId, run_id: runId },
            query: {
              ...place,
              ...(q ? { q } : {}),
              ...(level?.length ? { level } : {}),
              ...(task?.length ? { task_id: task } : {}),
            },
          },
          signal,
        }),
      ),
    [dagId, runId, asked],
  );

  useEffect(() => {
    const abort = new AbortController();
    current.current = abort;
    reading.current = true;
    read({ at: round.at }, abort.signal)
      .then((window) => {
        setLoaded(opened(window, round.at));
        setError(null);
      })
      .catch((problem: unknown) => {
        if (!abort.signal.aborted) setError(problem);
      })
      .finally(() => {
        if (!abort.signal.aborted) reading.current = false;
      });
    return () => abort.abort();
  }, [read, round]);

  const go = useCallback(
    (place: Place, joined: (before: RunLines, window: RunLogWindow) => RunLines) => {
      const abort = current.current;
      if (!abort || reading.current) return;
      reading.current = true;
      read(place, abort.signal)
        .then((window) => setLoaded((before) => before && joined(before, window)))
        .catch((problem: unknown) => {
          if (!abort.signal.aborted) setError(problem);
        })
        .finally(() => {
          if (!abort.signal.aborted) reading.current = false;
        });
    },
    [read],
  );

  const after = loaded?.after ?? "";
  const following = Boolean(loaded?.atEnd && !loaded.isComplete);
  useEffect(() => {
    if (!following || error) return;
    const abort = new AbortController();
    const follow = async () => {
      let cursor = after;
      while (!abort.signal.aborted) {
        const window = await read({ cursor, wait_s: waitSeconds }, abort.signal);
        cursor = window.after;
        if (!window.lines.length && !window.is_complete) continue;
        setLoaded((before) => (before?.after === after ? withLater(before, window) : before));
        return;
      }
    };
    follow().catch((problem: unknown) => {
      if (!abort.signal.aborted) setError(problem);
    });
    return () => abort.abort();
  }, [following, error, after, read]);

  const older = useCallback(() => {
    if (loaded && !loaded.atStart) go({ cursor: loaded.before, backwards: true }, withEarlier);
  }, [loaded, go]);
  const newer = useCallback(() => {
    if (loaded && !loaded.atEnd) go({ cursor: loaded.after }, withLater);
  }, [loaded, go]);
  const open = useCallback((at: "head" | "tail") => setRound({ at }), []);
  const retry = useCallback(() => {
    setError(null);
    setRound((before) => ({ ...before }));
  }, []);
  return { loaded, error, following, open, older, newer, retry };
}
