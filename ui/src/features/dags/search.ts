import { flag, text, words } from "@/shared/search";

/** The list's filters and order, as the address holds them. */
export interface DagsSearch {
  /** The text of the search box, tokens and all. */
  q?: string;
  tag?: string[];
  paused?: boolean;
  sort?: string;
}

export const dagsSearch = (search: Record<string, unknown>): DagsSearch => ({
  ...text(search, "q"),
  ...words(search, "tag"),
  ...flag(search, "paused"),
  ...text(search, "sort"),
});
