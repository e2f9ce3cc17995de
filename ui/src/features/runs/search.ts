import { oneOf, text, words } from "@/shared/search";
import type { RunLogFilter } from "@/shared/slots";

export const runSorts = ["run_after", "logical_date", "start_date", "duration"] as const;
const sorts = runSorts.flatMap((name) => [name, `-${name}`] as const);

export interface RunsSearch {
  q?: string;
  state?: string[];
  type?: string[];
  sort?: (typeof sorts)[number];
}

export const runsSearch = (search: Record<string, unknown>): RunsSearch => ({
  ...text(search, "q"),
  ...words(search, "state"),
  ...words(search, "type"),
  ...oneOf(search, "sort", sorts),
});

/** The tab, and what its log is filtered by. */
export interface RunSearch extends RunLogFilter {
  tab?: string;
}

export const runSearch = (search: Record<string, unknown>): RunSearch => ({
  ...text(search, "tab"),
  ...text(search, "q"),
  ...words(search, "level"),
  ...words(search, "task"),
});
