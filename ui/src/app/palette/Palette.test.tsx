import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { writePreference } from "@/shared/preferences";
import { openApp } from "@/test/app";
import { aSession } from "@/test/factories/session";
import { refusal, serve, type TestServer } from "@/test/server";
import { visitKey, withVisit } from "./recent";

let server: TestServer;
let location: ReturnType<typeof openApp>["location"];
beforeEach(() => {
  writePreference("palette.recent", []);
  server = serve({
    "GET /ui/session": aSession(),
    "GET /ui/pools": { pools: [] },
    "GET /ui/palette": {
      hits: [
        {
          kind: "dag",
          dag_id: "etl_daily",
          run_id: null,
          task_id: null,
          label: "etl_daily",
          detail: "Sales",
        },
        {
          kind: "task",
          dag_id: "etl_daily",
          run_id: null,
          task_id: "load",
          label: "load",
          detail: "etl_daily",
        },
        {
          kind: "run",
          dag_id: "other",
          run_id: "etl_again",
          task_id: null,
          label: "etl_again",
          detail: "other",
        },
      ],
    },
  });
});
const open = async (address = "/pools") => {
  location = openApp(address).location;
  await screen.findByRole("main");
  await userEvent.keyboard("{Control>}k{/Control}");
  return screen.findByRole("combobox", { name: "Search or run a command" });
};
const options = () => screen.queryAllByRole("option").map((option) => option.textContent);

describe("the palette", () => {
  it("opens by the keyboard and by the button, with the focus in its box", async () => {
    const box = await open();
    await waitFor(() => expect(document.activeElement).toBe(box));
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("combobox")).toBeNull());
    await userEvent.click(screen.getByRole("button", { name: "Search or run a command" }));
    await screen.findByRole("combobox");
  });

  it("goes to a page that is typed in part", async () => {
    const box = await open();
    await userEvent.type(box, "vari");
    await waitFor(() => expect(options()[0]).toBe("Variables"));
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(location().pathname).toBe("/variables"));
    expect(screen.queryByRole("combobox")).toBeNull();
  });

  it("asks the server from the second letter on, and goes to what it found", async () => {
    const box = await open();
    await userEvent.type(box, "e");
    expect(server.of("GET /ui/palette")).toHaveLength(0);
    await userEvent.type(box, "tl");
    await waitFor(() => expect(options()).toContain("etl_againother"));
    expect(server.of("GET /ui/palette").at(-1)?.query.get("q")).toBe("etl");
    await userEvent.click(
      screen.getAllByRole("option").find((one) => one.textContent === "etl_againother") as HTMLElement,
    );
    await waitFor(() => expect(location().pathname).toBe("/dags/other/runs/etl_again"));
  });

  it("moves with the arrows, around the ends, and says which option is meant", async () => {
    const box = await open();
    const meant = () => document.getElementById(box.getAttribute("aria-activedescendant") ?? "")?.textContent;
    const [first, second] = options();
    expect(meant()).toBe(first);
    await userEvent.keyboard("{ArrowDown}");
    expect(meant()).toBe(second);
    await userEvent.keyboard("{ArrowUp}{ArrowUp}");
    expect(meant()).toBe(options().at(-1));
  });

  it("shows what was looked at before, but not what shows now", async () => {
    writePreference("palette.recent", [{ dagId: "etl_daily" }, { dagId: "hourly", runId: "r1" }]);
    await open("/dags/etl_daily");
    expect(options()[0]).toBe("r1hourly");
    expect(options()).not.toContain("etl_daily");
  });

  it("shows the server's sentence when the search is refused", async () => {
    server.answer("GET /ui/palette", refusal(403, "You may not read DAGs."));
    await userEvent.type(await open(), "zzzz");
    await screen.findByText("You may not read DAGs.");
  });

  it("says so when nothing is found", async () => {
    server.answer("GET /ui/palette", { hits: [] });
    await userEvent.type(await open(), "zzzz");
    await screen.findByText(/^Nothing found/);
    expect(options()).toEqual([]);
  });

  it("goes to the main pages by two keys, but not while somebody types", async () => {
    const box = await open();
    await userEvent.type(box, "gr");
    expect(location().pathname).toBe("/pools");
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("combobox")).toBeNull());
    await userEvent.keyboard("gr");
    await waitFor(() => expect(location().pathname).toBe("/runs"));
  });
});

describe("what was looked at", () => {
  it("comes newest first, each once, and twelve at most", () => {
    let visits = withVisit([], { dagId: "a" });
    visits = withVisit(visits, { dagId: "b" });
    visits = withVisit(visits, { dagId: "a" });
    expect(visits).toEqual([{ dagId: "a" }, { dagId: "b" }]);
    for (let n = 0; n < 20; n++) visits = withVisit(visits, { dagId: `d${n}` });
    expect(visits).toHaveLength(12);
    expect(visits[0]).toEqual({ dagId: "d19" });
  });
  it("tells a run from its DAG and its task", () => {
    const keys = [{ dagId: "d" }, { dagId: "d", runId: "r" }, { dagId: "d", runId: "r", taskId: "t" }].map(
      visitKey,
    );
    expect(new Set(keys).size).toBe(3);
  });
});
