// Which tier a selection is read from, what it costs, and what the answer says of it.

import { describe, expect, test } from "vitest";
import {
  type Answer,
  evaluateInstant,
  evaluateRange,
  type Options,
} from "../../../src/core/promql/evaluate.ts";
import { failLimit } from "../../../src/core/promql/error.ts";
import { parseQuery } from "../../../src/core/promql/parse.ts";
import { readingsOf } from "../../../src/core/promql/tiers.ts";
import { anyOf } from "../../../src/core/query/matcher.ts";
import type { LimitName } from "../../../src/core/query/read-error.ts";
import { METRIC_NAME, type Source } from "../../../src/core/query/source.ts";
import { err } from "../../../src/core/result.ts";
import { canonicalLabels } from "../../../src/core/series/labels.ts";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { samplesOf } from "../../../src/worker/routes/prometheus/samples.ts";
import { Memory } from "../../support/promql/memory.ts";
import { naiveRange } from "../../support/promql/naive.ts";
import { storeOf } from "../../support/promql/store.ts";

/** A midnight, and a time of no round number. */
const TODAY = Date.UTC(2031, 5, 18);
const NOW = TODAY + 10 * HOUR + 21 * MINUTE + 7_000;
const RETENTION = { minute: 15, hour: 400, day: 0 };
const KEPT = { minute: TODAY - 15 * DAY, hour: TODAY - 400 * DAY, day: 0 };

describe("the tiers of a selection", () => {
  const of = (
    by: "instant" | "samples" | string,
    range: number,
    { first, last = first, step = 1 }: { first: number; last?: number; step?: number },
  ) =>
    readingsOf(
      {
        matchers: [],
        from: first - range + 1,
        to: last + 1,
        use: { by: by === "instant" || by === "samples" ? by : { call: by }, range, step },
      },
      KEPT,
    ).map(({ of, isExact }) => `${of}${isExact ? "" : "~"}`);

  const hourly = { first: TODAY - 2 * DAY, last: TODAY, step: HOUR };
  const daily = { first: TODAY - 350 * DAY, last: TODAY, step: DAY };
  const minutely = { first: NOW - HOUR, last: NOW, step: MINUTE };
  const old = { first: NOW - 100 * DAY, last: NOW - 99 * DAY, step: 10 * MINUTE };

  test.each([
    ["the last hour", of("rate", 5 * MINUTE, minutely), ["samples", "minute~", "hour~", "day~"]],
    ["now", of("instant", 5 * MINUTE, { first: NOW }), ["samples", "minute~", "hour~", "day~"]],
    ["whole hours", of("rate", HOUR, hourly), ["hour", "day~"]],
    ["selectors at whole hours", of("instant", 5 * MINUTE, hourly), ["hour", "day~"]],
    [
      "whole hours of a range of minutes",
      of("rate", 5 * MINUTE, hourly),
      ["samples", "minute", "hour~", "day~"],
    ],
    [
      "steps of hours at half past",
      of("sum_over_time", HOUR, { first: TODAY - DAY / 48, last: TODAY + DAY / 48, step: HOUR }),
      ["samples", "minute", "hour~", "day~"],
    ],
    [
      "what whole hours only come near",
      of("irate", HOUR, hourly),
      ["samples", "minute~", "hour~", "day~"],
    ],
    ["whole days", of("increase", DAY, daily), ["day"]],
    ["what whole days only come near", of("irate", DAY, daily), ["hour~", "day~"]],
    ["selectors at midnight", of("instant", 5 * MINUTE, daily), ["day"]],
    ["days of whole hours", of("increase", 36 * HOUR, daily), ["hour", "day~"]],
    [
      "a selector at one full hour",
      of("instant", 5 * MINUTE, { first: TODAY }),
      ["samples", "minute~", "hour~", "day~"],
    ],
    ["one whole day", of("avg_over_time", DAY, { first: TODAY }), ["day"]],
    ["30 days until now", of("increase", 30 * DAY, { first: NOW }), ["hour~", "day~"]],
    ["months ago", of("rate", 5 * MINUTE, old), ["hour~", "day~"]],
    ["years ago", of("rate", 5 * MINUTE, { first: NOW - 500 * DAY }), ["day~"]],
    ["hours years ago", of("rate", HOUR, { first: TODAY - 500 * DAY }), ["day~"]],
    ["what buckets do not say", of("quantile_over_time", DAY, daily), ["samples"]],
    ["samples", of("samples", DAY, { first: TODAY }), ["samples", "minute~", "hour~", "day~"]],
    ["samples of long ago", of("samples", 30 * DAY, { first: TODAY }), ["hour~", "day~"]],
  ])("%s", (_, got, expected) => expect(got).toEqual(expected));
});

