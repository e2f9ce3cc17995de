import { readExtra } from "./extras";
import type { Connection } from "./queries";

type Shown = Pick<Connection, "conn_type" | "host" | "login" | "password" | "port" | "schema" | "extra">;

/** Safe within single quotes of a shell, too. */
const part = (text: string): string => encodeURIComponent(text).replaceAll("'", "%27");

/** The connection as an address, as Airflow writes it; secrets are the server's `***`. */
export function uriOf(connection: Shown): string {
  const { host, login, password, port, schema, extra } = connection;
  const type = connection.conn_type.toLowerCase().replaceAll("_", "-");
  const who = login || password ? `${part(login ?? "")}${password ? `:${password}` : ""}@` : "";
  const where = `${part(host ?? "")}${port ? `:${port}` : ""}`;
  const path = schema ? `/${part(schema)}` : "";
  const read = readExtra(extra ?? "");
  const values = read.ok ? Object.entries(read.value) : [];
  // Only plain texts are parameters of their own; anything else goes as one.
  const query = !extra?.trim()
    ? ""
    : read.ok && values.every(([, value]) => typeof value === "string")
      ? values.map(([name, value]) => `${part(name)}=${part(String(value))}`).join("&")
      : `__extra__=${part(extra)}`;
  return `${type}://${who}${where}${path}${query ? `${path ? "" : "/"}?${query}` : ""}`;
}

/** The connection as a JSON object, as `connections import` and `AIRFLOW_CONN_…` read it. */
export function jsonOf(connection: Shown): string {
  const { conn_type, host, login, password, port, schema, extra } = connection;
  const read = readExtra(extra ?? "");
  const told = {
    conn_type,
    host,
    login,
    password,
    port,
    schema,
    extra: extra?.trim() ? (read.ok ? read.value : extra) : null,
  };
  return JSON.stringify(Object.fromEntries(Object.entries(told).filter(([, value]) => value)), null, 2);
}

export const environmentName = (connectionId: string): string => `AIRFLOW_CONN_${connectionId.toUpperCase()}`;
