import { i18n } from "@lingui/core";
import { Trans, useLingui } from "@lingui/react";
import type { ReactElement } from "react";

/**
 * Every message id of the program. Each folder with a `messages.en.json` adds its own ids to this interface in the
 * `messages.ts` beside it, so that an unknown id does not compile.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface Messages {}

export type MessageId = keyof Messages & string;
export type Locale = "en" | "ko";
export type Values = Readonly<Record<string, string | number>>;

export const locales: readonly Locale[] = ["en", "ko"];

/** The text of `id` in the active language. Not reactive: inside components use {@link useT}. */
export function t(id: MessageId, values?: Values): string {
  return values ? i18n._(id, values) : i18n._(id);
}

export type Translate = typeof t;

/** The translate function; the component renders again when the language changes. */
export function useT(): Translate {
  useLingui();
  return t;
}

/** The active language, reactive. */
export function useLocale(): Locale {
  return useLingui().i18n.locale as Locale;
}

/** The active language, for pure formatting code called from components that are reactive themselves. */
export function activeLocale(): Locale {
  return (i18n.locale || "en") as Locale;
}

/** A message with elements in it: `"Ask <0>the docs</0>"` with `components={[<a href="…" />]}`. */
export function Rich(props: { id: MessageId; values?: Values; components: readonly ReactElement[] }) {
  const components: Record<string, ReactElement> = {};
  props.components.forEach((element, index) => {
    components[String(index)] = element;
  });
  return <Trans id={props.id} values={props.values ?? {}} components={components} />;
}

export { i18n };