/** Two hosts that report each minute, for so many days until now: a counter that rises by 2 a second, and 1 or 2. */
function reporting(days: number): Memory {
  const memory = new Memory();
  for (const [i, host] of ["a", "b"].entries()) {
    const labelled = (name: string) =>
      memory.of(
        canonicalLabels([
          ["__name__", name],
          ["host", host],
        ]),
      );
    const [counter, level] = [labelled("seen_total"), labelled("level")];
    for (let at = TODAY - days * DAY + 7; at < NOW; at += MINUTE) {
      counter.times.push(at);
      counter.values.push(((at - TODAY) / 1_000) * 2 + 1e9);
      level.times.push(at);
      level.values.push(i + 1);
    }
  }
  return memory;
}

async function ask(
  memory: Memory,
  query: string,
  times: number | { start: number; end: number; step: number },
  change: (source: Source) => Source = (source) => source,
  options: Options = {},
): Promise<{ answer: Answer; read: ReturnType<typeof storeOf>["read"] }> {
  const { source, read } = storeOf(memory, {
    now: NOW,
    retention: RETENTION,
    rolledTo: NOW - 2 * HOUR,
  });
  const parsed = parseQuery(query);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const samples = samplesOf(change(source), {
    now: NOW,
    samplesPerMinute: 6,
    retention: RETENTION,
  });
  const answer =
    typeof times === "number"
      ? await evaluateInstant(query, parsed.value, times, samples, options)
      : await evaluateRange(query, parsed.value, times, samples, options);
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return { answer: answer.value, read };
}

const valuesOf = ({ value }: Answer): number[] =>
  value.type === "matrix" || value.type === "vector"
    ? value.series.flatMap(({ values }) => [...values])
    : [];

const year = reporting(366);
const AGO = NOW - 365 * DAY;

test("what a query looks at is told series by series, so that others have their turn", async () => {
  const times = { start: NOW - HOUR, end: NOW, step: MINUTE };
  const told: number[] = [];
  const worked = (looks: number): undefined => void told.push(looks);
  await ask(year, "max_over_time(level[30m])", times, undefined, {
    pace: { worked, rest: () => {}, leave: () => {} },
  });
  // The 61 steps and the 90 samples, then 61 steps of 30 samples each.
  expect(told).toEqual([0, 1].flatMap(() => [61 + 90, 61 * 30]));
});

