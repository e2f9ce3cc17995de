import { type Match, match } from "./match";

/** In the order in which they are shown when nothing is typed. */
export const groups = ["recent", "action", "dag", "task", "run", "page", "setting"] as const;
export type Group = (typeof groups)[number];

export interface Item {
  /** Unique; also what "recent" remembers. */
  key: string;
  group: Group;
  label: string;
  /** Shown at the right, smaller. */
  detail?: string;
  /** Found by it, too, but not shown: the English word in the Korean palette, say. */
  keyword?: string;
  /** Why it cannot be done now, as the server says. */
  denied?: string;
  run: () => void;
}

export interface Hit {
  item: Item;
  match: Match;
}
export interface HitGroup {
  group: Group;
  hits: readonly Hit[];
}

const most = 8;

function found(item: Item, typed: string): Match | null {
  const own = match(item.label, typed);
  if (own) return own;
  for (const other of [item.keyword, item.detail]) {
    const hidden = other === undefined ? null : match(other, typed);
    // Not by scattered letters, of which nobody would see why; half of what the name itself would count.
    if (hidden && hidden.score >= 2) return { score: hidden.score / 2, at: [] };
  }
  return null;
}

/**
 * What is shown for what was typed: at most eight of a group, the best first, and the group with the best first. Nothing
 * typed: all groups in their own order. What the server found stays, even if we would not find it in the name.
 */
export function ranked(items: readonly Item[], typed: string): HitGroup[] {
  const nothing = typed.trim() === "";
  const byGroup = new Map<Group, Hit[]>();
  const seen = new Set<string>();
  for (const item of items) {
    if (seen.has(item.key)) continue;
    const fromServer = item.group === "dag" || item.group === "task" || item.group === "run";
    const fits = found(item, typed) ?? (fromServer ? { score: 0, at: [] } : null);
    if (!fits) continue;
    seen.add(item.key);
    byGroup.set(item.group, [...(byGroup.get(item.group) ?? []), { item, match: fits }]);
  }
  const shown = groups.flatMap((group) => {
    const hits = byGroup.get(group);
    if (!hits) return [];
    // Sorting keeps the order of equals, so recent ones stay newest first.
    if (!nothing) hits.sort((one, other) => other.match.score - one.match.score);
    return [{ group, hits: nothing && group !== "recent" ? hits : hits.slice(0, most) }];
  });
  if (nothing) return shown;
  const best = (group: HitGroup) => group.hits[0]?.match.score ?? 0;
  return shown.sort((one, other) => best(other) - best(one));
}

/** A text in pieces, every second one of them meant: ["", "et", "l_daily"] for "et" in "etl_daily". */
export function pieces(text: string, at: readonly number[]): string[] {
  const marked = new Set(at);
  const letters = [...text.normalize("NFC")];
  const out = [""];
  letters.forEach((letter, index) => {
    const wanted = marked.has(index);
    // Odd places are the marked ones.
    if (wanted !== (out.length % 2 === 0)) out.push("");
    out[out.length - 1] += letter;
  });
  return out;
}
