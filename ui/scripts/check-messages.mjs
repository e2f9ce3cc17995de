// Fails when a message lacks in one language, is not used by any code, has other placeholders in one language than in the
// other, does not begin with its folder's name, or is no valid ICU message.
import { compileMessageOrThrow } from "@lingui/message-utils/compileMessage";
import { finish, sources } from "./sources.mjs";

const files = await sources(/(^|\/)messages\.(en|ko)\.json$/);
const code = (await sources(/\.tsx?$/)).filter(({ name }) => !/(^|\/)messages\.ts$|\.test\.tsx?$/.test(name));
const problems = [];

const folders = new Map();
for (const { name, text } of files) {
  const [, folder, locale] = /^(.*)\/messages\.(en|ko)\.json$/.exec(name);
  const keys = [...text.matchAll(/^\s*"((?:[^"\\]|\\.)*)"\s*:/gm)].map((match) => match[1]);
  const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
  for (const key of twice) problems.push(`src/${name}: ${key} is there twice`);
  folders.set(folder, { ...folders.get(folder), [locale]: JSON.parse(text) });
}

/** Names of the placeholders and tags in a compiled message. */
function holes(message, found = new Set()) {
  if (typeof message === "string") {
    for (const match of message.matchAll(/<\/?(\w+)\/?>/g)) found.add(`<${match[1]}>`);
  } else if (Array.isArray(message)) {
    for (const part of message) {
      if (!Array.isArray(part)) holes(part, found);
      else {
        found.add(`{${part[0]}}`);
        if (typeof part[2] === "object" && part[2] !== null) {
          for (const choice of Object.values(part[2])) holes(choice, found);
        }
      }
    }
  }
  return found;
}

// An id is used when it stands in the code in quotes, or matches a template such as `shared.state.${state}`.
const everything = code.map(({ text }) => text).join("\n");
const templates = [...everything.matchAll(/`([a-z][\w.]*\.(?:[\w.]*\$\{[^}`]*\})+[\w.]*)`/g)].map(
  ([, template]) =>
    new RegExp(
      `^${template
        .split(/\$\{[^}]*\}/)
        .map((part) => part.replaceAll(".", "\\."))
        .join("[\\w.]+")}$`,
    ),
);

for (const [folder, { en = {}, ko = {} }] of folders) {
  const prefix = `${folder.split("/").at(-1)}.`;
  for (const id of new Set([...Object.keys(en), ...Object.keys(ko)])) {
    const where = `src/${folder}`;
    if (!id.startsWith(prefix)) problems.push(`${where}: ${id} does not begin with "${prefix}"`);
    for (const [locale, texts] of [
      ["en", en],
      ["ko", ko],
    ]) {
      if (!texts[id]?.trim()) problems.push(`${where}/messages.${locale}.json: ${id} is missing`);
    }
    if (!everything.includes(`"${id}"`) && !templates.some((template) => template.test(id))) {
      problems.push(`${where}: ${id} is not used`);
    }
    if (!en[id] || !ko[id]) continue;
    try {
      const [english, korean] = [en, ko].map((texts) =>
        [...holes(compileMessageOrThrow(texts[id]))].sort().join(" "),
      );
      if (english !== korean)
        problems.push(`${where}: ${id} has ${english || "nothing"} in en and ${korean || "nothing"} in ko`);
    } catch (error) {
      problems.push(`${where}: ${id}: ${error.message}`);
    }
  }
}
finish("messages", problems);
