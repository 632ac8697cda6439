// Lines of a backup into a store that has something: they fill gaps. Into one that fails, or while others write:
// they count once. And lines that no store has written are refused.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { QueryAnswer } from "../../src/core/api.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { type Line, readLine } from "../../src/core/backup/read.ts";
import type { Source } from "../../src/core/query/source.ts";
import { err } from "../../src/core/result.ts";
import { linesOf } from "../../src/worker/backup/export.ts";
import { importLines } from "../../src/worker/backup/import.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import type { Env } from "../../src/worker/env.ts";
import { sourceOf } from "../../src/worker/read/source.ts";
import { failureOf, fetchApi, NOW, search } from "./api-client.ts";
import { ask, begin, cron, exported, flush, imported, post, storeNow } from "./backup-store.ts";
import { faultyD1, noFaults, releaseZombies } from "./faults.ts";

const TODAY = NOW - (NOW % DAY);
const NAME = "gaps";

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await begin({ shards: 1, databases: 1 });
});

const point = (at: number, value: number, host = "a"): unknown => ({
  name: NAME,
  value,
  labels: { host },
  timestamp: at,
});

const line = (of: object, host = "a"): string =>
  JSON.stringify({ metric: NAME, labels: { host }, ...of });

/** Samples, as `[time, value]`. */
const minutes = (...samples: (readonly [number, number])[]): object => ({
  minute: { at: samples.map(([at]) => at), value: samples.map(([, value]) => value) },
});

/** Buckets of one point each, in the middle of an hour or a day. */
const buckets = (step: number, ...of: (readonly [number, number])[]): object => {
  const values = of.map(([, value]) => value);
  const times = of.map(([start]) => start + step / 2);
  const zeros = of.map(() => 0);
  return {
    start: of.map(([start]) => start),
    count: of.map(() => 1),
    sum: values,
    carry: zeros,
    min: values,
    max: values,
    first: values,
    firstAt: times,
    last: values,
    lastAt: times,
    rise: zeros,
  };
};

/** Hours of a UTC day by their numbers, with the day that they make. */
const hours = (day: number, ...of: (readonly [number, number])[]): object => {
  const sum = of.reduce((all, [, value]) => all + value, 0);
  const values = of.map(([, value]) => value);
  const [first, last] = [of[0]!, of.at(-1)!];
  const middle = ([hour]: readonly [number, number]): number => day + hour * HOUR + HOUR / 2;
  return {
    hour: buckets(HOUR, ...of.map(([hour, value]) => [day + hour * HOUR, value] as const)),
    day: {
      start: [day],
      count: [of.length],
      sum: [sum],
      carry: [0],
      min: [Math.min(...values)],
      max: [Math.max(...values)],
      first: [first[1]],
      firstAt: [middle(first)],
      last: [last[1]],
      lastAt: [middle(last)],
      rise: [0],
    },
  };
};

/** `[start, count, sum]` of each bucket. */
async function found(resolution: string, host = "a"): Promise<unknown[]> {
  const query = { metric: NAME, resolution, from: "-30d", to: "+1d", where: `host=${host}` };
  const answer = (await (await ask(`/api/v1/query${search(query)}`)).json()) as QueryAnswer;
  return answer.series.flatMap(({ t, count, sum }) => t.map((at, i) => [at, count[i], sum[i]]));
}

const parsed = (lines: readonly string[]): readonly Line[] =>
  lines.map((text) => {
    const one = readLine(text, NOW);
    if (!one.ok) throw new Error(one.error);
    return one.value;
  });

const ago = (days: number): number => TODAY - days * DAY;

