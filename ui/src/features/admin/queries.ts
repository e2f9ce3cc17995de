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
export type Provider = v2Components["schemas"]["ProviderResponse"];
export type Plugin = v2Components["schemas"]["PluginResponse"];
export type Variable = v2Components["schemas"]["VariableResponse"];

const pageSize = 100;

/** Every row of a list: the API gives at most 100 at once. */
export async function everyRow<R>(
  page: (offset: number, limit: number) => Promise<{ rows: R[]; total: number }>,
): Promise<R[]> {
  const rows: R[] = [];
  for (;;) {
    const found = await page(rows.length, pageSize);
    rows.push(...found.rows);
    if (!found.rows.length || rows.length >= found.total) return rows;
  }
}

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
    everyRow<Connection>(async (offset, limit) => {
      const query = { limit, offset, order_by: ["connection_id"] };
      const found = await data(v2.GET("/api/v2/connections", { params: { query }, signal }));
      return { rows: found.connections, total: found.total_entries };
    }),
});
export const variablesQuery = queryOptions({
  queryKey: ["variables", "list"],
  queryFn: ({ signal }) =>
    everyRow<Variable>(async (offset, limit) => {
      const query = { limit, offset, order_by: ["key"] };
      const found = await data(v2.GET("/api/v2/variables", { params: { query }, signal }));
      return { rows: found.variables, total: found.total_entries };
    }),
});
export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: ({ signal }) =>
    everyRow<Provider>(async (offset, limit) => {
      const found = await data(v2.GET("/api/v2/providers", { params: { query: { limit, offset } }, signal }));
      return { rows: found.providers, total: found.total_entries };
    }),
});
export const pluginsQuery = queryOptions({
  queryKey: ["plugins"],
  queryFn: ({ signal }) =>
    everyRow<Plugin>(async (offset, limit) => {
      const found = await data(v2.GET("/api/v2/plugins", { params: { query: { limit, offset } }, signal }));
      return { rows: found.plugins, total: found.total_entries };
    }),
});
