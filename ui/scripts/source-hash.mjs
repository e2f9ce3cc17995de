// Writes the hash of what goes into the build beside what was built, so that `make run` and `pip install` do not build it
// once more. The same list, order and format as in ../hatch_build.py, which decides by it; tests/build compares the two.
//
//     node scripts/source-hash.mjs          write it
//     node scripts/source-hash.mjs --print  only say it

import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./sources.mjs";

const ui = fileURLToPath(root);
const parts = [
  "build",
  "index.html",
  "package-lock.json",
  "package.json",
  "public",
  "scripts",
  "src",
  "tsconfig.json",
  "vite.config.ts",
];

async function filesOf(part) {
  const top = join(ui, part);
  const found = await stat(top).catch(() => undefined);
  if (!found?.isDirectory()) return found ? [part] : [];
  const entries = await readdir(top, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ui, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

const isSource = (path) =>
  !path.split("/").some((part) => part.startsWith(".")) &&
  !path.startsWith("src/test/") &&
  !/\.test\.tsx?$/.test(path);

async function sourceHash() {
  const hash = createHash("sha256");
  const paths = (await Promise.all(parts.map(filesOf))).flat().filter(isSource);
  paths.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  for (const path of paths) {
    const content = await readFile(join(ui, path));
    hash.update(`${path}\0${content.length}\0`);
    hash.update(content);
  }
  return hash.digest("hex");
}

const hash = await sourceHash();
if (process.argv.includes("--print")) {
  console.log(hash);
} else {
  const folder = process.env.TRADEWIND_UI_OUT ?? join(ui, "../src/tradewind/server/static");
  await writeFile(join(folder, ".source-hash"), `${hash}\n`);
}
