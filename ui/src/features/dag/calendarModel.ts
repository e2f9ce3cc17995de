import { type State, worstOf } from "@/shared/state/states";
import type { CalendarDay } from "./queries";

/** "2026-11-26" as a day number, and back; no zone is involved. */
export const dayNumber = (date: string): number => Math.floor(Date.parse(`${date}T00:00:00Z`) / 86_400_000);
export const dateOf = (number: number): string => new Date(number * 86_400_000).toISOString().slice(0, 10);
/** Monday is 0. */
export const weekday = (number: number): number => (((number + 3) % 7) + 7) % 7;

/** What stands for a day: the worst state of its runs; null when nothing ran. `planned` alone is no state. */
export function stateOf(day: CalendarDay | undefined): State | null {
  const names = Object.keys(day?.counts ?? {}).filter((name) => name !== "planned");
  return names.length ? worstOf(names as State[]) : null;
}

export interface Week {
  /** Day numbers, Monday first; null outside of the shown range. */
  days: (number | null)[];
  /** The month that begins in this week, 1 to 12. */
  month: number | null;
}

/** Weeks from the one of `first` to the one of `last`. */
export function weeks(first: number, last: number): Week[] {
  const found: Week[] = [];
  for (let monday = first - weekday(first); monday <= last; monday += 7) {
    const days = Array.from({ length: 7 }, (_, index) => {
      const day = monday + index;
      return day >= first && day <= last ? day : null;
    });
    const starts = days.find((day) => day !== null && dateOf(day).endsWith("-01"));
    found.push({
      days,
      month: starts === undefined || starts === null ? null : Number(dateOf(starts).slice(5, 7)),
    });
  }
  return found;
}
