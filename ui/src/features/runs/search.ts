import { text, words } from "@/shared/search";

export interface RunsSearch {
  q?: string;
  state?: string[];
  sort?: string;
}

export const runsSearch = (search: Record<string, unknown>): RunsSearch => ({
  ...text(search, "q"),
  ...words(search, "state"),
  ...text(search, "sort"),
});

export interface RunSearch {
  tab?: string;
}

export const runSearch = (search: Record<string, unknown>): RunSearch => text(search, "tab");
