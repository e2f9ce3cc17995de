import { SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Edge, type Node, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { Canvas, edgeOf, useLayout } from "@/shared/graph/Canvas";
import { drawnFor, linesOf, reach } from "@/shared/graph/layout";
import type { Direction } from "@/shared/graph/NodeCard";
import { useT } from "@/shared/i18n";
import { usePreference } from "@/shared/preferences";
import { stateVar, toState } from "@/shared/state/states";
import { EmptyState } from "@/shared/ui/EmptyState";
import { ErrorState } from "@/shared/ui/ErrorState";
import { Loading } from "@/shared/ui/Loading";
import type { ViewProps } from "./DagPage";
import classes from "./Graph.module.css";
import { GroupNode, type NodeData, TaskNodeView } from "./GraphNodes";
import { type GraphData, graphQuery } from "./queries";
import { useRun } from "./useRun";

const nodeTypes = { task: TaskNodeView, group: GroupNode };
const foldAbove = 200;

/** The tasks and what depends on what, with the states of the chosen run, or of the newest. */
export default function Graph(props: ViewProps) {
  const { dag, search } = props;
  const { run, isKnown } = useRun(dag.dag_id, search.run);
  const query = useQuery({
    ...graphQuery(dag.dag_id, run, search.version, search.compare),
    enabled: isKnown,
  });
  if (query.isError && !query.data)
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading lines={10} />;
  return (
    <ReactFlowProvider>
      <Drawing {...props} graph={query.data} run={run} />
    </ReactFlowProvider>
  );
}

function Drawing({
  dag,
  search,
  look,
  graph,
  run,
}: ViewProps & { graph: GraphData; run: string | undefined }) {
  const t = useT();
  const flow = useReactFlow();
  const groups = useMemo(
    () => graph.nodes.filter((node) => node.kind === "group").map((node) => node.id),
    [graph.nodes],
  );
  const [chosen, setChosen] = usePreference<string[] | null>(`graph.folded.${dag.dag_id}`, null);
  const folded = useMemo(
    () => new Set(chosen ?? (graph.nodes.length > foldAbove ? groups : [])),
    [chosen, graph.nodes.length, groups],
  );
  const [direction, setDirection] = usePreference<Direction>("graph.direction", "RIGHT");
  const [critical, setCritical] = useState(false);
  const [only, setOnly] = useState<"all" | "upstream" | "downstream">("all");
  const [text, setText] = useState("");

  const kept = useMemo(() => {
    if (only === "all" || !search.task) return graph;
    const tasks = reach(graph.edges, search.task, only);
    const ids = new Set(tasks);
    const byId = new Map(graph.nodes.map((node) => [node.id, node]));
    for (const id of tasks) {
      let above = byId.get(id)?.parent ?? null;
      while (above) {
        ids.add(above);
        above = byId.get(above)?.parent ?? null;
      }
    }
    return {
      ...graph,
      nodes: graph.nodes.filter((node) => ids.has(node.id)),
      edges: graph.edges.filter((edge) => tasks.has(edge.source) && tasks.has(edge.target)),
    };
  }, [graph, only, search.task]);
  const drawn = useMemo(() => drawnFor(kept, folded), [kept, folded]);
  const lines = useMemo(() => linesOf(kept, drawn), [kept, drawn]);
  const { boxes, problem } = useLayout(kept, folded, drawn, lines, direction);

  const path = useMemo(() => new Set(critical ? graph.critical_path : []), [critical, graph.critical_path]);
  const wanted = text.trim().toLowerCase();
  const nodes = useMemo((): Node<NodeData>[] => {
    const byId = new Map(kept.nodes.map((node) => [node.id, node]));
    return (boxes ?? []).flatMap((box) => {
      const node = byId.get(box.id);
      if (!node) return [];
      const isOpenGroup = box.isGroup && !box.isFolded;
      return [
        {
          id: box.id,
          type: isOpenGroup ? "group" : "task",
          position: { x: box.x, y: box.y },
          width: box.width,
          height: box.height,
          ...(box.parent ? { parentId: box.parent } : {}),
          draggable: false,
          selectable: !isOpenGroup,
          ariaLabel: node.label,
          data: {
            node,
            state: graph.states[node.id] === undefined ? null : toState(graph.states[node.id]),
            mapped: graph.mapped[node.id] ?? null,
            seconds: graph.durations[node.id] ?? null,
            change: graph.changed[node.id] ?? null,
            isSelected: node.id === search.task,
            isCritical: path.has(node.id),
            isFound: Boolean(wanted) && node.id.toLowerCase().includes(wanted),
            direction,
            onFold: () =>
              setChosen(
                folded.has(node.id) ? [...folded].filter((one) => one !== node.id) : [...folded, node.id],
              ),
          },
        },
      ];
    });
  }, [boxes, kept.nodes, graph, search.task, path, wanted, direction, folded, setChosen]);
  const edges = useMemo(
    (): Edge[] =>
      lines.map((line) => {
        const isCritical = path.has(line.source) && path.has(line.target);
        return {
          ...edgeOf(line),
          animated: graph.states[line.target] === "running",
          className: isCritical ? (classes.critical ?? "") : "",
        };
      }),
    [lines, path, graph.states],
  );

  if (!graph.nodes.length) return <EmptyState title={t("dag.graph.none")} />;
  if (problem) return <ErrorState error={problem} />;
  return (
    <div className={classes.graph}>
      <div className={classes.tools}>
        <TextInput
          size="xs"
          aria-label={t("dag.graph.find")}
          placeholder={t("dag.graph.find")}
          leftSection={<Search size={12} aria-hidden="true" />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !wanted) return;
            const found = nodes.find((node) => node.data.isFound);
            if (found) void flow.fitView({ nodes: [found], maxZoom: 1.4, duration: 200 });
          }}
        />
        <SegmentedControl
          size="xs"
          aria-label={t("dag.graph.direction")}
          value={direction}
          onChange={(value) => setDirection(value as Direction)}
          data={[
            { value: "RIGHT", label: "→" },
            { value: "DOWN", label: "↓" },
          ]}
        />
        {search.task ? (
          <SegmentedControl
            size="xs"
            aria-label={t("dag.graph.only")}
            value={only}
            onChange={(value) => setOnly(value as typeof only)}
            data={(["all", "upstream", "downstream"] as const).map((value) => ({
              value,
              label: t(`dag.graph.only.${value}`),
            }))}
          />
        ) : null}
        <Switch
          size="xs"
          label={t("dag.graph.critical")}
          checked={critical}
          onChange={(event) => setCritical(event.currentTarget.checked)}
        />
        {groups.length ? (
          <button type="button" className={classes.link} onClick={() => setChosen(folded.size ? [] : groups)}>
            {t(folded.size ? "dag.graph.unfold" : "dag.graph.fold")}
          </button>
        ) : null}
      </div>
      {boxes ? (
        <Canvas
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          label={t("dag.graph.label", { dag: dag.dag_id })}
          colorOf={({ data: { state } }) => (state ? stateVar(state) : "var(--line-strong)")}
          onOpen={(node) => {
            if (node.data.node.kind === "group") node.data.onFold();
            else look({ run, task: node.id, map: undefined, try: undefined });
          }}
        />
      ) : (
        <Loading lines={10} />
      )}
    </div>
  );
}
