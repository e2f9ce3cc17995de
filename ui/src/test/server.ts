import { afterEach, vi } from "vitest";

/** A request as the server would see it. */
export interface Asked {
  /** "GET /ui/dags": method and path, without the query. */
  what: string;
  query: URLSearchParams;
  headers: Headers;
  body: unknown;
}

/** A `Response`, or what becomes one with status 200; a function may look at the request. */
type Answer = unknown | ((asked: Asked) => unknown);

/** In the place of the network: answers by method and path, and remembers what it was asked. */
export class TestServer {
  readonly asked: Asked[] = [];
  readonly #answers = new Map<string, Answer>();

  /** `answer("GET /ui/dags", { dags: [] })`; a later answer for the same takes its place. */
  answer(what: string, answer: Answer): void {
    this.#answers.set(what, answer);
  }

  /** What was asked for this method and path, oldest first. */
  of(what: string): Asked[] {
    return this.asked.filter((asked) => asked.what === what);
  }

  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = input instanceof Request ? input : new Request(input, init);
    const url = new URL(request.url);
    // An open stream that tells nothing.
    if (url.pathname === "/ui/stream") return new Promise(() => {});
    const text = await request.clone().text();
    const asked: Asked = {
      what: `${request.method} ${decodeURIComponent(url.pathname)}`,
      query: url.searchParams,
      headers: request.headers,
      body: text ? JSON.parse(text) : undefined,
    };
    this.asked.push(asked);
    const answer = this.#answers.get(asked.what);
    if (answer === undefined) return refusal(404, `The test has no answer for ${asked.what}.`);
    const given: unknown = typeof answer === "function" ? await answer(asked) : answer;
    return given instanceof Response ? given : json(given);
  };
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });

export const refusal = (status: number, detail: string): Response => json({ detail }, status);

/** Puts a server in the place of the network until the end of the test. */
export function serve(answers: Readonly<Record<string, Answer>> = {}): TestServer {
  const server = new TestServer();
  for (const [what, answer] of Object.entries(answers)) server.answer(what, answer);
  vi.stubGlobal("fetch", server.fetch);
  return server;
}
afterEach(() => void vi.unstubAllGlobals());
