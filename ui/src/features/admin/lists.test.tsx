import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { openApp } from "@/test/app";
import { aSession } from "@/test/factories/session";
import { refusal, serve, type TestServer } from "@/test/server";

const all = ["read", "edit", "create", "delete"].flatMap((action) =>
  ["Variables", "Connections", "Pools", "Users", "Roles", "Audit Logs"].map((on) => `can_${action} on ${on}`),
);
let server: TestServer;
beforeEach(() => {
  server = serve({ "GET /ui/session": aSession({ permissions: all }) });
});

const aVariable = (key: string, value: string) => ({
  key,
  value,
  description: null,
  is_encrypted: true,
  team_name: null,
});
const aConnection = (connection_id: string) => ({
  connection_id,
  conn_type: "postgres",
  description: null,
  host: "db",
  login: "etl",
  schema: null,
  port: 5432,
  password: "***",
  extra: null,
  team_name: null,
});
const anEntry = (id: number, event: string) => ({
  id,
  at: "2026-11-26T10:00:00Z",
  who: "ada",
  event,
  dag_id: null,
  run_id: null,
  task_id: null,
  map_index: null,
  address: "10.0.0.1",
  before: { name: "db", slots: 4 },
  after: { name: "db", slots: 6 },
});
const aUser = (username: string) => ({
  username,
  first_name: "",
  last_name: "",
  email: `${username}@example.org`,
  roles: ["Viewer"],
  active: true,
  created_at: "2026-11-26T10:00:00Z",
  last_login_at: null,
  login_count: 0,
  failed_login_count: 0,
  sessions: 0,
});
const anOption = (option: string, source: string) => ({
  section: "core",
  option,
  value: "1",
  default: "2",
  source,
  has_effect: true,
  description: "",
  environment_name: `AIRFLOW__CORE__${option.toUpperCase()}`,
});

const lists = [
  ["/variables", "GET /api/v2/variables", { variables: [], total_entries: 0 }, "No variables"],
  ["/connections", "GET /api/v2/connections", { connections: [], total_entries: 0 }, "No connections"],
  ["/audit", "GET /ui/audit", { entries: [], next_cursor: null }, "Nothing was done yet"],
  ["/import-errors", "GET /ui/import-errors", { errors: [] }, "All DAG files can be imported"],
  ["/providers", "GET /api/v2/providers", { providers: [], total_entries: 0 }, "No provider packages"],
  ["/plugins", "GET /api/v2/plugins", { plugins: [], total_entries: 0 }, "No plugins"],
  ["/configuration", "GET /ui/config", { options: [], file: "airflow.cfg" }, "No option fits"],
  ["/assets", "GET /ui/assets", { assets: [] }, "No assets"],
  ["/users", "GET /ui/users", { users: [] }, "Nothing fits this search"],
] as const;

