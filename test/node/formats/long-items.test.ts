// Items that hold many points of one series are read in parts as well, and those parts lose none.

import { expect, test } from "vitest";
import type { Format } from "../../../src/core/formats/format.ts";
import { Intake } from "../../../src/core/formats/intake.ts";
import { kairosJson } from "../../../src/core/formats/kairos.ts";
import { nativeJson, nativeNdjson } from "../../../src/core/formats/native.ts";
import { remoteWrite1, remoteWrite2 } from "../../../src/core/formats/remote-write.ts";
import { victoria } from "../../../src/core/formats/victoria.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { decodeBatch } from "../../../src/core/series/batch.ts";
import { unzstd } from "../../support/unzstd.ts";
import { request, writeRequest } from "./remote-write/messages.ts";
import { NOW } from "./suite.ts";

const COUNT = 20_000;
const points = Array.from({ length: COUNT }, (_, i) => ({ at: NOW - i, value: i / 4 }));
const name = "long";
const labels = { host: "a" };

/** `before`: fields, of which one that is not plain has the whole item read otherwise. */
const item = (unit = "", before = ""): string => {
  const pairs = points.map(({ at, value }) => `[${at}${unit},${value}]`);
  return `{${before}"name":"${name}","datapoints":[${pairs.join()}],"labels":${JSON.stringify(labels)}}`;
};
const small = `{"name":"${name}","value":-1,"timestamp":${NOW},"labels":${JSON.stringify(labels)}}`;
const series = [
  {
    labels: [
      ["__name__", name],
      ["host", "a"],
    ],
    samples: points,
  },
  {
    labels: [
      ["__name__", name],
      ["host", "a"],
    ],
    samples: [{ at: NOW, value: -1 }],
  },
] as const;
const columns = JSON.stringify({
  metric: { __name__: name, ...labels },
  values: points.map(({ value }) => value),
  timestamps: points.map(({ at }) => at),
});

interface Case {
  readonly what: string;
  readonly format: Format;
  readonly body: string | Uint8Array;
  readonly parameters?: object;
  /** It is taken at once when it was read. */
  readonly isTakenWhole?: true;
}

const CASES: readonly Case[] = [
  { what: "JSON", format: nativeJson, body: `[${item()},${small}]`, isTakenWhole: true },
  {
    what: "JSON, in nanoseconds",
    format: nativeJson,
    // The next millisecond, for who reads doubles.
    body: `[${item("999999")},${small.replace(String(NOW), `${NOW}999999`)}]`,
    parameters: { precision: "ns" },
    isTakenWhole: true,
  },
  {
    what: "JSON that is not plain",
    format: nativeJson,
    body: `[${item("", '"unit":"s",')},${small}]`,
    isTakenWhole: true,
  },
  { what: "NDJSON", format: nativeNdjson, body: `${item()} \n${small}`, isTakenWhole: true },
  {
    what: "NDJSON that is not plain",
    format: nativeNdjson,
    body: `${item("", '"unit":"s",')}\n${small}`,
    isTakenWhole: true,
  },
  {
    what: "KairosDB",
    format: kairosJson,
    body: `[${item("", '"ttl":0,')},${small}]`,
    isTakenWhole: true,
  },
  { what: "remote write", format: remoteWrite1, body: writeRequest(series) },
  { what: "remote write 2", format: remoteWrite2, body: request(series) },
  {
    what: "VictoriaMetrics JSON lines",
    format: victoria,
    body: `${columns}\n${JSON.stringify({ metric: { __name__: name, ...labels }, values: [-1], timestamps: [NOW] })}`,
    isTakenWhole: true,
  },
];

/** Reads a body as often at once as there are intakes, a step of each in turn; how many steps, and most points of one. */
function readTogether(
  { format, body, parameters = {} }: Pick<Case, "format" | "body" | "parameters">,
  intakes: readonly Intake[],
): { readonly steps: number; readonly most: number; readonly results: readonly unknown[] } {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const asked = { parameters: format.parameters.parse(parameters), path: format.paths[0]! };
  let steps = 0;
  let most = 0;
  const results: unknown[] = [];
  let open = intakes.map((intake) => ({
    intake,
    decoding: format.decode(bytes, asked, intake, unzstd),
  }));
  while (open.length > 0)
    open = open.filter(({ intake, decoding }) => {
      const before = intake.seen;
      const { done, value } = decoding.next();
      steps++;
      most = Math.max(most, intake.seen - before);
      if (done === true) results.push(value);
      return done !== true;
    });
  return { steps, most, results };
}

const newIntake = (): Intake => new Intake({ shards: 1, now: NOW, retentionHourDays: 400 });

const storedOf = (intake: Intake): string[] =>
  intake
    .finish()
    .flatMap(({ batches }) => batches.map(decodeBatch))
    .flatMap(({ at, value }) => [...at].map((time, i) => `${time} ${value[i]}`))
    .sort();

const ALL = [...points, { at: NOW, value: -1 }].map(({ at, value }) => `${at} ${value}`).sort();

test.each(CASES)("$what", (one) => {
  const intakes = [newIntake(), newIntake()];
  const { steps, most, results } = readTogether(one, intakes);
  const read = { ok: true, value: undefined };
  expect(results).toEqual([read, read]);
  expect(steps).toBeGreaterThan(10);
  if (one.isTakenWhole !== true) expect(most).toBeLessThanOrEqual(LIMITS.itemsPerTurn);
  for (const intake of intakes) {
    expect(intake.issues).toEqual([]);
    expect(storedOf(intake)).toEqual(ALL);
  }
});

/** The last pair of the item: those before it were read by then. */
const late = (text: string, to: string): string =>
  text.replace(new RegExp(`\\[${points.at(-1)!.at},[^\\]]+\\]`), to);

test.each([
  ["a pair of three", late(item(), `[${NOW},2,3]`), COUNT],
  ["a text for a time", late(item(), '["x",1]'), COUNT],
  ["a bracket too many", item().replace("]]", "]]]"), 1],
  ["its end is missing", item().slice(0, -1), 1],
])("of an item with %s nothing is taken twice", (_, text, count) => {
  const intake = newIntake();
  const body = `${text}\n${small}`;
  const { results } = readTogether({ format: nativeNdjson, body, parameters: { bad: "skip" } }, [
    intake,
  ]);
  expect(results).toEqual([{ ok: true, value: undefined }]);
  expect([intake.length, intake.issueCount]).toEqual([count, 1]);
});
