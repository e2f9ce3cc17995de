/** Every IANA zone that this browser knows, UTC among them. */
export const allZones = (): string[] => [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])].sort();

const plain = (text: string) =>
  text
    .toLowerCase()
    .replace(/[_/\s]+/g, " ")
    .trim();

/** Zones whose name holds every word typed, those in which a part of the name begins with it first. */
export function findZones(zones: readonly string[], typed: string): string[] {
  const words = plain(typed).split(" ").filter(Boolean);
  const found = zones.filter((zone) => words.every((word) => plain(zone).includes(word)));
  const starts = (zone: string) => words.every((word) => ` ${plain(zone)}`.includes(` ${word}`));
  return [...found.filter(starts), ...found.filter((zone) => !starts(zone))];
}

const remembered = 5;

/** The zones chosen by name, the newest first. */
export const withRecent = (recent: readonly string[], chosen: string): string[] =>
  [chosen, ...recent.filter((zone) => zone !== chosen)].slice(0, remembered);