describe("data a year old", () => {
  test("rate over 5 minutes has a value at every step, and it is said of what (thanos-io/thanos#1115)", async () => {
    const times = { start: AGO, end: AGO + DAY, step: 10 * MINUTE };
    for (const query of ["rate(seen_total[5m])", "irate(seen_total[5m])"]) {
      const { answer } = await ask(year, query, times);
      expect(valuesOf(answer)).toHaveLength(2 * 145);
      for (const value of valuesOf(answer)) expect(value).toBeCloseTo(2, 9);
      expect(answer.infos).toEqual([
        expect.stringMatching(
          /^PromQL info: i?rate\(\) over 5m is made of the whole hour that each step is in or after, since single points before 2031-06-03T00:00:00.000Z are kept no longer/,
        ),
      ]);
    }
  });

  test.each([
    ["sum(level)", [3]],
    ["sum by (host) (level)", [1, 2]],
    ["count(level)", [2]],
    ["avg(level)", [1.5]],
    ["sum(avg_over_time(level[1h]))", [3]],
    ["max(level) * count(level)", [4]],
  ])(
    "%s is of the series' values, whatever a bucket counts (thanos-io/thanos#922, #8155)",
    async (query, expected) => {
      // At whole hours, between them, and at midnight from days.
      for (const at of [TODAY - 365 * DAY, AGO, TODAY - 365 * DAY + 5 * HOUR]) {
        const { answer } = await ask(year, query, at);
        expect(valuesOf(answer)).toEqual(expected);
      }
    },
  );

  test("irate over whole hours is of each hour, and it is said", async () => {
    const times = { start: TODAY - 365 * DAY, end: TODAY - 364 * DAY, step: HOUR };
    const { answer } = await ask(year, "irate(seen_total{host='a'}[1h])", times);
    expect(valuesOf(answer)).toHaveLength(25);
    for (const value of valuesOf(answer)) expect(value).toBeCloseTo(2, 9);
    expect(answer.infos).toEqual([expect.stringContaining("irate() is made of whole hours")]);
  });

  test("a median is not made up: there is none, and it is said why", async () => {
    const { answer } = await ask(year, "quantile_over_time(0.5, level[1h])", AGO);
    expect(valuesOf(answer)).toEqual([]);
    expect(answer.infos).toEqual([
      expect.stringContaining(
        "quantile_over_time() needs single points, which are kept since 2031-06-03T00:00:00.000Z",
      ),
    ]);
  });

  test("at the seam, a median has a value where all of its range is kept", async () => {
    const times = { start: KEPT.minute - HOUR, end: KEPT.minute + 2 * HOUR, step: HOUR / 2 };
    const { answer } = await ask(year, "quantile_over_time(0.5, level{host='a'}[1h])", times);
    const [series] = answer.value.type === "matrix" ? answer.value.series : [];
    expect([...series!.times]).toEqual([2, 3, 4].map((i) => KEPT.minute + (i * HOUR) / 2));
  });

  test("across the seam all is of one tier", async () => {
    const times = { start: KEPT.minute - DAY, end: KEPT.minute + DAY, step: 20 * MINUTE };
    const { answer, read } = await ask(year, "sum(rate(seen_total[5m]))", times);
    expect(read.samples).toBe(0);
    expect(valuesOf(answer)).toHaveLength(145);
    for (const value of valuesOf(answer)) expect(value).toBeCloseTo(4, 9);
    // One step later all is kept as samples.
    const later = { ...times, start: KEPT.minute + 5 * MINUTE };
    const { answer: sampled, read: all } = await ask(year, "sum(rate(seen_total[5m]))", later);
    expect([all.hour, sampled.infos]).toEqual([0, []]);
  });

  test("a dashboard costs a bucket an hour or a day, and not a sample a minute", async () => {
    const month = { start: TODAY - 30 * DAY, end: TODAY, step: HOUR };
    const { read: ofMonth } = await ask(year, "level{host='a'}", month);
    expect(ofMonth).toEqual({ minute: 0, hour: 30 * 24 + 4, day: 0, samples: 0 });
    const all = { start: TODAY - 364 * DAY, end: TODAY - DAY, step: DAY };
    const { read: ofYear } = await ask(year, "increase(seen_total{host='a'}[1d])", all);
    expect(ofYear).toEqual({ minute: 0, hour: 0, day: 366, samples: 0 });
  });
});

describe.each([
  ["whose minutes are kept no longer", TODAY - 30 * DAY],
  ["whose minutes are kept", TODAY - 4 * DAY],
])("a series that ended at ten past noon, %s", (_, day) => {
  const noon = day + 12 * HOUR;
  const up = new Memory();
  for (const [host, until] of [
    ["a", noon + 10 * MINUTE],
    ["b", day + 3 * DAY],
  ] as const) {
    const labels = [["__name__", "up"] as const, ["host", host] as const];
    const { times, values } = up.of(canonicalLabels(labels));
    for (let at = day + 7; at <= until; at += MINUTE) {
      times.push(at);
      values.push(1);
    }
  }

  test.each([
    ["by the hour", noon - HOUR, 4, HOUR, [2, 2, 1, 1]],
    ["by the day", day + DAY, 2, DAY, [1, 1]],
  ])(
    "is gone as soon as a selector does not see it, %s",
    async (_name, start, count, step, expected) => {
      const times = { start, end: start + (count - 1) * step, step };
      const { answer, read } = await ask(up, "count(up)", times);
      expect(valuesOf(answer)).toEqual(expected);
      expect([answer.infos, read.samples]).toEqual([[], 0]);
    },
  );

  test("in a subquery, too", async () => {
    const { answer, read } = await ask(up, "max_over_time(count(up)[3h:1h])", noon + 3.5 * HOUR);
    expect(valuesOf(answer)).toEqual([1]);
    expect([answer.infos, read.samples]).toEqual([[], 0]);
  });
});

