import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { baseUrl } from "@/api/base";
import { data, ui } from "@/api/client";
import { useHotkeys } from "@/shared/hotkeys";
import { useT } from "@/shared/i18n";
import { usePreference } from "@/shared/preferences";
import type { Slots } from "@/shared/slots";
import { isFinished, toState } from "@/shared/state/states";
import { clockTime } from "@/shared/time/format";
import { useZone } from "@/shared/time/zone";
import { EmptyState } from "@/shared/ui/EmptyState";
import { ErrorState } from "@/shared/ui/ErrorState";
import { Loading } from "@/shared/ui/Loading";
import classes from "./Log.module.css";
import { LogLineRow, type TimeStyle } from "./LogLineRow";
import { LogToolbar } from "./LogToolbar";
import { copyText, offsetOf, placeOf, shown, sourcesOf } from "./lines";
import { TryTabs } from "./TryTabs";
import { type Anchor, useLog } from "./useLog";
import { type LogQuery, markOf, useLogSearch } from "./useLogSearch";

type Props = Slots["taskLog"];

/** The log of a task instance: which try, then its lines. */
export default function TaskLog(props: Props) {
  const { dagId, runId, taskId, mapIndex } = props;
  const page = useQuery({
    queryKey: ["task", dagId, runId, taskId, mapIndex, "page"],
    queryFn: ({ signal }) =>
      data(
        ui.GET("/ui/dags/{dag_id}/runs/{run_id}/tasks/{task_id}", {
          params: {
            path: { dag_id: dagId, run_id: runId, task_id: taskId },
            query: { map_index: mapIndex },
          },
          signal,
        }),
      ),
  });
  const tries = page.data?.tries ?? [];
  const chosen = props.tryNumber ?? tries.at(-1)?.try_number;
  const one = tries.find((attempt) => attempt.try_number === chosen);
  if (page.isError && !page.data) return <ErrorState error={page.error} retry={() => void page.refetch()} />;
  if (!page.data) return <Loading />;
  return (
    <section className={classes.log}>
      {tries.length > 1 ? (
        <TryTabs tries={tries} chosen={chosen} onChoose={(number) => props.onTryNumber?.(number)} />
      ) : null}
      <LogView
        key={`${runId}/${taskId}/${mapIndex}/${chosen ?? ""}`}
        dagId={dagId}
        runId={runId}
        taskId={taskId}
        mapIndex={mapIndex}
        tryNumber={chosen}
        failed={one?.state === "failed" || one?.state === "up_for_retry"}
        live={one === undefined || !isFinished(toState(one.state))}
      />
    </section>
  );
}

interface ViewProps {
  dagId: string;
  runId: string;
  taskId: string;
  mapIndex: number;
  tryNumber: number | undefined;
  failed: boolean;
  live: boolean;
}

