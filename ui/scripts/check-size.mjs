// Prints what the first page and each lazy chunk weigh (gzip, as built), and fails over the bar.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./sources.mjs";

const bars = { initialJs: 260, initialCss: 36, locale: 24, chunk: 180 };
const folder = resolve(
  process.env.TRADEWIND_UI_OUT ?? fileURLToPath(new URL("../src/tradewind/server/static", root)),
);
const manifest = JSON.parse(await readFile(`${folder}/.vite/manifest.json`, "utf8"));

const weigh = async (file) => {
  const packed = await stat(`${folder}/${file}.gz`).catch(() => stat(`${folder}/${file}`));
  return packed.size / 1000;
};
const reach = (key, found = new Set()) => {
  if (found.has(key)) return found;
  found.add(key);
  for (const next of manifest[key].imports ?? []) reach(next, found);
  return found;
};

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const first = reach(entry);
const sum = async (files) => {
  let total = 0;
  for (const file of new Set(files)) total += await weigh(file);
  return total;
};
const js = await sum([...first].map((key) => manifest[key].file));
const css = await sum([...first].flatMap((key) => manifest[key].css ?? []));

const problems = [];
const line = (name, size, bar) => {
  const over = size > bar;
  if (over) problems.push(name);
  console.log(
    `${size.toFixed(1).padStart(8)} kB  of ${String(bar).padStart(3)}  ${name}${over ? "   OVER" : ""}`,
  );
};
line("initial JavaScript", js, bars.initialJs);
line("initial CSS", css, bars.initialCss);
const rest = [];
for (const [key, chunk] of Object.entries(manifest)) {
  if (first.has(key) || !chunk.file.endsWith(".js")) continue;
  rest.push([chunk.src ?? chunk.name ?? key, await weigh(chunk.file)]);
}
rest.sort((one, other) => other[1] - one[1]);
for (const [name, size] of rest) {
  // elkjs is one generated file; it lays out graphs in a worker, after the graph was asked for.
  const bar = /app\/locales\//.test(name) ? bars.locale : /elk/i.test(name) ? 480 : bars.chunk;
  line(name, size, bar);
}
if (problems.length) {
  console.error(`size: over the bar: ${problems.join(", ")}`);
  process.exit(1);
}
