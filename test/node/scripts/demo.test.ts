// The pure parts of `npm run demo`: its data, how they are cut into requests, and its patience.

import { describe, expect, test } from "vitest";
import {
  type Chunk,
  chunks,
  due,
  minutesFrom,
  missing,
  presentFrom,
  requestOf,
} from "../../../scripts/demo/backfill.ts";
import { catalogue } from "../../../scripts/demo/catalogue.ts";
import { waitMs } from "../../../scripts/demo/client.ts";
import { hash, jitter, sinceDeploy, strikes, traffic } from "../../../scripts/demo/noise.ts";
import { parseOptions } from "../../../scripts/demo/options.ts";
import { bar } from "../../../scripts/demo/progress.ts";
import { Intake } from "../../../src/core/formats/intake.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { decodeJson } from "../../../src/core/formats/native.ts";
import { atOnce } from "../../../src/core/parts.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 2, 4, 17, 23, 45);
const parse = (...args: string[]) => parseOptions(args, {});

describe("noise", () => {
  test("is the same at every run, and differs by every argument", () => {
    expect(hash(1, 2, 3)).toBe(hash(1, 2, 3));
    const all = [
      hash(1, 2, 3),
      hash(2, 2, 3),
      hash(1, 3, 3),
      hash(1, 2, 4),
      hash(1, 2, 3 + 2 ** 40),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  test("is about normal", () => {
    const source = { seed: 1, series: 0 };
    const values = Array.from({ length: 20_000 }, (_, i) => jitter(source, NOW + i * 60_000));
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  test("events strike once in a slot, for as long as they last", () => {
    const source = { seed: 1, series: 0 };
    for (let day = 0; day < 50; day++) {
      let minutes = 0;
      for (let at = day * DAY; at < (day + 1) * DAY; at += 60_000)
        if (strikes(source, at, DAY, HOUR)) minutes++;
      expect(minutes).toBe(60);
    }
  });

  test("there is less traffic at night and at weekends", () => {
    const wednesday = Date.UTC(2026, 2, 4);
    expect(traffic(wednesday + 3 * HOUR)).toBeLessThan(0.3 * traffic(wednesday + 15 * HOUR));
    const sunday = Date.UTC(2026, 2, 8);
    expect(traffic(sunday + 15 * HOUR)).toBeLessThan(0.7 * traffic(wednesday + 15 * HOUR));
  });

  test("deploys are on Tuesdays and Thursdays, 14:05", () => {
    expect(sinceDeploy(Date.UTC(2026, 2, 3, 14, 5))).toBe(0);
    expect(sinceDeploy(Date.UTC(2026, 2, 3, 14, 4))).toBe(5 * DAY - 60_000);
    expect(sinceDeploy(Date.UTC(2026, 2, 4, 14, 5))).toBe(DAY);
    expect(sinceDeploy(Date.UTC(2026, 2, 5, 14, 6))).toBe(60_000);
  });
});

describe("the catalogue", () => {
  test("has a dozen metrics under names that nobody else uses, two of them with a long history", () => {
    const series = catalogue(1);
    expect(new Set(series.map(({ metric }) => metric)).size).toBe(12);
    const long = series.filter(({ history }) => history === "long");
    expect(new Set(long.map(({ metric }) => metric)).size).toBe(2);
    expect(series.filter(({ metric }) => !metric.startsWith("demo."))).toEqual([]);
    expect(new Set(series.map(({ metric, labels }) => JSON.stringify([metric, labels]))).size).toBe(
      series.length,
    );
  });

  test("gives finite values that stay in their range", () => {
    for (const { metric, value } of catalogue(7))
      for (let at = NOW - 90 * DAY; at < NOW; at += 7 * HOUR + 60_000) {
        expect(value(at)).toSatisfy(Number.isFinite);
        expect(value(at)).toBeGreaterThanOrEqual(0);
        if (metric.endsWith(".percent")) expect(value(at)).toBeLessThanOrEqual(100);
      }
  });
});

const MINUTE = 60_000;
const DATA = { seed: 1, every: 15_000 };
const series = catalogue(1);

interface Sent {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly datapoints: readonly (readonly [number, number])[];
}

/** Every point of some chunks, as text: one that is sent twice is there twice. */
const pointsOf = (list: readonly Chunk[], of = series): string[] =>
  list.flatMap((chunk) =>
    (JSON.parse(requestOf(chunk, of, DATA).body) as Sent[]).flatMap(
      ({ name, labels, datapoints }) =>
        datapoints.map(([at, value]) => JSON.stringify([name, labels, at, value])),
    ),
  );

describe("the past", () => {
  test.each([[0], [1], [2], [90]])("is filled without gap or overlap, %i days", (days) => {
    const all = chunks(NOW, days, DATA.every);
    for (const history of ["long", "recent"]) {
      const list = all.filter((chunk) => chunk.history === history);
      list.slice(1).forEach((chunk, i) => expect(chunk.from).toBe(list[i]!.to));
      expect(list.at(-1)!.to).toBe(Date.UTC(2026, 2, 4, 17, 23));
    }
    expect(all.find(({ history }) => history === "long")!.from).toBe(Date.UTC(2026, 2, 4 - days));
  });

  test("is sent in the order of time", () => {
    const from = chunks(NOW, 90, DATA.every).map((chunk) => chunk.from);
    expect(from).toEqual(from.toSorted((a, b) => a - b));
  });

  test.each([[2_000], [15_000], [60_000]])(
    "is made of requests that the server takes, a point every %i ms",
    (every) => {
      // Of each history and length one: the others differ in their times alone.
      const kinds = new Map(
        chunks(NOW, 3, every).map((one) => [`${one.history} ${one.to - one.from}`, one]),
      );
      for (const chunk of kinds.values()) {
        const { body, points } = requestOf(chunk, series, { seed: 1, every });
        expect(points).toBeLessThan(LIMITS.pointsPerRequest);
        expect(body.length).toBeLessThan(LIMITS.bodyBytes);
        const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 400 });
        expect(atOnce(decodeJson(new TextEncoder().encode(body), "ms", intake)).ok).toBe(true);
        expect([intake.issueCount, intake.rejected.length]).toEqual([0, 0]);
      }
    },
  );

  test("and the present have the same points, at the same distance", () => {
    const hour: Chunk = {
      history: "recent",
      from: NOW - (NOW % HOUR) - HOUR,
      to: NOW - (NOW % HOUR),
    };
    const seconds: Chunk[] = [];
    // A second at a time, but for some after which the sender had to wait.
    for (let from = hour.from, i = 0; from < hour.to; i++) {
      const [next] = due(from, Math.min(from + (i % 5 === 0 ? 7_300 : 1_000), hour.to));
      seconds.push(next!);
      from = next!.to;
    }
    const recent = seconds.map(({ from, to }): Chunk => ({ history: "recent", from, to }));
    expect(pointsOf(recent).toSorted()).toEqual(pointsOf([hour]).toSorted());
    const items = JSON.parse(requestOf(hour, series, DATA).body) as Sent[];
    for (const { datapoints } of items) {
      expect(datapoints.length).toBe(240);
      datapoints.slice(1).forEach(([at], i) => expect(at - datapoints[i]![0]).toBe(DATA.every));
    }
  });
});

describe("a second run", () => {
  /** One of each history is enough, since a request has all of its kind. */
  const two = (["long", "recent"] as const).map((history) => ({
    ...series.find((one) => one.history === history)!,
    value: () => 1,
  }));
  const sentBy = (list: readonly Chunk[]): string[] => pointsOf(list, two);
  /** What the server has after some chunks, as the demo asks for it. */
  const heldAfter = (sent: readonly Chunk[], history: Chunk["history"]) => {
    const starts = (step: number): Set<number> =>
      new Set(
        sent
          .filter((chunk) => chunk.history === history || chunk.history === "all")
          .flatMap(({ from, to }) =>
            Array.from(
              { length: Math.ceil(to / step) - Math.floor(from / step) },
              (_, i) => (Math.floor(from / step) + i) * step,
            ),
          ),
      );
    return { hours: starts(HOUR), minutes: starts(MINUTE) };
  };
  const rerun = (sent: readonly Chunk[], now: number, days: number) => {
    const held = { long: heldAfter(sent, "long"), recent: heldAfter(sent, "recent") };
    const past = chunks(now, days, DATA.every).flatMap((chunk) =>
      chunk.history === "all" ? [] : missing(chunk, held[chunk.history], minutesFrom(now)),
    );
    return { past, from: presentFrom(now, Object.values(held)) };
  };

  test.each([
    ["at once", 0],
    ["two minutes later", 2 * MINUTE],
    ["within the same hour", 30 * MINUTE],
    ["when that hour is over", 50 * MINUTE],
    ["the next day", DAY],
  ])("%s counts no point twice", (_when, later) => {
    const first = rerun([], NOW, 3);
    // It then goes on for twenty minutes and a half, or until the second run.
    const until = NOW + Math.min(20 * MINUTE + 30_500, later);
    const sent = [...first.past, ...due(first.from, until)];
    const second = rerun(sent, NOW + later, 3);
    const all = [...sent, ...second.past, ...due(second.from, NOW + later + 5_000)];
    const points = sentBy(all);
    expect(new Set(points).size).toBe(points.length);
  });

  test("fills what a run that was ended in the middle, or went less far back, has left out", () => {
    const whole = rerun([], NOW, 3).past;
    const part = whole.slice(Math.floor(whole.length / 3), Math.floor(whole.length / 2));
    const both = [...part, ...rerun(part, NOW, 3).past];
    expect(sentBy(both).toSorted()).toEqual(sentBy(whole).toSorted());
  });
});

describe("patience", () => {
  test("does as the server asks", () => {
    expect(waitMs(1, "30")).toBe(30_000);
    expect(waitMs(1, "3600")).toBe(60_000);
  });

  test("doubles when the server does not say", () => {
    expect([1, 2, 3].map((attempt) => waitMs(attempt, null))).toEqual([500, 1_000, 2_000]);
    expect(waitMs(3, "soon")).toBe(2_000);
    expect(waitMs(50, null)).toBe(60_000);
  });
});

describe("the command line", () => {
  test("has defaults", () => {
    expect(parse()).toEqual({
      url: "http://localhost:8787",
      token: undefined,
      days: 90,
      live: true,
      every: 15_000,
      seed: 1,
    });
    expect(parse("--help")).toBeUndefined();
  });

  test("takes options, and the token from the environment", () => {
    const options = parseOptions(["--url", "https://a.example/", "--once"], { API_TOKEN: "t" });
    expect(options).toMatchObject({ url: "https://a.example", token: "t", live: false });
    expect(parse("--no-live", "--days", "7", "--token", "x")).toMatchObject({
      token: "x",
      days: 7,
      live: false,
    });
  });

  test.each([
    [["--url", "localhost:8787"], '--url "localhost:8787" is not an http address'],
    [["--days", "x"], '--days "x" is not a whole number'],
    [["--every", "0"], '--every "0" is not a whole number'],
    [["--wat"], "--wat"],
  ])("refuses %j", (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });
});

test("the bar", () => {
  expect(bar(0, 10, 0)).toBe(`[${"-".repeat(30)}]   0 %  0 of 10 points`);
  expect(bar(5_000, 10_000, 4_000)).toBe(
    `[${"#".repeat(15)}${"-".repeat(15)}]  50 %  5,000 of 10,000 points, 4 s left`,
  );
  expect(bar(10, 10, 4_000)).toBe(`[${"#".repeat(30)}] 100 %  10 of 10 points`);
  expect(bar(0, 0, 0)).toContain("100 %");
});
