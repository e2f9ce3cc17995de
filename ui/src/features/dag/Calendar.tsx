import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useLocale, useT } from "@/shared/i18n";
import { type State, stateMessage, states, stateVar } from "@/shared/state/states";
import { duration, zoneLabel } from "@/shared/time/format";
import { useZone } from "@/shared/time/zone";
import { EmptyState } from "@/shared/ui/EmptyState";
import { QueryView } from "@/shared/ui/QueryView";
import { StateBadge } from "@/shared/ui/StateGlyph";
import classes from "./Calendar.module.css";
import { dateOf, dayNumber, stateOf, weeks } from "./calendarModel";
import type { ViewProps } from "./DagPage";
import { type CalendarDay, calendarQuery } from "./queries";

/** A year of days: how the runs of each went, and which are planned. */
export default function Calendar({ dag, look }: ViewProps) {
  const t = useT();
  const locale = useLocale();
  const zone = useZone();
  const navigate = useNavigate();
  const query = useQuery(calendarQuery(dag.dag_id, zone.name));
  const days = useMemo(
    () => new Map((query.data?.days ?? []).map((day): [number, CalendarDay] => [dayNumber(day.date), day])),
    [query.data],
  );
  const today = dayNumber(new Intl.DateTimeFormat("en-CA", { timeZone: zone.name }).format(new Date()));
  const shown = useMemo(() => weeks(today - 364, today + 31), [today]);
  const weekdays = useMemo(
    () =>
      Array.from({ length: 7 }, (_, index) =>
        new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" }).format(
          new Date(Date.UTC(2026, 10, 23 + index)),
        ),
      ),
    [locale],
  );
  const month = (number: number) =>
    new Intl.DateTimeFormat(locale, { month: "short", timeZone: "UTC" }).format(
      new Date(Date.UTC(2026, number - 1, 1)),
    );
  const told = (number: number): string => {
    const day = days.get(number);
    const parts = Object.entries(day?.counts ?? {}).map(([name, count]) =>
      name === "planned"
        ? t("dag.calendar.planned", { count })
        : `${t(stateMessage(name as State))} ${count}`,
    );
    return [
      dateOf(number),
      ...(parts.length ? parts : [t("dag.calendar.nothing")]),
      day?.duration_s === null || day?.duration_s === undefined ? "" : duration(day.duration_s, locale),
    ]
      .filter(Boolean)
      .join(" · ");
  };
  return (
    <QueryView query={query}>
      {(page) =>
        page.days.length ? (
          <div className={classes.calendar}>
            <p className={classes.zone}>
              {t("dag.calendar.zone", { zone: `${page.timezone} (${zoneLabel(new Date(), zone.name)})` })}
            </p>
            <div className={classes.year}>
              <div className={classes.weekdays} aria-hidden="true">
                <span />
                {weekdays.map((name, index) => (
                  <span key={name}>{index % 2 ? "" : name}</span>
                ))}
              </div>
              {shown.map((week) => (
                <div key={week.days.find((day) => day !== null)} className={classes.week}>
                  <span className={classes.month}>{week.month === null ? "" : month(week.month)}</span>
                  {week.days.map((number, index) => {
                    if (number === null)
                      // biome-ignore lint/suspicious/noArrayIndexKey: seven places of a week
                      return <span key={index} className={classes.none} />;
                    const day = days.get(number);
                    const state = stateOf(day);
                    return (
                      <button
                        key={number}
                        type="button"
                        className={classes.day}
                        data-state={state ?? undefined}
                        data-planned={(!state && day?.counts.planned) || undefined}
                        data-today={number === today || undefined}
                        title={told(number)}
                        aria-label={told(number)}
                        style={state ? { background: stateVar(state) } : undefined}
                        onClick={() => {
                          if (state) void navigate({ to: "/runs", search: { q: dag.dag_id } });
                          else look({ view: "grid" });
                        }}
                      />
                    );
                  })}
                </div>
              ))}
            </div>
            <p className={classes.legend}>
              {states
                .filter((state) => page.days.some((day) => day.counts[state]))
                .map((state) => (
                  <StateBadge key={state} state={state} />
                ))}
              <span className={classes.plannedKey} /> {t("dag.calendar.plannedKey")}
            </p>
          </div>
        ) : (
          <EmptyState title={t("dag.grid.none")} />
        )
      }
    </QueryView>
  );
}
