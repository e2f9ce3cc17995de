import { Button, MultiSelect, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine } from "lucide-react";
import { type CSSProperties, memo, useEffect, useMemo, useRef, useState } from "react";
import { useHotkeys } from "@/shared/hotkeys";
import { useT } from "@/shared/i18n";
import { usePreference } from "@/shared/preferences";
import type { RunLogFilter, Slots } from "@/shared/slots";
import { useZone } from "@/shared/time/zone";
import { EmptyState } from "@/shared/ui/EmptyState";
import { ErrorState } from "@/shared/ui/ErrorState";
import { Loading } from "@/shared/ui/Loading";
import classes from "./Log.module.css";
import { LineBody, type LineView, type TimeStyle } from "./LogLineRow";
import { levelMessage } from "./LogToolbar";
import { levels } from "./lines";
import { keyOf, type RunLogLine, taskOf, toneOf } from "./runLines";
import { markOf, useSettled } from "./useLogSearch";
import { useRunLog } from "./useRunLog";

type Props = Slots["runLog"];

/** What all tasks of a run wrote, as one log by time; each line leads to its place in its task's own log. */
export default function RunLog({ dagId, runId, filter, onFilter }: Props) {
  const t = useT();
  const [text, setText] = useState(filter.q ?? "");
  const [wrap, setWrap] = usePreference("logs.wrap", true);
  const settled = useSettled(text);
  const searchBox = useRef<HTMLInputElement>(null);
  const log = useRunLog(dagId, runId, filter);
  const chosen = new Set(filter.level);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was typed is handed on, and nothing else that changes
  useEffect(() => {
    if (settled !== (filter.q ?? "")) onFilter({ ...filter, q: settled });
  }, [settled]);
  useHotkeys({
    findInLog: (event) => {
      event.preventDefault();
      searchBox.current?.focus();
    },
    wrapLog: () => setWrap(!wrap),
  });
  return (
    <section className={classes.view} data-log>
      <div className={classes.toolbar} role="toolbar" aria-label={t("logs.tools")}>
        <TextInput
          ref={searchBox}
          size="xs"
          className={classes.search ?? ""}
          placeholder={t("logs.run.search")}
          aria-label={t("logs.run.search")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <fieldset className={classes.levels} aria-label={t("logs.levels")}>
          {levels.map((level) => (
            <button
              key={level}
              type="button"
              data-level={level}
              aria-pressed={chosen.has(level)}
              className={classes.chip}
              onClick={() => {
                const next = new Set(chosen);
                if (!next.delete(level)) next.add(level);
                onFilter({ ...filter, level: [...next] });
              }}
            >
              {t(levelMessage[level])}
            </button>
          ))}
        </fieldset>
        <MultiSelect
          size="xs"
          className={classes.tasks ?? ""}
          aria-label={t("logs.run.tasks")}
          placeholder={filter.task?.length ? "" : t("logs.run.tasks")}
          searchable
          clearable
          data={[...new Set([...(log.loaded?.tasks ?? []), ...(filter.task ?? [])])]}
          value={filter.task ?? []}
          onChange={(task) => onFilter({ ...filter, task })}
        />
      </div>
      <Lines
        key={JSON.stringify([dagId, runId, filter])}
        dagId={dagId}
        runId={runId}
        filter={filter}
        log={log}
        wrap={wrap}
      />
    </section>
  );
}

function Lines({
  dagId,
  runId,
  filter,
  log,
  wrap,
}: {
  dagId: string;
  runId: string;
  filter: RunLogFilter;
  log: ReturnType<typeof useRunLog>;
  wrap: boolean;
}) {
  const t = useT();
  const zone = useZone();
  const [time] = usePreference<TimeStyle>("logs.time", "clock");
  const [unseen, setUnseen] = useState(0);
  const { loaded, older, newer } = log;
  const lines = useMemo(() => loaded?.lines ?? [], [loaded]);
  const scroller = useRef<HTMLDivElement>(null);
  const atBottom = useRef(true);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    overscan: 30,
    getItemKey: (index) => {
      const line = lines[index];
      return line ? keyOf(line) : index;
    },
    initialRect: { width: 800, height: 600 },
  });

  // Stay with what is read when lines come in above; go along with the end unless the reader has scrolled up.
  const shown = useRef<{ first: string; last: string } | null>(null);
  useEffect(() => {
    const [first, last] = [lines[0], lines.at(-1)];
    if (!first || !last) return;
    const before = shown.current;
    shown.current = { first: keyOf(first), last: keyOf(last) };
    if (!before) {
      virtual.scrollToIndex(atBottom.current ? lines.length - 1 : 0);
      return;
    }
    if (before.first !== shown.current.first) {
      const place = lines.findIndex((line) => keyOf(line) === before.first);
      if (place > 0) virtual.scrollToIndex(place + 2, { align: "start" });
    } else if (before.last !== shown.current.last) {
      const added = lines.length - 1 - lines.findIndex((line) => keyOf(line) === before.last);
      if (atBottom.current) virtual.scrollToIndex(lines.length - 1, { align: "end" });
      else setUnseen((count) => count + added);
    }
  }, [lines, virtual]);

  const items = virtual.getVirtualItems();
  const firstShown = items[0]?.index ?? 0;
  const lastShown = items.at(-1)?.index ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a window without a match changes only `loaded`: look on
  useEffect(() => {
    if (firstShown < 20) older();
    if (lastShown > lines.length - 20) newer();
  }, [loaded, firstShown, lastShown, lines.length, older, newer]);

  const jump = (at: "head" | "tail") => {
    atBottom.current = at === "tail";
    setUnseen(0);
    if (at === "head" ? loaded?.atStart : loaded?.atEnd)
      virtual.scrollToIndex(at === "head" ? 0 : lines.length - 1);
    else {
      shown.current = null;
      log.open(at);
    }
  };
  const mark = useMemo(() => markOf({ text: filter.q ?? "", regex: false }), [filter.q]);
  const first = lines[0]?.at ?? null;
  const view = useMemo<LineView>(
    () => ({ zone: zone.name, time, wrap, mark, first }),
    [zone.name, time, wrap, mark, first],
  );
  const isFiltered = Boolean(filter.q || filter.level?.length || filter.task?.length);

  if (!loaded && log.error) return <ErrorState error={log.error} retry={log.retry} />;
  if (!loaded) return <Loading lines={12} />;
  if (!lines.length)
    return loaded.atStart && loaded.atEnd ? (
      <EmptyState title={t(isFiltered ? "logs.noHits" : loaded.isComplete ? "logs.empty" : "logs.waiting")}>
        {t(isFiltered ? "logs.run.noHitsHint" : "logs.run.emptyHint")}
      </EmptyState>
    ) : (
      <Loading lines={12} />
    );
  return (
    <>
      {log.error ? <ErrorState error={log.error} retry={log.retry} /> : null}
      <div
        ref={scroller}
        className={classes.lines}
        role="log"
        aria-live="off"
        aria-label={t("logs.run.lines")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={(event) => {
          const box = event.currentTarget;
          atBottom.current = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
          if (atBottom.current && unseen) setUnseen(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "End") jump("tail");
          else if (event.key === "Home") jump("head");
          else return;
          event.preventDefault();
        }}
      >
        <div className={classes.sheet} style={{ height: virtual.getTotalSize() }}>
          <div className={classes.rows} style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
            {items.map((item) => {
              const line = lines[item.index];
              return line ? (
                <div key={item.key} data-index={item.index} ref={virtual.measureElement}>
                  <Row dagId={dagId} runId={runId} line={line} view={view} />
                </div>
              ) : null;
            })}
          </div>
        </div>
      </div>
      {unseen > 0 ? (
        <Button
          size="compact-xs"
          className={classes.newer ?? ""}
          leftSection={<ArrowDownToLine size={12} aria-hidden="true" />}
          onClick={() => jump("tail")}
        >
          {t("logs.newLines", { count: unseen })}
        </Button>
      ) : null}
      <footer className={classes.status}>
        {log.following ? <span className={classes.following}>{t("logs.following")}</span> : null}
        <span className={classes.spring} />
        <button type="button" onClick={() => jump("head")}>
          {t("logs.toHead")}
        </button>
        <button type="button" onClick={() => jump("tail")}>
          {t("logs.toEnd")}
        </button>
      </footer>
    </>
  );
}

const Row = memo(function Row({
  dagId,
  runId,
  line,
  view,
}: {
  dagId: string;
  runId: string;
  line: RunLogLine;
  view: LineView;
}) {
  const t = useT();
  const name = taskOf(line);
  return (
    <div className={classes.line} data-level={line.level || undefined}>
      <Link
        to="/dags/$dagId/runs/$runId/tasks/$taskId"
        params={{ dagId, runId, taskId: line.task_id }}
        search={{ tab: "logs", try: line.try_number, ...(line.map_index < 0 ? {} : { map: line.map_index }) }}
        hash={`L${line.offset}`}
        className={classes.task}
        style={{ "--tone": toneOf(line.task_id) } as CSSProperties}
        title={t("logs.run.open", { task: name, number: line.try_number })}
      >
        {name}
      </Link>
      <LineBody line={line} view={view} />
    </div>
  );
});
