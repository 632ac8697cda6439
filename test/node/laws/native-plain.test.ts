// Laws of the two ways in which items of native JSON are read, plain ones from their bytes and others parsed:
// they read the same, and a body is taken exactly when it is JSON.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Intake } from "../../../src/core/formats/intake.ts";
import { JsonBytes } from "../../../src/core/formats/json-bytes.ts";
import { decodeJson, decodeNdjson } from "../../../src/core/formats/native.ts";
import type { Precision } from "../../../src/core/time.ts";
import { atOnce } from "../../../src/core/parts.ts";
import { changed, several } from "../formats/changes.ts";

const NOW = Date.UTC(2026, 10, 20, 12);

const number = fc.oneof(
  { weight: 20, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) },
  {
    weight: 20,
    arbitrary: fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,25})?([eE][+-]?\d{1,3})?$/),
  },
  fc.constantFrom("-0", "1e999", "01", "1.", ".5", "+1", "-", "1e", "0x1", "- 1"),
);
const time = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: NOW - 1e7, max: NOW }).map(String) },
  fc.constantFrom(
    "1795176000",
    "1795176000.123",
    "1795176000123.9",
    "1795176000123999999",
    '"2026"',
  ),
);
const text = fc.oneof(
  fc.constantFrom('"a"', '"cpu.load"', '"é"', '"h\\u0061"', '"x{"', '""', '"10"', '"a\\"b"'),
  fc.string({ unit: "grapheme", maxLength: 30 }).map((one) => JSON.stringify(one)),
);
const space = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom("", " ", "\n", "\t\r\n ") },
  fc.constant("\u00a0"),
);
const list = (open: string, close: string, items: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.array(items, { maxLength: 3 }), space, space)
    .map(([of, before, behind]) => open + before + of.join(`${behind},${before}`) + behind + close);
const pair = (name: fc.Arbitrary<string>, value: fc.Arbitrary<string>) =>
  fc
    .tuple(name, space, space, value)
    .map(([key, before, behind, of]) => `${key}${before}:${behind}${of}`);
const junk = fc.constantFrom("null", "true", "[]", "{}", "[[1]]", '{"a":1}', "nul", "1");
const labels = list("{", "}", pair(text, fc.oneof({ weight: 20, arbitrary: text }, junk)));
const datapoints = list(
  "[",
  "]",
  fc.oneof(
    { weight: 9, arbitrary: fc.tuple(time, number).map(([at, value]) => `[${at}, ${value}]`) },
    list("[", "]", number),
  ),
);
const of = (name: string, value: fc.Arbitrary<string>) => pair(fc.constant(`"${name}"`), value);
const item = fc
  .tuple(
    of("name", text),
    of("value", number),
    fc.array(
      fc.oneof(
        of("timestamp", time),
        of("labels", labels),
        of("tags", labels),
        of("datapoints", datapoints),
        of("value", number),
        of("type", fc.constant('"gauge"')),
        of("ttl", number),
        of("name", junk),
      ),
      { maxLength: 3 },
    ),
    fc.nat(4),
    space,
  )
  .map(([name, value, more, turn, between]) => {
    const fields = [name, value, ...more];
    return `{${[...fields.slice(turn), ...fields.slice(0, turn)].join(`,${between}`)}}`;
  });
const body = fc.oneof(item, list("[", "]", item));

type Decode = typeof decodeJson;

/** All that a decoder has to say. */
function told(bytes: Uint8Array, precision: Precision, decode: Decode = decodeJson) {
  const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 0 });
  const read = atOnce(decode(bytes, precision, intake));
  if (!read.ok) return { error: read.error };
  const { issues, rejected, length, accepts } = intake;
  const batches = intake.finish().flatMap((one) => one.batches);
  return { issues, rejected, length, accepts, batches };
}

const bytesOf = (json: string): Uint8Array => new TextEncoder().encode(json);
const precision = fc.constantFrom<Precision[]>("s", "ms", "us", "ns");

test("an item that is plain is read as one that is not", () => {
  let read = 0;
  fc.assert(
    fc.property(
      body,
      precision,
      fc.constantFrom(decodeJson, decodeNdjson),
      (json, unit, decode) => {
        // A key with an escape is not plain, and means the same.
        const odd = json.replace(/"(n)ame"(\s*:)/g, '"\\u006eame"$2');
        const [one, other] = [told(bytesOf(json), unit, decode), told(bytesOf(odd), unit, decode)];
        // Places in errors differ.
        if (decode === decodeJson && one.error !== undefined)
          expect(other.error?.code).toBe(one.error.code);
        else if (one.issues?.every(({ message }) => !message.includes("JSON")) === true) {
          expect(other).toEqual(one);
          read++;
        }
      },
    ),
    { numRuns: 2_000 },
  );
  expect(read).toBeGreaterThan(300);
});

test("a body is read exactly when it is JSON", () => {
  const seen = { good: 0, bad: 0 };
  fc.assert(
    fc.property(body, fc.option(several), (json, changes) => {
      const bytes = changes === null ? bytesOf(json) : changed(bytesOf(json), changes);
      let isJson = true;
      try {
        JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
      } catch {
        isJson = false;
      }
      seen[isJson ? "good" : "bad"]++;
      expect(told(bytes, "ms").error === undefined).toBe(isJson);
    }),
    { numRuns: 3_500 },
  );
  expect(Math.min(seen.good, seen.bad)).toBeGreaterThan(300);
});

test("lines without anything are passed over in one go, however many they are", () => {
  const blank = "\n".repeat(2 ** 20);
  const read = told(bytesOf(`${blank}{"name":"a","value":1}${blank}`), "ms", decodeNdjson);
  expect([read.error, read.length]).toEqual([undefined, 1]);
});

test("a number of a million digits is read as JSON has it", () => {
  const digits = "1".repeat(1_000_000);
  expect(new JsonBytes(bytesOf(digits)).number(0)).toBe(false);
  const read = told(bytesOf(`{"name":"a","value":0.${digits}}`), "ms");
  expect([read.error, read.length]).toEqual([undefined, 1]);
});
