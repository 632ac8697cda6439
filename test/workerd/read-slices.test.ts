// Wide queries while the store moves: slices are read one after the other, and between them points come,
// shards flush, lose what D1 restores, or move to another database. Each point that was acknowledged before
// the question is found once; one that came meanwhile at most once.

import { applyD1Migrations, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { anyOf } from "../../src/core/query/matcher.ts";
import { METRIC_NAME, type Series } from "../../src/core/query/source.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { HOUR, MINUTE, type TierName } from "../../src/core/tiers.ts";
import type { HeadAnswer } from "../../src/durable/answers.ts";
import type { Asked } from "../../src/durable/head.ts";
import type { Shard as RealShard } from "../../src/durable/shard.ts";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import { packCache } from "../../src/worker/in-room.ts";
import { sourceOf } from "../../src/worker/read/source.ts";
import { Room } from "../../src/worker/room.ts";
import { NOW, store } from "./api-client.ts";
import { runSteps } from "./cron-store.ts";
import { Shard } from "./worker.ts";

const shard = env.SHARD.getByName("0");
const FROM = NOW - 5 * HOUR;
const RETENTION = { minute: 15, hour: 400, day: 0 };

beforeAll(async () => {
  await applyD1Migrations(env.SPARE_1, env.MIGRATIONS);
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

/** A point of value 1 of each of some series, so many minutes ago. */
const put = (metric: string, series: readonly number[], ...ago: readonly number[]) =>
  store(
    series.map((i) => ({
      name: metric,
      labels: { i: String(i) },
      datapoints: ago.map((minutes) => [NOW - minutes * MINUTE, 1]),
    })),
  );

const upTo = (n: number): number[] => [...Array(n).keys()];

/** A store where something happens before the n-th batch that a query sends to D1, counted from 1. */
function between(of: Env, happen: (n: number) => Promise<unknown>): Env & { batches: number } {
  const wrapped = Object.assign({}, of, { batches: 0 });
  const wrap = (db: D1Database): D1Database =>
    ({
      withSession: (constraint?: string) => {
        const session = db.withSession(constraint);
        return {
          prepare: (sql: string) => session.prepare(sql),
          batch: async (statements: D1PreparedStatement[]) => {
            await happen(++wrapped.batches);
            return await session.batch(statements);
          },
        };
      },
    }) as unknown as D1Database;
  for (const [name, binding] of Object.entries(of))
    if (name.startsWith("DB")) Object.assign(wrapped, { [name]: wrap(binding) });
  return wrapped;
}

/** How many points of each series a query finds, in slices as small as they can be. */
async function found(
  metric: string,
  of: Env,
  asked: Asking = MINUTES,
): Promise<ReadonlyMap<number, number>> {
  const counts = await tried(metric, of, asked);
  if (counts === undefined) expect.fail("the store is said to be moving");
  return counts;
}

interface Asking {
  readonly tier: TierName;
  readonly from: number;
  readonly perSlice: number;
  /** Minutes, of which it is told when all of a series has come. */
  readonly inTurn?: boolean;
}

const MINUTES: Asking = { tier: "minute", from: FROM, perSlice: 1 };
const IN_TURN: Asking = { ...MINUTES, inTurn: true };
/** Of the last query in turn: how many series had begun and not ended, at most. */
let mostBegun = 0;

/** Undefined when the store moved too much. */
async function tried(
  metric: string,
  of: Env,
  { tier, from, perSlice, inTurn = false }: Asking = MINUTES,
): Promise<ReadonlyMap<number, number> | undefined> {
  const counts = new Map<number, number>();
  const add = ({ labels }: Series, rows: number, countOf: (row: number) => number): void => {
    const i = Number(labels[0]?.[1]);
    for (let row = 0; row < rows; row++) counts.set(i, (counts.get(i) ?? 0) + countOf(row));
  };
  const source = sourceOf(of, "", NOW, { perSlice });
  const asked = { from, to: NOW, matchers: [anyOf(METRIC_NAME, [metric])] };
  const [begun, told] = [new Set<string>(), new Set<string>()];
  mostBegun = 0;
  const selected = inTurn
    ? await source.minutes(
        asked,
        (series, minutes, first, end) => {
          const key = JSON.stringify(series.labels);
          expect(told.has(key), `${key} after its end`).toBe(false);
          begun.add(key);
          mostBegun = Math.max(mostBegun, begun.size - told.size);
          add(series, end - first, (row) => minutes.count(first + row));
          return undefined;
        },
        {
          ended: async (series, keptFrom) => {
            expect(keptFrom).toBeLessThan(from);
            for (const { labels } of series) {
              const key = JSON.stringify(labels);
              expect(told.has(key), `${key} twice`).toBe(false);
              told.add(key);
              begun.add(key);
            }
            await Promise.resolve();
            return undefined;
          },
        },
      )
    : await source.select({ ...asked, tier }, (series, buckets, first, end) => {
        add(series, end - first, (row) => buckets.count[first + row]!);
        return undefined;
      });
  if (selected.ok) return counts;
  expect(selected.error.kind).toBe("unavailable");
  return undefined;
}

const all = (n: number, count: number): ReadonlyMap<number, number> =>
  new Map(upTo(n).map((i) => [i, count]));

const sorted = (counts: ReadonlyMap<number, number>): unknown =>
  [...counts].sort(([a], [b]) => a - b);

const SERIES = 70;
let metrics = 0;

/** SERIES series in D1 with 2 points each, and 2 in the shard; 10 are only in the shard. */
async function prepared(): Promise<string> {
  const metric = `slices.${metrics++}`;
  await put(metric, upTo(SERIES), 200, 70);
  expect(await shard.flush()).toBe(true);
  await put(metric, upTo(SERIES), 65, 5);
  await put(metric, upTo(SERIES + 10).slice(SERIES), 64, 63, 62, 4);
  return metric;
}

test("nothing happens: each point once, of series in D1, in the shard, and in both", async () => {
  const metric = await prepared();
  const of = between(env, () => Promise.resolve());
  expect(sorted(await found(metric, of))).toEqual(sorted(all(SERIES + 10, 4)));
  // A pack or two for each six hours.
  expect(of.batches).toBeGreaterThan(10);
});

test.each([
  ["what is read at once", 200_000, SERIES + 10],
  ["some packs of it at a time", 1_000, 10 + 16],
  ["parts of the range", 1, 10 + 16],
])("each series is told of when all of it has come: %s", async (_, perSlice, most) => {
  const metric = await prepared();
  // As it is read, and as it is held.
  for (let i = 0; i < 3; i++) {
    const counts = await found(metric, env, { ...IN_TURN, perSlice });
    expect(sorted(counts)).toEqual(sorted(all(SERIES + 10, 4)));
    expect(mostBegun).toBe(most);
    packCache.reads.clear();
  }
});

describe.each([
  ["", MINUTES],
  [", series by series", IN_TURN],
])("a flush lands%s", (_, asking) => {
  // Before the first batch, which it meets half-way, and before any later one.
  test.each([1, 2, 3, 4, 7, 12])("before batch %i", async (at) => {
    const metric = await prepared();
    let flushed = false;
    const of = between(env, async (n) => {
      if (n === at) flushed = await shard.flush();
    });
    expect(sorted(await found(metric, of, asking))).toEqual(sorted(all(SERIES + 10, 4)));
    expect(flushed).toBe(true);
  });

  test.each([2, 5, 8])(
    "with points that came meanwhile, before batch %i and the two after",
    async (at) => {
      const metric = await prepared();
      const of = between(env, async (n) => {
        if (n < at || n > at + 2) return;
        await put(metric, upTo(SERIES + 20), 3 - (n - at));
        await shard.flush();
      });
      const counts = await found(metric, of, asking);
      for (const i of upTo(SERIES + 10)) {
        expect(counts.get(i), String(i)).toBeGreaterThanOrEqual(4);
        expect(counts.get(i), String(i)).toBeLessThanOrEqual(7);
      }
      expect((await found(metric, env)).get(0)).toBe(7);
    },
  );

  test("before every batch: it is answered, or said to be moving", async () => {
    const metric = await prepared();
    let n = 0;
    const of = between(env, async () => {
      await put(metric, [n++ % SERIES], 2);
      await shard.flush();
    });
    const selected = await sourceOf(of, "", NOW, { perSlice: 1 }).select(
      { tier: "minute", from: FROM, to: NOW, matchers: [anyOf(METRIC_NAME, [metric])] },
      () => undefined,
    );
    if (!selected.ok) expect(selected.error.kind).toBe("unavailable");
  });
});

describe("hours that are held, some packs at a time", () => {
  const HOURS: Asking = { tier: "hour", from: NOW - 30 * HOUR, perSlice: 3_000 };

  /** SERIES series with two points in hours that are rolled up, and were read; two more each are in the shard. */
  async function held(): Promise<string> {
    const metric = `slices.${metrics++}`;
    await put(metric, upTo(SERIES), 25 * 60, 20 * 60);
    expect(await shard.flush()).toBe(true);
    await runSteps(NOW, RETENTION);
    await put(metric, upTo(SERIES), 65, 5);
    for (let i = 0; i < 2; i++)
      expect(sorted(await found(metric, env, HOURS))).toEqual(sorted(all(SERIES, 4)));
    return metric;
  }

  test("are read in a few batches, also when they are not so any more", async () => {
    const metric = await held();
    const of = between(env, () => Promise.resolve());
    expect(sorted(await found(metric, of, HOURS))).toEqual(sorted(all(SERIES, 4)));
    expect(of.batches).toBe(3);
    await env.DB.prepare("UPDATE progress SET value = value + 1 WHERE name = 'rollup'").run();
    expect(sorted(await found(metric, env, HOURS))).toEqual(sorted(all(SERIES, 4)));
  });

  test.each([1, 2, 3])("a flush lands before batch %i", async (at) => {
    const metric = await held();
    let flushed = false;
    const of = between(env, async (n) => {
      if (n === at) flushed = await shard.flush();
    });
    expect(sorted(await found(metric, of, HOURS))).toEqual(sorted(all(SERIES, 4)));
    expect(flushed).toBe(true);
  });

  test.each([1, 2, 3])(
    "points of these hours come late and are rolled up before batch %i, and the next ones are flushed",
    async (at) => {
      const metric = await held();
      const of = between(env, async (n) => {
        if (n === at) {
          await put(metric, upTo(SERIES), 20 * 60 + 1);
          await shard.flush();
          await runSteps(NOW, RETENTION);
        } else if (n === at + 1) await shard.flush();
      });
      const counts = await tried(metric, of, HOURS);
      // What came meanwhile may be found or not, and who meets it half-way is told to ask again.
      for (const i of counts === undefined ? [] : upTo(SERIES)) {
        expect(counts?.get(i), String(i)).toBeGreaterThanOrEqual(4);
        expect(counts?.get(i), String(i)).toBeLessThanOrEqual(5);
      }
      expect(sorted(await found(metric, env, HOURS))).toEqual(sorted(all(SERIES, 5)));
    },
  );
});

describe("minutes that are held, count little", () => {
  /** SERIES series with two points each in D1, which were read, and two in the shard. */
  async function held(asked: Asking): Promise<string> {
    const metric = `slices.${metrics++}`;
    await put(metric, upTo(SERIES), 200, 70);
    expect(await shard.flush()).toBe(true);
    await put(metric, upTo(SERIES), 65, 5);
    for (let i = 0; i < 2; i++)
      expect(sorted(await found(metric, env, asked))).toEqual(sorted(all(SERIES, 4)));
    packCache.reads.clear();
    return metric;
  }

  test.each([
    ["all at once", 3_000, 1],
    ["some packs at a time", 1_500, 4],
  ])("%s", async (_, perSlice, batches) => {
    const asked = { ...MINUTES, perSlice };
    const metric = await held(asked);
    const of = between(env, () => Promise.resolve());
    expect(sorted(await found(metric, of, asked))).toEqual(sorted(all(SERIES, 4)));
    expect(of.batches).toBe(batches);
  });

  // In turn so much more is read at once.
  test.each([
    ...[1, 2, 3, 4].map((at) => [at, MINUTES, 1_500] as const),
    ...[1, 2, 3].map((at) => [at, IN_TURN, 500] as const),
  ])("a flush lands before batch %i", async (at, asking, perSlice) => {
    const asked = { ...asking, perSlice };
    const metric = await held(asked);
    let flushed = false;
    const of = between(env, async (n) => {
      if (n === at) flushed = await shard.flush();
    });
    expect(sorted(await found(metric, of, asked))).toEqual(sorted(all(SERIES, 4)));
    expect(flushed).toBe(true);
  });
});

test("of many wide queries at once so many slices are read at the same time as of one", async () => {
  const metric = await prepared();
  const queries = 4;
  let [now, most] = [0, 0];
  const of = between(env, async (n) => {
    // The first of each is no slice.
    if (n <= queries) return;
    most = Math.max(most, ++now);
    await scheduler.wait(1);
    now--;
  });
  const counts = await Promise.all(upTo(queries).map(() => found(metric, of)));
  for (const one of counts) expect(sorted(one)).toEqual(sorted(all(SERIES + 10, 4)));
  expect(most).toBe(LIMITS.slicesAtOnce);
});

test("a selection after something is asked for at once, and handed out then, or not at all", async () => {
  const metric = await prepared();
  const of = between(env, () => Promise.resolve());
  let taken = 0;
  const select = (after: Promise<void>) =>
    sourceOf(of, "", NOW, { perSlice: 1 }).select(
      { tier: "minute", from: FROM, to: NOW, matchers: [anyOf(METRIC_NAME, [metric])], after },
      () => void taken++,
    );
  let end = (): void => {};
  const reading = select(new Promise((resolve) => (end = resolve)));
  // Another one is read from its beginning to its end.
  await found(metric, env);
  expect([of.batches, taken]).toEqual([1, 0]);
  end();
  expect((await reading).ok).toBe(true);
  expect(taken).toBeGreaterThan(SERIES);
  const failing = Promise.reject(new Error("no"));
  failing.catch(() => {});
  await expect(select(failing)).rejects.toThrow("no");
});

test("a selection that ends early holds nothing any more", async () => {
  const metric = await prepared();
  const room = new Room({ now: () => performance.now(), wait: (ms) => scheduler.wait(ms) });
  for (const fails of [1, 2, 30]) {
    const share = room.enter();
    let taken = 0;
    const selected = await sourceOf(env, "", NOW, { perSlice: 60, share }).select(
      { tier: "minute", from: FROM, to: NOW, matchers: [anyOf(METRIC_NAME, [metric])] },
      () =>
        ++taken < fails ? undefined : { kind: "unavailable", message: "enough", retryAfterSec: 1 },
    );
    expect([fails, selected.ok, share.wanted]).toEqual([fails, false, 0]);
    share.leave();
  }
});

test("D1 is restored to an earlier time in the middle: what is there is found, nothing twice", async () => {
  const metric = await prepared();
  const before = await env.DB.prepare("SELECT page FROM flushed WHERE shard = 0").first("page");
  await shard.flush();
  await put(metric, upTo(SERIES), 1);
  let done = false;
  const of = between(env, async (n) => {
    if (n !== 5) return;
    done = true;
    await env.DB.batch([
      env.DB.prepare("UPDATE flushed SET page = ? WHERE shard = 0").bind(before),
      env.DB.prepare("DELETE FROM minute WHERE part > ?").bind(before),
    ]);
  });
  const counts = await found(metric, of);
  expect(done).toBe(true);
  for (const i of upTo(SERIES)) {
    expect(counts.get(i), String(i)).toBeGreaterThanOrEqual(3);
    expect(counts.get(i), String(i)).toBeLessThanOrEqual(5);
  }
});

test("a query that takes too long ends, and what it advises does not", async () => {
  const metric = await prepared();
  await shard.flush();
  const slow = (): Env =>
    between(env, () => {
      vi.setSystemTime(Date.now() + 800);
      return Promise.resolve();
    });
  const select = (from: number) =>
    sourceOf(slow(), "", NOW, { perSlice: 2_000 }).select(
      { tier: "minute", from, to: NOW, matchers: [anyOf(METRIC_NAME, [metric])] },
      () => undefined,
    );
  const day = NOW - 24 * HOUR;
  const selected = await select(day);
  if (selected.ok || selected.error.kind !== "too_large") expect.fail("it should take too long");
  expect(selected.error).toMatchObject({ limit: "queryMs", value: LIMITS.queryMs });
  const [from, fewer] = selected.error.ways;
  if (from?.way !== "from" || fewer?.way !== "series") expect.fail();
  expect(from.from).toBeGreaterThan(day);
  expect(from.from).toBeLessThan(NOW - 5 * HOUR);
  expect(fewer.most).toBeGreaterThan(5);
  expect((await select(from.from)).ok).toBe(true);
});

/** A store whose shards have too much in their heads to answer for more than some hours at once. */
function cutting(of: Env, hours: number): Env {
  const head = async (asked: Asked, stub: DurableObjectStub<RealShard>): Promise<HeadAnswer> => {
    const answer = await stub.head(asked, {});
    return asked.to - asked.from > hours * HOUR
      ? { ...answer, sealed: [], open: [], cut: true }
      : answer;
  };
  const getByName = (name: string): DurableObjectStub<RealShard> => {
    const stub = of.SHARD.getByName(name);
    return new Proxy(stub, {
      get: (_, key) =>
        key === "head" ? (asked: Asked) => head(asked, stub) : Reflect.get(stub, key),
    });
  };
  return Object.assign({}, of, { SHARD: { getByName } as unknown as Env["SHARD"] });
}

describe("a head that is more than one answer may hold", () => {
  test("is read in parts of the range, each point once", async () => {
    const metric = await prepared();
    for (const asking of [MINUTES, IN_TURN]) {
      const of = between(cutting(env, 2), () => Promise.resolve());
      expect(sorted(await found(metric, of, asking))).toEqual(sorted(all(SERIES + 10, 4)));
    }
  });

  test.each([2, 3, 5, 9])("and a flush lands before batch %i", async (at) => {
    const metric = await prepared();
    let flushed = false;
    const of = between(cutting(env, 2), async (n) => {
      if (n === at) flushed = await shard.flush();
    });
    expect(sorted(await found(metric, of))).toEqual(sorted(all(SERIES + 10, 4)));
    expect(flushed).toBe(true);
  });

  test("of an hour is no answer, and the shard is said to be moving it", async () => {
    const metric = await prepared();
    const selected = await sourceOf(cutting(env, 0), "", NOW).select(
      { tier: "minute", from: FROM, to: NOW, matchers: [anyOf(METRIC_NAME, [metric])] },
      () => undefined,
    );
    if (selected.ok) expect.fail("it is too much");
    expect(selected.error).toMatchObject({ kind: "unavailable", retryAfterSec: 60 });
  });

  test("is so only when it is; series that a label rules out are no part of it", async () => {
    const metric = await prepared();
    await put(metric, upTo(SERIES), 2);
    const one = { metrics: [metric], from: FROM, to: NOW };
    const { keys, cut } = await shard.head({ ...one, labels: [["i", "7"]] }, {});
    expect([cut, ...keys.values()]).toEqual([false, `${metric}{"i":"7"}`]);
    expect((await shard.head({ ...one, labels: [["i", "none"]] }, {})).open).toEqual([]);
  });
});

test("open minutes come loose to who takes them so, while they are few; a Worker of before gets them packed", async () => {
  const metric = `slices.${metrics++}`;
  await put(metric, [1, 2], 5, 4);
  const one = { metrics: [metric], labels: [], from: FROM, to: NOW };
  const packed = await shard.head(one, {});
  const loose = await shard.head({ ...one, takesLoose: true }, {});
  expect([packed.loose, packed.open.length, loose.open.length]).toEqual([undefined, 1, 0]);
  expect(loose.loose?.value).toEqual(new Float64Array(4).fill(1));
  expect(loose.keys).toEqual(packed.keys);
  // More than are handed over so.
  const many = Array.from({ length: LIMITS.looseSamples / 20 + 1 }, (_, i) => i);
  await put(metric, many, ...Array.from({ length: 20 }, (_, i) => 10 + i));
  const both = await shard.head({ ...one, takesLoose: true }, {});
  expect([both.loose, both.open.length]).toEqual([undefined, expect.any(Number)]);
  expect(sorted(await found(metric, env))).toEqual(
    sorted(new Map(many.map((i) => [i, i === 1 || i === 2 ? 22 : 20]))),
  );
});

// Last: the layouts of before are known from then on.
describe("several databases", () => {
  const STORE: Env = Object.assign({}, env, { SHARDS: "8", DB_1: env.SPARE_1 });

  // A shard moves once: each has its own.
  test.each([
    [1, 1, MINUTES],
    [3, 3, IN_TURN],
    [6, 5, MINUTES],
    [9, 7, IN_TURN],
  ])("before batch %i shard %i moves to another", async (at, number, asking) => {
    Shard.variables = { SHARDS: "8" };
    Shard.databases = 1;
    const moving = env.SHARD.getByName(String(number));
    const metric = upTo(100)
      .map((i) => `moved.${i}`)
      .find((name) => shardOf(name, 8) === number)!;
    const post = async (series: readonly number[], ...ago: readonly number[]): Promise<void> => {
      const body = series.map((i) => ({
        name: metric,
        labels: { i: String(i) },
        datapoints: ago.map((minutes) => [NOW - minutes * MINUTE, 1]),
      }));
      const response = await app.request(
        "/api/v1/points",
        { method: "POST", body: JSON.stringify(body) },
        STORE,
      );
      expect(response.status).toBe(200);
    };
    await post(upTo(SERIES), 200, 70);
    expect(await moving.flush()).toBe(true);
    await post(upTo(SERIES), 65, 5);
    await post(upTo(SERIES + 10).slice(SERIES), 64, 63, 62, 4);
    const of = between(STORE, async (n) => {
      if (n !== at) return;
      Shard.databases = 2;
      await evictDurableObject(moving);
      expect(await moving.flush()).toBe(true);
      await post(upTo(SERIES + 12), 3);
      expect(await moving.flush()).toBe(true);
      await post(upTo(SERIES + 12), 2);
    });
    const counts = await tried(metric, of, asking);
    // Whoever meets it half-way is told to ask again.
    for (const i of counts === undefined ? [] : upTo(SERIES + 10)) {
      expect(counts?.get(i), String(i)).toBeGreaterThanOrEqual(4);
      expect(counts?.get(i), String(i)).toBeLessThanOrEqual(6);
    }
    expect(sorted(await found(metric, STORE, asking))).toEqual(
      sorted(new Map(upTo(SERIES + 12).map((i) => [i, i < SERIES + 10 ? 6 : 2]))),
    );
    expect(
      await env.SPARE_1.prepare("SELECT count(*) AS n FROM series WHERE metric = ?")
        .bind(metric)
        .first("n"),
    ).toBe(SERIES + 12);
  });
});
