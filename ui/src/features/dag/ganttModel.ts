import type { GanttData } from "./queries";

type Row = GanttData["rows"][number];

/** The time that is drawn: from the first to the last moment of all rows, `now` included while something runs. */
export function spanOf(rows: readonly Row[], now: number): { from: number; to: number } | null {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    for (const segment of row.segments) {
      from = Math.min(from, Date.parse(segment.start));
      to = Math.max(to, segment.end ? Date.parse(segment.end) : now);
    }
  }
  if (!Number.isFinite(from)) return null;
  return { from, to: Math.max(to, from + 1) };
}

const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
  172_800_000, 604_800_000,
];

/** Moments for the scale, at most `most`, in steps that people count in; milliseconds from the start. */
export function ticks(length: number, most = 8): number[] {
  const step =
    steps.find((one) => length / one <= most) ?? 604_800_000 * Math.ceil(length / most / 604_800_000);
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}

export const share = (at: number, span: { from: number; to: number }): number =>
  ((at - span.from) / (span.to - span.from)) * 100;