function LogView({ failed, live, ...target }: ViewProps) {
  const t = useT();
  const zone = useZone();
  const navigate = useNavigate();
  const named = offsetOf(useLocation({ select: (location) => location.hash }));
  const anchor: Anchor = named ?? (live ? "tail" : failed ? "error" : "tail");
  const log = useLog(target, anchor, live);
  const { loaded } = log;

  const [query, setQuery] = useState<LogQuery>({ text: "", regex: false });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [source, setSource] = useState("");
  const [time, setTime] = usePreference<TimeStyle>("logs.time", "clock");
  const [wrap, setWrap] = usePreference("logs.wrap", true);
  const [copyWith, setCopyWith] = usePreference("logs.copy", { time: true, level: true });
  const [full, setFull] = useState(false);
  const [place, setPlace] = useState<number | null>(null);
  const [unseen, setUnseen] = useState(0);
  const search = useLogSearch(target, query, loaded?.size ?? 0);
  const mark = useMemo(() => markOf(query), [query]);
  const lines = useMemo(() => shown(loaded?.lines ?? [], chosen, source), [loaded, chosen, source]);
  const sources = useMemo(() => sourcesOf(loaded?.lines ?? []), [loaded]);

  const scroller = useRef<HTMLDivElement>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const atBottom = useRef(true);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    overscan: 30,
    getItemKey: (index) => lines[index]?.offset ?? index,
    initialRect: { width: 800, height: 600 },
  });

  // Where to look first: the named line, the first error, else the end.
  const settledOn = useRef<number | null>(null);
  useEffect(() => {
    if (!loaded || settledOn.current !== null || !lines.length) return;
    settledOn.current = loaded.start;
    const error = lines.findIndex((line) => line.level === "error" || line.level === "critical");
    const goal = named !== null ? placeOf(lines, named) : anchor === "error" && error >= 0 ? error : -1;
    if (goal >= 0) {
      atBottom.current = false;
      setPlace(lines[goal]?.offset ?? null);
      virtual.scrollToIndex(goal, { align: "center" });
    } else virtual.scrollToIndex(lines.length - 1, { align: "end" });
  }, [loaded, lines, named, anchor, virtual]);

  // New lines at the end: go along unless the reader has scrolled up.
  const seen = useRef(0);
  useEffect(() => {
    const end = loaded?.end ?? 0;
    const added = lines.filter((line) => line.offset >= seen.current).length;
    if (seen.current && end > seen.current) {
      if (atBottom.current) virtual.scrollToIndex(lines.length - 1, { align: "end" });
      else setUnseen((before) => before + added);
    }
    seen.current = end;
  }, [loaded, lines, virtual]);

  // Older lines came in above: stay with what is read.
  const top = useRef<{ offset: number; count: number } | null>(null);
  useEffect(() => {
    const first = lines[0];
    const before = top.current;
    if (first && before && first.offset < before.offset && scroller.current) {
      const grown = placeOf(lines, before.offset);
      virtual.scrollToIndex(grown + 2, { align: "start" });
    }
    top.current = first ? { offset: first.offset, count: lines.length } : null;
  }, [lines, virtual]);

  const items = virtual.getVirtualItems();
  const firstShown = items[0]?.index ?? 0;
  const lastShown = items.at(-1)?.index ?? 0;
  const { older, newer } = log;
  useEffect(() => {
    if (settledOn.current === null || !lines.length) return;
    if (firstShown < 20) older();
    if (lastShown > lines.length - 20) newer();
  }, [firstShown, lastShown, lines.length, older, newer]);

  const jump = (offset: number) => {
    setPlace(offset);
    atBottom.current = false;
    const known = loaded && offset >= loaded.start && offset < loaded.end;
    if (known) virtual.scrollToIndex(placeOf(lines, offset), { align: "center" });
    else {
      settledOn.current = null;
      log.open(offset);
    }
  };
  const hits = search.data?.offsets ?? [];
  const hitAt = place === null ? -1 : hits.indexOf(place);
  const hit = (direction: 1 | -1) => {
    if (!hits.length) return;
    const from = place ?? lines[firstShown]?.offset ?? 0;
    const next =
      direction > 0
        ? (hits.find((offset) => offset > from) ?? hits[0])
        : (hits.findLast((offset) => offset < from) ?? hits.at(-1));
    if (next !== undefined) jump(next);
  };
  const toEnd = () => {
    atBottom.current = true;
    setUnseen(0);
    if (loaded && loaded.end >= loaded.size) virtual.scrollToIndex(lines.length - 1, { align: "end" });
    else {
      settledOn.current = null;
      log.open("tail");
    }
  };
  const toHead = () => {
    atBottom.current = false;
    if (loaded?.start === 0) virtual.scrollToIndex(0);
    else {
      settledOn.current = null;
      log.open(0);
    }
  };
  const name = (offset: number) => {
    setPlace(offset);
    void navigate({ to: ".", search: true, hash: `L${offset}`, replace: true });
    void navigator.clipboard?.writeText(`${location.href.split("#")[0]}#L${offset}`);
  };
  const copy = () => {
    const text = copyText(lines, {
      time: (at) => clockTime(new Date(at), zone.name),
      withTime: copyWith.time,
      withLevel: copyWith.level,
    });
    void navigator.clipboard
      ?.writeText(text)
      .then(() => notifications.show({ message: t("logs.copied", { count: lines.length }) }));
  };
  useHotkeys({
    findInLog: (event) => {
      event.preventDefault();
      searchBox.current?.focus();
    },
    nextHit: () => hit(1),
    previousHit: () => hit(-1),
    wrapLog: () => setWrap(!wrap),
    fullLog: () => setFull(!full),
    findInLogAlways: (event) => {
      // The page holds only the lines on screen: the browser's own search would find a part.
      if (!scroller.current?.closest("[data-log]")?.contains(document.activeElement)) return;
      event.preventDefault();
      searchBox.current?.focus();
    },
  });

  const download = (raw: boolean) => {
    const { dagId, runId, taskId, mapIndex, tryNumber } = target;
    const part = [dagId, "runs", runId, "tasks", taskId].map(encodeURIComponent).join("/");
    const url = new URL(`ui/dags/${part}/log/download`, baseUrl);
    url.searchParams.set("map_index", String(mapIndex));
    if (tryNumber !== undefined) url.searchParams.set("try_number", String(tryNumber));
    if (raw) url.searchParams.set("raw", "true");
    return url.toString();
  };

  return (
    <div className={classes.view} data-log data-full={full || undefined}>
      <LogToolbar
        query={query}
        onQuery={setQuery}
        searchRef={searchBox}
        hits={query.text ? { at: hitAt, total: search.data?.total ?? 0 } : null}
        onHit={hit}
        levelCounts={search.data?.level_counts ?? {}}
        chosen={chosen}
        onChosen={setChosen}
        sources={sources}
        source={source}
        onSource={setSource}
        time={time}
        onTime={setTime}
        wrap={wrap}
        onWrap={setWrap}
        full={full}
        onFull={setFull}
        copyWith={copyWith}
        onCopyWith={setCopyWith}
        onCopy={copy}
        download={download}
      />
      {search.error && query.text ? (
        <p className={classes.problem} role="alert">
          {search.error.message}
        </p>
      ) : null}
      {log.error && !loaded ? <ErrorState error={log.error} retry={log.retry} /> : null}
      {!loaded && !log.error ? <Loading lines={12} /> : null}
      {loaded && !loaded.lines.length ? (
        <EmptyState title={loaded.missing ? t("logs.missing") : t(live ? "logs.waiting" : "logs.empty")}>
          {loaded.missing}
        </EmptyState>
      ) : null}
      {loaded?.lines.length ? (
        <div
          ref={scroller}
          className={classes.lines}
          role="log"
          aria-live="off"
          aria-label={t("logs.lines")}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          tabIndex={0}
          onScroll={(event) => {
            const box = event.currentTarget;
            atBottom.current = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
            if (atBottom.current && unseen) setUnseen(0);
          }}
          onKeyDown={(event) => {
            if (event.key === "End") toEnd();
            else if (event.key === "Home") toHead();
            else return;
            event.preventDefault();
          }}
        >
          <div className={classes.sheet} style={{ height: virtual.getTotalSize() }}>
            <div className={classes.rows} style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
              {items.map((item) => {
                const line = lines[item.index];
                if (!line) return null;
                return (
                  <div key={item.key} data-index={item.index} ref={virtual.measureElement}>
                    <LogLineRow
                      line={line}
                      number={
                        loaded.firstNumber === null || lines !== loaded.lines
                          ? null
                          : loaded.firstNumber + item.index
                      }
                      current={line.offset === place}
                      view={{ zone: zone.name, time, wrap, mark, first: loaded.lines[0]?.at ?? null }}
                      onName={name}
                    />
                  </div>
                );
              })}
            </div>
          </div>
        </div>
      ) : null}
      {unseen > 0 ? (
        <Button
          size="compact-xs"
          className={classes.newer ?? ""}
          leftSection={<ArrowDownToLine size={12} aria-hidden="true" />}
          onClick={toEnd}
        >
          {t("logs.newLines", { count: unseen })}
        </Button>
      ) : null}
      <footer className={classes.status}>
        {log.following ? <span className={classes.following}>{t("logs.following")}</span> : null}
        {loaded ? <span>{t("logs.size", { kilobytes: Math.ceil(loaded.size / 1024) })}</span> : null}
        <span className={classes.spring} />
        <button type="button" onClick={toHead}>
          {t("logs.toHead")}
        </button>
        <button type="button" onClick={toEnd}>
          {t("logs.toEnd")}
        </button>
      </footer>
    </div>
  );
}
