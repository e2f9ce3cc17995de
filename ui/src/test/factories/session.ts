import type { Session } from "@/api/session";

/** Somebody who may do everything, unless said otherwise. */
export const aSession = (more: Partial<Session> = {}): Session => ({
  user: {
    username: "ada",
    first_name: "Ada",
    last_name: "Lovelace",
    email: "ada@example.com",
    roles: ["Admin"],
  },
  csrf_token: "token-1",
  permissions: ["can_read on Website", "can_read on DAGs", "can_edit on DAGs"],
  pages: [
    "/",
    "/dags",
    "/runs",
    "/task-instances",
    "/xcoms",
    "/assets",
    "/audit",
    "/import-errors",
    "/connections",
    "/variables",
    "/pools",
    "/users",
    "/roles",
    "/status",
    "/configuration",
    "/providers",
    "/plugins",
  ],
  default_timezone: "UTC",
  default_ui_language: null,
  instance_name: "tradewind",
  version: "0.1.0",
  login: { password: true, oidc: [] },
  ...more,
});

/** Nobody is logged in, and the public sees nothing. */
export const noSession = (more: Partial<Session> = {}): Session =>
  aSession({ user: null, permissions: [], pages: [], ...more });