describe.each(lists)("%s", (address, what, empty, title) => {
  it("is busy until the answer comes", async () => {
    let give: (answer: unknown) => void = () => {};
    server.answer(what, () => new Promise((resolve) => (give = resolve)));
    openApp(address);
    await waitFor(() => expect(document.querySelector("main [aria-busy=true]")).toBeTruthy());
    await waitFor(() => expect(server.of(what)).toHaveLength(1));
    give(empty);
    await screen.findByRole("heading", { level: 2, name: title });
    expect(document.querySelector("main [aria-busy=true]")).toBeNull();
  });

  it("shows the server's sentence, and tries again", async () => {
    server.answer(what, refusal(403, "You may not see this. Ask an administrator."));
    openApp(address);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("You may not see this. Ask an administrator.");
    server.answer(what, empty);
    await userEvent.click(within(alert).getByRole("button", { name: "Try again" }));
    await screen.findByRole("heading", { level: 2, name: title });
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("says what it means that nothing is there", async () => {
    server.answer(what, empty);
    openApp(address);
    await screen.findByRole("heading", { level: 2, name: title });
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("variables", () => {
  const there = [aVariable("batch", "250"), aVariable("token", "***")];
  beforeEach(() => server.answer("GET /api/v2/variables", { variables: there, total_entries: 2 }));

  it("are searched through the address", async () => {
    const { location } = openApp("/variables?q=bat");
    await screen.findByText("batch");
    expect(screen.queryByText("token")).toBeNull();
    await userEvent.clear(screen.getByRole("textbox", { name: "Search" }));
    await screen.findByText("token");
    expect(location().search).toEqual({});
  });

  it("a hidden value stays hidden when only its description changes", async () => {
    server.answer("PATCH /api/v2/variables/token", there[1]);
    openApp("/variables?item=token");
    const dialog = await screen.findByRole("dialog", { name: "token" });
    await userEvent.type(within(dialog).getByRole("textbox", { name: "Description" }), "Of the API");
    await userEvent.click(within(dialog).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(server.of("PATCH /api/v2/variables/token")).toHaveLength(1));
    expect(server.of("PATCH /api/v2/variables/token")[0]?.body).toEqual({
      key: "token",
      value: "***",
      description: "Of the API",
    });
  });

  it("an import shows what it changes, and leaves hidden values alone", async () => {
    server.answer("PATCH /api/v2/variables", { create: { success: ["batch", "fresh"], errors: [] } });
    openApp("/variables");
    await userEvent.click(await screen.findByRole("button", { name: "Import" }));
    const dialog = await screen.findByRole("dialog", { name: "Import" });
    const text = JSON.stringify({ batch: "300", fresh: { a: 1 }, token: "***" });
    await userEvent.upload(
      within(dialog).getByLabelText("Choose a JSON file", { selector: "input" }),
      new File([text], "v.json"),
    );
    await within(dialog).findByText("hidden value: left out");
    await userEvent.click(within(dialog).getByRole("button", { name: "Import 2 variables" }));
    await waitFor(() => expect(server.of("PATCH /api/v2/variables")).toHaveLength(1));
    expect(server.of("PATCH /api/v2/variables")[0]?.body).toEqual({
      actions: [
        {
          action: "create",
          action_on_existence: "overwrite",
          entities: [
            { key: "batch", value: "300", description: null },
            { key: "fresh", value: '{"a":1}', description: null },
          ],
        },
      ],
    });
  });

  it("a file that is none is refused", async () => {
    openApp("/variables");
    await userEvent.click(await screen.findByRole("button", { name: "Import" }));
    const dialog = await screen.findByRole("dialog", { name: "Import" });
    await userEvent.upload(
      within(dialog).getByLabelText("Choose a JSON file", { selector: "input" }),
      new File(["a=1"], "v.json"),
    );
    expect((await within(dialog).findByRole("alert")).textContent).toContain("no file of variables");
  });
});

it("a connection is tested as it is stored, and as it is typed", async () => {
  server.answer("GET /api/v2/connections", { connections: [aConnection("dwh")], total_entries: 1 });
  server.answer("GET /ui/connection-types", {
    types: [
      {
        conn_type: "postgres",
        label: "Postgres",
        hook: "",
        can_test: true,
        fields: [{ name: "host", label: "Host", kind: "text", placeholder: "", is_extra: false }],
      },
    ],
  });
  server.answer("POST /api/v2/connections/test", { status: false, message: "No route to db." });
  openApp("/connections");
  await userEvent.click(await screen.findByRole("button", { name: "Test: dwh" }));
  await waitFor(() => expect(server.of("POST /api/v2/connections/test")).toHaveLength(1));
  expect(server.of("POST /api/v2/connections/test")[0]?.body).toEqual({
    connection_id: "dwh",
    conn_type: "postgres",
  });
  await userEvent.click(screen.getByRole("button", { name: "Edit: dwh" }));
  const dialog = await screen.findByRole("dialog", { name: "dwh" });
  const host = await within(dialog).findByRole("textbox", { name: "Host" });
  await userEvent.clear(host);
  await userEvent.type(host, "other");
  await userEvent.click(within(dialog).getByRole("button", { name: "Test" }));
  await within(dialog).findByText("No route to db.");
  const typed = server.of("POST /api/v2/connections/test")[1]?.body as Record<string, unknown>;
  expect(typed.host).toBe("other");
  expect(typed).not.toHaveProperty("password");
});

it("the audit log is filtered by the address, and an entry opens with what it changed", async () => {
  server.answer("GET /ui/audit", { entries: [anEntry(1, "pool.set")], next_cursor: null });
  openApp("/audit?who=ada&event=pool.set&from=2026-11-26T09%3A00");
  await userEvent.click(await screen.findByRole("button", { name: "pool.set" }));
  const dialog = await screen.findByRole("dialog");
  const row = within(dialog).getByRole("row", { name: "slots 4 6" });
  expect(row.dataset.differs).toBe("true");
  const { query } = server.of("GET /ui/audit")[0] as { query: URLSearchParams };
  expect(Object.fromEntries(query)).toMatchObject({
    who: "ada",
    event: "pool.set",
    after: "2026-11-26T09:00:00.000Z",
  });
});

it("users open by the address", async () => {
  server.answer("GET /ui/users", { users: [aUser("ada"), aUser("bob")] });
  server.answer("GET /ui/roles", { roles: [], actions: [], resources: [] });
  const { location } = openApp("/users?item=bob");
  const dialog = await screen.findByRole("dialog", { name: "bob" });
  await userEvent.click(within(dialog).getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(location().search).toEqual({}));
});

it("the configuration shows only what was changed, when the address says so", async () => {
  server.answer("GET /ui/config", {
    options: [anOption("parallelism", "environment"), anOption("executor", "default")],
    file: "airflow.cfg",
  });
  const { location } = openApp("/configuration?changed=true");
  await screen.findByText("parallelism");
  expect(screen.queryByText("executor")).toBeNull();
  await userEvent.click(screen.getByRole("switch", { name: "Only changed" }));
  await screen.findByText("executor");
  expect(location().search).toEqual({});
});
