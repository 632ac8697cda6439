// Laws of the native decoder, which is written by hand: it accepts exactly what the schema of the API
// document accepts, JSON and NDJSON are one format, and what it takes in comes out of the batches.
// Left out where the schema cannot tell: the range of times, texts as times, keys that stand twice.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Issue } from "../../../src/core/api.ts";
import { decodeBatch } from "../../../src/core/series/batch.ts";
import { Intake } from "../../../src/core/formats/intake.ts";
import { labelsJsonOfKey, metricOfKey } from "../../../src/core/series/labels.ts";
import { METRIC_TYPES } from "../../../src/core/metric-type.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { decodeJson, decodeNdjson } from "../../../src/core/formats/native.ts";
import { shardOf } from "../../../src/core/series/route.ts";
import { atOnce } from "../../../src/core/parts.ts";
import { pointsBody } from "../../../src/worker/routes/points-body.ts";

const NOW = Date.UTC(2026, 10, 20, 12);

const intakeOf = (shards = 1): Intake => new Intake({ shards, now: NOW, retentionHourDays: 400 });

/** JSON cannot write an infinite number, and yet has them. */
const INFINITE = "1e999";
const toJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(`"${INFINITE}"`, INFINITE);

const goodText = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9._-]{0,11}$/),
  fc.constantFrom("cpu.load", "é", "😀", "10", "toString", "a b", "x".repeat(LIMITS.nameLength)),
);
const badName = fc.constantFrom(
  ".",
  "..",
  "a\u200bb",
  "\u202ea",
  ...' a|a |a"b|a{|}|a\nb|a\u0000|\u007f|\ud800|x\u00a0'.split("|"),
  "",
  "y".repeat(LIMITS.nameLength + 1),
);
const junk = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1.5, "", "x", "NaN", INFINITE),
  fc.constantFrom<unknown>({}, [], [1], [[1]], [null], { a: 1 }, { a: "b" }),
);
const goodValue = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
const goodTime = fc.oneof(
  fc.integer({ min: 1e12, max: 1e14 }),
  fc.constantFrom("2026-11-20T10:00:00,5+0200", "2026-11-20", "2026-11-20T10:00:00Z", String(NOW)),
);
const labelValue = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 10 }),
  fc.constantFrom("", "v".repeat(LIMITS.labelValueLength), "\u0000", '"', "\n"),
);
const badLabelValue = fc.oneof(
  fc.constantFrom("\udfff", "v".repeat(LIMITS.labelValueLength + 1)),
  junk.filter((value) => typeof value !== "string"),
);
const pairsOf = (
  name: fc.Arbitrary<string>,
  value: fc.Arbitrary<unknown>,
  maxLength: number,
  minLength = 0,
): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .uniqueArray(fc.tuple(name, value), { minLength, maxLength, selector: ([key]) => key })
    .map((pairs) => Object.fromEntries(pairs));

const goodLabels = pairsOf(goodText, labelValue, 4);
const anyLabels = fc.oneof(
  { weight: 8, arbitrary: goodLabels },
  pairsOf(
    fc.oneof(goodText, badName, fc.constant("__name__")),
    fc.oneof(labelValue, badLabelValue),
    3,
  ),
  pairsOf(
    fc.nat(99).map((n) => `l${n}`),
    labelValue,
    LIMITS.labelsPerPoint + 2,
    LIMITS.labelsPerPoint - 1,
  ),
  junk,
);

const goodType = fc.constantFrom(...METRIC_TYPES);
const goodUnit = fc.constantFrom("", "By", "s", "{requests}/s", "u".repeat(LIMITS.unitLength));
const goodHelp = fc.constantFrom(
  "",
  "How much.",
  "two\nlines\tof é",
  "h".repeat(LIMITS.helpLength),
);
const badText = fc.constantFrom("a\u0000b", "\ud800", "h".repeat(LIMITS.helpLength + 1), "\u009f");
const described = { type: goodType, unit: goodUnit, help: goodHelp };

