import { oneOf, text } from "@/shared/search";

export interface AssetsSearch {
  q?: string;
  view?: "list" | "graph";
  /** Node of the graph whose surroundings are shown. */
  focus?: string;
}

export const assetsSearch = (search: Record<string, unknown>): AssetsSearch => ({
  ...text(search, "q"),
  ...oneOf(search, "view", ["list", "graph"] as const),
  ...text(search, "focus"),
});
