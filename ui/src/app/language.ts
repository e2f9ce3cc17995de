import { i18n, type Locale } from "@/shared/i18n";
import { readPreference, writePreference } from "@/shared/preferences";

const catalogs = {
  en: () => import("./locales/en"),
  ko: () => import("./locales/ko"),
};

/** The language to start in: what was chosen, else the browser's, else the server's, else English. */
export function initialLanguage(serverLocale?: string): Locale {
  const chosen = readPreference<Locale | null>("language", null);
  const wanted = chosen ?? navigator.language ?? serverLocale ?? "en";
  return wanted.toLowerCase().startsWith("ko") ? "ko" : "en";
}

/** Loads the catalog (one request, once) and switches every open component over. */
export async function activateLanguage(locale: Locale): Promise<void> {
  const { messages } = await catalogs[locale]();
  i18n.loadAndActivate({ locale, messages });
  document.documentElement.lang = locale;
}

/** Chooses a language for good. */
export async function chooseLanguage(locale: Locale): Promise<void> {
  await activateLanguage(locale);
  writePreference("language", locale);
}
