/** What kept a login by a provider from working; each has a sentence. */
export const loginErrors = ["refused", "expired", "unavailable", "not_admitted", "failed"] as const;
export type LoginError = (typeof loginErrors)[number];

export interface LoginSearch {
  /** Where to go afterwards: an address of ours, never another site's. */
  next?: string;
  error?: LoginError;
}

export function loginSearch(search: Record<string, unknown>): LoginSearch {
  const { next, error } = search;
  const known = loginErrors.find((one) => one === error);
  return {
    ...(typeof next === "string" && /^\/(?![/\\])/.test(next) ? { next } : {}),
    ...(known ? { error: known } : {}),
  };
}
