// Who may import whom below src/: shared and api know no feature and no app, a feature knows no other feature, the app
// knows all. Features meet in shared/slots.tsx and shared/actions/.
import { posix } from "node:path";
import { finish, sources } from "./sources.mjs";

const problems = [];
for (const { name, text } of await sources(/\.tsx?$/)) {
  const from = name.split("/");
  if (from[0] === "app" || from[0] === "test") continue;
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  for (const [, path] of code.matchAll(/(?:from\s+|import\s*\(\s*|import\s+)"([^"]+)"/g)) {
    const target = path.startsWith("@/")
      ? path.slice(2)
      : path.startsWith(".")
        ? posix.join(posix.dirname(name), path)
        : null;
    if (target === null) continue;
    const to = target.split("/");
    const say = (rule) => problems.push(`src/${name}: imports ${path}; ${rule}`);
    if (to[0] === "app") say("only the app knows the app");
    if (to[0] !== "features") continue;
    if (from[0] !== "features") say(`${from[0]} knows no feature`);
    else if (from[1] !== to[1]) say("features do not import each other (shared/slots.tsx, shared/actions)");
  }
}
finish("layers", problems);
