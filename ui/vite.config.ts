import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./build/compress.ts";
import { developmentPage } from "./build/developmentPage.ts";
import { messages } from "./build/messages.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ command }) => ({
  // Relative, because the server decides at request time under which path it lives: see <base href> in index.html.
  base: command === "build" ? "./" : "/",
  plugins: [react(), messages(), developmentPage(), compress()],
  resolve: { alias: { "@": here("./src") } },
  html: { cspNonce: "__TRADEWIND_NONCE__" },
  build: {
    outDir: process.env.TRADEWIND_UI_OUT ?? here("../src/tradewind/server/static"),
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    // A data: URL would be refused by the page's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
  worker: { format: "es" },
  server: {
    port: 5173,
    proxy: {
      "^/(ui|api|auth|health|openapi.json)(/|$|\\?)": {
        target: process.env.TRADEWIND_URL ?? "http://localhost:8080",
        changeOrigin: false,
      },
    },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    css: { modules: { classNameStrategy: "non-scoped" } },
    restoreMocks: true,
    testTimeout: 20_000,
  },
}));
