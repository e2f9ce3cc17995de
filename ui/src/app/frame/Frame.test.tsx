import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { initialLanguage } from "@/app/language";
import { readPreference, writePreference } from "@/shared/preferences";
import { openApp } from "@/test/app";
import { aSession } from "@/test/factories/session";
import { refusal, serve, type TestServer } from "@/test/server";

let server: TestServer;
beforeEach(() => {
  for (const name of ["rail.folded", "language", "zone", "palette.recent"]) writePreference(name, null);
  writePreference("zone", "server");
  server = serve({
    "GET /ui/session": aSession({ default_timezone: "Asia/Seoul" }),
    "GET /ui/pools": { pools: [] },
  });
});
const rail = () =>
  screen.findAllByRole("navigation", { name: "Main navigation" }).then((all) => all[0] as HTMLElement);

describe("the frame", () => {
  it("leads to every section, and opens the one that shows", async () => {
    openApp("/pools");
    const links = within(await rail()).getAllByRole("link");
    expect(links.map((link) => link.getAttribute("href"))).toContain("/dags");
    expect(links.find((link) => link.getAttribute("href") === "/pools")?.dataset.active).toBe("true");
    expect(links.map((link) => link.getAttribute("href"))).not.toContain("/xcoms");
  });

  it("folds the rail on a DAG until the reader chose", async () => {
    openApp("/dags/etl");
    await userEvent.click(within(await rail()).getByRole("button", { name: "Unfold the menu" }));
    expect(within(await rail()).getByRole("button", { name: "Fold the menu" })).toBeTruthy();
    expect(readPreference("rail.folded", null)).toBe(false);
  });

  it("lets the keyboard skip to the page", async () => {
    openApp("/pools");
    await userEvent.click(await screen.findByText("Skip to content"));
    expect(document.activeElement).toBe(screen.getByRole("main"));
  });

  it("speaks the language that was chosen, at once and the next time", async () => {
    openApp("/pools");
    await userEvent.click(await screen.findByRole("button", { name: "Language: English" }));
    await userEvent.click(await screen.findByRole("menuitemradio", { name: "한국어" }));
    await screen.findByText("본문으로 건너뛰기");
    expect(document.documentElement.lang).toBe("ko");
    expect(initialLanguage()).toBe("ko");
  });

  it("names the zone of all times, the server's unless another is chosen", async () => {
    openApp("/pools");
    await userEvent.click(await screen.findByRole("button", { name: "Time zone: Asia/Seoul" }));
    await userEvent.click(await screen.findByRole("menuitemradio", { name: "UTC" }));
    await screen.findByRole("button", { name: "Time zone: UTC" });
  });

  it("shows a page of its own for an address that leads nowhere", async () => {
    openApp("/no/such/page");
    await screen.findByText("There is no such page");
  });

  it("logs out to the login page", async () => {
    server.answer("DELETE /ui/session", new Response(null, { status: 204 }));
    const { location } = openApp("/pools");
    await userEvent.click(await screen.findByRole("button", { name: "User menu: Ada Lovelace" }));
    server.answer("GET /ui/session", aSession({ user: null, permissions: [] }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Log out" }));
    await waitFor(() => expect(location().pathname).toBe("/login"));
  });
});

describe("sessions of the reader", () => {
  const aLogin = (session_id: string, is_current: boolean) => ({
    session_id,
    created_at: "2026-11-26T09:00:00Z",
    last_used_at: "2026-11-26T10:00:00Z",
    address: `10.0.0.${session_id}`,
    user_agent: "Firefox",
    is_current,
  });

  it("are listed, and another one than this can be ended", async () => {
    let there = [aLogin("1", true), aLogin("2", false)];
    server.answer("GET /ui/sessions", () => ({ sessions: there }));
    server.answer("DELETE /ui/sessions/2", () => {
      there = there.slice(0, 1);
      return new Response(null, { status: 204 });
    });
    openApp("/pools");
    await userEvent.click(await screen.findByRole("button", { name: /^User menu/ }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Sessions" }));
    const dialog = await screen.findByRole("dialog", { name: "Sessions" });
    await userEvent.click(
      await within(dialog).findByRole("button", { name: "End the session from 10.0.0.2" }),
    );
    await waitFor(() => expect(within(dialog).queryByText("10.0.0.2")).toBeNull());
    expect(within(dialog).getByText("10.0.0.1")).toBeTruthy();
    expect(within(dialog).queryByRole("button", { name: /^End/ })).toBeNull();
  });

  it("say what the server refuses", async () => {
    server.answer("GET /ui/sessions", refusal(503, "The database does not answer. Try again."));
    openApp("/pools");
    await userEvent.click(await screen.findByRole("button", { name: /^User menu/ }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Sessions" }));
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The database does not answer. Try again.");
  });

  it("shows no way to what the server does not let one open", async () => {
    server.answer("GET /ui/session", aSession({ pages: ["/", "/dags", "/pools"] }));
    openApp("/pools");
    const links = within(await rail()).getAllByRole("link");
    expect([...new Set(links.map((link) => link.getAttribute("href")))]).toEqual(["/", "/dags", "/pools"]);
  });

  it("lists every shortcut when ? is pressed", async () => {
    openApp("/pools");
    await rail();
    await userEvent.keyboard("{Shift>}?{/Shift}");
    const help = within(await screen.findByRole("dialog", { name: "Keyboard shortcuts" }));
    within(help.getByRole("region", { name: "Log" })).getByText("Wrap long lines");
    within(help.getByRole("region", { name: "Everywhere" })).getByText("Go to task instances");
  });

  it("offers every time zone by name, and remembers the one that was taken", async () => {
    writePreference("zone.recent", []);
    openApp("/pools");
    await userEvent.click(await screen.findByRole("button", { name: /^Time zone/ }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Another time zone…" }));
    await userEvent.type(
      await screen.findByRole("textbox", { name: "Search by city or region" }),
      "new york{Enter}",
    );
    await screen.findByRole("button", { name: "Time zone: America/New_York" });
    expect(readPreference("zone.recent", null)).toEqual(["America/New_York"]);
    writePreference("zone", "server");
  });
});
