// What the Source finds in packs, against a list of all points: whatever was flushed, rolled up, late,
// removed or deleted in between, at every tier, read at once or in slices as small as they can be, of one
// database or of two.

import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test, vi } from "vitest";
import { Buckets } from "../../src/core/bucket.ts";
import { Minutes } from "../../src/core/minutes.ts";
import { anyOf } from "../../src/core/query/matcher.ts";
import { keptFrom, plan, type Retention } from "../../src/core/query/plan.ts";
import { METRIC_NAME } from "../../src/core/query/source.ts";
import { DAY, dayOf, HOUR, hourOf, MINUTE, type TierName, TIERS } from "../../src/core/tiers.ts";
import { seriesKey } from "../../src/core/series/labels.ts";
import { readTarget } from "../../src/d1/imports.ts";
import { type Caching, PackCache } from "../../src/d1/pack-cache.ts";
import { readSnapshot } from "../../src/d1/snapshot.ts";
import type { Due } from "../../src/worker/backup/due.ts";
import { PackBytes } from "../../src/core/codec/pack-bytes.ts";
import { writeMinutes } from "../../src/worker/backup/write-minutes.ts";
import type { Env } from "../../src/worker/env.ts";
import { packCache } from "../../src/worker/in-room.ts";
import { sourceOf } from "../../src/worker/read/source.ts";
import { flush, type Point, remove, runSteps, wipe } from "./cron-store.ts";

vi.setConfig({ testTimeout: 300_000 });

const START = Date.UTC(2095, 11, 30);
const RETENTION: Retention = { minute: 2, hour: 4, day: 0 };
const SPARE = env.SPARE_1;
const STORE: Env = {
  ...env,
  RETENTION_MINUTE_DAYS: "2",
  RETENTION_HOUR_DAYS: "4",
  RETENTION_DAY_DAYS: "0",
};

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  await applyD1Migrations(SPARE, env.MIGRATIONS);
});

/** Neighbours in one pack, one alone in another, and one far away. */
const IDS = [16, 17, 20, 31, 32, 50, 4_000];

type Action =
  /** Points of some series, some hours before now. */
  | { readonly flush: readonly (readonly [id: number, agoMinutes: number, value: number])[] }
  /** Time goes by, and the cron runs. */
  | { readonly pass: number }
  | { readonly remove: number };

const flushed = fc
  .array(
    fc.tuple(
      fc.constantFrom(...IDS),
      fc.oneof(fc.nat(90), fc.nat(26 * 60), fc.nat(5 * 24 * 60)),
      fc.nat(50),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((points): Action => ({ flush: points }));
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: flushed },
  {
    weight: 5,
    arbitrary: fc.constantFrom(5, 30, 60, 60, 90, 24 * 60).map((minutes) => ({ pass: minutes })),
  },
  { weight: 1, arbitrary: fc.constantFrom(...IDS).map((id) => ({ remove: id })) },
);

type Sums = Record<string, readonly [count: number, sum: number]>;

/** What the Source hands out: by metric and period. */
async function found(
  of: Env,
  tier: TierName,
  range: { readonly from: number; readonly to: number },
  perSlice: number,
): Promise<Sums> {
  const sums: Record<string, [number, number]> = {};
  const { step } = TIERS[tier];
  const matchers = [
    anyOf(
      METRIC_NAME,
      IDS.map((id) => `m${id}`),
    ),
  ];
  const selected = await sourceOf(of, "", Date.now(), { perSlice }).select(
    { tier, ...range, matchers },
    ({ metric }, buckets, first, end) => {
      for (let i = first; i < end; i++) {
        if (i > first) expect(buckets.start[i]).toBeGreaterThan(buckets.start[i - 1]!);
        const at = Math.floor(buckets.start[i]! / step) * step - START;
        const sum = (sums[`${metric} ${at / MINUTE}`] ??= [0, 0]);
        sum[0] += buckets.count[i]!;
        sum[1] += buckets.sum[i]!;
      }
      return undefined;
    },
  );
  if (!selected.ok) expect.fail(JSON.stringify(selected.error));
  expect(selected.value.unreadable).toEqual([]);
  return sums;
}

function expected(
  points: readonly Point[],
  tier: TierName,
  range: { readonly from: number; readonly to: number },
): Sums {
  const sums: Record<string, [number, number]> = {};
  const { step } = TIERS[tier];
  const from = Math.floor(range.from / step) * step;
  const to = Math.ceil(range.to / step) * step;
  for (const { id, at, value } of points) {
    const start = Math.floor(at / step) * step;
    if (start < Math.max(from, keptFrom(tier, Date.now(), RETENTION)) || start >= to) continue;
    const sum = (sums[`m${id} ${(start - START) / MINUTE}`] ??= [0, 0]);
    sum[0]++;
    sum[1] += value;
  }
  return sums;
}

