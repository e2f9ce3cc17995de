import { text } from "@/shared/search";

/** What every list of the administration has: a search, an order, and the item that is open. */
export interface AdminSearch {
  q?: string;
  sort?: string;
  item?: string;
}

export const adminSearch = (search: Record<string, unknown>): AdminSearch => ({
  ...text(search, "q"),
  ...text(search, "sort"),
  ...text(search, "item"),
});
