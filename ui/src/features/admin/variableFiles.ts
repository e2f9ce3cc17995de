import type { Variable } from "./queries";

/** What the server writes in the place of a secret. */
export const mask = "***";

export type Kind = "text" | "json" | "broken";

/** Whether a value is JSON: text that begins like an object or a list has to be. */
export function kindOf(value: string): Kind {
  if (!/^\s*[[{]/.test(value)) return "text";
  return parsed(value) === undefined ? "broken" : "json";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True when something of it is hidden, so that it cannot be taken elsewhere. */
export const isHidden = (value: string | null): boolean => value === null || value.includes(mask);

export interface FileRow {
  key: string;
  value: string;
  description: string | null;
}

/** What a file of variables holds: `{key: value}`, where a value may also be `{value, description}`. Null: no such file. */
export function readFile(text: string): FileRow[] | null {
  const found = parsed(text);
  if (typeof found !== "object" || found === null || Array.isArray(found)) return null;
  return Object.entries(found).map(([key, told]: [string, unknown]) => {
    if (isDescribed(told)) return { key, value: textOf(told.value), description: told.description ?? null };
    return { key, value: textOf(told), description: null };
  });
}

function isDescribed(told: unknown): told is { value: unknown; description?: string | null } {
  if (typeof told !== "object" || told === null || !("value" in told)) return false;
  const others = Object.keys(told).filter((name) => name !== "value" && name !== "description");
  return others.length === 0 && "description" in told;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The file that holds these variables; what is hidden cannot be in it. */
export function writeFile(variables: readonly Variable[]): string {
  const told = variables
    .filter((one) => !isHidden(one.value))
    .map((one) => [
      one.key,
      one.description ? { value: one.value, description: one.description } : one.value,
    ]);
  return `${JSON.stringify(Object.fromEntries(told), null, 2)}\n`;
}

export type Fate = "new" | "changed" | "same" | "hidden";

/** What importing the row would do to what is there. */
export function fateOf(row: FileRow, there: Variable | undefined): Fate {
  if (row.value.includes(mask)) return "hidden";
  if (!there) return "new";
  const same = there.value !== null && canonical(row.value) === canonical(there.value);
  return same && (row.description ?? there.description) === there.description ? "same" : "changed";
}

/** JSON without regard to spaces. */
function canonical(value: string): string {
  const found = kindOf(value) === "json" ? parsed(value) : undefined;
  return found === undefined ? value : JSON.stringify(found);
}