/** With nothing held: what is looked at is what D1 gave. */
const caching = (): Caching => {
  const cache = new PackCache();
  return { cache, database: "DB", admission: cache.admission(), isBulk: false };
};

const sorted = (sums: Sums): unknown => Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1));

test("today by the hour reads a row of hours, and the minutes of the last ones", async () => {
  await wipe(env.DB);
  const noon = START + 12 * HOUR;
  vi.setSystemTime(noon);
  for (let at = START + MINUTE; at < noon; at += HOUR) await flush([{ id: 16, at, value: 1 }]);
  await runSteps(noon, RETENTION);
  await flush([
    { id: 16, at: noon + MINUTE, value: 1 },
    { id: 16, at: START + 3 * HOUR, value: 1 },
  ]);
  const rows = async (tier: TierName, from: number): Promise<unknown> => {
    const range = plan({ from, to: noon + HOUR }, tier, noon, RETENTION);
    const wanted = { metrics: ["m16"], matchers: [], plan: range, perSlice: 200_000 };
    const { segments } = await readSnapshot(env.DB.withSession(), wanted, caching());
    return [segments.days, segments.hours, segments.minutes].map((table) =>
      table.map(({ slot, span }) => [slot, span]),
    );
  };
  const [today, hour] = [dayOf(noon), hourOf(noon)];
  // The last closed hour, too young to be rolled up; the open one; one that is dirty, in two parts.
  const minutes = [hour - 1, hour, hour - 9, hour - 9].map((span) => [0, span]);
  expect(await rows("hour", START)).toEqual([[], [[0, today]], minutes]);
  expect(await rows("day", START - DAY)).toEqual([[], [[0, today]], minutes]);
  vi.setSystemTime(START + 2 * DAY);
  await runSteps(START + 2 * DAY, RETENTION);
  expect(await rows("day", START - DAY)).toEqual([[[0, 2095]], [], []]);
});

/** Rows of the tier's own table from `from` until START, of one cache. */
function asking(from: number) {
  const { cache, database } = caching();
  return async (tier: TierName, metrics = ["m16", "m17"]) => {
    const range = plan({ from, to: START }, tier, START, RETENTION);
    const wanted = { metrics, matchers: [], plan: range, perSlice: 200_000 };
    const admission = cache.admission();
    const { segments } = await readSnapshot(env.DB.withSession(), wanted, {
      cache,
      database,
      admission,
      isBulk: false,
    });
    const rows = { minute: segments.minutes, hour: segments.hours, day: segments.days }[tier];
    return rows.map(({ span, body }) => [span, textOf(body)]);
  };
}

const textOf = (body: unknown): unknown =>
  body instanceof PackBytes
    ? [...body.segments(() => true)].map(([slot, { source, from, end }]) => [
        slot,
        source.slice(from, end).toString(),
      ])
    : body;

test("what was read is read again when it has changed, and not before", async () => {
  await wipe(env.DB);
  vi.setSystemTime(START);
  await flush([16, 17].map((id) => ({ id, at: START - 30 * HOUR, value: 1 })));
  await runSteps(START, RETENTION);
  const asked = asking(START - 2 * DAY);
  for (const tier of ["minute", "hour", "day"] as const) {
    const first = await asked(tier);
    expect(first).toHaveLength(1);
    await asked(tier, ["m16"]);
    // Behind the back of all that keeps the token.
    await env.DB.exec(`CREATE TABLE away AS SELECT * FROM ${tier}; DELETE FROM ${tier}`);
    expect(await asked(tier)).toEqual(first);
    // Of one series the pack that is held will do.
    expect(await asked(tier, ["m16"])).toEqual(first);
    await env.DB.exec(`INSERT INTO ${tier} SELECT * FROM away; DROP TABLE away`);
    await flush([{ id: 16, at: START - 30 * HOUR, value: 2 }]);
    await runSteps(START, RETENTION);
    const changed = await asked(tier);
    expect(changed).toHaveLength(tier === "minute" ? 2 : 1);
    expect(changed).not.toEqual(first);
    // A series more in the pack.
    const more = await asked(tier, ["m16", "m17", "m18"]);
    expect(more).toEqual(changed);
  }
});