test("between edges a series that ended is there for another hour, and it is said", async () => {
  const day = TODAY - 30 * DAY;
  const ended = new Memory();
  const { times: at, values } = ended.of(canonicalLabels([["__name__", "up"]]));
  for (let i = 0; i <= 10; i++) {
    at.push(day + i * MINUTE + 7);
    values.push(1);
  }
  const times = { start: day + HOUR / 3, end: day + 3 * HOUR, step: HOUR / 3 };
  const { answer } = await ask(ended, "up", times);
  expect(valuesOf(answer)).toHaveLength(5);
  expect(answer.infos).toEqual([
    expect.stringContaining("of each hour the first and the last value are read"),
  ]);
});

describe("too many samples", () => {
  const over = (source: Source): Source => ({
    ...source,
    minutes: async () =>
      err({
        kind: "too_large",
        limit: "bucketsPerQuery",
        value: 1,
        what: "samples that are read at once",
        ways: [],
      }),
  });
  const times = { start: NOW - 6 * HOUR, end: NOW, step: MINUTE };

  test("are answered from buckets, and it is said", async () => {
    const { answer } = await ask(year, "sum(rate(seen_total[5m]))", times, over);
    expect(valuesOf(answer)).toHaveLength(361);
    for (const value of valuesOf(answer)) expect(value).toBeCloseTo(4, 6);
    expect(answer.infos).toEqual([
      expect.stringContaining("since single points would be over the limit bucketsPerQuery"),
    ]);
  });

  test("are refused where buckets do not say what is asked", async () => {
    await expect(ask(year, "stddev_over_time(level[5m])", times, over)).rejects.toThrow(
      "bucketsPerQuery",
    );
  });
});

describe("series that come one after the other", () => {
  const times = { start: NOW - HOUR, end: NOW, step: MINUTE };

  /** Some series with a point a minute, then one with a point a second. */
  function mixed(): Memory {
    const memory = new Memory();
    for (const [i, every] of [MINUTE, MINUTE, MINUTE, 1_000].entries()) {
      const { times: at, values } = memory.of(
        canonicalLabels([
          ["__name__", "mixed"],
          ["i", String(i)],
        ]),
      );
      for (let time = NOW - 2 * HOUR + 7; time < NOW; time += every) {
        at.push(time);
        values.push((time / 1_000) % (10 + i));
      }
    }
    return memory;
  }

  test("are read once more when one of them has minutes that do not keep all points", async () => {
    const query = "avg_over_time(mixed[2m])";
    let asked = 0;
    const held: number[] = [];
    const { answer, read } = await ask(
      mixed(),
      query,
      times,
      (source) => ({
        ...source,
        minutes: (...all) => {
          asked++;
          return source.minutes(...all);
        },
      }),
      { memory: { hold: (bytes) => void held.push(bytes), settled: () => undefined } },
    );
    const { answer: whole } = await ask(mixed(), query, times, (source) => ({
      ...source,
      minutes: (question, take) => source.minutes(question, take),
    }));
    expect(answer).toEqual(whole);
    expect(answer.infos).toEqual([expect.stringContaining("there are minutes with more points")]);
    expect(asked).toBe(1);
    expect(read.minute).toBeGreaterThan(0);
    // Two values a step of each series, for the answer: of what was begun nothing is left.
    expect(held.reduce((sum, bytes) => sum + bytes, 0)).toBe(4 * 2 * 61 * 9);
  });

  test("which is no matter where the last point alone is wanted", async () => {
    const { answer, read } = await ask(mixed(), "mixed", times);
    expect(answer.infos).toEqual([
      expect.stringContaining("of minutes with more points than are kept one by one"),
    ]);
    expect(read.minute).toBe(0);
  });

  /** A source that is over a limit when its second series has come. */
  const overAfter =
    (limit: LimitName) =>
    (source: Source): Source => ({
      ...source,
      minutes: async (question, take, besides) => {
        const read = await source.minutes(question, take, besides);
        return read.ok
          ? err({ kind: "too_large", limit, value: 1, what: "of them", ways: [] })
          : read;
      },
    });

  test("are read once more, from buckets, when there are too many after all", async () => {
    const { answer } = await ask(
      mixed(),
      "sum(rate(mixed[2m]))",
      times,
      overAfter("bucketsPerQuery"),
    );
    const { answer: buckets } = await ask(mixed(), "sum(rate(mixed[2m]))", times, (source) => ({
      ...source,
      minutes: async () =>
        err({ kind: "too_large", limit: "bucketsPerQuery", value: 1, what: "of them", ways: [] }),
    }));
    expect(valuesOf(answer).length).toBeGreaterThan(50);
    expect(answer).toEqual(buckets);
    expect(answer.infos).toContainEqual(
      expect.stringContaining("since single points would be over the limit bucketsPerQuery"),
    );
  });

  test("are no more where buckets do not help, or the limit is another's", async () => {
    await expect(
      ask(mixed(), "stddev_over_time(mixed[2m])", times, overAfter("bucketsPerQuery")),
    ).rejects.toThrow("bucketsPerQuery");
    await expect(
      ask(mixed(), "rate(mixed[2m])", times, overAfter("metricsPerQuery")),
    ).rejects.toThrow("metricsPerQuery");
  });

  test.each([
    ["querySamples", "again"],
    ["queryLooks", "again"],
    ["queryCells", undefined],
  ] as const)("that are over the limit %s of a query are read otherwise", async (limit, kind) => {
    const { source } = storeOf(mixed(), { now: NOW, retention: RETENTION, rolledTo: NOW });
    const samples = samplesOf(source, { now: NOW, samplesPerMinute: 6, retention: RETENTION });
    const question = {
      matchers: [anyOf(METRIC_NAME, ["mixed"])],
      from: NOW - HOUR,
      to: NOW,
      use: { by: { call: "rate" }, range: MINUTE, step: MINUTE },
    } as const;
    const begun = samples.select(question, () => failLimit(limit, "it is over"));
    if (kind === undefined) return expect(begun).rejects.toThrow("it is over");
    expect(await begun).toEqual(err({ kind }));
    const widths: number[] = [];
    const found = await samples.select(question, ({ buckets, ...of }) => {
      if (buckets !== undefined && "width" in of) widths.push(of.width);
    });
    expect([found.ok, widths]).toEqual([true, [MINUTE, MINUTE, MINUTE, MINUTE]]);
  });
});

