import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach } from "vitest";
import { messages } from "@/app/locales/en";
import { i18n } from "@/shared/i18n";

// The first time, a page is compiled when it is asked for.
configure({ asyncUtilTimeout: 8_000 });

// Nothing is laid out in tests: every element is as large as a window, or lists that show what fits would show nothing.
for (const [name, size] of [
  ["offsetWidth", 1440],
  ["offsetHeight", 900],
  ["clientWidth", 1440],
  ["clientHeight", 900],
] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size });
}

// A text field that grows with its text asks again when a font has come; here none ever does.
if (!("fonts" in document) || !document.fonts) {
  Object.defineProperty(document, "fonts", { configurable: true, value: new EventTarget() });
}

beforeEach(() => {
  localStorage.clear();
  i18n.loadAndActivate({ locale: "en", messages });
});
afterEach(cleanup);
