import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { openApp } from "@/test/app";
import { aSession } from "@/test/factories/session";
import { refusal, serve, type TestServer } from "@/test/server";
import type { XCom } from "./queries";

const path = "GET /ui/xcoms";
const anXCom = (more: Partial<XCom> = {}): XCom => ({
  dag_id: "etl",
  run_id: "manual__1",
  logical_date: null,
  task_id: "load",
  map_index: -1,
  key: "return_value",
  created_at: "2026-11-26T10:00:00Z",
  size: 14,
  text: '{"rows": 3142}',
  is_cut: false,
  ...more,
});
const aPage = (xcoms: XCom[]) => ({ xcoms, total: xcoms.length, is_more: false, next_cursor: null, seq: 1 });
let server: TestServer;
beforeEach(() => {
  server = serve({ "GET /ui/session": aSession() });
});

describe("the list of XComs", () => {
  it("shows a value as a tree", async () => {
    server.answer(path, aPage([anXCom()]));
    openApp("/xcoms?key=return");
    await userEvent.click(await screen.findByRole("button", { name: /return_value: .*rows/ }));
    const dialog = within(await screen.findByRole("dialog"));
    await dialog.findByText("3142");
    expect(server.of(path)[0]?.query.get("key")).toBe("return");
  });

  it("fetches a long value when it is opened", async () => {
    server.answer(path, aPage([anXCom({ is_cut: true, text: '["first', size: 5000 })]));
    server.answer("GET /ui/dags/etl/runs/manual__1/tasks/load/xcoms", {
      xcoms: [
        {
          key: "return_value",
          map_index: -1,
          created_at: null,
          size: 5000,
          value: ["first", "the end"],
          too_long: false,
        },
      ],
    });
    openApp("/xcoms");
    await userEvent.click(await screen.findByRole("button", { name: /Show the whole value/ }));
    await within(await screen.findByRole("dialog")).findByText(/the end/);
  });

  it("says that there are none, or none that fit", async () => {
    server.answer(path, aPage([]));
    openApp("/xcoms");
    await screen.findByText("No XComs yet");
    openApp("/xcoms?dag=nothing");
    await screen.findByText("No XCom fits the filters");
  });

  it("says what the server says when it fails", async () => {
    server.answer(path, refusal(403, "User 'ada' lacks the permission 'can_read on XComs'."));
    openApp("/xcoms");
    await screen.findByText(/lacks the permission/);
  });
});
