import type en from "./messages.en.json";

declare module "@/shared/i18n" {
  interface Messages extends Record<keyof typeof en, string> {}
}
