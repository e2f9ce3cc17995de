import { oneOf, text } from "@/shared/search";

/** Filters by a part of a name, in the order in which they are shown. */
export const xcomFilters = ["key", "dag", "run", "task"] as const;
const sorts = ["run", "created_at", "key"].flatMap((name) => [name, `-${name}`] as const);

export type XComsSearch = { [K in (typeof xcomFilters)[number]]?: string } & { sort?: string };

export const xcomsSearch = (search: Record<string, unknown>): XComsSearch => ({
  ...Object.assign({}, ...xcomFilters.map((name) => text(search, name))),
  ...oneOf(search, "sort", sorts),
});
