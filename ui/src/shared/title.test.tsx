import { render } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import type { State } from "@/shared/state/states";
import { iconOf, useTitle } from "./title";

function Tab({ parts, state, count }: { parts: string[]; state?: State; count?: number }) {
  useTitle(parts, state, count);
  return null;
}

afterEach(() => {
  document.querySelector("#favicon")?.remove();
});

describe("the title of a tab", () => {
  it("begins with the mark of the state and how many it stands for", () => {
    const { rerender, unmount } = render(<Tab parts={["Home"]} state="failed" count={3} />);
    expect(document.title).toBe("✗ 3 Home · tradewind");
    rerender(<Tab parts={["one", "etl"]} state="running" />);
    expect(document.title).toBe("▶ one · etl · tradewind");
    rerender(<Tab parts={["Home"]} />);
    expect(document.title).toBe("Home · tradewind");
    unmount();
    expect(document.title).toBe("tradewind");
  });
});

describe("the icon of a tab", () => {
  it("shows the state while there is one, and the page's own icon otherwise", () => {
    const link = Object.assign(document.createElement("link"), {
      id: "favicon",
      href: "http://here/favicon.svg",
    });
    document.head.append(link);
    const { rerender, unmount } = render(<Tab parts={["etl"]} state="failed" />);
    const failed = link.href;
    expect(failed).toMatch(/^data:image\/svg\+xml,/);
    rerender(<Tab parts={["etl"]} state="running" />);
    expect(link.href).not.toBe(failed);
    unmount();
    expect(link.href).toBe("http://here/favicon.svg");
  });

  it("has the colours of the theme and of the palette in use", () => {
    const icon = decodeURIComponent(
      iconOf("success", (name) => ({ "--state-success": "#0B6FB8" })[name] ?? "#fff"),
    );
    expect(icon).toContain('fill="#0B6FB8"');
    expect(icon).toContain('stroke="#fff"');
  });
});
