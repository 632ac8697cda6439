// Each limit has the test that goes over it, as support/abused.ts says. And those tests that need no store.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { fullIssue } from "../../../src/durable/full.ts";
import { Dictionary } from "../../../src/durable/dictionary.ts";
import { Intake } from "../../../src/core/formats/intake.ts";
import { pushgateway } from "../../../src/core/formats/pushgateway.ts";
import { otlpJson } from "../../../src/core/formats/otlp.ts";
import { atOnce } from "../../../src/core/parts.ts";
import { ABUSED, HERE, UNREACHED } from "../../support/abused.ts";
import { unzstd } from "../../support/unzstd.ts";

test("each limit has its row", () => {
  const rows = [...Object.keys(ABUSED), ...UNREACHED];
  expect(rows.toSorted()).toEqual(Object.keys(LIMITS).toSorted());
});

/** The test in which the words stand: from its beginning to that of the next. */
function testWith(file: string, words: string): string {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  // This file has the words in its list as well.
  const at = file === HERE ? text.lastIndexOf(words) : text.indexOf(words);
  if (at < 0) return "";
  const starts = [...text.matchAll(/^ *(?:test|describe)\b/gm)].map(({ index }) => index);
  return text.slice(
    starts.findLast((start) => start <= at) ?? 0,
    starts.find((one) => one > at),
  );
}

const VALUES: ReadonlyMap<string, unknown> = new Map(Object.entries(LIMITS));

test.each(Object.entries(ABUSED))("%s has a test that goes over it", (name, [file, words, as]) => {
  const found = testWith(file, words);
  expect(found, `no test of ${file} has the words`).toContain(words);
  expect(found).not.toMatch(/\b(?:test|describe)\.(?:skip|todo)\b/);
  const limit = VALUES.get(name);
  const numbers = [...found.matchAll(/\b\d[\d_]*\b/g)].map(([digits]) =>
    Number(digits.replaceAll("_", "")),
  );
  const isThere =
    as === undefined
      ? new RegExp(`\\b${name}\\b`).test(found) ||
        numbers.some((number) => Math.abs(number - Number(limit)) <= 1)
      : found.includes(as);
  expect(isThere, `the test does not go over ${name}, ${limit}, as far as its row says`).toBe(true);
});

const rules = { shards: 1, now: Date.UTC(2026, 0, 1), retentionHourDays: 400 };

test("a shard has so many series, and says how to have more", () => {
  const dictionary = new Dictionary({ ...LIMITS, seriesPerShard: 3 });
  for (const key of ["a{}", "b{}", "c{}"]) {
    expect(dictionary.refuse(key)).toBeUndefined();
    dictionary.add(key);
  }
  expect(dictionary.refuse("d{}")).toMatchObject({
    code: "too_many_series",
    message: expect.stringMatching(/ 3 .*SHARDS/),
  });
});

test("a shard has so many characters of names, and says how to have more", () => {
  const dictionary = new Dictionary({ ...LIMITS, seriesCharactersPerShard: 100 });
  dictionary.add(`a{"l":"${"x".repeat(50)}"}`);
  expect(dictionary.refuse(`b{"l":"${"y".repeat(50)}"}`)).toMatchObject({
    code: "too_many_series",
    message: expect.stringMatching(/characters.*SHARDS/),
  });
  expect(dictionary.refuse("c{}")).toBeUndefined();
});

test("a request describes so many metrics", () => {
  const body = (metrics: number): Uint8Array => {
    let text = "";
    for (let i = 0; i < metrics; i++) text += `# TYPE m${i} gauge\n`;
    return new TextEncoder().encode(`${text}m0 1\n`);
  };
  const asked = { parameters: {}, path: "/metrics/job/a" };
  const read = (metrics: number): string => {
    const found = atOnce(pushgateway.decode(body(metrics), asked, new Intake(rules), unzstd));
    return found.ok ? "taken" : found.error.code;
  };
  expect(read(LIMITS.statementsPerRequest)).toBe("taken");
  expect(read(LIMITS.statementsPerRequest + 1)).toBe("too_many_points");
});

test("a shard keeps so much for D1, and so much waits for a commit: then it says so", () => {
  const well = { held: LIMITS.backlogBytes, waiting: LIMITS.pendingBytes - 1, more: 1 };
  expect(fullIssue(3, well)).toBeUndefined();
  expect(fullIssue(3, { ...well, held: LIMITS.backlogBytes + 1 })).toMatch(
    /^shard 3 holds \d+ bytes that D1 has not taken/,
  );
  expect(fullIssue(3, { ...well, more: 2 })).toMatch(/waiting to be stored.*Raise SHARDS/);
});

test("OTLP as JSON is so deep", () => {
  const depth = LIMITS.otlpDepth + 1;
  const body = `{"resourceMetrics":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  const bytes = new TextEncoder().encode(body);
  const asked = { parameters: {}, path: "/v1/metrics" };
  const read = atOnce(otlpJson.decode(bytes, asked, new Intake(rules), unzstd));
  expect(read.ok ? "taken" : read.error.message).toMatch(
    /nested deeper than \d+ levels, the limit/,
  );
});
