import { text } from "@/shared/search";

export interface AssetsSearch {
  q?: string;
}

export const assetsSearch = (search: Record<string, unknown>): AssetsSearch => text(search, "q");
