// What every decoder must stand, whatever its format: bodies that are cut, broken, too large, hostile.
// It never throws, and what it takes in is what was sent, and within the limits.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decoding, Format } from "../../../src/core/formats/format.ts";
import { Intake } from "../../../src/core/formats/intake.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { helpIssue, type Statement, unitIssue } from "../../../src/core/series/description.ts";
import { decodeBatch, isEnd } from "../../../src/core/series/batch.ts";
import {
  labelNameIssue,
  labelsJsonOfKey,
  metricNameIssue,
  metricOfKey,
  parseLabelsJson,
} from "../../../src/core/series/labels.ts";
import { atOnce } from "../../../src/core/parts.ts";
import { unzstd } from "../../support/unzstd.ts";
import { changed, several } from "./changes.ts";

export const NOW = Date.UTC(2026, 10, 20, 12);

export interface Point {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Unix ms. */
  readonly at: number;
  /** As it is written in the body. */
  readonly value: string;
}

/** What the suite has to know of a format. */
export interface Fixture {
  /** A body with these points, one an item, whether they are good or not. */
  write(points: readonly Point[]): Uint8Array;
  /** Bodies that are right, each with what it holds. */
  readonly bodies: Readonly<Record<string, Body>>;
  /** Bodies of which nothing may be stored, when bad items are refused. */
  readonly bad: Readonly<Record<string, Uint8Array>>;
  /** Bodies, long in one place, that would take for ever if it were read more than a few times. */
  readonly endless?: Readonly<Record<string, Uint8Array>>;
  /** Why the end of a body does not show that it was cut: its last line may be read as another then. */
  readonly openEnd?: string;
  /** What becomes of a value, as it is written, where that is not the nearest double; and why. */
  readonly rounds?: { readonly why: string; of(value: string): number };
  /** Labels that all series get of the path, in place of their own. */
  readonly also?: Readonly<Record<string, string>>;
  /** Of a format that can say no other: what stands before each name, and the labels of all; and why. */
  readonly fixed?: {
    readonly why: string;
    readonly prefix: string;
    readonly labels: Readonly<Record<string, string>>;
  };
}

interface Body {
  readonly body: Uint8Array;
  readonly holds: readonly Stored[];
  /** What it says of metrics, those that may be there; absent: not looked at. */
  readonly says?: readonly Statement[];
}

/** A point as it is stored. */
export interface Stored {
  readonly key: string;
  readonly at: number;
  readonly value: number;
}

function beginning(format: Format, bytes: Uint8Array): { intake: Intake; decoding: Decoding } {
  const intake = new Intake({ shards: 3, now: NOW, retentionHourDays: 400 });
  const asked = { parameters: format.parameters.parse({}), path: format.paths[0]! };
  return { intake, decoding: format.decode(bytes, asked, intake, unzstd) };
}

function readInto(format: Format, bytes: Uint8Array): { intake: Intake; ok: boolean } {
  const { intake, decoding } = beginning(format, bytes);
  return { intake, ok: atOnce(decoding).ok };
}

/** All that a body leads to. */
function decode(format: Format, bytes: Uint8Array): { intake: Intake; ok: boolean; all: Stored[] } {
  const { intake, ok } = readInto(format, bytes);
  if (ok) expectSaneStatements(statementsOf(intake));
  return { intake, ok, all: ok ? storedOf(intake) : [] };
}

const statementsOf = (intake: Intake): Statement[] =>
  intake
    .finish()
    .flatMap(({ batches }) => batches.map(decodeBatch))
    .flatMap(({ statements = [] }) => statements);

const byMetric = (statements: readonly Statement[]): readonly Statement[] =>
  statements.toSorted((a, b) => (a.metric < b.metric ? -1 : 1));

const storedOf = (intake: Intake): Stored[] =>
  intake
    .finish()
    .flatMap(({ batches }) => batches.map(decodeBatch))
    .flatMap(({ series, index, at, value }) =>
      [...at].map((time, i) => ({ key: series[index[i]!]!, at: time, value: value[i]! })),
    );

const sorted = (points: readonly Stored[]): string[] =>
  points.map(({ key, at, value }) => `${key} ${at} ${value}`).sort();

const earliest = new Intake({ shards: 1, now: NOW, retentionHourDays: 400 }).accepts.from;

