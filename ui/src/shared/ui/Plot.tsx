import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { useZone } from "@/shared/time/zone";
import type { ChartProps } from "./Chart";
import classes from "./Plot.module.css";

const resolved = (name: string, element: Element): string =>
  name.startsWith("var(") ? getComputedStyle(element).getPropertyValue(name.slice(4, -1)).trim() : name;

const barPaths = uPlot.paths.bars?.({ size: [0.7, 40] });

export default function Plot({ label, at, series, height = 220, format, onPick }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const picked = useRef(onPick);
  picked.current = onPick;
  const zone = useZone();
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const ink = resolved("var(--ink-3)", element);
    const line = resolved("var(--line)", element);
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const plot = new uPlot(
      {
        width: element.clientWidth || 600,
        height,
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), zone.name),
        cursor: { y: false },
        axes: [axis, { ...axis, size: 72, values: (_, ticks) => ticks.map(format) }],
        series: [
          {},
          ...series.map((one) => ({
            label: one.label,
            stroke: resolved(one.colour, element),
            width: one.kind === "bars" ? 0 : 1.5,
            ...(one.kind === "bars"
              ? { fill: resolved(one.colour, element), ...(barPaths ? { paths: barPaths } : {}) }
              : {}),
            ...(one.kind === "dashed" ? { dash: [5, 4] } : {}),
            points: { show: one.kind === "line" && at.length < 60, size: 5 },
            value: (_: uPlot, value: number | null) => (value === null ? "–" : format(value)),
          })),
        ],
      },
      [at.map((moment) => moment.getTime() / 1000), ...series.map((one) => [...one.values])],
      element,
    );
    plot.over.addEventListener("click", () => {
      if (plot.cursor.idx !== null && plot.cursor.idx !== undefined) picked.current?.(plot.cursor.idx);
    });
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [at, series, height, format, zone.name]);
  return <div ref={box} className={classes.plot} role="img" aria-label={label} />;
}