const goodPoint = fc.record(
  { name: goodText, value: goodValue, timestamp: goodTime, labels: goodLabels, ...described },
  { requiredKeys: ["name", "value"] },
);
const goodSeries = fc.record(
  {
    name: goodText,
    datapoints: fc.array(fc.tuple(goodTime, goodValue), { maxLength: 4 }),
    tags: goodLabels,
    ...described,
  },
  { requiredKeys: ["name", "datapoints"] },
);
const goodItem = fc.oneof(goodPoint, goodSeries);

/** Fields of points, each of them good, bad or missing. */
const anyItem = fc.oneof(
  { weight: 6, arbitrary: goodItem },
  {
    weight: 10,
    arbitrary: fc.record(
      {
        name: fc.oneof({ weight: 6, arbitrary: goodText }, badName, junk),
        value: fc.oneof({ weight: 6, arbitrary: goodValue }, junk),
        timestamp: fc.oneof(
          { weight: 6, arbitrary: goodTime },
          junk.filter((value) => typeof value === "object" || value === INFINITE),
        ),
        labels: anyLabels,
        tags: anyLabels,
        datapoints: fc.oneof(
          fc.array(fc.tuple(goodTime, goodValue), { maxLength: 3 }),
          fc.array(
            fc.array(
              fc.oneof(
                goodTime,
                goodValue.map(() => 1e12),
              ),
              { maxLength: 3 },
            ),
            {
              maxLength: 2,
            },
          ),
          fc.array(fc.tuple(goodTime, junk), { maxLength: 2 }),
          junk,
        ),
        type: fc.oneof({ weight: 6, arbitrary: goodType }, junk),
        unit: fc.oneof({ weight: 6, arbitrary: goodUnit }, badText, junk),
        help: fc.oneof({ weight: 6, arbitrary: goodHelp }, badText, junk),
        host: junk,
      },
      { requiredKeys: [] },
    ),
  },
  junk,
);

/** Two or three fields of a good item, so that no single fault hides another. */
const mutated = fc
  .tuple(
    goodItem,
    fc.constantFrom(
      "name",
      "value",
      "timestamp",
      "labels",
      "tags",
      "datapoints",
      "type",
      "unit",
      "help",
      "more",
    ),
    fc.oneof(junk, badName, badText, anyLabels),
  )
  .filter(([, field, other]) => field !== "timestamp" || typeof other === "object")
  .map(([item, field, other]): unknown => ({ ...item, [field]: other }));

const anyBody = fc.oneof(
  anyItem,
  mutated,
  fc.array(fc.oneof({ weight: 3, arbitrary: goodItem }, anyItem, mutated), { maxLength: 3 }),
);

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const accepts = (text: string): boolean => {
  const intake = intakeOf();
  return atOnce(decodeJson(bytesOf(text), "ms", intake)).ok && intake.issueCount === 0;
};

test("the decoder accepts exactly what the schema accepts", () => {
  const seen = { good: 0, bad: 0 };
  fc.assert(
    fc.property(anyBody, (body) => {
      const text = toJson(body);
      const allowed = pointsBody.safeParse(JSON.parse(text)).success;
      seen[allowed ? "good" : "bad"]++;
      expect(accepts(text)).toBe(allowed);
    }),
    { numRuns: 5_000 },
  );
  expect(Math.min(seen.good, seen.bad)).toBeGreaterThan(500);
});

const result = (
  decode: typeof decodeJson,
  text: string,
): { readonly issues: readonly Issue[]; readonly batches: readonly Uint8Array[] } => {
  const intake = intakeOf();
  expect(atOnce(decode(bytesOf(text), "ms", intake)).ok).toBe(true);
  return { issues: intake.issues, batches: intake.finish().flatMap(({ batches }) => batches) };
};

test("JSON and NDJSON are the same: points, issues and their indexes", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(goodItem, anyItem, mutated), { maxLength: 6 }), (items) => {
      const lines = items.map(toJson).join("\n");
      expect(result(decodeNdjson, lines)).toEqual(result(decodeJson, toJson(items)));
    }),
    { numRuns: 1_000 },
  );
});

