import type { Locale } from "@/shared/i18n";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, options);
    formats.set(key, found);
  }
  return found;
}

/** "KST", "UTC", "GMT+5:30": the zone's short name at that moment. */
export function zoneLabel(at: Date, zone: string): string {
  if (zone === "UTC" || zone === "Etc/UTC") return "UTC";
  if (zone === "Asia/Seoul") return "KST";
  if (zone === "Asia/Tokyo") return "JST";
  const parts = format("en-GB", { timeZone: zone, timeZoneName: "short" }).formatToParts(at);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

function fields(at: Date, zone: string): Record<string, string> {
  const parts = format("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(at);
  return Object.fromEntries(parts.map((part) => [part.type, part.value]));
}

export type Precision = "day" | "minute" | "second" | "millisecond";

/** "2026-11-26 14:02", sortable by eye and the same in every language; without its zone, so write that beside it. */
export function clock(at: Date, zone: string, precision: Precision = "minute"): string {
  const part = fields(at, zone);
  const day = `${part.year}-${part.month}-${part.day}`;
  if (precision === "day") return day;
  let text = `${day} ${part.hour}:${part.minute}`;
  if (precision !== "minute") text += `:${part.second}`;
  if (precision === "millisecond") text += `.${String(at.getUTCMilliseconds()).padStart(3, "0")}`;
  return text;
}

/** "14:02:11": for places where the day is known. */
export const clockTime = (at: Date, zone: string): string => clock(at, zone, "second").slice(11);

/** Minutes east of UTC at that moment. */
export function offsetMinutes(at: Date, zone: string): number {
  const part = fields(at, zone);
  const asUtc = Date.UTC(
    Number(part.year),
    Number(part.month) - 1,
    Number(part.day),
    Number(part.hour),
    Number(part.minute),
    Number(part.second),
  );
  return Math.round((asUtc - Math.floor(at.getTime() / 1000) * 1000) / 60_000);
}

/** "2026-11-26T14:02:11.000+09:00" in the given zone. */
export function iso(at: Date, zone: string): string {
  const minutes = offsetMinutes(at, zone);
  const shifted = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, -1);
  if (minutes === 0) return `${shifted}Z`;
  const sign = minutes < 0 ? "-" : "+";
  const rest = Math.abs(minutes);
  return `${shifted}${sign}${String(Math.floor(rest / 60)).padStart(2, "0")}:${String(rest % 60).padStart(2, "0")}`;
}

const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** "3 minutes ago", "in 2 hours", "5분 전". */
export function relative(at: Date, now: Date, locale: Locale): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "long" });
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size || unit === "second") return words.format(Math.trunc(seconds / size), unit);
  }
  return "";
}

const shortUnits = {
  en: { d: "d", h: "h", m: "min", s: "s", ms: "ms", join: " " },
  ko: { d: "일", h: "시간", m: "분", s: "초", ms: "ms", join: "" },
} as const;

/**
 * A length of time in the two largest units that matter: 840 ms, 4.2 s, 2 min 5 s, 3 h 20 min, 2 d 4 h. Never
 * "12,345 s". Negative lengths (clocks that disagree) count as zero.
 */
export function duration(seconds: number, locale: Locale = "en"): string {
  const unit = shortUnits[locale];
  const say = (value: number | string, name: string) => `${value}${unit.join}${name}`;
  const length = Math.max(0, seconds);
  if (length < 0.9995) return say(Math.round(length * 1000), unit.ms);
  if (length < 9.95) return say(length.toFixed(1).replace(/\.0$/, ""), unit.s);
  const whole = Math.round(length);
  if (whole < 60) return say(whole, unit.s);
  const two = (big: number, bigName: string, small: number, smallName: string) =>
    small ? `${say(big, bigName)} ${say(small, smallName)}` : say(big, bigName);
  if (whole < 3_600) return two(Math.floor(whole / 60), unit.m, whole % 60, unit.s);
  const minutes = Math.round(length / 60);
  if (minutes < 1_440) return two(Math.floor(minutes / 60), unit.h, minutes % 60, unit.m);
  const hours = Math.round(length / 3_600);
  return two(Math.floor(hours / 24), unit.d, hours % 24, unit.h);
}

export const number = (value: number, locale: Locale, options?: Intl.NumberFormatOptions): string =>
  new Intl.NumberFormat(locale, options).format(value);
