// One chunk per language: every folder's messages, merged. Ids start with their folder's name, so they cannot clash
// (scripts/check-messages.mjs sees to that).
const files = import.meta.glob<Record<string, never>>("../../**/messages.en.json", {
  eager: true,
  import: "default",
});

export const messages = Object.assign({}, ...Object.values(files)) as Record<string, never>;
