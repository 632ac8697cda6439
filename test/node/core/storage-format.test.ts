// drizzle/README.md says what is stored, byte by byte. Its examples are read from there, and must be what
// the codecs write and read.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { fromBase64 } from "../../../src/core/codec/bytes.ts";
import { decodePack, encodePack, idAt } from "../../../src/core/codec/pack.ts";
import {
  decodeMinuteSegment,
  decodeSegment,
  encodeMinuteSegment,
  encodeSegment,
  encodeWholeHour,
} from "../../../src/core/codec/segment.ts";
import { Minutes } from "../../../src/core/minutes.ts";
import { Accumulator } from "../../../src/core/series/accumulator.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";

const FOUR = [20.1, 20.3, 19.9, 20.2, 20.4, 20.4, 20.6, 20.5];
const HOUR_START = 490_000 * HOUR;

let part = "";
let minutesPart = "";
beforeAll(async () => {
  const page = await readFile(join(import.meta.dirname, "../../../drizzle/README.md"), "utf8");
  minutesPart = page.slice(
    page.indexOf("### An example of minutes"),
    page.indexOf("### Two examples"),
  );
  part = page.slice(page.indexOf("### Two examples"), page.indexOf("## The shard's tables\n\n"));
});

/** The bytes at the start of each line of a drawing, those up to two spaces. */
const bytesOf = (drawing: string): string =>
  drawing
    .trim()
    .split("\n")
    .map((line) => line.split("  ", 1)[0]!.replaceAll(" ", ""))
    .join("");

/** What stands between fences: the first example, the second one's row, and its slot 3. */
const fenced = (): readonly string[] => part.split(/^```\n/m).filter((_, i) => i % 2 === 1);
const hex = (segment: string): string => Buffer.from(fromBase64(segment)).toString("hex");

const read = (segment: string) => {
  const into = new Buckets();
  decodeSegment(segment, HOUR_START, MINUTE, into);
  return Array.from({ length: into.length }, (_, row) => ({
    start: into.start[row],
    ...into.at(row),
  }));
};

function packed(points: readonly (readonly [value: number, after: number])[]): string {
  const minutes = new Accumulator(0);
  for (const [value, after] of points) minutes.add(0, HOUR_START + after, value);
  return encodeSegment(minutes.minutes.buckets, HOUR_START, MINUTE);
}

describe("the example of minutes", () => {
  const TEXT = "AQINAAAIAAQBQ5IDB8ZNDwEB+MwD";

  test("is drawn byte by byte", () => {
    expect(minutesPart).toContain(`\`${TEXT}\` is the first two minutes`);
    expect(bytesOf(minutesPart.split(/^```\n/m)[1]!)).toBe(hex(TEXT));
  });

  test("is eight samples and an end mark", () => {
    const minutes = new Minutes(6);
    FOUR.forEach((value, i) => {
      const row = i % 4 === 0 ? minutes.push(HOUR_START + (i / 4) * MINUTE) : minutes.length - 1;
      minutes.add(row, value, HOUR_START + i * 15_000 + 2_000);
    });
    minutes.add(1, NaN, HOUR_START + MINUTE + 59_000);
    expect(encodeMinuteSegment(minutes, HOUR_START)).toBe(TEXT);
    const into = new Minutes(6);
    decodeMinuteSegment(TEXT, HOUR_START, into);
    expect([...into.value.subarray(0, 8)]).toEqual(FOUR);
    expect(into.endOf(1)).toBe(HOUR_START + MINUTE + 59_000);
  });
});

test("an hour as a whole is one bucket behind the version 2", () => {
  const TEXT = "AgEEAAAApBMBAKoLAA";
  const hour = new Buckets(1);
  hour.add(hour.push(HOUR_START), 72.5, HOUR_START + 1_234);
  expect(encodeWholeHour(hour, 0, HOUR_START)).toBe(TEXT);
  const [minutes, hours] = [new Minutes(6), new Buckets(0)];
  decodeMinuteSegment(TEXT, HOUR_START, minutes, hours);
  expect([minutes.length, hours.length, hours.at(0)]).toEqual([0, 1, hour.at(0)]);
  expect(() => read(TEXT)).toThrow("segment of version 2");
});

describe("the first example", () => {
  const TEXT = "AQEEAAAApBMBAKoLAA";

  test("is drawn byte by byte", () => {
    expect(part).toContain(`\`${TEXT}\` is one bucket`);
    expect(bytesOf(fenced()[0]!)).toBe(hex(TEXT));
  });

  test("is one point", () => {
    expect(packed([[72.5, 1_234]])).toBe(TEXT);
    expect(read(TEXT)).toMatchObject([
      { start: HOUR_START, count: 1, min: 72.5, lastAt: HOUR_START + 1_234 },
    ]);
  });
});

describe("the second example", () => {
  const body = (): string => fenced()[1]!.trim();

  test("is a pack of two series, of which D1 can take each", () => {
    const pack = decodePack(body());
    expect([...pack.keys()].map((slot) => idAt(2, slot))).toEqual([35, 39]);
    expect(encodePack(pack)).toBe(body());
    expect(pack.get(7)).toBe("AQEEAAAApBMBAKoLAA");
  });

  test("is drawn byte by byte", () => {
    expect(bytesOf(fenced()[2]!)).toBe(hex(decodePack(body()).get(3)!));
  });

  test("is two minutes of decimals, of which one sum has noise", () => {
    const segment = decodePack(body()).get(3)!;
    expect(packed(FOUR.map((value, i) => [value, i * 15_000]))).toBe(segment);
    expect(read(segment)).toMatchObject([
      { start: HOUR_START, count: 4, sum: 80.5, carry: 0, min: 19.9, max: 20.3, last: 20.2 },
      {
        start: HOUR_START + MINUTE,
        lastAt: HOUR_START + MINUTE + 45_000,
        count: 4,
        sum: 81.9,
        carry: -(2 ** -47),
        min: 20.4,
        max: 20.6,
        last: 20.5,
      },
    ]);
  });
});
