import { queryOptions } from "@tanstack/react-query";
import { data, ui, v2 } from "@/api/client";
import type { components } from "@/api/gen/ui";
import type { components as v2Components } from "@/api/gen/v2";

export type Pool = components["schemas"]["PoolRow"];
export type User = components["schemas"]["UserRow"];
export type Role = components["schemas"]["RoleRow"];
export type AuditRow = components["schemas"]["AuditRow"];
export type ConnectionType = components["schemas"]["ConnectionType"];
export type Connection = v2Components["schemas"]["ConnectionResponse"];
export type Variable = v2Components["schemas"]["VariableResponse"];

/** As many as the API gives at once; lists of settings are short. */
const most = 1000;

export const poolsQuery = queryOptions({
  queryKey: ["pools", "page"],
  queryFn: ({ signal }) => data(ui.GET("/ui/pools", { signal })),
});
export const importErrorsQuery = queryOptions({
  queryKey: ["import_errors", "list"],
  queryFn: ({ signal }) => data(ui.GET("/ui/import-errors", { signal })),
});
export const healthQuery = queryOptions({
  queryKey: ["health", "page"],
  queryFn: ({ signal }) => data(ui.GET("/ui/health", { signal })),
});
export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: ({ signal }) => data(ui.GET("/ui/config", { signal })),
});
export const usersQuery = queryOptions({
  queryKey: ["users", "list"],
  queryFn: ({ signal }) => data(ui.GET("/ui/users", { signal })),
});
export const rolesQuery = queryOptions({
  queryKey: ["users", "roles"],
  queryFn: ({ signal }) => data(ui.GET("/ui/roles", { signal })),
});
export const typesQuery = queryOptions({
  queryKey: ["connection-types"],
  queryFn: ({ signal }) => data(ui.GET("/ui/connection-types", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});
export const connectionsQuery = queryOptions({
  queryKey: ["connections", "list"],
  queryFn: ({ signal }) =>
    data(
      v2.GET("/api/v2/connections", {
        params: { query: { limit: most, order_by: ["connection_id"] } },
        signal,
      }),
    ),
});
export const variablesQuery = queryOptions({
  queryKey: ["variables", "list"],
  queryFn: ({ signal }) =>
    data(v2.GET("/api/v2/variables", { params: { query: { limit: most, order_by: ["key"] } }, signal })),
});
export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: ({ signal }) => data(v2.GET("/api/v2/providers", { params: { query: { limit: most } }, signal })),
});
export const pluginsQuery = queryOptions({
  queryKey: ["plugins"],
  queryFn: ({ signal }) => data(v2.GET("/api/v2/plugins", { params: { query: { limit: most } }, signal })),
});