describe("what the store has stays", () => {
  test("a minute, also one that only a shard holds; others beside it come in", async () => {
    await post([point(NOW - 90 * MINUTE, 1)]);
    await flush();
    await post([point(NOW - 5 * MINUTE, 2)]);
    const lines = [
      line(
        minutes([NOW - 90 * MINUTE + 1, 100], [NOW - 80 * MINUTE, 3], [NOW - 5 * MINUTE + 1, 100]),
      ),
      line(minutes([NOW - 80 * MINUTE, 4]), "b"),
    ];
    expect(await imported(lines)).toEqual({ stored: 2, kept: 2, left: 0 });
    const there = [
      [NOW - 90 * MINUTE, 1, 1],
      [NOW - 80 * MINUTE, 1, 3],
      [NOW - 5 * MINUTE, 1, 2],
    ];
    expect(await found("minute")).toEqual(there);
    await flush();
    vi.setSystemTime(NOW + HOUR);
    await cron();
    vi.setSystemTime(NOW);
    expect(await found("minute")).toEqual(there);
    expect(await found("day")).toEqual([[TODAY, 3, 6]]);
    expect(await found("day", "b")).toEqual([[TODAY, 1, 4]]);
  });

  test("hours and days without minutes; what comes late afterwards is added", async () => {
    const day = ago(6);
    expect(await imported([line(hours(day, [12, 1]))])).toEqual({ stored: 2, kept: 0, left: 0 });
    // Of the same day an hour that is there, and one that is not: the day is made anew.
    expect(await imported([line(hours(day, [10, 5], [12, 100]))])).toMatchObject({
      stored: 1,
      kept: 2,
    });
    expect(await imported([line({ day: buckets(DAY, [day, 100]) })])).toMatchObject({ kept: 1 });
    expect(await found("hour")).toEqual([]);
    // Of days that are past the retention of hours, the day is left.
    expect(await found("day")).toEqual([[day, 2, 6]]);
    const kept = ago(3);
    await imported([line(hours(kept, [10, 5], [12, 1]))]);
    await post([point(kept + 10 * HOUR, 7)]);
    const late = [
      [kept + 10 * HOUR, 2, 12],
      [kept + 12 * HOUR, 1, 1],
    ];
    expect(await found("hour")).toEqual(late);
    await flush();
    await cron();
    expect(await found("hour")).toEqual(late);
    expect(await found("day")).toEqual([
      [day, 2, 6],
      [kept, 3, 13],
    ]);
    expect(await found("minute")).toEqual([]);
  });

  test("hours of a day in several lines of a request, each once", async () => {
    const some = (...of: (readonly [number, number])[]): object => ({
      hour: buckets(HOUR, ...of.map(([hour, value]) => [ago(3) + hour * HOUR, value] as const)),
    });
    const lines = [
      ...[some([2, 1]), some([5, 2]), some([5, 100], [7, 4]), some([2, 100])].map((of) => line(of)),
      ...[hours(ago(3), [1, 1]), some([9, 8])].map((of) => line(of, "b")),
    ];
    expect(await imported(lines)).toEqual({ stored: 6, kept: 2, left: 0 });
    expect(await found("hour")).toEqual([
      [ago(3) + 2 * HOUR, 1, 1],
      [ago(3) + 5 * HOUR, 1, 2],
      [ago(3) + 7 * HOUR, 1, 4],
    ]);
    expect(await found("day")).toEqual([[ago(3), 3, 7]]);
    expect(await found("day", "b")).toEqual([[ago(3), 2, 9]]);
    expect(await imported(lines)).toEqual({ stored: 0, kept: 8, left: 0 });
  });

  test("minutes of a day whose minutes are deleted here become hours, once", async () => {
    await imported([line({ day: buckets(DAY, [ago(1), 1]) }, "other")]);
    const lines = [
      line(minutes([ago(1) + HOUR, 1], [ago(1) + HOUR + MINUTE, 2])),
      line(minutes([ago(1) + 5 * HOUR, 4])),
    ];
    expect(await imported(lines, 1)).toEqual({ stored: 3, kept: 0, left: 0 });
    expect(await imported(lines, 1)).toEqual({ stored: 0, kept: 3, left: 0 });
    const there = [
      [ago(1) + HOUR, 2, 3],
      [ago(1) + 5 * HOUR, 1, 4],
    ];
    expect(await found("hour")).toEqual(there);
    await cron();
    expect(await found("hour")).toEqual(there);
    expect(await found("day")).toEqual([[ago(1), 3, 7]]);
    expect(await imported(lines, 2)).toEqual({ stored: 0, kept: 3, left: 0 });
  });

  test("a day that is past the retention of hours comes in several requests, before and after it is rolled up", async () => {
    const day = ago(6);
    const lines = [0, 8, 16].map((hour) =>
      line(minutes([day + hour * HOUR, hour], [day + hour * HOUR + MINUTE, 1])),
    );
    expect(await imported(lines.slice(0, 1))).toEqual({ stored: 2, kept: 0, left: 0 });
    expect(await imported(lines.slice(0, 2), 1)).toEqual({ stored: 2, kept: 2, left: 0 });
    await cron();
    expect(await imported(lines, 1)).toEqual({ stored: 2, kept: 4, left: 0 });
    await cron();
    expect(await imported(lines, 1)).toEqual({ stored: 0, kept: 6, left: 0 });
    expect(await found("day")).toEqual([[day, 6, 27]]);
  });

  test("a day alone does not go where others have minutes before, and says so", async () => {
    await post([point(ago(1) + HOUR, 1, "b")]);
    await flush();
    const alone = (day: number): string => line({ day: buckets(DAY, [day, 1]) });
    const taken = await imported([alone(ago(1)), alone(ago(2))]);
    expect(taken).toMatchObject({
      stored: 1,
      left: 1,
      why: expect.stringMatching(/has minutes of before/),
    });
    expect(await found("day")).toEqual([[ago(2), 1, 1]]);
    expect(await found("minute", "b")).toEqual([[ago(1) + HOUR, 1, 1]]);
    // Nor does a day that has more than the hours that are told of it; nor today.
    const more = JSON.parse(line(hours(ago(1), [2, 1]), "c")) as { day: { count: number[] } };
    more.day.count = [2];
    expect(await imported([JSON.stringify(more)])).toMatchObject({ stored: 0, left: 2 });
    expect(await imported([alone(ago(0))])).toMatchObject({ stored: 0, left: 1 });
  });

  test("a description, where nothing is said or set", async () => {
    const about = (unit: string, help: string): string =>
      JSON.stringify({
        about: NAME,
        said: { unit, help },
        saidAt: 5,
        set: { type: "gauge" },
        setAt: 5,
      });
    // Of a metric without points, nothing is known.
    await imported([about("By", "one")]);
    expect((await ask(`/api/v1/metric?name=${NAME}`)).status).toBe(404);
    await imported([line(minutes([NOW - HOUR, 1])), about("By", "one")]);
    await imported([about("s", "two")]);
    const described = await (await ask(`/api/v1/metric?name=${NAME}`)).json();
    expect(described).toMatchObject({
      unit: "By",
      help: "one",
      type: "gauge",
      set: { type: "gauge" },
    });
    expect(await exported(NAME)).toContain(about("By", "one"));
  });
});