describe("more points than minutes keep", () => {
  const dense = new Memory();
  const { times, values } = dense.of(canonicalLabels([["__name__", "dense"]]));
  for (let at = NOW - 3 * HOUR; at < NOW; at += 1_000) {
    times.push(at + 1);
    values.push((at / 1_000) % 100);
  }
  const at = Math.floor(NOW / HOUR) * HOUR - 20 * MINUTE;

  test.each(["sum", "avg", "min", "max", "count"])(
    "%s_over_time is of them all, exact at whole minutes",
    async (name) => {
      const query = `${name}_over_time(dense[5m])`;
      const { answer } = await ask(dense, query, at);
      expect([...naiveRange(dense, query, { start: at, end: at, step: 1 }).values()]).toEqual(
        valuesOf(answer),
      );
      expect(answer.infos).toEqual([]);
      const { answer: between } = await ask(dense, query, at + 30_000);
      expect(valuesOf(between)).toEqual(valuesOf(answer));
      expect(between.infos).toEqual([
        expect.stringContaining(
          `${name}_over_time() is made of whole minutes, each in the range of its last point, since there are minutes with more points`,
        ),
      ]);
    },
  );

  test("a median is of those that are kept, and it is said", async () => {
    const { answer } = await ask(dense, "quantile_over_time(0.5, dense[5m])", at);
    expect(valuesOf(answer)).toHaveLength(1);
    expect(answer.infos).toEqual([expect.stringContaining("only the first and the last are read")]);
  });
});

test("a store that is young has all there is to a median of 30 days", async () => {
  const young = reporting(3);
  const query = "quantile_over_time(0.5, level[30d])";
  const { answer, read } = await ask(young, query, NOW);
  expect([valuesOf(answer), answer.infos, read.hour]).toEqual([[1, 2], [], 0]);
});

test("the newest hour is not drawn as a fall, and counts until now", async () => {
  const { answer } = await ask(year, "rate(seen_total{host='a'}[1h])", {
    start: NOW - 30 * DAY,
    end: NOW,
    step: 6 * HOUR,
  });
  expect(valuesOf(answer).at(-1)).toBeCloseTo(2, 9);
  const { answer: age } = await ask(year, "time() - timestamp(level{host='a'} offset 0s)", {
    start: NOW - 30 * DAY,
    end: NOW,
    step: 30 * DAY,
  });
  expect(valuesOf(age).at(-1)).toBeLessThan(60);
});