test("an item is read the same, alone and in an array", () => {
  fc.assert(
    fc.property(
      fc.oneof(anyItem, mutated).filter((item) => !Array.isArray(item)),
      (item) => {
        const text = toJson(item);
        expect(result(decodeJson, text)).toEqual(result(decodeJson, `[${text}]`));
      },
    ),
    { numRuns: 1_000 },
  );
});

test("what was taken in comes out once, in order, in its shard", () => {
  const list = fc.array(
    fc.record({
      name: goodText,
      value: goodValue,
      timestamp: fc.integer({ min: NOW - 1e9, max: NOW }),
      labels: goodLabels,
    }),
    { maxLength: 40 },
  );
  const text = (labels: Readonly<Record<string, unknown>>): string =>
    Object.entries(labels)
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}=${String(value)}`)
      .sort()
      .join();
  fc.assert(
    fc.property(list, fc.integer({ min: 1, max: 5 }), (points, shards) => {
      const intake = intakeOf(shards);
      expect(atOnce(decodeJson(bytesOf(JSON.stringify(points)), "ms", intake)).ok).toBe(true);
      expect([intake.issues, intake.rejected, intake.length]).toEqual([[], [], points.length]);
      const found = intake.finish().flatMap(({ shard, batches, itemsOf }) =>
        batches.flatMap((bytes, b) => {
          const batch = decodeBatch(bytes);
          const items = batch.series.map((_, series) => [...itemsOf(b, series)]);
          return [...batch.at].map((at, row) => {
            const key = batch.series[batch.index[row]!]!;
            expect(shardOf(metricOfKey(key), shards)).toBe(shard);
            const item = items[batch.index[row]!]!.shift();
            const labels: Record<string, unknown> = JSON.parse(labelsJsonOfKey(key));
            return [item, metricOfKey(key), text(labels), at, batch.value[row]] as const;
          });
        }),
      );
      expect(found.sort(([a], [b]) => a! - b!)).toEqual(
        points.map((p, i) => [i, p.name, text(p.labels), p.timestamp, JSON.parse(String(p.value))]),
      );
    }),
  );
});

test("nanoseconds as JSON numbers stay in their millisecond, and nothing else of the body is touched", () => {
  const ns = fc
    .tuple(
      fc.integer({ min: NOW - 1e9, max: NOW }),
      fc.oneof(
        fc.nat(999_999),
        fc.nat(300),
        fc.nat(300).map((n) => 999_999 - n),
        fc.constant(0),
      ),
    )
    .map(([ms, rest]) => BigInt(ms) * 1_000_000n + BigInt(rest));
  fc.assert(
    fc.property(fc.array(ns, { minLength: 1, maxLength: 5 }), fc.boolean(), (times, pairs) => {
      const label = `"timestamp":${times[0]!},[${times[0]!}`;
      const labels = `"labels":${JSON.stringify({ label })}`;
      const value = (time: bigint): bigint => time + 1n;
      const items = pairs
        ? `{"name":"a",${labels},"datapoints":[${times.map((time) => `[ ${time},${value(time)}]`).join()}]}`
        : times
            .map((time) => `{"value":${value(time)},"name":"a",${labels},"timestamp" : ${time}}`)
            .join();
      const intake = intakeOf();
      expect(atOnce(decodeJson(bytesOf(`[${items}]`), "ns", intake)).ok).toBe(true);
      expect(intake.issues).toEqual([]);
      const batch = decodeBatch(intake.finish()[0]!.batches[0]!);
      expect([...batch.at]).toEqual(times.map((time) => Number(time / 1_000_000n)));
      expect([...batch.value]).toEqual(times.map((time) => Number(value(time))));
      expect(batch.series).toEqual([`a${JSON.stringify({ label })}`]);
    }),
    { numRuns: 1_000 },
  );
});

test("a label called timestamp is a text like any other, at every precision", () => {
  for (const precision of ["s", "ms", "us", "ns"] as const) {
    const intake = intakeOf();
    const text = '{"name":"a","value":1,"labels":{"timestamp":1795176000000999999}}';
    atOnce(decodeJson(bytesOf(text), precision, intake));
    expect(intake.issues).toMatchObject([{ path: "labels.timestamp" }]);
  }
});
