import { flag, text } from "@/shared/search";

/** What the lists of the administration keep in the address: filters, and the item that is open. */
export interface AdminSearch {
  q?: string;
  item?: string;
  /** Configuration: only what is not the default. */
  changed?: boolean;
  /** Audit log. */
  who?: string;
  event?: string;
  dag?: string;
  /** Wall-clock times in the page's zone, "2026-11-26T09:00". */
  from?: string;
  until?: string;
}

export const adminSearch = (search: Record<string, unknown>): AdminSearch => ({
  ...text(search, "q"),
  ...text(search, "item"),
  ...flag(search, "changed"),
  ...text(search, "who"),
  ...text(search, "event"),
  ...text(search, "dag"),
  ...text(search, "from"),
  ...text(search, "until"),
});

type Change = { [K in keyof AdminSearch]?: AdminSearch[K] | undefined };

/** `search` with some of it changed; what becomes undefined, empty or false leaves the address. */
export function changed(search: AdminSearch, change: Change): AdminSearch {
  const next = Object.entries({ ...search, ...change }).filter(([, value]) => value);
  return Object.fromEntries(next) as AdminSearch;
}
