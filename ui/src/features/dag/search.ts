import { integer, oneOf, text, words } from "@/shared/search";

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
export type DagView = (typeof dagViews)[number];

/** What is looked at: the view, and the one selection that all views share. */
export interface DagSearch {
  view?: DagView;
  run?: string;
  task?: string;
  map?: number;
  tab?: string;
  try?: number;
  /** How many runs the grid shows. */
  n?: number;
  type?: string[];
  state?: string[];
  version?: number;
  compare?: number;
}

export const dagSearch = (search: Record<string, unknown>): DagSearch => ({
  ...oneOf(search, "view", dagViews),
  ...text(search, "run"),
  ...text(search, "task"),
  ...integer(search, "map"),
  ...text(search, "tab"),
  ...integer(search, "try"),
  ...integer(search, "n"),
  ...words(search, "type"),
  ...words(search, "state"),
  ...integer(search, "version"),
  ...integer(search, "compare"),
});