describe("what the store keeps no more", () => {
  /** Into the store as it is, or with other retentions. */
  const put = async (lines: readonly string[], more: Partial<Env> = {}): Promise<unknown> =>
    await importLines({ ...storeNow(), ...more }, parsed(lines), Date.now());

  test("at any resolution is left, minutes too", async () => {
    const lines = [
      line(minutes([ago(6) + HOUR, 1], [ago(6) + 2 * HOUR, 1])),
      line(hours(ago(6), [3, 1]), "b"),
      line(minutes([ago(5) + HOUR, 1])),
    ];
    const why = expect.stringContaining("is past what this store keeps at any resolution");
    const of = { RETENTION_DAY_DAYS: "5" };
    expect(await put(lines, of)).toEqual({ stored: 1, kept: 0, left: 4, why });
    expect(await put(lines, of)).toEqual({ stored: 0, kept: 1, left: 4, why });
    await cron();
    expect(await found("day")).toEqual([[ago(5), 1, 1]]);
  });

  test("by the hour counts once by the day, also when hours are kept for longer since", async () => {
    const lines = [line(minutes([ago(6) + HOUR, 1], [ago(6) + HOUR + MINUTE, 2]))];
    expect(await put(lines)).toEqual({ stored: 2, kept: 0, left: 0 });
    for (let hour = 0; hour < 3; hour++, vi.setSystemTime(NOW + hour * HOUR)) await cron();
    expect(await found("hour")).toEqual([]);
    const longer = { RETENTION_HOUR_DAYS: "100" };
    for (let hour = 4; hour < 7; hour++, vi.setSystemTime(NOW + hour * HOUR))
      await runCron({ ...storeNow(), ...longer });
    expect(await put(lines, longer)).toEqual({ stored: 0, kept: 2, left: 0 });
    await cron();
    expect(await found("day")).toEqual([[ago(6), 2, 3]]);
  });
});

