export type Extra = { ok: true; value: Record<string, unknown> } | { ok: false };

/** The JSON object in a connection's `extra`; empty is an empty object. */
export function readExtra(text: string): Extra {
  if (!text.trim()) return { ok: true, value: {} };
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { ok: true, value: value as Record<string, unknown> }
      : { ok: false };
  } catch {
    return { ok: false };
  }
}

/** As it is written: nothing for an empty object; values of undefined are left out. */
export function extraText(value: Record<string, unknown>): string {
  const kept = Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
  return Object.keys(kept).length ? JSON.stringify(kept, null, 2) : "";
}
