import { baseUrl } from "./base";
import { EventParser } from "./sse";

/** Something changed. What exactly, the server tells when asked: a notice carries names, not data. */
export interface Notice {
  seq: number;
  /** run, task, dag, asset, log, import_error, health, job, pool, backfill, … */
  kind: string;
  dag_id?: string;
  run_id?: string;
  task_id?: string;
  map_index?: number;
  state?: string | null;
  /** ISO 8601, UTC. */
  at?: string;
}

export type StreamStatus =
  /** Heartbeats come. */
  | { state: "live" }
  /** Opening, or silent for longer than a heartbeat: what is shown may be some seconds old. */
  | { state: "delayed" }
  /** Lost; `since` is when the last byte came. Tried again by itself. */
  | { state: "offline"; since: Date };

export interface StreamListener {
  notices(notices: readonly Notice[]): void;
  /** The server no longer knows what happened since we last heard: everything shown must be asked for again. */
  reset(): void;
  status(status: StreamStatus): void;
}

type Relayed =
  | { type: "notices"; notices: Notice[] }
  | { type: "reset"; seq: number }
  | { type: "status"; status: StreamStatus; seq: number }
  | { type: "hello" };

/** What the stream needs of the world; tests give their own. */
export interface StreamWorld {
  fetch: typeof fetch;
  locks: Pick<LockManager, "request"> | undefined;
  channel: (() => BroadcastChannel) | undefined;
  now: () => number;
}

const browser = (): StreamWorld => ({
  fetch: (input, init) => fetch(input, init),
  locks: typeof navigator !== "undefined" ? navigator.locks : undefined,
  channel:
    typeof BroadcastChannel !== "undefined" ? () => new BroadcastChannel("tradewind.stream") : undefined,
  now: () => Date.now(),
});

/** The server sends something at least every 15 s. */
export const silenceMs = 20_000;
const offlineAfterFailures = 2;

/** How long to wait after the n-th failure in a row (n from 1): 0.5 s doubling to 15 s, with up to a quarter less. */
export function backOffMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(15_000, 500 * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (1 - random() / 4));
}

/**
 * One event stream per browser. The tab that holds the lock reads it and relays to the others; when it closes, the next
 * takes over where it stopped. Without locks and channels every tab reads its own.
 */
export class Stream {
  readonly #listener: StreamListener;
  readonly #world: StreamWorld;
  readonly #stop = new AbortController();
  #channel: BroadcastChannel | undefined;
  #seq: number;
  #status: StreamStatus = { state: "delayed" };
  #leading = false;
  #wake: (() => void) | undefined;

  /** `since` is the last sequence number already reflected in what is shown; null starts at "now". */
  constructor(listener: StreamListener, since: number | null = null, world: StreamWorld = browser()) {
    this.#listener = listener;
    this.#world = world;
    this.#seq = since ?? -1;
  }

  start(): void {
    const { channel, locks } = this.#world;
    if (!channel || !locks) {
      void this.#read();
      return;
    }
    this.#channel = channel();
    this.#channel.onmessage = (message: MessageEvent<Relayed>) => this.#relayed(message.data);
    this.#channel.postMessage({ type: "hello" } satisfies Relayed);
    locks
      .request("tradewind.stream", { signal: this.#stop.signal }, async () => {
        this.#leading = true;
        await this.#read();
      })
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) throw error;
      });
  }

  close(): void {
    this.#stop.abort();
    this.#channel?.close();
    this.#wake?.();
  }

  /** Tries at once instead of waiting (the network came back, the tab was looked at). */
  retryNow(): void {
    this.#wake?.();
  }

  #relayed(message: Relayed): void {
    if (message.type === "hello") {
      if (this.#leading) this.#relay({ type: "status", status: this.#status, seq: this.#seq });
      return;
    }
    if (this.#leading) return;
    if (message.type === "notices") this.#notices(message.notices);
    else if (message.type === "reset") {
      // May be smaller than ours: the server was set up anew, and counts from the beginning.
      this.#seq = message.seq;
      this.#listener.reset();
    } else {
      this.#seq = Math.max(this.#seq, message.seq);
      this.#setStatus(message.status);
    }
  }

  #relay(message: Relayed): void {
    if (this.#leading) this.#channel?.postMessage(message);
  }

  #notices(notices: readonly Notice[]): void {
    const fresh = notices.filter((notice) => notice.seq > this.#seq);
    const last = fresh.at(-1);
    if (!last) return;
    this.#seq = last.seq;
    this.#listener.notices(fresh);
    this.#relay({ type: "notices", notices: [...fresh] });
  }

  #setStatus(status: StreamStatus): void {
    const before = this.#status;
    this.#status = status;
    this.#relay({ type: "status", status, seq: this.#seq });
    if (before.state === status.state && status.state !== "offline") return;
    this.#listener.status(status);
  }

  async #read(): Promise<void> {
    let failures = 0;
    let lastByte = this.#world.now();
    while (!this.#stop.signal.aborted) {
      const connection = new AbortController();
      const stop = () => connection.abort();
      this.#stop.signal.addEventListener("abort", stop);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const heard = () => {
        lastByte = this.#world.now();
        clearTimeout(timer);
        timer = setTimeout(stop, silenceMs);
      };
      try {
        timer = setTimeout(stop, silenceMs);
        const url = new URL("ui/stream", baseUrl);
        const headers: Record<string, string> = { Accept: "text/event-stream" };
        if (this.#seq >= 0) {
          url.searchParams.set("since", String(this.#seq));
          headers["Last-Event-ID"] = String(this.#seq);
        }
        const response = await this.#world.fetch(url, {
          headers,
          signal: connection.signal,
          credentials: "same-origin",
          cache: "no-store",
        });
        if (!response.ok || !response.body) throw new Error(`${response.status}`);
        heard();
        failures = 0;
        this.#setStatus({ state: "live" });
        const parser = new EventParser();
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          heard();
          this.#take(parser.feed(value));
          this.#reached(parser.lastId);
        }
      } catch {
        failures += 1;
      } finally {
        clearTimeout(timer);
        this.#stop.signal.removeEventListener("abort", stop);
      }
      if (this.#stop.signal.aborted) return;
      this.#setStatus(
        failures >= offlineAfterFailures
          ? { state: "offline", since: new Date(lastByte) }
          : { state: "delayed" },
      );
      await this.#pause(backOffMs(Math.max(1, failures)));
    }
  }

  #take(events: ReturnType<EventParser["feed"]>): void {
    let batch: Notice[] = [];
    for (const event of events) {
      const seq = event.id === null ? Number.NaN : Number(event.id);
      if (event.event === "reset") {
        if (batch.length) this.#notices(batch);
        batch = [];
        if (Number.isFinite(seq)) this.#seq = seq;
        this.#listener.reset();
        this.#relay({ type: "reset", seq: this.#seq });
        continue;
      }
      const notice = JSON.parse(event.data) as Notice;
      batch.push(Number.isFinite(seq) ? { ...notice, seq } : notice);
    }
    if (batch.length) this.#notices(batch);
  }

  /** Everything up to this number is told, though perhaps none of it was for us. */
  #reached(id: string | null): void {
    const seq = id === null ? Number.NaN : Number(id);
    if (!(seq > this.#seq)) return;
    this.#seq = seq;
    this.#relay({ type: "status", status: this.#status, seq });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const wake = () => {
        clearTimeout(timer);
        done();
      };
      function done() {
        resolve();
      }
      this.#wake = wake;
    });
  }
}
