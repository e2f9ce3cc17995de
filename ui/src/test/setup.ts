import { cleanup } from "@testing-library/react";
import { afterEach, beforeEach } from "vitest";
import { messages } from "@/app/locales/en";
import { i18n } from "@/shared/i18n";

beforeEach(() => {
  localStorage.clear();
  i18n.loadAndActivate({ locale: "en", messages });
});
afterEach(cleanup);
