import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { browserStore, usePreference } from "./preferences";

class Shelf {
  readonly items = new Map<string, string>();
  getItem = (key: string) => this.items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.items.set(key, value);
}
const storeOn = (shelf: object) => browserStore(shelf as Storage);

describe("what a browser keeps", () => {
  it("outlives the page", () => {
    const shelf = new Shelf();
    storeOn(shelf).write("rail.folded", true);
    expect(storeOn(shelf).read("rail.folded")).toBe(true);
    expect([...shelf.items.keys()]).toEqual(["tradewind.rail.folded"]);
  });

  it("is the same object each time it is read, as React needs it", () => {
    const store = storeOn(new Shelf());
    store.write("columns", { order: ["a"] });
    expect(store.read("columns")).toBe(store.read("columns"));
  });

  it("counts as never set when it is no JSON", () => {
    const shelf = new Shelf();
    shelf.items.set("tradewind.zone", "{half");
    expect(storeOn(shelf).read("zone")).toBeUndefined();
  });

  it.each([
    ["cannot be read or written", { getItem: refuse, setItem: refuse }],
    ["does not exist", undefined],
  ])("lives until the page is closed when the storage %s", (_, shelf) => {
    const store = browserStore(shelf as unknown as Storage);
    const heard = vi.fn();
    store.subscribe("zone", heard);
    store.write("zone", "UTC");
    expect(store.read("zone")).toBe("UTC");
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it("is told to who listens for that key, here and from other tabs, until they stop", () => {
    const shelf = new Shelf();
    const store = storeOn(shelf);
    const heard = vi.fn();
    const stop = store.subscribe("zone", heard);
    store.write("theme", "dark");
    expect(heard).not.toHaveBeenCalled();
    expect(store.read("zone")).toBeUndefined();
    shelf.items.set("tradewind.zone", '"Asia/Seoul"');
    window.dispatchEvent(new StorageEvent("storage", { key: "tradewind.zone" }));
    expect(heard).toHaveBeenCalledTimes(1);
    expect(store.read("zone")).toBe("Asia/Seoul");
    stop();
    store.write("zone", "UTC");
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

function refuse(): never {
  throw new DOMException("full", "QuotaExceededError");
}

function Density({ name }: { name: string }) {
  const [density, setDensity] = usePreference("test.density", "cosy");
  return (
    <button type="button" onClick={() => setDensity("compact")}>
      {name} {density}
    </button>
  );
}

describe("usePreference", () => {
  it("changes every component that reads it", async () => {
    render(
      <>
        <Density name="one" />
        <Density name="other" />
      </>,
    );
    await userEvent.click(screen.getByText("one cosy"));
    expect(screen.getByText("one compact")).toBeTruthy();
    expect(screen.getByText("other compact")).toBeTruthy();
    act(() => {
      localStorage.setItem("tradewind.test.density", '"cosy"');
      window.dispatchEvent(new StorageEvent("storage", { key: "tradewind.test.density" }));
    });
    expect(screen.getByText("other cosy")).toBeTruthy();
  });
});
