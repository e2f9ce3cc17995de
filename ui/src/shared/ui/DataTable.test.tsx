import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import { readPreference, writePreference } from "@/shared/preferences";
import { renderInside } from "@/test/app";
import { type Column, DataTable, type DataTableProps } from "./DataTable";

interface Row {
  name: string;
  slots: number;
}
const columns: Column<Row>[] = [
  { id: "name", header: "Name", cell: (row) => <a href={`#${row.name}`}>{row.name}</a>, sort: "name" },
  { id: "slots", header: "Slots", cell: (row) => row.slots, align: "right", sort: "slots" },
  { id: "note", header: "Note", cell: () => "text" },
];
const rows = (count: number): Row[] =>
  Array.from({ length: count }, (_, slots) => ({ name: `pool_${slots}`, slots }));
const show = (props: Partial<DataTableProps<Row>> = {}) =>
  renderInside(
    <DataTable label="Pools" columns={columns} rows={rows(3)} rowKey={(row) => row.name} {...props} />,
  );

function Sorted({ asked }: { asked: string[] }) {
  const [sort, setSort] = useState("slots");
  return (
    <DataTable
      label="Pools"
      columns={columns}
      rows={rows(3)}
      rowKey={(row) => row.name}
      sort={sort}
      onSort={(next) => {
        asked.push(next);
        setSort(next);
      }}
    />
  );
}

function Selectable({ open }: { open?: (row: Row) => void }) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  return (
    <DataTable
      label="Pools"
      columns={columns}
      rows={rows(3)}
      rowKey={(row) => row.name}
      selected={selected}
      onSelect={setSelected}
      selectionBar={<button type="button">Delete {[...selected].join(" ")}</button>}
      {...(open ? { onOpen: open } : {})}
    />
  );
}

describe("a table", () => {
  it("is one for screen readers, and says how many rows it has", () => {
    show();
    const table = screen.getByRole("table", { name: "Pools" });
    expect(table.getAttribute("aria-rowcount")).toBe("4");
    expect(
      within(table)
        .getAllByRole("columnheader")
        .map((head) => head.textContent),
    ).toEqual(["Name", "Slots", "Note"]);
    expect(within(table).getAllByRole("row")[1]?.getAttribute("aria-rowindex")).toBe("2");
  });

  it("holds only the rows that can be seen", () => {
    show({ rows: rows(10_000) });
    const shown = screen.getAllByRole("row").length;
    expect(shown).toBeGreaterThan(10);
    expect(shown).toBeLessThan(100);
  });

  it("says that the number of rows is unknown while there are more, and asks for them near the end", () => {
    const onMore = vi.fn();
    show({ more: true, onMore });
    expect(screen.getByRole("table").getAttribute("aria-rowcount")).toBe("-1");
    expect(onMore).toHaveBeenCalled();
  });

  it("does not ask for more while the end is far", () => {
    const onMore = vi.fn();
    show({ rows: rows(1_000), more: true, onMore });
    expect(onMore).not.toHaveBeenCalled();
  });

  it("shows what there is instead when it is empty", () => {
    show({ rows: [], empty: <p>No pools yet</p> });
    expect(screen.getByText("No pools yet")).toBeTruthy();
  });
});

describe("sorting", () => {
  const order = (name: string) => screen.getByRole("columnheader", { name }).getAttribute("aria-sort");

  it("is asked for by a heading: upwards first, then downwards", async () => {
    const asked: string[] = [];
    renderInside(<Sorted asked={asked} />);
    expect([order("Name"), order("Slots"), order("Note")]).toEqual(["none", "ascending", null]);
    await userEvent.click(screen.getByRole("button", { name: "Slots" }));
    await userEvent.click(screen.getByRole("button", { name: "Slots" }));
    await userEvent.click(screen.getByRole("button", { name: "Name" }));
    expect(asked).toEqual(["-slots", "slots", "name"]);
    expect(order("Name")).toBe("ascending");
  });
});

describe("selecting", () => {
  it("shows what can be done with the rows while some are selected", async () => {
    renderInside(<Selectable />);
    expect(screen.queryByRole("toolbar")).toBeNull();
    const [all, first] = screen.getAllByRole<HTMLInputElement>("checkbox");
    await userEvent.click(first as HTMLInputElement);
    expect(screen.getByText("Delete pool_0")).toBeTruthy();
    expect(all?.indeterminate).toBe(true);
    await userEvent.click(all as HTMLInputElement);
    expect(screen.getByText("Delete pool_0 pool_1 pool_2")).toBeTruthy();
    await userEvent.click(all as HTMLInputElement);
    expect(screen.queryByRole("toolbar")).toBeNull();
  });

  it("opens a row by a click beside its links and boxes only", async () => {
    const open = vi.fn();
    renderInside(<Selectable open={open} />);
    await userEvent.click(screen.getByText("pool_1"));
    await userEvent.click(screen.getAllByRole("checkbox")[2] as HTMLElement);
    expect(open).not.toHaveBeenCalled();
    await userEvent.click(screen.getAllByText("text")[1] as HTMLElement);
    expect(open).toHaveBeenCalledWith({ name: "pool_1", slots: 1 });
  });

  it("hides a column when the reader says so, and remembers it", async () => {
    writePreference("columns.pools", {});
    show({ name: "pools" });
    await userEvent.click(screen.getByRole("button", { name: "Columns" }));
    expect(screen.queryByRole("menuitemcheckbox", { name: "Name" })).toBeNull();
    await userEvent.click(await screen.findByRole("menuitemcheckbox", { name: "Note" }));
    expect(screen.queryByRole("columnheader", { name: "Note" })).toBeNull();
    expect(screen.getByRole("columnheader", { name: /Slots/ })).toBeTruthy();
    expect(readPreference("columns.pools", null)).toEqual({ note: false });
    await userEvent.click(await screen.findByRole("menuitem", { name: "Show the usual columns" }));
    expect(await screen.findByRole("columnheader", { name: "Note" })).toBeTruthy();
    expect(readPreference("columns.pools", null)).toEqual({});
  });
});
