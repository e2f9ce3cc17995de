import { text } from "@/shared/search";

export interface AssetsSearch {
  q?: string;
  sort?: string;
}

export const assetsSearch = (search: Record<string, unknown>): AssetsSearch => ({
  ...text(search, "q"),
  ...text(search, "sort"),
});
