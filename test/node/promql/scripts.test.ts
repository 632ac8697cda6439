// Test scripts in the language of Prometheus' promqltest: our own beside this file, and, where a folder
// is given by the variable PROMQL_SCRIPTS, Prometheus' (promql/promqltest/testdata of its repository),
// of which all that is neither experimental nor about native histograms must pass but for 5 %.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FUNCTION_NAMES } from "../../../src/core/promql/functions.ts";
import { runScript, type Outcome } from "../../support/promql/script.ts";

const OWN = new URL("scripts/", import.meta.url).pathname;
const PUBLIC = process.env.PROMQL_SCRIPTS;

const read = (folder: string): [name: string, text: string][] =>
  readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, "utf8")]);

test.each(read(OWN))("%s has the answers that it says", async (_, text) => {
  const outcomes = await runScript(text);
  expect(outcomes.length).toBeGreaterThan(5);
  expect(outcomes.filter(({ difference }) => difference !== undefined)).toEqual([]);
});

test("each function of the table is asked for in a script", () => {
  const all = read(OWN)
    .map(([, text]) => text)
    .join("\n");
  expect(FUNCTION_NAMES.filter((name) => !new RegExp(`\\b${name}\\(`).test(all))).toEqual([]);
});

/** What Prometheus has behind flags, and what one of its flags makes of the names of metrics. */
const EXPERIMENTAL = [
  "duration_expression",
  "extended_vectors",
  "fill-modifier",
  "info",
  "limit",
  "name_label_dropping",
  "start_timestamps",
  "type_and_unit",
];

test.skipIf(PUBLIC === undefined)("Prometheus' own scripts pass but for 5 %", async () => {
  const outcomes: (Outcome & { readonly script: string })[] = [];
  for (const [name, text] of read(PUBLIC!)) {
    if (EXPERIMENTAL.includes(name.replace(/\.test$/, ""))) continue;
    for (const outcome of await runScript(text)) outcomes.push({ ...outcome, script: name });
  }
  const asked = outcomes.filter(
    ({ native, interval, difference }) =>
      !native && interval >= 10_000 && difference?.includes("experimental") !== true,
  );
  const different = asked.filter(({ difference }) => difference !== undefined);
  for (const { script, line, query, difference } of different)
    console.log(`${script}:${line}: ${query}\n  ${difference}`);
  console.log(`${asked.length - different.length} of ${asked.length} evaluations pass`);
  expect(different.length / asked.length).toBeLessThan(0.05);
});
