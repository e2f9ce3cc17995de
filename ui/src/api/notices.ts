import type { QueryClient, QueryKey } from "@tanstack/react-query";
import type { Notice } from "./stream";

/**
 * Which cached answers a notice makes stale. Query keys begin with what they are about:
 *
 * | key                                              | holds                                         |
 * | ------------------------------------------------ | --------------------------------------------- |
 * | ["dags", …]                                      | lists of DAGs, counts over all of them        |
 * | ["dag", dag_id, …]                               | one DAG: details, grid, graph, calendar, code |
 * | ["runs", …]                                      | lists of runs across DAGs                     |
 * | ["run", dag_id, run_id, …]                       | one run                                       |
 * | ["tasks", …]                                     | lists of task instances across DAGs           |
 * | ["xcoms", …]                                     | lists of XComs across runs                    |
 * | ["task", dag_id, run_id, task_id, map_index, …]  | one task instance, its tries, XComs           |
 * | ["log", dag_id, run_id, task_id, map_index, …]   | its log                                       |
 * | ["home", …]                                      | the home page's digests                       |
 * | [kind + "s", …] for every other kind             | pools, assets, jobs, import_errors, backfills |
 */
export function staleKeys(notice: Notice): QueryKey[] {
  const { kind, dag_id: dag, run_id: run, task_id: task, map_index: map } = notice;
  const one = (...parts: (string | number | undefined)[]): QueryKey => {
    const end = parts.indexOf(undefined);
    return (end < 0 ? parts : parts.slice(0, end)) as QueryKey;
  };
  switch (kind) {
    case "log":
      return [one("log", dag, run, task, map)];
    case "task":
      return [
        ["dags"],
        ["home"],
        one("dag", dag),
        one("run", dag, run),
        ["tasks"],
        ["xcoms"],
        one("task", dag, run, task),
      ];
    case "run":
      return [["dags"], ["home"], one("dag", dag), ["runs"], one("run", dag, run)];
    case "dag":
      return [["dags"], ["home"], one("dag", dag)];
    case "health":
      return [["health"], ["home"]];
    case "import_error":
      return [["import_errors"], ["dags"], ["home"]];
    default:
      return [[`${kind}s`], ...(dag ? [one("dag", dag)] : [])];
  }
}

/** Applies a notice to the cache without asking the server; true when nothing of `key` needs to be fetched for it. */
export type Patch = (queries: QueryClient, notice: Notice) => readonly QueryKey[];

const patches = new Map<string, Set<Patch>>();

/**
 * Registers a patch for notices of `kind`. It answers with the query keys that it brought up to date itself; those are
 * not fetched again. Returns how to take it back.
 */
export function patchOn(kind: string, patch: Patch): () => void {
  const set = patches.get(kind) ?? new Set();
  patches.set(kind, set.add(patch));
  return () => set.delete(patch);
}

/** Milliseconds between two fetches of the same key, however many notices come. */
export const refetchEveryMs = 400;

const text = (key: QueryKey) => JSON.stringify(key);

/** Collects notices and brings the cache up to date, at most once per frame. */
export class NoticeSink {
  readonly #queries: QueryClient;
  readonly #frame: (work: () => void) => void;
  readonly #now: () => number;
  #waiting: Notice[] = [];
  #scheduled = false;
  #fetched = new Map<string, number>();
  #later = new Map<string, QueryKey>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    queries: QueryClient,
    frame: (work: () => void) => void = (work) => {
      // A hidden tab gets no frames, and needs none: it catches up when it is looked at.
      if (document.visibilityState === "hidden") setTimeout(work, 1000);
      else requestAnimationFrame(work);
    },
    now: () => number = () => performance.now(),
  ) {
    this.#queries = queries;
    this.#frame = frame;
    this.#now = now;
  }

  add(notices: readonly Notice[]): void {
    this.#waiting.push(...notices);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#frame(() => this.#apply());
  }

  /** Everything shown is asked for again. */
  reset(): void {
    this.#waiting = [];
    void this.#queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  }

  #apply(): void {
    this.#scheduled = false;
    const notices = this.#waiting;
    this.#waiting = [];
    const stale = new Map<string, QueryKey>();
    for (const notice of notices) {
      const done = new Set<string>();
      for (const patch of patches.get(notice.kind) ?? []) {
        for (const key of patch(this.#queries, notice)) done.add(text(key));
      }
      for (const key of staleKeys(notice)) if (!done.has(text(key))) stale.set(text(key), key);
    }
    for (const [name, key] of stale) this.#refetch(name, key);
  }

  #refetch(name: string, key: QueryKey): void {
    const wait = (this.#fetched.get(name) ?? Number.NEGATIVE_INFINITY) + refetchEveryMs - this.#now();
    if (wait > 0) {
      this.#later.set(name, key);
      this.#timer ??= setTimeout(() => this.#flush(), wait);
      return;
    }
    this.#fetched.set(name, this.#now());
    void this.#queries.invalidateQueries({ queryKey: key });
  }

  #flush(): void {
    this.#timer = undefined;
    const later = [...this.#later];
    this.#later.clear();
    for (const [name, key] of later) this.#refetch(name, key);
  }
}
