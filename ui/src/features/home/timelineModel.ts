export interface Span {
  from: Date;
  to: Date;
}

/** Percent of `span` at which `at` lies, kept within 0–100. */
export function placeOf(at: Date, span: Span): number {
  const length = span.to.getTime() - span.from.getTime();
  if (length <= 0) return 0;
  return Math.min(100, Math.max(0, ((at.getTime() - span.from.getTime()) / length) * 100));
}

/**
 * Left edge and width in percent of a run; one that has not ended reaches to `now`, one that has not begun stands as a
 * mark where it was due. Null when nothing of it lies in `span`.
 */
export function barOf(
  run: { start_date: string | null; end_date: string | null; run_after: string },
  span: Span,
  now: Date,
): { left: number; width: number } | null {
  const start = new Date(run.start_date ?? run.run_after);
  const end = run.start_date === null ? start : run.end_date === null ? now : new Date(run.end_date);
  if (end < span.from || start > span.to) return null;
  const left = placeOf(start, span);
  return { left, width: Math.max(0, placeOf(end, span) - left) };
}

const hourMs = 3_600_000;

/**
 * Whole hours of `span` for the axis, every `step` hours counted from midnight in a zone that is `offset` minutes ahead
 * of UTC.
 */
export function ticksOf(span: Span, step: number, offset: number): Date[] {
  const shift = offset * 60_000;
  const every = step * hourMs;
  const ticks: Date[] = [];
  for (
    let at = Math.ceil((span.from.getTime() + shift) / every) * every - shift;
    at <= span.to.getTime();
    at += every
  )
    ticks.push(new Date(at));
  return ticks;
}
