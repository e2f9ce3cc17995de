import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backOffMs, type Notice, Stream, type StreamStatus, type StreamWorld, silenceMs } from "./stream";

/** One request for the stream, and the server's end of its answer. */
class Connection {
  readonly url: URL;
  readonly headers: Headers;
  #answer: (response: Response) => void = () => {};
  #refuse: (reason: unknown) => void = () => {};
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly response: Promise<Response>;
  aborted = false;

  constructor(url: URL, init: RequestInit) {
    this.url = url;
    this.headers = new Headers(init.headers);
    this.response = new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#refuse = reject;
    });
    init.signal?.addEventListener("abort", () => {
      this.aborted = true;
      this.fail(new DOMException("aborted", "AbortError"));
    });
  }
  async open(status = 200): Promise<void> {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
      },
    });
    this.#answer(new Response(body, { status }));
    await settle();
  }
  async send(text: string): Promise<void> {
    this.#body?.enqueue(new TextEncoder().encode(text));
    await settle();
  }
  async end(): Promise<void> {
    this.#body?.close();
    await settle();
  }
  fail(reason: unknown = new TypeError("network")): void {
    this.#refuse(reason);
    this.#body?.error(reason);
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);

/** A browser: tabs that share locks and a channel, and a server that waits for the test. */
class Browser {
  connections: Connection[] = [];
  #waiting: (() => void)[] = [];
  #held = false;
  #channels = new Set<FakeChannel>();

  get last(): Connection {
    const last = this.connections.at(-1);
    if (!last) throw new Error("nobody connected");
    return last;
  }
  world(shared = true): StreamWorld {
    return {
      fetch: (input, init = {}) => {
        const connection = new Connection(input as URL, init);
        this.connections.push(connection);
        return connection.response;
      },
      locks: shared ? ({ request: this.#request } as unknown as LockManager) : undefined,
      channel: shared ? () => this.#channel() : undefined,
      now: () => Date.now(),
    };
  }
  #request = (_: string, options: { signal: AbortSignal }, work: () => Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      const run = () => {
        this.#held = true;
        void work().then(() => {
          this.#held = false;
          resolve();
          this.#waiting.shift()?.();
        });
      };
      options.signal.addEventListener("abort", () => {
        if (!this.#waiting.includes(run)) return;
        this.#waiting = this.#waiting.filter((one) => one !== run);
        reject(options.signal.reason);
      });
      if (this.#held) this.#waiting.push(run);
      else run();
    });
  #channel(): BroadcastChannel {
    const channel = new FakeChannel(this.#channels);
    this.#channels.add(channel);
    return channel as unknown as BroadcastChannel;
  }
}

class FakeChannel {
  onmessage: ((message: { data: unknown }) => void) | undefined;
  readonly #others: Set<FakeChannel>;
  constructor(others: Set<FakeChannel>) {
    this.#others = others;
  }
  postMessage(data: unknown): void {
    const copy = structuredClone(data);
    for (const other of this.#others)
      if (other !== this) queueMicrotask(() => other.onmessage?.({ data: copy }));
  }
  close(): void {
    this.#others.delete(this);
  }
}

/** A tab and what it was told. */
class Tab {
  readonly seqs: number[] = [];
  readonly statuses: StreamStatus[] = [];
  resets = 0;
  readonly stream: Stream;
  constructor(world: StreamWorld, since: number | null = null) {
    this.stream = new Stream(
      {
        notices: (notices: readonly Notice[]) => this.seqs.push(...notices.map((notice) => notice.seq)),
        reset: () => {
          this.resets += 1;
        },
        status: (status) => this.statuses.push(status),
      },
      since,
      world,
    );
    this.stream.start();
  }
  get states(): string[] {
    return this.statuses.map((status) => status.state);
  }
}

const notice = (seq: number) => `id: ${seq}\ndata: {"kind": "run", "dag_id": "d"}\n\n`;
const reset = (seq: number) => `event: reset\nid: ${seq}\ndata: {"seq": ${seq}, "kind": "reset"}\n\n`;
const beat = ": beat\n\n";

let browser: Browser;
let tabs: Tab[];
const openTab = async (since: number | null = null, shared = true): Promise<Tab> => {
  const tab = new Tab(browser.world(shared), since);
  tabs.push(tab);
  await settle();
  return tab;
};

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-03-01T00:00:00Z") });
  browser = new Browser();
  tabs = [];
});
afterEach(() => {
  for (const tab of tabs) tab.stream.close();
  vi.useRealTimers();
});