describe("hours without minutes go beside the minutes of others", () => {
  const HOURS = [
    line(hours(ago(1), [2, 7], [3, 5])),
    line(hours(ago(2), [2, 1])),
    line(hours(ago(0), [0, 4]), "c"),
  ];
  const there = [
    [ago(2) + 2 * HOUR, 1, 1],
    [ago(1) + 2 * HOUR, 1, 7],
    [ago(1) + 3 * HOUR, 1, 5],
  ];

  beforeEach(async () => {
    await post([point(ago(1) + 2 * HOUR, 1, "b")]);
    await flush();
  });

  const expectBeside = async (): Promise<void> => {
    expect(await found("hour")).toEqual(there);
    expect(await found("day")).toEqual([
      [ago(2), 1, 1],
      [ago(1), 2, 12],
    ]);
    expect(await found("hour", "c")).toEqual([[ago(0), 1, 4]]);
    // Of minutes nothing is known, and those of others stay.
    expect(await found("minute")).toEqual([]);
    expect(await found("minute", "b")).toEqual([[ago(1) + 2 * HOUR, 1, 1]]);
  };

  test("also in the hours in which these are, once, before and after the roll-up", async () => {
    expect(await imported(HOURS, 1)).toEqual({ stored: 7, kept: 0, left: 0 });
    await expectBeside();
    expect(await imported(HOURS)).toEqual({ stored: 0, kept: 7, left: 0 });
    vi.setSystemTime(NOW + 2 * HOUR);
    await cron();
    vi.setSystemTime(NOW);
    await expectBeside();
    expect(await imported(HOURS)).toEqual({ stored: 0, kept: 7, left: 0 });
    // And those that come when all is rolled up.
    expect(await imported([line(hours(ago(1), [3, 2], [4, 1]), "b")])).toMatchObject({ stored: 3 });
    await cron();
    expect(await found("hour", "b")).toEqual([
      [ago(1) + 2 * HOUR, 1, 1],
      [ago(1) + 3 * HOUR, 1, 2],
      [ago(1) + 4 * HOUR, 1, 1],
    ]);
  });

  test("PromQL over samples says that it does not have them", async () => {
    await imported(HOURS);
    const asked = (range: string, at: number): Promise<readonly string[] | undefined> =>
      fetchApi(
        `/prometheus/api/v1/query?query=max_over_time(${NAME}[${range}])&time=${at / 1_000}`,
      ).then(async (response) => ((await response.json()) as { infos?: readonly string[] }).infos);
    expect(await asked("7h", ago(1) + 7 * HOUR + 5 * MINUTE)).toEqual([
      expect.stringContaining("of 2 hours that an import put in as a whole"),
    ]);
    expect(await asked("7h", ago(1) + 7 * HOUR)).toBeUndefined();
  });

  test("an hour is there as a whole or by its minutes, whichever was first", async () => {
    await imported(HOURS);
    const later = [
      line(minutes([ago(1) + 2 * HOUR + MINUTE, 100], [ago(1) + 5 * HOUR, 9])),
      line(hours(ago(1), [2, 100], [5, 100], [6, 3])),
    ];
    expect(await imported(later)).toEqual({ stored: 2, kept: 4, left: 0 });
    expect(await imported(later, 1)).toEqual({ stored: 0, kept: 6, left: 0 });
    expect(await found("hour")).toEqual([
      ...there,
      [ago(1) + 5 * HOUR, 1, 9],
      [ago(1) + 6 * HOUR, 1, 3],
    ]);
  });

  test("what comes late is added; both stay when the minutes are deleted, and go into another store", async () => {
    await imported(HOURS);
    await post([point(ago(1) + 2 * HOUR + 9, 2)]);
    await flush();
    const added = there.map(([at, ...of]) => (at === ago(1) + 2 * HOUR ? [at, 2, 9] : [at, ...of]));
    expect(await found("hour")).toEqual(added);
    expect(await found("minute")).toEqual([[ago(1) + 2 * HOUR, 1, 2]]);
    const lines = await exported(NAME);
    // Two runs agree on the time, and then minutes go a day at a time.
    for (const later of [DAY, DAY + 2 * HOUR, 2 * DAY, 2 * DAY + 2 * HOUR, 2 * DAY + 4 * HOUR]) {
      vi.setSystemTime(NOW + later);
      await cron();
    }
    expect(await found("hour")).toEqual(added);
    expect(await found("minute", "b")).toEqual([]);
    vi.setSystemTime(NOW);
    await begin({ shards: 3, databases: 2 });
    for (let twice = 0; twice < 2; twice++) {
      await imported(lines, 1);
      expect(await found("hour")).toEqual(added);
      expect(await found("minute", "b")).toEqual([[ago(1) + 2 * HOUR, 1, 1]]);
    }
  });
});

