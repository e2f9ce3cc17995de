import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tradewind-messages-"));
  await cp("scripts", join(folder, "scripts"), { recursive: true });
  await symlink(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
});
afterEach(() => rm(folder, { recursive: true }));

const write = async (name: string, content: string | object) => {
  const path = join(folder, "src/features/pools", name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content, null, 2));
};

/** What the check says of a feature with these texts and this code; "" when it is content. */
async function said(en: string | object, ko: object, code: string): Promise<string> {
  await write("messages.en.json", en);
  await write("messages.ko.json", ko);
  await write("PoolsPage.tsx", code);
  const run = promisify(execFile)(process.execPath, ["scripts/check-messages.mjs"], { cwd: folder });
  return run.then(
    () => "",
    (error: { code: number; stderr: string }) => {
      expect(error.code).toBe(1);
      return error.stderr;
    },
  );
}
const used = 't("pools.title")';

describe("the check of the messages", () => {
  it("is content with texts in both languages that are used", async () => {
    expect(await said({ "pools.title": "Pools" }, { "pools.title": "풀" }, used)).toBe("");
  });

  it("counts an id as used that a template makes", async () => {
    const code = ["t(`pools.state.$", "{state}`)"].join("");
    expect(await said({ "pools.state.open": "Open" }, { "pools.state.open": "열림" }, code)).toBe("");
  });

  it.each([
    ["lacks in Korean", { "pools.title": "Pools" }, {}, "messages.ko.json: pools.title is missing"],
    [
      "is empty in Korean",
      { "pools.title": "Pools" },
      { "pools.title": " " },
      "messages.ko.json: pools.title is missing",
    ],
    ["is only in Korean", {}, { "pools.title": "풀" }, "messages.en.json: pools.title is missing"],
    [
      "has another placeholder in Korean",
      { "pools.title": "{count} pools" },
      { "pools.title": "풀 {number}개" },
      "pools.title has {count} in en and {number} in ko",
    ],
    [
      "has another tag in Korean",
      { "pools.title": "<0>Pools</0>" },
      { "pools.title": "풀" },
      "pools.title has <0> in en and nothing in ko",
    ],
    ["is no valid text", { "pools.title": "{count, plural" }, { "pools.title": "풀" }, "pools.title: "],
    [
      "is not used",
      { "pools.title": "Pools", "pools.old": "Old" },
      { "pools.title": "풀", "pools.old": "옛" },
      "pools.old is not used",
    ],
    [
      "begins with another folder's name",
      { "pools.title": "Pools", "dags.title": "DAGs" },
      { "pools.title": "풀", "dags.title": "DAG" },
      'dags.title does not begin with "pools."',
    ],
  ])("refuses one that %s", async (_, en, ko, expected) => {
    expect(await said(en, ko, used)).toContain(expected);
  });

  it("refuses one that is there twice", async () => {
    const twice = '{\n"pools.title": "Pools",\n"pools.title": "Again"\n}';
    expect(await said(twice, { "pools.title": "풀" }, used)).toContain("pools.title is there twice");
  });
});
