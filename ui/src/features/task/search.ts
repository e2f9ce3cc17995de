import { integer, text, words } from "@/shared/search";

export interface TaskSearch {
  /** Map index; absent for a task that is not mapped. */
  map?: number;
  tab?: string;
  try?: number;
}

export const taskSearch = (search: Record<string, unknown>): TaskSearch => ({
  ...integer(search, "map"),
  ...text(search, "tab"),
  ...integer(search, "try"),
});

export interface TasksSearch {
  q?: string;
  state?: string[];
  sort?: string;
}

export const tasksSearch = (search: Record<string, unknown>): TasksSearch => ({
  ...text(search, "q"),
  ...words(search, "state"),
  ...text(search, "sort"),
});
