import createClient, { type Middleware } from "openapi-fetch";
import { baseUrl } from "./base";
import { ApiError, sentenceOf } from "./errors";
import type { paths as UiPaths } from "./gen/ui";
import type { paths as V2Paths } from "./gen/v2";

let csrfToken = "";
let onUnauthorized: () => void = () => {};

/** The token that every changing request must carry; each session answer brings it. */
export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/** What to do when the server says that the session is over (the app goes to the login page and comes back). */
export function whenUnauthorized(action: () => void): void {
  onUnauthorized = action;
}

const safe = new Set(["GET", "HEAD", "OPTIONS"]);

const session: Middleware = {
  onRequest({ request }) {
    if (!safe.has(request.method)) request.headers.set("X-CSRF-Token", csrfToken);
    return request;
  },
  onResponse({ request, response }) {
    // A refused login is an answer for the form, not the end of a session.
    if (response.status === 401 && !new URL(request.url).pathname.endsWith("/ui/session")) onUnauthorized();
    return response;
  },
};

const options = { baseUrl, credentials: "same-origin" as const, fetch: (request: Request) => fetch(request) };

/** The routes of the UI: `openapi/ui.json`. */
export const ui = createClient<UiPaths>(options);
/** Airflow's REST API, version 2, as far as pages use it: `openapi/v2.json`. */
export const v2 = createClient<V2Paths>(options);
ui.use(session);
v2.use(session);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * The data of an answer, or the {@link ApiError} that a page shows:
 * `data(ui.GET("/ui/dags", { params, signal }))`.
 */
export async function data<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await request;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, error instanceof Error ? error.message : String(error));
  }
  const { response } = answer;
  if (response.ok) return answer.data as T;
  const detail = sentenceOf(answer.error) ?? `${response.status} ${response.statusText}`;
  throw new ApiError(response.status, detail, response.headers.get("x-request-id"), answer.error);
}
