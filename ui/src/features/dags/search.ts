import { flag, oneOf, text, words } from "@/shared/search";

export const dagSorts = ["dag_id", "next_run", "last_run", "median_duration"] as const;
const sorts = dagSorts.flatMap((name) => [name, `-${name}`] as const);

/** The list's filters and order, as the address holds them. */
export interface DagsSearch {
  /** The text of the search box, tokens and all. */
  q?: string;
  tag?: string[];
  state?: string[];
  paused?: boolean;
  sort?: (typeof sorts)[number];
}

export const dagsSearch = (search: Record<string, unknown>): DagsSearch => ({
  ...text(search, "q"),
  ...words(search, "tag"),
  ...words(search, "state"),
  ...flag(search, "paused"),
  ...oneOf(search, "sort", sorts),
});

/** What the search box asks for: tokens (`tag:etl owner:kim state:failed paused:no folder:sales`) and the rest. */
export interface Asked {
  search: string;
  tag: string[];
  owner: string[];
  state: string[];
  folder: string | null;
  paused: boolean | null;
}

const yes = new Set(["yes", "true", "on", "1"]);

export function readTokens(box: string): Asked {
  const asked: Asked = { search: "", tag: [], owner: [], state: [], folder: null, paused: null };
  const rest: string[] = [];
  for (const word of box.split(/\s+/).filter(Boolean)) {
    const [, name, value] = /^(tag|owner|state|folder|paused):(.+)$/.exec(word) ?? [];
    if (name === "tag" || name === "owner" || name === "state") asked[name].push(value as string);
    else if (name === "folder") asked.folder = value as string;
    else if (name === "paused") asked.paused = yes.has((value as string).toLowerCase());
    else rest.push(word);
  }
  asked.search = rest.join(" ");
  return asked;
}
