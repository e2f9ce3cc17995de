import { compileMessageOrThrow } from "@lingui/message-utils/compileMessage";
import type { Plugin } from "vite";

/**
 * Compiles `messages.<locale>.json` (ICU texts by id) at build time into the token lists that Lingui's runtime reads,
 * so that the browser needs no message parser.
 */
export function messages(): Plugin {
  return {
    name: "tradewind-messages",
    enforce: "pre",
    transform(code, id) {
      if (!/\/messages\.(en|ko)\.json$/.test(id)) return null;
      const texts = JSON.parse(code) as Record<string, string>;
      const compiled: Record<string, unknown> = {};
      for (const [key, text] of Object.entries(texts)) compiled[key] = compileMessageOrThrow(text);
      return { code: `export default ${JSON.stringify(compiled)};`, map: null, moduleType: "js" };
    },
  };
}
