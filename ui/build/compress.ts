import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const worthIt = /\.(js|css|html|svg|json|map)$/;

/** Writes `.br` and `.gz` beside each text asset, so that the server never compresses on a request. */
export function compress(): Plugin {
  let folder = "";
  return {
    name: "tradewind-compress",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith("/")) folder = config.build.outDir;
    },
    async closeBundle() {
      const names = (await readdir(folder, { recursive: true })).filter((name) => worthIt.test(name));
      for (const name of names) {
        // The page itself gets a nonce and a base on every request; the manifest is for the size check.
        if (name.endsWith("index.html") || name.startsWith(".vite")) continue;
        const path = join(folder, name);
        const content = await readFile(path);
        if (content.length < 512) continue;
        const brotli = await promisify(brotliCompress)(content, {
          params: {
            [constants.BROTLI_PARAM_QUALITY]: 11,
            [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
          },
        });
        await writeFile(`${path}.br`, brotli);
        await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
      }
    },
  };
}
