import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { openApp } from "@/test/app";
import { aSession, noSession } from "@/test/factories/session";
import { refusal, serve } from "@/test/server";
import { loginSearch } from "./search";

const pools = { "GET /ui/pools": { pools: [] } };
const fill = async (password: string) => {
  await userEvent.type(await screen.findByLabelText("User name"), "ada");
  await userEvent.type(screen.getByLabelText("Password"), password);
  await userEvent.click(screen.getByRole("button", { name: "Log in" }));
};

describe("the login page", () => {
  it("is where a page leads that needs a login, and leads back to it, with its search", async () => {
    serve({ "GET /ui/session": noSession(), "POST /ui/session": aSession(), ...pools });
    const { location } = openApp("/pools?q=default");
    await fill("secret");
    await waitFor(() => expect(location().pathname).toBe("/pools"));
    expect(location().search).toEqual({ q: "default" });
  });

  it("shows the server's sentence for a wrong password, and keeps the name", async () => {
    serve({
      "GET /ui/session": noSession(),
      "POST /ui/session": refusal(401, "Wrong user name or password."),
    });
    const { location } = openApp("/login");
    await fill("wrong");
    expect((await screen.findByRole("alert")).textContent).toBe("Wrong user name or password.");
    expect(screen.getByLabelText<HTMLInputElement>("User name").value).toBe("ada");
    expect(location().pathname).toBe("/login");
  });

  it("is passed over by who is logged in already", async () => {
    serve({ "GET /ui/session": aSession(), ...pools });
    const { location } = openApp("/login?next=/pools");
    await waitFor(() => expect(location().pathname).toBe("/pools"));
  });

  it("offers the other ways in, which lead back, too", async () => {
    const oidc = [{ name: "corp", label: "Corp", url: "auth/oidc/corp" }];
    serve({ "GET /ui/session": noSession({ login: { password: false, oidc } }) });
    openApp("/login?next=%2Fpools");
    const link = await screen.findByRole<HTMLAnchorElement>("link", { name: /corp/i });
    const url = new URL(link.href);
    expect([url.pathname, url.searchParams.get("next")]).toEqual(["/auth/oidc/corp", "/pools"]);
    expect(screen.queryByLabelText("Password")).toBeNull();
  });

  it("says why a provider's login did not work, in its own words only", async () => {
    const oidc = [{ name: "corp", label: "Corp", url: "auth/oidc/corp" }];
    serve({ "GET /ui/session": noSession({ login: { password: true, oidc } }) });
    openApp("/login?error=expired");
    expect((await screen.findByRole("alert")).textContent).toContain("took too long");
    expect(loginSearch({ error: "Call 555-1234" })).toEqual({});
  });

  it("says so when there is no way in", async () => {
    serve({ "GET /ui/session": noSession({ login: { password: false, oidc: [] } }) });
    openApp("/login");
    expect((await screen.findByRole("alert")).textContent).not.toBe("");
  });
});

describe("where to go after the login", () => {
  it.each([
    ["/dags?q=a", "/dags?q=a"],
    ["https://evil.example/", undefined],
    ["//evil.example/", undefined],
    ["/\\evil.example/", undefined],
    ["dags", undefined],
    [5, undefined],
  ])("%s: %s", (next, expected) => {
    expect(loginSearch({ next }).next).toBe(expected);
  });
});
