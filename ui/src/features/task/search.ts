import { integer, text } from "@/shared/search";

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
