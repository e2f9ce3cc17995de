import { Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useLocale, useT } from "@/shared/i18n";
import { clock, duration, iso, type Precision, relative, zoneLabel } from "@/shared/time/format";
import { useNow } from "@/shared/time/now";
import { useZone } from "@/shared/time/zone";
import classes from "./Time.module.css";

/** A moment as the server writes it (ISO 8601), as a Date, or none. */
export type Moment = string | Date | null | undefined;

const toDate = (at: Moment): Date | null => (at ? (typeof at === "string" ? new Date(at) : at) : null);

/** All ways to say a moment; a click copies the ISO text. */
function Details({ at }: { at: Date }) {
  const zone = useZone();
  const locale = useLocale();
  return (
    <span className={classes.details}>
      <span>{iso(at, zone.name)}</span>
      <span>{iso(at, "UTC")}</span>
      <span>{relative(at, useNow(), locale)}</span>
    </span>
  );
}

function Moment({ at, children }: { at: Date; children: React.ReactNode }) {
  const t = useT();
  const zone = useZone();
  const copy = () => {
    void navigator.clipboard
      ?.writeText(iso(at, zone.name))
      .then(() => notifications.show({ message: t("shared.time.copied"), autoClose: 1500 }));
  };
  return (
    <Tooltip label={<Details at={at} />}>
      <time className={classes.time} dateTime={at.toISOString()} onDoubleClick={copy}>
        {children}
      </time>
    </Tooltip>
  );
}

/**
 * A moment in the page's zone: "2026-11-26 14:02 KST". `zone={false}` where the zone stands in the column's heading.
 * Tooltip: ISO in the zone, ISO in UTC, relative. A double click copies. Nothing is written as "–".
 */
export function TimeStamp({
  at,
  precision = "minute",
  zone: withZone = true,
}: {
  at: Moment;
  precision?: Precision;
  zone?: boolean;
}) {
  const zone = useZone();
  const date = toDate(at);
  if (!date) return <span className={classes.nothing}>–</span>;
  return (
    <Moment at={date}>
      {clock(date, zone.name, precision)}
      {withZone ? <span className={classes.zone}> {zoneLabel(date, zone.name)}</span> : null}
    </Moment>
  );
}

/** "3 minutes ago", "in 2 hours"; keeps up with the clock. Same tooltip as TimeStamp. */
export function RelativeTime({ at }: { at: Moment }) {
  const locale = useLocale();
  const now = useNow();
  const date = toDate(at);
  if (!date) return <span className={classes.nothing}>–</span>;
  return <Moment at={date}>{relative(date, now, locale)}</Moment>;
}

/** A length of time in units that fit, in seconds or between two moments; grows while `to` is still missing. */
export function Duration(props: { seconds: number | null | undefined } | { from: Moment; to: Moment }) {
  if ("seconds" in props) return <Length seconds={props.seconds} />;
  const from = toDate(props.from);
  const to = toDate(props.to);
  if (!from) return <Length seconds={null} />;
  return to ? <Length seconds={(to.getTime() - from.getTime()) / 1000} /> : <Growing from={from} />;
}

function Growing({ from }: { from: Date }) {
  return <Length seconds={Math.max(0, Math.floor((useNow().getTime() - from.getTime()) / 1000))} />;
}

function Length({ seconds }: { seconds: number | null | undefined }) {
  const locale = useLocale();
  if (seconds === null || seconds === undefined) return <span className={classes.nothing}>–</span>;
  return <span className={classes.duration}>{duration(seconds, locale)}</span>;
}
