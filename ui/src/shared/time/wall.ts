import { offsetMinutes } from "./format";

/**
 * A wall-clock time as `<input type="datetime-local">` gives it ("2026-03-29T02:30"), read in `zone`: ISO 8601 with the
 * offset of that moment. An hour that summer time skips is moved on by the gap; one that comes twice is the first. Null
 * when the text is no time.
 */
export function localToIso(local: string, zone: string): string | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?/.exec(local);
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const wall = Date.UTC(year, month - 1, day, hour, minute, Number.isNaN(second) ? 0 : second);
  if (Number.isNaN(wall)) return null;
  // The offset depends on the moment that is looked for: the one before a change of clocks is tried first.
  const before = wall - offsetMinutes(new Date(wall - 86_400_000), zone) * 60_000;
  const after = wall - offsetMinutes(new Date(wall + 86_400_000), zone) * 60_000;
  const matches = (at: number) => at + offsetMinutes(new Date(at), zone) * 60_000 === wall;
  const moment = matches(before) ? before : matches(after) ? after : before;
  return new Date(moment).toISOString();
}
