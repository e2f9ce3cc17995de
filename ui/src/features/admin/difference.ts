import type { AuditRow } from "./queries";

export interface Change {
  name: string;
  /** Null: there was nothing. */
  before: string | null;
  after: string | null;
  differs: boolean;
}

const text = (value: unknown): string | null =>
  value === undefined || value === null ? null : typeof value === "string" ? value : JSON.stringify(value);

/** Every field that the entry tells of, as texts, in the order in which it tells them. */
export function changesOf({ before, after }: Pick<AuditRow, "before" | "after">): Change[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names.map((name) => {
    const [old, next] = [text(before?.[name]), text(after?.[name])];
    return { name, before: old, after: next, differs: old !== next };
  });
}

/** What differs, in one line: name: before → after. */
export const difference = (row: Pick<AuditRow, "before" | "after">): string =>
  changesOf(row)
    .filter((change) => change.differs)
    .map(({ name, before, after }) =>
      before === null ? `${name}: ${after}` : `${name}: ${before} → ${after ?? "–"}`,
    )
    .join(", ");

const subjects = ["name", "key", "conn_id", "connection_id", "username"];

/** What it was done to, when that is no DAG: the pool, the variable, the user. */
export function subjectOf({ before, after }: Pick<AuditRow, "before" | "after">): string | null {
  const told = { ...before, ...after };
  const name = subjects.find((one) => typeof told[one] === "string");
  return name ? String(told[name]) : null;
}
