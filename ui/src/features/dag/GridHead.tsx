import { memo } from "react";
import { useLocale, useT } from "@/shared/i18n";
import { stateMessage, stateVar, toState } from "@/shared/state/states";
import { clock, duration, zoneLabel } from "@/shared/time/format";
import { useZone } from "@/shared/time/zone";
import { heights } from "@/shared/ui/RunBars";
import { RelativeTime } from "@/shared/ui/Time";
import classes from "./Grid.module.css";
import { cellSize, nameWidth } from "./GridCell";
import type { GridPage } from "./gridModel";

/** The runs: a bar each, as tall as it took, with a line at the median; a ghost for the next one. */
export const GridHead = memo(function GridHead({
  page,
  from,
  to,
  width,
  selectedRun,
  focused,
  onOpen,
}: {
  page: GridPage;
  /** The runs that are in sight: the first one, and the one behind the last. */
  from: number;
  to: number;
  width: number;
  selectedRun: number;
  focused: number;
  onOpen: (run: number) => void;
}) {
  const t = useT();
  const locale = useLocale();
  const zone = useZone();
  const seconds = [...page.runs.map((run) => run.duration_s), page.median_duration_s];
  const tall = heights(seconds);
  const median = page.median_duration_s === null ? null : tall.at(-1);
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the grid's role
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus
    <div role="row" aria-rowindex={1} className={classes.head}>
      {/* biome-ignore lint/a11y/useSemanticElements: see the grid's role */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus */}
      <div role="columnheader" className={classes.corner} style={{ width: nameWidth }}>
        {page.median_duration_s === null ? null : (
          <span>{t("dag.grid.median", { time: duration(page.median_duration_s, locale) })}</span>
        )}
      </div>
      {median === null || median === undefined ? null : (
        <span
          className={classes.median}
          style={{ left: nameWidth, width, bottom: `${(median / 100) * 56 + 4}px` }}
        />
      )}
      {page.runs.slice(from, to).map((run, offset) => {
        const index = from + offset;
        const state = toState(run.state);
        const at = new Date(run.data_interval_start ?? run.run_after);
        const told = [
          run.run_id,
          t(stateMessage(state)),
          `${clock(at, zone.name)} ${zoneLabel(at, zone.name)}`,
          run.duration_s === null ? "" : duration(run.duration_s, locale),
          run.note ?? "",
        ]
          .filter(Boolean)
          .join("\n");
        const changed = index > 0 && page.runs[index - 1]?.version_number !== run.version_number;
        return (
          // biome-ignore lint/a11y/useSemanticElements: see the grid's role
          <button
            key={run.run_id}
            type="button"
            role="columnheader"
            tabIndex={-1}
            aria-colindex={index + 2}
            className={classes.run}
            data-selected={index === selectedRun || undefined}
            data-focused={index === focused || undefined}
            data-version={changed || undefined}
            data-type={run.run_type}
            title={changed ? `${told}\n${t("dag.grid.version", { number: run.version_number })}` : told}
            aria-label={told}
            style={{ left: nameWidth + index * cellSize, width: cellSize }}
            onClick={() => onOpen(index)}
          >
            <span
              className={classes.column}
              data-state={state}
              style={{ height: `${((tall[index] ?? 30) / 100) * 56}px`, background: stateVar(state) }}
            />
          </button>
        );
      })}
      {page.next_run ? (
        <span className={classes.next} style={{ left: nameWidth + width + 4 }} title={t("dag.grid.next")}>
          <span className={classes.ghost} />
          <span className="visually-hidden">
            <RelativeTime at={page.next_run.run_after} />
          </span>
        </span>
      ) : null}
    </div>
  );
});
