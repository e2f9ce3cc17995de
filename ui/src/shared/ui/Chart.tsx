import { lazy, Suspense } from "react";
import { Loading } from "./Loading";

export interface Series {
  label: string;
  /** A value for each moment; null where there is none. */
  values: readonly (number | null)[];
  /** A CSS colour. */
  colour: string;
  kind?: "line" | "bars" | "dashed";
}

export interface ChartProps {
  label: string;
  /** Moments, rising. */
  at: readonly Date[];
  series: readonly Series[];
  height?: number;
  /** How a value is written on the axis and in the legend. */
  format: (value: number) => string;
  /** The reader clicked at the moment of this index. */
  onPick?: (index: number) => void;
}

const Plot = lazy(() => import("./Plot"));

/** Values over time; loaded when it is first needed. */
export function Chart(props: ChartProps) {
  return (
    <Suspense fallback={<Loading lines={8} />}>
      <Plot {...props} />
    </Suspense>
  );
}
