import { describe, expect, it, vi } from "vitest";
import { json, refusal, serve } from "@/test/server";
import { data, setCsrfToken, ui, whenUnauthorized } from "./client";
import { ApiError, isUnreachable } from "./errors";

const list = () => data(ui.GET("/ui/pools"));
const logIn = () => data(ui.POST("/ui/session", { body: { username: "ada", password: "x" } }));
const change = () =>
  data(ui.POST("/ui/session/password", { body: { old_password: "a", new_password: "b" } }));
const failure = (request: Promise<unknown>) =>
  request.then(
    () => expect.fail("it was answered"),
    (error: unknown) => error as ApiError,
  );

describe("a request", () => {
  it("carries the session's token when it changes something, and only then", async () => {
    const server = serve({ "GET /ui/pools": { pools: [] }, "POST /ui/session/password": { changed: 1 } });
    setCsrfToken("token-7");
    await list();
    await change();
    expect(server.asked.map((asked) => asked.headers.get("X-CSRF-Token"))).toEqual([null, "token-7"]);
  });

  it("gives the server's sentence and the request's id when it is refused", async () => {
    serve({ "GET /ui/pools": json({ detail: "You may not read pools." }, 403, { "X-Request-Id": "r-1" }) });
    const error = await failure(list());
    expect(error).toBeInstanceOf(ApiError);
    expect([error.status, error.detail, error.requestId]).toEqual([403, "You may not read pools.", "r-1"]);
  });

  it("gives status and reason when the answer holds no sentence", async () => {
    serve({ "GET /ui/pools": new Response("", { status: 502, statusText: "Bad Gateway" }) });
    expect((await failure(list())).detail).toBe("502 Bad Gateway");
  });

  it("is unreachable when there is no answer at all", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    const error = await failure(list());
    expect(isUnreachable(error)).toBe(true);
    expect(error.detail).toBe("Failed to fetch");
    vi.unstubAllGlobals();
  });

  it("that was given up stays a given-up one, not an error to be shown", async () => {
    const given = new DOMException("aborted", "AbortError");
    vi.stubGlobal("fetch", () => Promise.reject(given));
    expect(await failure(list())).toBe(given);
    vi.unstubAllGlobals();
  });
});

describe("the end of a session", () => {
  it("is told by every 401 but that of the login", async () => {
    serve({ "GET /ui/pools": refusal(401, "Log in."), "POST /ui/session": refusal(401, "Wrong password.") });
    const over = vi.fn();
    whenUnauthorized(over);
    expect((await failure(logIn())).detail).toBe("Wrong password.");
    expect(over).not.toHaveBeenCalled();
    await failure(list());
    expect(over).toHaveBeenCalledTimes(1);
    whenUnauthorized(() => {});
  });
});