describe("once, whatever happens", () => {
  const LINES = [
    line(minutes([NOW - HOUR, 1], [NOW - MINUTE, 2])),
    line(minutes([NOW - HOUR, 3]), "b"),
    line(hours(ago(3), [1, 4], [2, 5])),
  ];
  const read = parsed(LINES);

  const expectOnce = async (): Promise<void> => {
    expect(await found("hour")).toEqual([
      [ago(3) + HOUR, 1, 4],
      [ago(3) + 2 * HOUR, 1, 5],
      [NOW - HOUR, 2, 3],
    ]);
    expect(await found("day", "b")).toEqual([[TODAY, 1, 3]]);
  };

  test.each(["before", "after", "zombie"] as const)(
    "D1 fails: %s; the attempt that follows finds what landed",
    async (fault) => {
      for (let at = 1; at <= 7; at++) {
        await begin({ shards: 1, databases: 1 });
        const faults = noFaults();
        let batches = 0;
        const real = faultyD1(env.DB, faults);
        const DB = {
          withSession: (of?: string) => {
            const session = real.withSession(of);
            return {
              prepare: (sql: string) => session.prepare(sql),
              batch: (statements: D1PreparedStatement[]) => {
                if (++batches === at) faults.next = fault;
                return session.batch(statements);
              },
            };
          },
          prepare: (sql: string) => real.prepare(sql),
          batch: (statements: D1PreparedStatement[]) => real.batch(statements),
        } as unknown as D1Database;
        const store = { ...storeNow(), DB };
        // A read that fails is no failure of D1's, and is told: whoever asked sends the lines again.
        const done = await importLines(store, read, NOW).catch(() => undefined);
        // Of what an attempt that failed has put, it is known that it was new, unless that is what failed.
        const all = { stored: 6, kept: 0, left: 0 };
        expect([undefined, fault === "before" ? all : expect.anything()]).toContainEqual(done);
        await importLines(storeNow(), read, NOW);
        await releaseZombies(faults);
        await expectOnce();
      }
    },
  );

  test("two at the same time, and a removal in between", async () => {
    await Promise.all([imported(LINES), imported(LINES, 1), imported(LINES, 2)]);
    await expectOnce();
    await ask(`/api/v1/metric?name=${NAME}`, { method: "DELETE" });
    expect(await imported(LINES)).toMatchObject({ stored: 6, kept: 0, left: 0 });
    await cron();
    await expectOnce();
  });
});

test("what fails in the middle of the first piece is said by the last line", async () => {
  await imported(["a", "b", "c"].map((host) => line(minutes([ago(0) + HOUR, 1]), host)));
  const real = sourceOf(storeNow(), "", NOW);
  const lines: string[] = [];
  const source: Source = {
    ...real,
    minutes: async (question, take, takeHour) =>
      lines.length === 0
        ? await real.minutes(question, take, takeHour)
        : err({ kind: "unavailable", message: "D1 is away", retryAfterSec: 1 }),
  };
  const range = { from: ago(0) + HOUR, to: ago(0) + 2 * HOUR };
  const of = { metric: NAME, ...range, samplesPerMinute: 12 };
  // An hour of more than a bucket is gone through for one part of the series after the other.
  for await (const text of linesOf(source, of, "", { buckets: 1, characters: 1e6 }))
    lines.push(text);
  expect(lines.length).toBeGreaterThan(1);
  expect(JSON.parse(lines.at(-1)!)).toEqual({ failed: "D1 is away", next: range.from });
});

