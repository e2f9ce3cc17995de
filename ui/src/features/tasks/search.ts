import { flag, oneOf, text, words } from "@/shared/search";

export const taskSorts = ["run", "task_id", "start_date", "end_date", "duration_s"] as const;
const sorts = taskSorts.flatMap((name) => [name, `-${name}`] as const);
/** Filters by a part of a name, in the order in which they are shown. */
export const textFilters = ["task", "dag", "run", "operator", "pool", "queue", "host"] as const;

export type TasksSearch = { [K in (typeof textFilters)[number]]?: string } & {
  state?: string[];
  mapped?: boolean;
  /** Wall-clock times in the page's zone, "2026-11-26T09:00". */
  from?: string;
  until?: string;
  sort?: (typeof sorts)[number];
};

export const tasksSearch = (search: Record<string, unknown>): TasksSearch => ({
  ...Object.assign({}, ...textFilters.map((name) => text(search, name))),
  ...words(search, "state"),
  ...flag(search, "mapped"),
  ...text(search, "from"),
  ...text(search, "until"),
  ...oneOf(search, "sort", sorts),
});

/** The filters that are set; the order is none. */
export const filtersOf = ({ sort: _, ...filters }: TasksSearch): (keyof TasksSearch)[] =>
  Object.keys(filters) as (keyof TasksSearch)[];
