// Line protocol beyond the suite: numbers are what JavaScript reads, series are told apart however their
// bytes meet, and one line that is wrong takes no other along.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Intake } from "../../../../src/core/formats/intake.ts";
import { decodeLines } from "../../../../src/core/formats/line-protocol.ts";
import { type LineSeries, SeriesTable } from "../../../../src/core/formats/line-series.ts";
import { LineValue } from "../../../../src/core/formats/line-value.ts";
import * as LIMITS from "../../../../src/core/limits.ts";
import { decodeBatch } from "../../../../src/core/series/batch.ts";
import { atOnce } from "../../../../src/core/parts.ts";
import { NOW } from "../suite.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const decode = (text: string): Intake => {
  const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 400 });
  atOnce(decodeLines(bytesOf(text), "ns", intake));
  return intake;
};

test("a decimal number is the double that is nearest to it", () => {
  const digits = fc.stringMatching(/^\d{1,25}$/);
  const decimal = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.tuple(digits, digits).map(([whole, fraction]) => `${whole}.${fraction}`),
    fc
      .tuple(fc.constantFrom("", "-"), digits, fc.constantFrom("", "."))
      .map((parts) => parts.join("")),
    fc.tuple(fc.nat(1e9), fc.nat(22)).map(([n, places]) => (n / 10 ** places).toFixed(places)),
  );
  fc.assert(
    fc.property(decimal, (text) => {
      const bytes = bytesOf(`${text}\n`);
      const value = new LineValue(bytes);
      // JavaScript writes 1e+21, which line protocol knows as well.
      expect(value.number(0), text).toBeUndefined();
      expect([value.value, value.end], text).toEqual([Number(text), text.length]);
    }),
    { numRuns: 5_000 },
  );
});

test("series are found again by their bytes, also where all hashes are the same", () => {
  const names = Array.from({ length: 300 }, (_, i) => `m,t=${i}`);
  const bytes = bytesOf(names.join(""));
  for (const hashOf of [() => 7, (i: number) => i * 1_000_003, (i: number) => -1 - (i % 20)]) {
    const table = new SeriesTable(bytes);
    const made: LineSeries[] = [];
    let start = 0;
    for (const [i, name] of names.entries()) {
      const end = start + name.length;
      expect(table.find(start, end, hashOf(i))).toBeUndefined();
      made.push({
        start,
        end,
        hash: hashOf(i),
        name: { measurement: name, tags: [] },
        fields: [],
        names: undefined,
        next: undefined,
      });
      table.add(made[i]!);
      start = end;
    }
    for (const [i, one] of made.entries())
      expect(table.find(one.start, one.end, hashOf(i))).toBe(one);
  }
});

test("what is known of a sender's names is not taken for other bytes", () => {
  const keysOf = (line: string): readonly string[] =>
    decode(`${line} ${NOW}000000\n`)
      .finish()
      .flatMap(({ batches }) => batches.flatMap((bytes) => decodeBatch(bytes).series));
  for (let time = 0; time < 2; time++) {
    expect(keysOf("m,t=a b=1")).toEqual(['m_b{"t":"a"}']);
    expect(keysOf("m,t=a\\ b c=1")).toEqual(['m_c{"t":"a b"}']);
    expect(keysOf("m,t=a b\\=c=1")).toEqual(['m_b=c{"t":"a"}']);
    expect(keysOf("m,t=a b=1,value=2")).toEqual(['m_b{"t":"a"}', 'm{"t":"a"}']);
    // What is wrong with a name is known as well, and said each time.
    expect(decode(`m,t=a "=1,c=2 ${NOW}000000`)).toMatchObject({ length: 1, issueCount: 1 });
    expect(decode(`m,t=a,t=b c=1 ${NOW}000000`)).toMatchObject({ length: 0, issueCount: 1 });
  }
});

describe("a line that is wrong", () => {
  const says = (what: string, line: string, message: RegExp): void =>
    test(what, () => {
      const intake = decode(`good value=1 ${NOW}000000\n${line}\ngood value=2 ${NOW}000000\n`);
      expect(intake.rejections()).toMatchObject([{ index: 1, code: "invalid_point" }]);
      expect(intake.rejections()[0]?.message).toMatch(message);
      expect([intake.length, intake.issueCount, intake.skipped]).toEqual([2, 1, 1]);
    });
  says("is quoted", "cpu value=", /^unable to parse "cpu value=": missing field value$/);
  says("no fields", "cpu,host=a", /: missing fields$/);
  says("a tag without a value", "cpu,host= v=1", /: missing value of tag "host"$/);
  says("a tag twice", "cpu,a=1,a=2 v=1", /: labels\.a: is given twice$/);
  says("a value that is none", "cpu v=1x", /: "1x" is no number, boolean or text$/);
  says("too large for its type", "cpu v=9223372036854775808i", /has more than 64 bits$/);
  says("too large", "cpu v=1e400", /"1e400" is too large for a double$/);
  says("seconds", `cpu v=1 ${NOW / 1_000}`, /it looks like seconds, add precision=s$/);
  says("no time", "cpu v=1 now", /: what follows the fields is no timestamp$/);
  says("a name", 'cpu v"=1', /^name: "cpu_v\\"" has a control character or one of " { }$/);
  says("not UTF-8 would be another name", "cpu\ufeff v=1", /invisible character/);

  test("of its fields, those with good names are stored", () => {
    const intake = decode(`m good=1,"bad"=2,fine=3 ${NOW}000000`);
    expect([intake.length, intake.skipped]).toEqual([2, 1]);
  });

  test("lines are counted, also those within texts", () => {
    const intake = decode('m a="x\ny",b=1\n\n# c\nm b=\n');
    expect(intake.rejections()).toMatchObject([{ index: 4 }]);
  });

  test("a text that does not end takes what follows along: it may be no points at all", () => {
    const intake = decode('m a=1\nm a="x\nm a=2\nm a=3');
    expect([intake.length, intake.skipped]).toEqual([1, 1]);
  });
});

test("whatever came before it, a line says what it says alone", () => {
  // Names that begin like others, or hold the space that ends them.
  const name = fc.constantFrom(
    "m",
    "m,h=a",
    "m,h=ab",
    "m,h=a\\ v=1",
    "m,h=a,r=eu",
    "mm",
    "",
    "m,h=",
  );
  const field = fc.constantFrom("v=1", "v=2i", "v=1,w=3", "b=1", "v", 'v="x"');
  const at = fc.nat(5).map((n) => `${NOW - n}000000`);
  const line = fc.tuple(name, field, at).map((parts) => parts.join(" "));
  const stored = (text: string): string[] =>
    decode(text)
      .finish()
      .flatMap(({ batches }) => batches.map(decodeBatch))
      .flatMap(({ series, index, at, value }) =>
        [...at].map((time, i) => `${series[index[i]!]} ${time} ${value[i]}`),
      );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      expect(stored(lines.join("\n"))).toEqual(lines.flatMap(stored));
    }),
    { numRuns: 1_000 },
  );
});

test("one line may hold more points than a request: it is refused before they are taken in", () => {
  const fields = (count: number): string =>
    Array.from({ length: count }, (_, i) => `f${i}=1`).join();
  const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 400 });
  const read = atOnce(
    decodeLines(bytesOf(`m ${fields(LIMITS.pointsPerRequest + 1)}`), "ns", intake),
  );
  expect(read).toMatchObject({ ok: false, error: { code: "too_many_points" } });
  expect(intake.length).toBe(0);
});
