import type { components } from "@/api/gen/ui";
import { type State, toState } from "@/shared/state/states";

export type GridPage = components["schemas"]["GridPage"];
export type TaskNode = components["schemas"]["TaskNode"];
export type RunBar = components["schemas"]["RunBar"];

/** The byte of a cell whose run's version has no such task. */
export const absent = 255;

export function decode(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** The states of a grid: `null` where the run's version has no such task. */
export class Matrix {
  readonly #bytes: Uint8Array;
  readonly #states: readonly State[];
  readonly rows: number;
  constructor(page: Pick<GridPage, "states" | "state_names" | "rows">) {
    this.#bytes = decode(page.states);
    this.#states = page.state_names.map(toState);
    this.rows = page.rows.length;
  }
  at(run: number, row: number): State | null {
    const byte = this.#bytes[run * this.rows + row];
    return byte === undefined || byte === absent ? null : (this.#states[byte] ?? "none");
  }
}

/** Rows that are not inside a folded group, with their place in the whole list. */
export function visibleRows(rows: readonly TaskNode[], folded: ReadonlySet<string>): number[] {
  const hidden = new Set<string>();
  const shown: number[] = [];
  rows.forEach((row, index) => {
    const inside = row.parent !== null && (hidden.has(row.parent) || folded.has(row.parent));
    if (inside) {
      if (row.kind === "group") hidden.add(row.id);
      return;
    }
    shown.push(index);
  });
  return shown;
}

/** Rows whose label or id holds the text, with the groups around them. */
export function filterRows(rows: readonly TaskNode[], text: string): ReadonlySet<string> | null {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return null;
  const byId = new Map(rows.map((row) => [row.id, row]));
  const kept = new Set<string>();
  for (const row of rows) {
    if (!row.id.toLowerCase().includes(wanted) && !row.label.toLowerCase().includes(wanted)) continue;
    let at: TaskNode | undefined = row;
    while (at && !kept.has(at.id)) {
      kept.add(at.id);
      at = at.parent === null ? undefined : byId.get(at.parent);
    }
  }
  return kept;
}

/** Rows in which something went wrong, or waits, in any of the shown runs. */
export function troubled(matrix: Matrix, runs: number, row: number): boolean {
  for (let run = 0; run < runs; run++) {
    const state = matrix.at(run, row);
    if (state === "failed" || state === "upstream_failed" || state === "up_for_retry") return true;
  }
  return false;
}

export interface CellPlace {
  run: number;
  row: number;
}

/** Every cell of the rectangle between two corners. */
export function rectangle(one: CellPlace, other: CellPlace): CellPlace[] {
  const places: CellPlace[] = [];
  for (let run = Math.min(one.run, other.run); run <= Math.max(one.run, other.run); run++)
    for (let row = Math.min(one.row, other.row); row <= Math.max(one.row, other.row); row++)
      places.push({ run, row });
  return places;
}

export const cellKey = ({ run, row }: CellPlace): string => `${run}/${row}`;

/** Where the arrow keys lead, kept inside the grid. `row` −1 is the head with the run bars. */
export function moved(at: CellPlace, key: string, runs: number, rows: number): CellPlace | null {
  const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));
  switch (key) {
    case "ArrowLeft":
    case "h":
      return { ...at, run: clamp(at.run - 1, 0, runs - 1) };
    case "ArrowRight":
    case "l":
      return { ...at, run: clamp(at.run + 1, 0, runs - 1) };
    case "ArrowUp":
    case "k":
      return { ...at, row: clamp(at.row - 1, -1, rows - 1) };
    case "ArrowDown":
    case "j":
      return { ...at, row: clamp(at.row + 1, -1, rows - 1) };
    case "Home":
      return { ...at, run: 0 };
    case "End":
      return { ...at, run: runs - 1 };
    default:
      return null;
  }
}
