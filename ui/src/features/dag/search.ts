import { integer, oneOf, text } from "@/shared/search";

export const dagViews = [
  "grid",
  "graph",
  "gantt",
  "calendar",
  "charts",
  "code",
  "runs",
  "backfills",
  "events",
  "details",
] as const;

/** What is looked at: the view, and the one selection that all views share. */
export interface DagSearch {
  view?: (typeof dagViews)[number];
  run?: string;
  task?: string;
  map?: number;
  tab?: string;
  try?: number;
}

export const dagSearch = (search: Record<string, unknown>): DagSearch => ({
  ...oneOf(search, "view", dagViews),
  ...text(search, "run"),
  ...text(search, "task"),
  ...integer(search, "map"),
  ...text(search, "tab"),
  ...integer(search, "try"),
});
