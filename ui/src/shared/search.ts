/**
 * Readers of search parameters for a route's `validateSearch`. Each answers `{name: value}`, or `{}` when the address has
 * none or nonsense: a bad link shows the page without it, never an error.
 */
type Search = Readonly<Record<string, unknown>>;

export function text<N extends string>(search: Search, name: N): { [K in N]?: string } {
  const value = search[name];
  if (typeof value === "number" || typeof value === "boolean")
    return { [name]: String(value) } as { [K in N]?: string };
  return typeof value === "string" && value !== "" ? ({ [name]: value } as { [K in N]?: string }) : {};
}

export function integer<N extends string>(search: Search, name: N): { [K in N]?: number } {
  const value = typeof search[name] === "string" ? Number(search[name]) : search[name];
  return Number.isInteger(value) ? ({ [name]: value } as { [K in N]?: number }) : {};
}

export function flag<N extends string>(search: Search, name: N): { [K in N]?: boolean } {
  const value = search[name];
  if (value === true || value === "true" || value === "yes")
    return { [name]: true } as { [K in N]?: boolean };
  if (value === false || value === "false" || value === "no")
    return { [name]: false } as { [K in N]?: boolean };
  return {};
}

export function words<N extends string>(search: Search, name: N): { [K in N]?: string[] } {
  const value = search[name];
  const list = (Array.isArray(value) ? value : [value]).filter(
    (word) => typeof word === "string" && word !== "",
  );
  return list.length ? ({ [name]: list } as { [K in N]?: string[] }) : {};
}

export function oneOf<N extends string, T extends string>(
  search: Search,
  name: N,
  allowed: readonly T[],
): { [K in N]?: T } {
  const value = search[name];
  return allowed.includes(value as T) ? ({ [name]: value } as { [K in N]?: T }) : {};
}