/** What may be in the store at all. */
function expectSane(points: readonly Stored[]): void {
  for (const { key, at, value } of points) {
    expect(metricNameIssue(metricOfKey(key)), key).toBeUndefined();
    const labels = parseLabelsJson(labelsJsonOfKey(key));
    expect(labels.length).toBeLessThanOrEqual(LIMITS.labelsPerPoint);
    for (const [name, text] of labels) {
      expect(labelNameIssue(name), key).toBeUndefined();
      expect(text.length).toBeLessThanOrEqual(LIMITS.labelValueLength);
    }
    expect(Number.isInteger(at) && at >= earliest && at <= NOW + LIMITS.aheadMs, key).toBe(true);
    expect(Number.isFinite(value) || isEnd(value), key).toBe(true);
  }
}

function expectSaneStatements(statements: readonly Statement[]): void {
  for (const { metric, unit = "", help = "", setAt } of statements) {
    expect(metric.length).toBeLessThanOrEqual(LIMITS.nameLength);
    expect([unitIssue(unit), helpIssue(help), setAt]).toEqual([undefined, undefined, undefined]);
  }
}

const point = (more: Partial<Point> = {}): Point => ({
  name: "cpu.load",
  labels: { host: "a", dc: "eu" },
  at: NOW,
  value: "1.5",
  ...more,
});

const points = fc.array(
  fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9._]{0,9}$/),
    labels: fc.dictionary(
      fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/),
      fc.stringMatching(/^[A-Za-z0-9é😀/-]{1,8}$/u),
      { maxKeys: 4, noNullPrototype: true },
    ),
    at: fc.integer({ min: NOW - 1e9, max: NOW }),
    value: fc.oneof(fc.integer(), fc.float({ noNaN: true, noDefaultInfinity: true })).map(String),
  }),
  { minLength: 1, maxLength: 8 },
);

const storedAs = (
  { fixed, also, rounds }: Fixture,
  { name, labels, at, value }: Point,
): Stored => ({
  key: `${fixed?.prefix ?? ""}${name}{${Object.entries(fixed?.labels ?? { ...labels, ...also })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, text]) => `${JSON.stringify(label)}:${JSON.stringify(text)}`)
    .join()}}`,
  at,
  value: rounds?.of(value) ?? Number(value),
});

