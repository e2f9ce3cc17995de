import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export const root = new URL("../", import.meta.url);
export const src = fileURLToPath(new URL("src/", root));

/** Every file below src/ whose name matches: [{name: "features/dags/DagsPage.tsx", text}]. */
export async function sources(pattern) {
  const names = (await readdir(src, { recursive: true })).filter((name) => pattern.test(name)).sort();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(src + name, "utf8") })));
}

/** Ends the program: quietly, or with each problem on a line. */
export function finish(what, problems) {
  for (const problem of problems) console.error(problem);
  if (problems.length) {
    console.error(`${what}: ${problems.length} problem${problems.length === 1 ? "" : "s"}`);
    process.exit(1);
  }
  console.log(`${what}: ok`);
}
