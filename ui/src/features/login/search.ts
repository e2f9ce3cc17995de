/** Where to go afterwards: an address of ours, never another site's. */
export interface LoginSearch {
  next?: string;
}

export function loginSearch(search: Record<string, unknown>): LoginSearch {
  const { next } = search;
  return typeof next === "string" && /^\/(?![/\\])/.test(next) ? { next } : {};
}
