// docs/faults.md promises a test for each fault: it is there, under that name.

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const ROOT = new URL("../../../", import.meta.url);
const text = await readFile(new URL("docs/faults.md", ROOT), "utf8");

const rows = text
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
  .slice(1);

test("each fault has a row that names its test", () => {
  expect(rows.length).toBeGreaterThan(20);
});

test.each(rows.map((row) => row.split("|").slice(1, -1)))("%s", async (_, __, shown = "") => {
  const [, file = "", name = ""] = /^ `(test\/\S+\.ts)`: "(.+)" *$/.exec(shown) ?? [];
  const source = await readFile(new URL(file, ROOT), "utf8");
  const names = source.match(/(?<=\btest(?:\.each\(.*?\))?\(\s*)["`].*?["`]/gs) ?? [];
  expect(names.filter((one) => one.includes(name))).not.toEqual([]);
});
