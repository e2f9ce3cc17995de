"""Debian's Chromium before a page of ours: when something is there to be seen, and how smoothly it moves.

What is looked for is watched from inside of the page, so the times are the page's own (milliseconds since the navigation
began) and do not hold the way to the driver and back.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Final

from benchmarks.subject import DidNotHappen
from benchmarks.web import PASSWORD, USER, WebServer

CHROMIUM: Final = os.environ.get("TRADEWIND_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE_S: Final = 60.0

# Two frames after the change: then what was put into the document has been drawn.
_WATCH: Final = """
(() => {
  const wanted = __WANTED__;
  const seen = (window.__seen = {});
  const found = ({ selector, count, text }) => {
    const all = document.querySelectorAll(selector);
    return all.length >= count && (!text || [...all].some((one) => one.textContent.includes(text)));
  };
  window.__look = () => {
    for (const one of wanted) {
      if (one.name in seen || !found(one)) continue;
      seen[one.name] = null;
      requestAnimationFrame(() => requestAnimationFrame(() => { seen[one.name] = performance.now(); }));
    }
  };
  new MutationObserver(window.__look).observe(document, { subtree: true, childList: true, characterData: true });
})();
"""
_FRAMES: Final = """
async ({ selector, dx, dy, forMs }) => {
  const box = document.querySelector(selector);
  const times = [];
  let right = dx, down = dy;
  await new Promise((done) => {
    const step = (at) => {
      times.push(at);
      const before = [box.scrollLeft, box.scrollTop];
      box.scrollLeft += right;
      box.scrollTop += down;
      if (right && box.scrollLeft === before[0]) right = -right;
      if (down && box.scrollTop === before[1]) down = -down;
      if (at - times[0] < forMs) requestAnimationFrame(step);
      else done();
    };
    requestAnimationFrame(step);
  });
  return times;
}
"""
_COUNT_FRAMES: Final = """
() => {
  window.__frames = [];
  window.__counts = true;
  const step = (at) => { window.__frames.push(at); if (window.__counts) requestAnimationFrame(step); };
  requestAnimationFrame(step);
}
"""

_ENDS: Final = """
(part) => performance.getEntriesByType("resource").filter((one) => one.name.includes(part)).map((one) => one.responseEnd)
"""


class Sight:
    """Something to be seen: enough elements of a selector, one of them with a text."""

    def __init__(self, name: str, selector: str, count: int = 1, text: str = "") -> None:
        self.name = name
        self.wanted = {"name": name, "selector": selector, "count": count, "text": text}


class Tab:
    """A browser in which somebody is logged in."""

    def __init__(self, context: Any, url: str) -> None:
        self._context = context
        self._cdp = context.browser.new_browser_cdp_session()
        self._url = url
        self.page: Any = context.new_page()

    def log_in(self) -> None:
        self.page.goto(f"{self._url}/login")
        self.page.locator("input[name=username], input[autocomplete=username]").first.fill(USER)
        self.page.locator("input[type=password]").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def open(self, path: str, *sights: Sight, data: str = "") -> dict[str, float]:
        """Milliseconds from the navigation to each sight; `data`: to the end of the answer whose address holds this.

        A new page each time, with the browser's cache as it is. Raises DidNotHappen.
        """
        self.page.close()
        self.page = self._context.new_page()
        self.page.add_init_script(_WATCH.replace("__WANTED__", json.dumps([sight.wanted for sight in sights])))
        before = self.cpu_ms()
        self.page.goto(self._url + path, wait_until="commit")
        found = self._seen(sights)
        found["cpu"] = round(self.cpu_ms() - before, 1)
        if data:
            found["data"] = max(self.page.evaluate(_ENDS, data))
        return found

    def click(self, selector: str, sight: Sight) -> float:
        """Milliseconds from a click to a sight that was not there before."""
        self.page.evaluate(_WATCH.replace("__WANTED__", json.dumps([sight.wanted])))
        began: float = self.page.evaluate(
            "selector => { const at = performance.now(); document.querySelector(selector).click(); return at; }",
            selector,
        )
        return self._seen([sight])[sight.name] - began

    def _seen(self, sights: Any) -> dict[str, float]:
        end = time.monotonic() + PATIENCE_S
        while True:
            seen: dict[str, float | None] = self.page.evaluate("window.__seen ?? {}")
            found = {sight.name: seen.get(sight.name) for sight in sights}
            if all(value is not None for value in found.values()):
                return {name: round(value, 1) for name, value in found.items() if value is not None}
            if time.monotonic() > end:
                missing = ", ".join(name for name, value in found.items() if value is None)
                raise DidNotHappen(f"{self.page.url} did not show within {PATIENCE_S:g} s: {missing}")
            time.sleep(0.02)

    def cpu_ms(self) -> float:
        """Processor time of all pages so far."""
        found = self._cdp.send("SystemInfo.getProcessInfo")["processInfo"]
        return sum(1000 * float(one["cpuTime"]) for one in found if one["type"] == "renderer")

    def scroll(self, selector: str, *, dx: int = 0, dy: int = 0, for_ms: int = 2000) -> dict[str, float]:
        """Frames per second while an element is scrolled by so many pixels in each, and what a frame costs the page's
        process, whoever else works on the machine.
        """
        before = self.cpu_ms()
        times = self.page.evaluate(_FRAMES, {"selector": selector, "dx": dx, "dy": dy, "forMs": for_ms})
        return _frames(times, self.cpu_ms() - before)

    def drag_and_zoom(self, selector: str) -> dict[str, float]:
        """Frames per second while an element is dragged about and zoomed by a mouse."""
        before = self.cpu_ms()
        box = self.page.locator(selector).first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.evaluate(_COUNT_FRAMES)
        # On the background: a node would be selected.
        self.page.mouse.move(x, box["y"] + 8)
        self.page.mouse.down()
        for number in range(60):
            self.page.mouse.move(x + 200 * (number % 20) / 20, box["y"] + 8 + 4 * (number % 30))
            time.sleep(0.016)
        self.page.mouse.up()
        self.page.mouse.move(x, y)
        for number in range(40):
            self.page.mouse.wheel(0, -120 if number < 20 else 120)
            time.sleep(0.016)
        times = self.page.evaluate("() => { window.__counts = false; return window.__frames; }")
        return _frames(times, self.cpu_ms() - before)


def _frames(times: list[float], cpu_ms: float) -> dict[str, float]:
    gaps = [after - before for before, after in pairwise(times)]
    return {
        "fps": round(1000 * len(gaps) / sum(gaps), 1),
        "worst_frame_ms": round(max(gaps), 1),
        "cpu_ms_a_frame": round(cpu_ms / len(gaps), 1),
    }


@contextmanager
def tab(server: WebServer, *, width: int = 1440, height: int = 900) -> Iterator[Tab]:
    """Raises DidNotHappen without a browser."""
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        raise DidNotHappen("Chromium is missing: apt-get install chromium, or name one with TRADEWIND_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = browser.new_context(viewport={"width": width, "height": height}, locale="en-US")
        try:
            one = Tab(context, server.url)
            one.log_in()
            yield one
        finally:
            context.close()
            browser.close()