export function decoderSuite(format: Format, fixture: Fixture): void {
  const asStored = (one: Point): Stored => storedAs(fixture, one);
  const refused = (bytes: Uint8Array): void => {
    const { ok, intake } = decode(format, bytes);
    expect(ok && intake.issueCount === 0 && intake.length > 0).toBe(false);
  };

  describe(`${format.name} takes`, () => {
    for (const [what, { body, holds, says }] of Object.entries(fixture.bodies))
      test(what, () => {
        const { intake, all } = decode(format, body);
        if (says !== undefined) expect(byMetric(statementsOf(intake))).toEqual(byMetric(says));
        expect(intake.issues).toEqual([]);
        expect(sorted(all)).toEqual(sorted(holds));
      });

    test("what was written, each point once", () => {
      fc.assert(
        fc.property(points, (list) => {
          const { intake, all } = decode(format, fixture.write(list));
          expect(intake.issues).toEqual([]);
          expect(sorted(all)).toEqual(sorted(list.map(asStored)));
        }),
      );
    });
  });

  describe(`${format.name} stands`, () => {
    test("a body cut off at every byte: only points that were sent", () => {
      const bodies = [
        ...Object.values(fixture.bodies).map(({ body }) => body),
        fixture.write([point(), point({ labels: { host: "é😀" } }), point({ value: "-12.25" })]),
      ];
      for (const body of bodies) {
        const whole = new Set(sorted(decode(format, body).all));
        for (let end = 0; end < body.length; end++) {
          const { all } = decode(format, body.subarray(0, end));
          expectSane(all);
          if (fixture.openEnd === undefined || body[end - 1] === 0x0a)
            for (const one of sorted(all)) expect(whole, `cut at ${end}`).toContain(one);
        }
      }
    });

    test("any bytes at all", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
          expectSane(decode(format, bytes).all);
        }),
        { numRuns: 2_000 },
      );
    });

    test("bytes changed, doubled and left out", () => {
      fc.assert(
        fc.property(points, fc.array(several, { minLength: 5, maxLength: 5 }), (list, attempts) => {
          const whole = fixture.write(list);
          for (const changes of attempts) expectSane(decode(format, changed(whole, changes)).all);
        }),
        { numRuns: 400 },
      );
    });

    test("numbers that are none, or too large for a double", () => {
      for (const value of [
        "NaN",
        "Infinity",
        "-Infinity",
        "+Inf",
        "1e999",
        "-1e999",
        "9".repeat(400),
        "",
        "0x10",
        "1_0",
        "--1",
      ]) {
        const { all } = decode(format, fixture.write([point(), point({ name: "odd", value })]));
        expectSane(all);
      }
    });

    test("a large body, in parts, while another is read", () => {
      const bodies = ["first", "other"].map((name) =>
        fixture.write(
          Array.from({ length: 5_000 }, (_, i) =>
            point({ name: `${name}${i % 7}`, labels: { host: `${name}${i % 50}` }, at: NOW - i }),
          ),
        ),
      );
      const readers = bodies.map((body) => beginning(format, body));
      let most = 0;
      for (let open = readers; open.length > 0;)
        open = open.filter(({ intake, decoding }) => {
          const before = intake.seen;
          const { done } = decoding.next();
          most = Math.max(most, intake.seen - before);
          return done !== true;
        });
      // Alone last: then the series of all are known.
      const alone = bodies.map((body) => sorted(decode(format, body).all));
      expect(readers.map(({ intake }) => sorted(storedOf(intake)))).toEqual(alone);
      expect(alone[0]).toHaveLength(5_000);
      expect(most).toBeLessThanOrEqual(LIMITS.itemsPerTurn);
    });

    test("times far away", () => {
      for (const at of [
        0,
        -1,
        1e3,
        8.64e15,
        1e17,
        2 ** 53,
        -(2 ** 53),
        1e300,
        NOW + LIMITS.aheadMs + 1,
      ])
        expectSane(decode(format, fixture.write([point({ at })])).all);
    });

    test("nesting, quotes and escapes without end", () => {
      for (const part of [
        "[",
        "{",
        '{"a":',
        "[[",
        "(",
        '"',
        "\\",
        '{"labels":',
        ",",
        "=",
        " ",
        "\n",
        "\0",
      ]) {
        const text = part.repeat(200_000);
        for (const body of [text, `[${text}`, `{"name":${text}`])
          expectSane(decode(format, new TextEncoder().encode(body)).all);
      }
    });

    for (const [what, body] of Object.entries(fixture.endless ?? {}))
      test(`${what} without end`, () => expectSane(decode(format, body).all));

    test("text that is not UTF-8: nothing is stored under another name", () => {
      const good = fixture.write([point({ name: "aXb", labels: { lXm: "vXw" } })]);
      for (const [i, byte] of good.entries())
        if (byte === 0x58)
          for (const wrong of [0xff, 0xc0, 0x80, 0xed]) {
            const { all } = decode(format, good.with(i, wrong));
            expect(all).toEqual([]);
          }
    });
  });

  describe(`${format.name} refuses`, () => {
    for (const [what, body] of Object.entries(fixture.bad)) test(what, () => refused(body));

    test("names and labels over their limits", () => {
      const labels = (count: number): Record<string, string> =>
        Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, "v"]));
      const most = LIMITS.labelsPerPoint - Object.keys(fixture.also ?? {}).length;
      const long = (length: number): string => "n".repeat(length);
      const nameLength = LIMITS.nameLength - (fixture.fixed?.prefix.length ?? 0);
      refused(fixture.write([point({ name: long(nameLength + 1) })]));
      expect(decode(format, fixture.write([point({ name: long(nameLength) })])).all).toHaveLength(
        1,
      );
      if (fixture.fixed !== undefined) return;
      for (const more of [
        { labels: { [long(LIMITS.nameLength + 1)]: "v" } },
        { labels: { a: long(LIMITS.labelValueLength + 1) } },
        { labels: labels(most + 1) },
      ])
        refused(fixture.write([point(more)]));
      for (const more of [
        { labels: { [long(LIMITS.nameLength)]: long(LIMITS.labelValueLength) } },
        { labels: labels(most) },
      ])
        expect(decode(format, fixture.write([point(more)])).all).toHaveLength(1);
    });

    test("more points than a request may hold", () => {
      const read = (count: number): { intake: Intake; ok: boolean } =>
        readInto(format, fixture.write(Array<Point>(count).fill(point({ labels: {} }))));
      const most = read(LIMITS.pointsPerRequest);
      expect([most.ok, most.intake.length]).toEqual([true, LIMITS.pointsPerRequest]);
      expect(read(LIMITS.pointsPerRequest + 1).ok).toBe(false);
    });
  });

  test(`${format.name}: a bad item between good ones takes none of them along`, () => {
    const bad = point({ name: "n".repeat(LIMITS.nameLength + 1) });
    const good = [point(), point({ name: "other", value: "2" })];
    const { intake, all } = decode(format, fixture.write([good[0]!, bad, good[1]!]));
    expect(sorted(all)).toEqual(sorted(good.map(asStored)));
    expect([intake.skipped, intake.issueCount]).toEqual([1, 1]);
    expect(intake.rejections()).toMatchObject([{ index: 1, code: "invalid_point" }]);
  });
}
