import type { Plugin } from "vite";

/** In development no server fills in the page's placeholders: the base is / and there is no policy that wants a nonce. */
export function developmentPage(): Plugin {
  return {
    name: "tradewind-development-page",
    apply: "serve",
    transformIndexHtml: {
      order: "post",
      handler: (html) => html.replaceAll("__TRADEWIND_BASE__", "/").replaceAll("__TRADEWIND_NONCE__", ""),
    },
  };
}