test("what fails in the middle of an answer ends it there, and is said by the next one's status", async () => {
  await imported([1, 0].map((day) => line(minutes([ago(day) + HOUR, 1]))));
  const real = sourceOf(storeNow(), "", NOW);
  let asked = 0;
  let failing = 2;
  const source: Source = {
    ...real,
    minutes: async (question, take) =>
      ++asked < failing
        ? await real.minutes(question, take)
        : err({ kind: "unavailable", message: "D1 is away", retryAfterSec: 1 }),
  };
  const read = async (from: number): Promise<string[]> => {
    const of = { metric: NAME, from, to: TODAY + DAY, samplesPerMinute: 12 };
    const lines: string[] = [];
    for await (const text of linesOf(source, of, "")) lines.push(text);
    return lines;
  };
  const begun = await read(ago(1));
  expect(begun).toEqual([expect.any(String), `{"next":${TODAY}}\n`]);
  await expect(read(TODAY)).rejects.toThrow("D1 is away");
  failing = Infinity;
  const rest = await read(TODAY);
  expect([begun[0], ...rest]).toEqual(await read(ago(1)));
});

describe("lines that are wrong are refused by their number, and nothing of the body is stored", () => {
  const good = line(minutes([NOW - HOUR, 1]));
  const hour = buckets(HOUR, [ago(3), 1]) as Record<string, unknown>;
  const refused = (what: string, text: string, message: RegExp): void =>
    test(what, async () => {
      const body = `${good}\n${text}\n`;
      const response = await ask("/api/v1/backup", { method: "POST", body });
      const error = await failureOf(response, 400, "invalid_body");
      expect(error.message).toMatch(/^line 2: .*Nothing of the body is stored$/);
      expect(error.message).toMatch(message);
      expect((await ask(`/api/v1/query?metric=${NAME}`)).status).toBe(404);
    });
  refused("no JSON", "{", /is not JSON/);
  refused("no object", "[]", /is no object/);
  refused("something else", '{"name":"a","value":1}', /has "name"; known are metric, labels/);
  refused("nothing of a series", line({}), /neither minute nor hour nor day/);
  refused("a name", '{"metric":" a","labels":{},"minute":{}}', /metric " a" starts or ends/);
  refused(
    "a label",
    line(minutes([NOW, 1])).replace('"host"', '"__name__"'),
    /is the name of the metric/,
  );
  refused("a time of tomorrow", line(minutes([NOW + DAY, 1])), /ahead of this store's clock/);
  refused("times that do not ascend", line(minutes([NOW, 1], [NOW - 1, 1])), /they are to ascend/);
  refused("a value less", line({ minute: { at: [NOW], value: [] } }), /1 times, minute.value 0/);
  refused("no number", line({ minute: { at: [NOW], value: [null] } }), /which is no number/);
  refused("two days", line(minutes([NOW - DAY, 1], [NOW, 1])), /several UTC days/);
  refused(
    "minutes, and what is made of them",
    line({ ...minutes([ago(3), 1]), hour }),
    /hours and days are of days without minutes/,
  );
  refused(
    "13 samples of a minute",
    line(minutes(...Array.from({ length: 13 }, (_, i) => [NOW - HOUR + i, i] as const))),
    /more than 12 samples/,
  );
  for (const [what, change, message] of [
    ["a start", { start: [ago(3) + 1] }, /begins no hour/],
    ["a count of 0", { count: [0] }, /count is 0/],
    ["min above max", { min: [2] }, /first 1 is not between/],
    ["a time of another hour", { lastAt: [ago(2)] }, /lastAt \d+ is not within it/],
    ["first after last", { firstAt: [ago(3) + HOUR - 1] }, /is after lastAt/],
    ["a carry", { carry: [1] }, /more than rounding takes/],
    ["a column less", { rise: [] }, /hour.rise has 0 numbers/],
    ["a huge sum of small values", { huge: [[0, 1, 0]] }, /are not huge/],
  ] as const)
    refused(what, line({ hour: { ...hour, ...change } }), message);
  refused(
    "a type",
    '{"about":"a","said":{"type":"x"},"saidAt":0,"set":{},"setAt":0}',
    /none of counter/,
  );
});
