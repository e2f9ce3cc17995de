import { Button, MultiSelect, Select, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Search } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import { requestAction, type Target } from "@/shared/actions/request";
import { useHotkeys } from "@/shared/hotkeys";
import { useT } from "@/shared/i18n";
import { usePreference } from "@/shared/preferences";
import { EmptyState } from "@/shared/ui/EmptyState";
import { QueryView } from "@/shared/ui/QueryView";
import type { ViewProps } from "./DagPage";
import classes from "./Grid.module.css";
import { cellSize, nameWidth } from "./GridCell";
import { GridHead } from "./GridHead";
import { type GridHands, GridRow } from "./GridRow";
import {
  type CellPlace,
  cellKey,
  filterRows,
  type GridPage,
  Matrix,
  moved,
  rectangle,
  troubled,
  visibleRows,
} from "./gridModel";
import { gridQuery } from "./queries";

const counts = ["14", "25", "90", "365"];
const runTypes = ["scheduled", "manual", "backfill", "asset_triggered"] as const;

/** Runs as columns, tasks as rows: each cell a task instance. */
export function Grid({ dag, search, look }: ViewProps) {
  const t = useT();
  const [remembered, remember] = usePreference("grid.runs", 25);
  const [cursor, setCursor] = useState<string | null>(null);
  const [newer, setNewer] = useState<readonly (string | null)[]>([]);
  const around = useRef(search.run ?? null);
  const limit = search.n ?? remembered;
  const query = useQuery(
    gridQuery(dag.dag_id, {
      limit,
      types: search.type ?? [],
      states: search.state ?? [],
      cursor,
      around: around.current,
    }),
  );
  const [text, setText] = useState("");
  const [trouble, setTrouble] = useState(false);
  const restart = () => {
    setCursor(null);
    setNewer([]);
    around.current = null;
  };
  return (
    <div className={classes.view}>
      <div className={classes.tools}>
        <TextInput
          size="xs"
          className={classes.filter ?? ""}
          aria-label={t("dag.grid.filter")}
          placeholder={t("dag.grid.filter")}
          leftSection={<Search size={12} aria-hidden="true" />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select
          size="xs"
          w={84}
          aria-label={t("dag.grid.count")}
          data={counts}
          value={String(limit)}
          allowDeselect={false}
          onChange={(value) => {
            const n = Number(value);
            remember(n);
            restart();
            look({ n });
          }}
        />
        <MultiSelect
          size="xs"
          w={170}
          aria-label={t("dag.grid.type")}
          placeholder={search.type?.length ? "" : t("dag.grid.type")}
          data={runTypes.map((type) => ({ value: type, label: t(`dag.type.${type}`) }))}
          value={search.type ?? []}
          onChange={(type) => {
            restart();
            look({ type: type.length ? type : undefined });
          }}
        />
        <Switch
          size="xs"
          label={t("dag.grid.trouble")}
          checked={trouble}
          onChange={(event) => setTrouble(event.currentTarget.checked)}
        />
        <span className={classes.spring} />
        <Button
          size="compact-xs"
          variant="default"
          disabled={!query.data?.older_cursor}
          onClick={() => {
            setNewer([...newer, cursor]);
            setCursor(query.data?.older_cursor ?? null);
          }}
        >
          {t("dag.grid.older")}
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          disabled={!newer.length && !around.current}
          onClick={() => {
            if (!newer.length) restart();
            setCursor(newer.at(-1) ?? null);
            setNewer(newer.slice(0, -1));
          }}
        >
          {t("dag.grid.newer")}
        </Button>
      </div>
      <QueryView query={query}>
        {(page) =>
          page.runs.length ? (
            <Table page={page} dag={dag} search={search} look={look} text={text} trouble={trouble} />
          ) : (
            <EmptyState title={t("dag.grid.none")}>
              {t(dag.is_paused ? "dag.grid.noneOff" : "dag.grid.noneOn")}
            </EmptyState>
          )
        }
      </QueryView>
    </div>
  );
}

function Table({
  page,
  dag,
  search,
  look,
  text,
  trouble,
}: ViewProps & { page: GridPage; text: string; trouble: boolean }) {
  const t = useT();
  const [foldedList, setFolded] = usePreference<string[]>(`grid.folded.${dag.dag_id}`, []);
  const folded = useMemo(() => new Set(foldedList), [foldedList]);
  const matrix = useMemo(() => new Matrix(page), [page]);
  const rows = useMemo(() => {
    const kept = filterRows(page.rows, text);
    return visibleRows(page.rows, kept ? new Set() : folded).filter((index) => {
      const row = page.rows[index];
      if (!row || (kept && !kept.has(row.id))) return false;
      return !trouble || troubled(matrix, page.runs.length, index);
    });
  }, [page, text, trouble, folded, matrix]);

  const scroller = useRef<HTMLDivElement>(null);
  const vertical = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => cellSize,
    overscan: 6,
    initialRect: { width: 900, height: 700 },
  });
  const horizontal = useVirtualizer({
    horizontal: true,
    count: page.runs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => cellSize,
    overscan: 8,
    initialRect: { width: 900, height: 700 },
    initialOffset: Math.max(0, page.runs.length * cellSize - 600),
    scrollPaddingStart: nameWidth,
  });

  const selectedRun = page.runs.findIndex((run) => run.run_id === search.run);
  const selectedRow = rows.findIndex((index) => page.rows[index]?.id === search.task);
  const [focus, setFocus] = useState<CellPlace>({
    run: selectedRun >= 0 ? selectedRun : page.runs.length - 1,
    row: Math.max(selectedRow, 0),
  });
  const [marked, setMarked] = useState<ReadonlyMap<string, CellPlace>>(new Map());
  const anchor = useRef<CellPlace | null>(null);
  const dragging = useRef(false);

  const open = ({ run, row }: CellPlace) => {
    const bar = page.runs[run];
    const node = row < 0 ? undefined : page.rows[rows[row] ?? -1];
    if (!bar) return;
    if (node?.kind === "group") return fold(node.id);
    look({
      run: bar.run_id,
      task: node?.id,
      map: undefined,
      tab: node ? search.tab : undefined,
      try: undefined,
    });
  };
  const opener = useRef(open);
  opener.current = open;
  const fold = (id: string) =>
    setFolded(folded.has(id) ? foldedList.filter((one) => one !== id) : [...foldedList, id]);
  const mark = (places: readonly CellPlace[], keep: boolean) => {
    const next = new Map(keep ? marked : []);
    for (const place of places) next.set(cellKey(place), place);
    setMarked(next);
  };
  const targets = (): Target[] => {
    const chosen = marked.size ? [...marked.values()] : focus.row >= -1 ? [focus] : [];
    return chosen.flatMap(({ run, row }) => {
      const bar = page.runs[run];
      if (!bar) return [];
      if (row < 0) return [{ runId: bar.run_id }];
      const node = page.rows[rows[row] ?? -1];
      return node && matrix.at(run, rows[row] ?? -1) !== null ? [{ runId: bar.run_id, taskId: node.id }] : [];
    });
  };
  const clear = () => {
    const chosen = targets();
    if (!chosen.length) return;
    void requestAction({ kind: "clear", dagId: dag.dag_id, targets: chosen }).then(
      (done) => done && setMarked(new Map()),
    );
  };
  const markAs = (state: "success" | "failed") => {
    const chosen = targets();
    if (!chosen.length) return;
    void requestAction({ kind: "mark", dagId: dag.dag_id, targets: chosen, state }).then(
      (done) => done && setMarked(new Map()),
    );
  };
  useHotkeys({
    ...(search.task
      ? {}
      : {
          clearCells: clear,
          markCellsSuccess: () => markAs("success"),
          markCellsFailed: () => markAs("failed"),
        }),
    previousRun: () => step(-1),
    nextRun: () => step(1),
  });
  const step = (by: number) => {
    const from = selectedRun >= 0 ? selectedRun : focus.run;
    const at = Math.min(Math.max(from + by, 0), page.runs.length - 1);
    const bar = page.runs[at];
    if (bar) look({ run: bar.run_id, try: undefined });
  };
  const columns = horizontal.getVirtualItems();
  const from = columns[0]?.index ?? 0;
  const to = (columns.at(-1)?.index ?? -1) + 1;
  const lines = vertical.getVirtualItems();
  const latest = useRef<GridHands>(null as never);
  latest.current = {
    press: (place, event) => {
      setFocus(place);
      if (event.shiftKey && anchor.current) mark(rectangle(anchor.current, place), false);
      else if (event.metaKey || event.ctrlKey) mark([place], true);
      else {
        anchor.current = place;
        dragging.current = true;
        setMarked(new Map());
        open(place);
      }
    },
    enter: (place) => {
      if (dragging.current && anchor.current && cellKey(anchor.current) !== cellKey(place))
        mark(rectangle(anchor.current, place), false);
    },
    fold,
    name: (task) => {
      const run = search.run ?? page.runs.at(-1)?.run_id;
      if (run) look({ run, task, map: undefined, try: undefined });
    },
  };
  const hands = useMemo(
    (): GridHands => ({
      press: (place, event) => latest.current.press(place, event),
      enter: (place) => latest.current.enter(place),
      fold: (group) => latest.current.fold(group),
      name: (task) => latest.current.name(task),
    }),
    [],
  );
  const openRun = useCallback((run: number) => {
    setFocus({ run, row: -1 });
    opener.current({ run, row: -1 });
  }, []);
  const width = horizontal.getTotalSize();
  return (
    <>
      {marked.size > 1 ? (
        <div className={classes.bar} role="toolbar" aria-label={t("dag.grid.selection")}>
          <span>{t("dag.grid.selected", { count: marked.size })}</span>
          <button type="button" onClick={clear}>
            {t("dag.grid.clear")}
          </button>
          <button type="button" onClick={() => markAs("success")}>
            {t("dag.grid.success")}
          </button>
          <button type="button" onClick={() => markAs("failed")}>
            {t("dag.grid.failed")}
          </button>
          <button type="button" onClick={() => setMarked(new Map())}>
            {t("dag.grid.unselect")}
          </button>
        </div>
      ) : null}
      {/* biome-ignore lint/a11y/useSemanticElements: a grid of 73,000 cells is drawn as far as it is seen; the roles name it */}
      <div
        ref={scroller}
        className={classes.scroller}
        role="grid"
        aria-label={t("dag.grid.label", { dag: dag.dag_id })}
        aria-rowcount={rows.length + 1}
        aria-colcount={page.runs.length + 1}
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === "Enter") open(focus);
          else if (event.key === "x") mark([focus], true);
          else {
            const next = moved(focus, event.key, page.runs.length, rows.length);
            if (!next) return;
            setFocus(next);
            if (next.row >= 0) vertical.scrollToIndex(next.row);
            horizontal.scrollToIndex(next.run);
            if (event.shiftKey) mark(rectangle(anchor.current ?? focus, next), false);
            else anchor.current = next;
          }
          event.preventDefault();
        }}
        onPointerUp={() => {
          dragging.current = false;
        }}
        onPointerLeave={() => {
          dragging.current = false;
        }}
      >
        <div className={classes.sheet} style={{ width: nameWidth + width + 28 }}>
          <GridHead
            page={page}
            from={from}
            to={to}
            width={width}
            selectedRun={selectedRun}
            focused={focus.row === -1 ? focus.run : -1}
            onOpen={openRun}
          />
          <div style={{ height: vertical.getTotalSize(), position: "relative" }}>
            {lines.map((line) => {
              const index = rows[line.index] ?? -1;
              const node = page.rows[index];
              if (!node) return null;
              return (
                <GridRow
                  key={`${node.kind}/${node.id}`}
                  dagId={dag.dag_id}
                  page={page}
                  matrix={matrix}
                  node={node}
                  index={index}
                  line={line.index}
                  top={line.start}
                  from={from}
                  to={to}
                  isFolded={folded.has(node.id)}
                  isSelected={search.task === node.id}
                  selectedRun={search.run}
                  focused={focus.row === line.index ? focus.run : -1}
                  marked={marked}
                  hands={hands}
                />
              );
            })}
          </div>
        </div>
      </div>
      <p className={classes.foot}>{t("dag.grid.shown", { shown: page.runs.length, total: page.total })}</p>
    </>
  );
}
