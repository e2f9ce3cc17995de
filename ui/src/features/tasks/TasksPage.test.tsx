import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { openApp } from "@/test/app";
import { aSession } from "@/test/factories/session";
import { refusal, serve, type TestServer } from "@/test/server";
import type { InstanceRow } from "./queries";

const path = "GET /ui/task-instances";
const anInstance = (more: Partial<InstanceRow> = {}): InstanceRow => ({
  dag_id: "etl",
  run_id: "manual__1",
  logical_date: null,
  run_after: "2026-11-26T10:00:00Z",
  task_id: "load",
  map_index: -1,
  rendered_map_index: null,
  state: "failed",
  operator: "BashOperator",
  try_number: 1,
  max_tries: 0,
  pool: "default_pool",
  queue: "default",
  hostname: "worker-1",
  queued_at: null,
  start_date: "2026-11-26T10:00:00Z",
  end_date: "2026-11-26T10:00:09Z",
  duration_s: 9,
  note: null,
  actions: [
    { name: "clear", denied: null },
    { name: "mark_success", denied: null },
    { name: "mark_failed", denied: "It is in failed already." },
  ],
  ...more,
});
const aPage = (instances: InstanceRow[], more = {}) => ({
  instances,
  total: instances.length,
  is_more: false,
  next_cursor: null,
  seq: 1,
  ...more,
});
let server: TestServer;
beforeEach(() => {
  server = serve({ "GET /ui/session": aSession() });
});

describe("the list of task instances", () => {
  it("asks for what the address says, and keeps what is typed there", async () => {
    server.answer(path, aPage([anInstance()]));
    openApp("/task-instances?state=failed&host=worker&mapped=true&sort=-start_date");
    await screen.findByRole("link", { name: "load" });
    const asked = server.of(path)[0]?.query;
    expect(asked?.getAll("state")).toEqual(["failed"]);
    expect(asked?.get("host")).toBe("worker");
    expect(asked?.get("only_mapped")).toBe("true");
    expect([asked?.get("order_by"), asked?.get("descending")]).toEqual(["start_date", "true"]);
    await userEvent.type(screen.getByRole("textbox", { name: "Task" }), "lo");
    await waitFor(() => expect(server.of(path).at(-1)?.query.get("task")).toBe("lo"));
    await userEvent.click(screen.getByRole("button", { name: "Clear filters" }));
    await waitFor(() => expect(server.of(path).at(-1)?.query.get("state")).toBeNull());
  });

  it("offers for the chosen ones what the server allows, with its preview", async () => {
    server.answer(path, aPage([anInstance(), anInstance({ task_id: "each", map_index: 2 })]));
    server.answer("POST /ui/dags/etl/clear", {
      runs: [],
      total: 2,
      running: 0,
      succeeded: 0,
      warnings: [],
      done: false,
    });
    openApp("/task-instances");
    await userEvent.click(await screen.findByRole("checkbox", { name: "Select all shown" }));
    const bar = within(screen.getByRole("toolbar", { name: "Selection" }));
    expect(bar.queryByRole("button", { name: "Mark as failed" })).toBeNull();
    await userEvent.click(bar.getByRole("button", { name: "Clear" }));
    await screen.findByRole("dialog");
  });

  it("acts on one DAG at a time, and says so", async () => {
    server.answer(path, aPage([anInstance(), anInstance({ dag_id: "other" })]));
    openApp("/task-instances");
    await userEvent.click(await screen.findByRole("checkbox", { name: "Select all shown" }));
    screen.getByText("Actions work on instances of one DAG at a time");
  });

  it("says that there are none, or none that fit", async () => {
    server.answer(path, aPage([]));
    openApp("/task-instances");
    await screen.findByText("No task instances yet");
    openApp("/task-instances?dag=nothing");
    await screen.findByText("No task instance fits the filters");
  });

  it("says what the server says when it fails", async () => {
    server.answer(path, refusal(404, "State 'done' does not exist."));
    openApp("/task-instances?state=done");
    await screen.findByText(/State 'done' does not exist/);
  });
});