test("minutes are read again after a flush of any shard, and of a database that was restored", async () => {
  await wipe(env.DB);
  vi.setSystemTime(START);
  const asked = asking(START - DAY);
  const at = START - HOUR;
  await flush([{ id: 16, at, value: 1 }]);
  const before = await asked("minute");
  expect(before).toHaveLength(1);
  const tables = ["minute", "flushed", "progress", "series"];
  for (const table of tables)
    await env.DB.exec(`CREATE TABLE old_${table} AS SELECT * FROM ${table}`);
  await flush([{ id: 16, at: at + MINUTE, value: 2 }]);
  expect(await asked("minute")).toHaveLength(2);
  await flush([{ id: 17, at, value: 3 }], env.DB, 901);
  const both = await asked("minute");
  expect(both).toHaveLength(3);
  for (const table of tables)
    await env.DB.exec(
      `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM old_${table}; DROP TABLE old_${table}`,
    );
  expect(await asked("minute")).toEqual(before);
  // As many flushes as before, of others.
  await flush([{ id: 16, at: at + 2 * MINUTE, value: 4 }], env.DB, 901);
  const other = await asked("minute");
  expect(other).toHaveLength(2);
  expect(other).not.toEqual(both.slice(0, 2));
});

test("minutes of an import are read again when it was undone, and another came in its place", async () => {
  await wipe(env.DB);
  vi.setSystemTime(START);
  const asked = asking(START - DAY);
  const imported = async (value: number, now: number): Promise<void> => {
    const key = seriesKey("m16", []);
    const minutes = new Minutes(6);
    minutes.add(minutes.push(START - HOUR), value, START - HOUR);
    const one: Due = {
      key,
      metric: "m16",
      labels: "{}",
      minutes,
      coarse: [],
      wholes: new Buckets(0),
      firstAt: START - HOUR,
      lastAt: START - HOUR,
      last: value,
    };
    const session = env.DB.withSession("first-primary");
    const target = await readTarget(session, [["m16", "{}"]], ["m16"]);
    await writeMinutes(session, [one], [one], target, [], now);
  };
  await imported(1, START);
  const wrong = await asked("minute", ["m16"]);
  expect(wrong).toHaveLength(1);
  // As it was before.
  await wipe(env.DB);
  await imported(2, START + 1);
  const right = await asked("minute", ["m16"]);
  expect(right).toHaveLength(1);
  expect(right).not.toEqual(wrong);
});

test("every point once, by minute, hour and day", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 2, maxLength: 14 }),
      fc.constantFrom(1, 2),
      fc.tuple(fc.nat(7 * 24), fc.nat(30)),
      async (actions, databases, [agoHours, hours]) => {
        const dbs = [env.DB, SPARE].slice(0, databases);
        for (const db of dbs) await wipe(db);
        const store: Env = databases === 1 ? STORE : Object.assign({}, STORE, { DB_1: SPARE });
        let now = START;
        vi.setSystemTime(now);
        let points: Point[] = [];
        const removed = new Set<number>();
        for (const [n, what] of actions.entries()) {
          const db = dbs[n % databases]!;
          if ("flush" in what) {
            const at = now;
            const more = what.flush
              .map(([id, ago, value]) => ({ id, at: at - ago * MINUTE, value }))
              // Shards refuse what is older than hours are kept.
              .filter((one) => one.at >= keptFrom("hour", at, RETENTION) && !removed.has(one.id));
            await flush(more, db);
            points.push(...more);
          } else if ("pass" in what) {
            now += what.pass * MINUTE;
            vi.setSystemTime(now);
            for (const one of dbs) await runSteps(now, RETENTION, one);
          } else if (!removed.has(what.remove)) {
            for (const one of dbs) await remove([what.remove], one);
            // An id is given once: what comes later would be of another series.
            removed.add(what.remove);
            points = points.filter(({ id }) => id !== what.remove);
          }
          // A second later: no shard is there to say that these flushes were its.
          packCache.reads.clear();
          // What is read now may be kept, and must not be told once it has changed.
          const all = { from: START - 9 * DAY, to: now + DAY };
          for (const tier of ["minute", "minute", "hour", "day"] as const)
            expect([
              tier,
              n,
              sorted(await found(store, tier, all, n % 2 === 0 ? 5_000 : 200_000)),
            ]).toEqual([tier, n, sorted(expected(points, tier, all))]);
        }
        const range = {
          from: now - agoHours * HOUR,
          to: now - agoHours * HOUR + (hours + 1) * HOUR,
        };
        const all = { from: START - 9 * DAY, to: now + DAY };
        for (const tier of ["minute", "hour", "day"] as const)
          for (const [of, perSlice] of [
            [range, 1],
            [all, 5_000],
            [all, 200_000],
          ] as const)
            expect([tier, perSlice, sorted(await found(store, tier, of, perSlice))]).toEqual([
              tier,
              perSlice,
              sorted(expected(points, tier, of)),
            ]);
      },
    ),
    { numRuns: 15 },
  );
});