describe("one tab", () => {
  it("starts at now, and tells what comes with the number that the server gave it", async () => {
    const tab = await openTab();
    expect(browser.last.url.pathname).toBe("/ui/stream");
    expect(browser.last.url.searchParams.has("since")).toBe(false);
    await browser.last.open();
    await browser.last.send(notice(7) + notice(8));
    expect(tab.seqs).toEqual([7, 8]);
    expect(tab.states).toEqual(["live"]);
  });

  it("goes on where it stood when it had heard nothing at all", async () => {
    const tab = await openTab();
    await browser.last.open();
    await browser.last.send(": beat\nid: 41\n\n");
    await browser.last.end();
    await vi.advanceTimersByTimeAsync(backOffMs(1, () => 0));
    expect(browser.last.url.searchParams.get("since")).toBe("41");
    expect(tab.seqs).toEqual([]);
  });

  it("goes on where it stopped, and tells nothing twice", async () => {
    const tab = await openTab();
    await browser.last.open();
    await browser.last.send(notice(7));
    await browser.last.end();
    expect(tab.states).toEqual(["live", "delayed"]);
    await vi.advanceTimersByTimeAsync(backOffMs(1, () => 0));
    expect(browser.connections).toHaveLength(2);
    expect(browser.last.url.searchParams.get("since")).toBe("7");
    expect(browser.last.headers.get("Last-Event-ID")).toBe("7");
    await browser.last.open();
    await browser.last.send(notice(7) + notice(8));
    expect(tab.seqs).toEqual([7, 8]);
    expect(tab.states).toEqual(["live", "delayed", "live"]);
  });

  it("gives up a connection that is silent for longer than two heartbeats should take", async () => {
    const tab = await openTab();
    await browser.last.open();
    await vi.advanceTimersByTimeAsync(silenceMs - 1);
    await browser.last.send(beat);
    await vi.advanceTimersByTimeAsync(silenceMs - 1);
    expect(browser.last.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(browser.last.aborted).toBe(true);
    expect(tab.states).toEqual(["live", "delayed"]);
    await vi.advanceTimersByTimeAsync(backOffMs(1, () => 0));
    expect(browser.connections).toHaveLength(2);
  });

  it("says since when it is offline after two failures, and comes back", async () => {
    const tab = await openTab();
    await browser.last.open();
    await vi.advanceTimersByTimeAsync(4_000);
    await browser.last.send(beat);
    browser.last.fail();
    await vi.advanceTimersByTimeAsync(backOffMs(1, () => 0));
    browser.last.fail();
    await settle();
    expect(tab.statuses.at(-1)).toEqual({ state: "offline", since: new Date("2026-03-01T00:00:04Z") });
    await vi.advanceTimersByTimeAsync(backOffMs(2, () => 0));
    await browser.last.open();
    expect(tab.states).toEqual(["live", "delayed", "offline", "live"]);
  });

  it("counts a refusal as a failure", async () => {
    const tab = await openTab();
    for (let failures = 1; failures <= 2; failures++) {
      await browser.last.open(503);
      await vi.advanceTimersByTimeAsync(backOffMs(failures, () => 0));
    }
    expect(tab.states).toEqual(["offline"]);
    expect(browser.connections).toHaveLength(3);
  });

  it("tries at once when asked to", async () => {
    const tab = await openTab();
    browser.last.fail();
    await settle();
    expect(browser.connections).toHaveLength(1);
    tab.stream.retryNow();
    await settle();
    expect(browser.connections).toHaveLength(2);
  });

  it("asks nothing more once it is closed", async () => {
    const tab = await openTab();
    await browser.last.open();
    tab.stream.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(browser.last.aborted).toBe(true);
    expect(browser.connections).toHaveLength(1);
    expect(tab.states).toEqual(["live"]);
  });

  it("tells what came before a reset, then the reset, and goes on from its number", async () => {
    const tab = await openTab(40);
    await browser.last.open();
    await browser.last.send(notice(41) + reset(3) + notice(4));
    expect(tab.seqs).toEqual([41, 4]);
    expect(tab.resets).toBe(1);
    await browser.last.end();
    await vi.advanceTimersByTimeAsync(backOffMs(1, () => 0));
    expect(browser.last.url.searchParams.get("since")).toBe("4");
  });
});

describe("several tabs", () => {
  it("share one connection", async () => {
    const leader = await openTab();
    const follower = await openTab();
    expect(browser.connections).toHaveLength(1);
    await browser.last.open();
    await browser.last.send(notice(5));
    expect(leader.seqs).toEqual([5]);
    expect(follower.seqs).toEqual([5]);
    expect(follower.states).toEqual(["live"]);
  });

  it("tell a new one how things are", async () => {
    await openTab();
    await browser.last.open();
    const late = await openTab();
    expect(late.states).toEqual(["live"]);
  });

  it("go on where the leader stopped when it is closed", async () => {
    const leader = await openTab();
    const follower = await openTab();
    await browser.last.open();
    await browser.last.send(notice(5));
    leader.stream.close();
    await settle();
    expect(browser.connections).toHaveLength(2);
    expect(browser.last.url.searchParams.get("since")).toBe("5");
    await browser.last.open();
    await browser.last.send(notice(6));
    expect(follower.seqs).toEqual([5, 6]);
    expect(leader.seqs).toEqual([5]);
  });

  it("hear notices with smaller numbers after a reset, in every tab", async () => {
    const leader = await openTab();
    const follower = await openTab();
    await browser.last.open();
    await browser.last.send(notice(900));
    await browser.last.send(reset(3));
    await browser.last.send(notice(4));
    expect(leader.seqs).toEqual([900, 4]);
    expect(follower.seqs).toEqual([900, 4]);
    expect(follower.resets).toBe(1);
    leader.stream.close();
    await settle();
    expect(browser.last.url.searchParams.get("since")).toBe("4");
  });

  it("that were closed while they waited never connect", async () => {
    const leader = await openTab();
    const follower = await openTab();
    follower.stream.close();
    leader.stream.close();
    await settle();
    expect(browser.connections).toHaveLength(1);
  });

  it("read each for itself where there are no locks", async () => {
    await openTab(null, false);
    await openTab(null, false);
    expect(browser.connections).toHaveLength(2);
  });
});

describe("the pause before another try", () => {
  it.each([
    [1, 0, 500],
    [2, 0, 1000],
    [3, 1, 1500],
    [6, 0, 15_000],
    [60, 0, 15_000],
  ])("after %d failures with luck %d is %d ms", (failures, luck, expected) => {
    expect(backOffMs(failures, () => luck)).toBe(expected);
  });
});
