// What the tests of the cron put into D1 as a shard's flush would, and what they find there by the rules
// that readers go by, beside a reference that knows every point. Values are integers: sums are exact.

import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type Bucket, Buckets } from "../../src/core/bucket.ts";
import { decodePack, encodePack, packOf, slotOf } from "../../src/core/codec/pack.ts";
import {
  decodeMinuteSegmentAsBuckets,
  decodeSegment,
  encodeMinuteSegment,
} from "../../src/core/codec/segment.ts";
import { Minutes } from "../../src/core/minutes.ts";
import {
  DAY,
  HOUR,
  hourOf,
  MINUTE,
  spanStart,
  type TierName,
  TIERS,
} from "../../src/core/tiers.ts";
import type { Retention } from "../../src/core/query/plan.ts";
import { purgeDays, purgeHours, purgeMinutes } from "../../src/worker/cron/retention.ts";
import { rollUpClosed, rollUpDays, rollUpDirty } from "../../src/worker/cron/rollup.ts";
import type { Round, StepResult } from "../../src/worker/cron/step.ts";
import { purgeTombstones } from "../../src/worker/cron/tombstones.ts";

export interface Point {
  /** Of the series, in D1. */
  readonly id: number;
  /** Unix ms. */
  readonly at: number;
  readonly value: number;
}

export async function wipe(db: D1Database = env.DB): Promise<void> {
  for (const table of "minute hour day dirty unreadable series tombstone progress flushed".split(
    " ",
  ))
    await db.exec(`DELETE FROM ${table}`);
}

const progressOf = (name: string): string =>
  `coalesce((SELECT value FROM progress WHERE name = '${name}'), 0)`;

let parts = 0;

/** The minute packs of points, each of one hour. */
export function packsOf(points: readonly Point[]): { hour: number; pack: number; body: string }[] {
  const byHour = Map.groupBy(points, ({ id, at }) => `${hourOf(at)}/${packOf(id)}`);
  return [...byHour.values()].map((of) => {
    const hour = hourOf(of[0]!.at);
    const segments = [...Map.groupBy(of, ({ id }) => slotOf(id))].map(([slot, points]) => {
      const minutes = new Minutes(6, 60);
      const rows = new Map<number, number>();
      for (const { at, value } of points) {
        const start = Math.floor(at / MINUTE) * MINUTE;
        if (!rows.has(start)) rows.set(start, minutes.push(start));
        minutes.add(rows.get(start)!, value, at);
      }
      return [slot, encodeMinuteSegment(minutes, hour * HOUR)] as const;
    });
    return { hour, pack: packOf(of[0]!.id), body: encodePack(new Map(segments)) };
  });
}

/** A shard that nobody asks for its head. */
const FLUSHER = 900;

/** One flush: the packs of the points, marks of those that are rolled up already, and the watermark. */
export async function flush(
  points: readonly Point[],
  db: D1Database = env.DB,
  shard = FLUSHER,
): Promise<void> {
  const rows = packsOf(points).map(({ hour, pack, body }) => [hour, pack, body]);
  const json = JSON.stringify(rows);
  const ids = JSON.stringify([...new Set(points.map(({ id }) => id))]);
  await db.batch([
    db
      .prepare(
        `INSERT OR IGNORE INTO series (id, metric, labels, first_at, last_at, last)
         SELECT value, 'm' || value, '{}', 0, 0, 0 FROM json_each(?)`,
      )
      .bind(ids),
    db
      .prepare(
        `INSERT INTO minute (hour, pack, shard, part, body)
         SELECT value ->> 0, value ->> 1, ?3, ?2, value ->> 2 FROM json_each(?1)`,
      )
      .bind(json, ++parts, shard),
    db
      .prepare(
        `INSERT INTO flushed (shard, page, next_id) VALUES (?1, ?2, 0)
         ON CONFLICT (shard) DO UPDATE SET page = excluded.page`,
      )
      .bind(shard, parts),
    db
      .prepare(
        `INSERT OR IGNORE INTO dirty (pack, hour)
         SELECT value ->> 1, value ->> 0 FROM json_each(?1)
         WHERE (value ->> 0, value ->> 1) < (${progressOf("rolledHour")}, ${progressOf("rolledPack")})`,
      )
      .bind(json),
  ]);
}

/** What a removal does: see d1/removal.ts. */
export async function remove(ids: readonly number[], db: D1Database = env.DB): Promise<void> {
  const json = JSON.stringify(ids);
  await db.batch([
    db.prepare("INSERT INTO tombstone SELECT value FROM json_each(?)").bind(json),
    db.prepare("DELETE FROM series WHERE id IN (SELECT value FROM json_each(?))").bind(json),
    db
      .prepare(
        `INSERT INTO progress (name, value) VALUES ('rollup', ?1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      )
      .bind(++token),
  ]);
}

let token = 1_000_000;

export const round = (now: number, share = 1): Round => ({
  now,
  token: ++token,
  share,
  samplesPerMinute: 6,
});

export type Step = (db: D1Database, round: Round) => Promise<StepResult>;

/** Runs a step until it has no more to do; returns the rows it wrote. */
export async function runAll(step: Step, now: number, db: D1Database = env.DB): Promise<number> {
  let written = 0;
  for (let rounds = 0; ; rounds++) {
    expect(rounds, "rounds without an end").toBeLessThan(2_000);
    const { rows, more } = await step(db, round(now));
    written += rows.written;
    if (!more) return written;
  }
}

/** All that the cron does to a database, once. */
export async function runSteps(
  now: number,
  retention: Retention = { minute: 0, hour: 0, day: 0 },
  db: D1Database = env.DB,
): Promise<void> {
  for (const step of [rollUpClosed, rollUpDays, rollUpDirty]) await runAll(step, now, db);
  for (const step of [purgeMinutes, purgeHours, purgeDays])
    await runAll((of, at) => step(of, at, retention), now, db);
  await runAll(purgeTombstones, now, db);
}

/** "series/period" → its bucket. */
export type Found = ReadonlyMap<string, Omit<Bucket, "carry" | "huge" | "rise">>;

/** What points make at a tier, with no merge at all. */
export function naive(points: readonly Point[], tier: TierName): Found {
  const { step } = TIERS[tier];
  const periods = Map.groupBy(points, ({ id, at }) => `${id}/${Math.floor(at / step) * step}`);
  return new Map(
    [...periods].map(([key, of]) => {
      const values = of.map(({ value }) => value);
      const firstAt = Math.min(...of.map(({ at }) => at));
      const lastAt = Math.max(...of.map(({ at }) => at));
      return [
        key,
        {
          count: of.length,
          sum: values.reduce((sum, value) => sum + value, 0),
          min: Math.min(...values),
          max: Math.max(...values),
          first: Math.min(...of.filter(({ at }) => at === firstAt).map(({ value }) => value)),
          firstAt,
          last: Math.max(...of.filter(({ at }) => at === lastAt).map(({ value }) => value)),
          lastAt,
        },
      ];
    }),
  );
}

interface Row {
  readonly pack: number;
  readonly span: number;
  readonly body: string;
}

/** All that D1 holds, as one snapshot. */
export interface Stored {
  readonly progress: ReadonlyMap<string, number>;
  readonly unreadable: readonly {
    readonly pack: number;
    readonly hour: number;
    readonly kept: number;
  }[];
  readonly dirty: readonly { readonly pack: number; readonly hour: number }[];
  readonly series: readonly { readonly id: number }[];
  readonly minute: readonly Row[];
  readonly hour: readonly Row[];
  readonly day: readonly Row[];
}

export async function storedIn(db: D1Database = env.DB): Promise<Stored> {
  const [progress, unreadable, dirty, series, minute, hour, day] = await db.batch<never>([
    db.prepare("SELECT name, value FROM progress"),
    db.prepare("SELECT pack, hour, kept FROM unreadable"),
    db.prepare("SELECT pack, hour FROM dirty"),
    db.prepare("SELECT id FROM series"),
    db.prepare("SELECT pack, hour AS span, body FROM minute"),
    db.prepare("SELECT pack, day AS span, body FROM hour"),
    db.prepare("SELECT pack, year AS span, body FROM day"),
  ]);
  const numbers: readonly { readonly name: string; readonly value: number }[] = progress!.results;
  return {
    progress: new Map(numbers.map(({ name, value }) => [name, value])),
    unreadable: unreadable!.results,
    dirty: dirty!.results,
    series: series!.results,
    minute: minute!.results,
    hour: hour!.results,
    day: day!.results,
  };
}

/** What a reader finds at the hour or day tier: drizzle/README.md, "How to read D1". */
export function read(tier: "hour" | "day", stored: Stored): Found {
  const { progress } = stored;
  const isBefore = (span: number, pack: number, name: string, packName: string): boolean => {
    const to = progress.get(name) ?? 0;
    return span < to || (span === to && pack < (progress.get(packName) ?? 0));
  };
  const kept = new Map(stored.unreadable.map((row) => [`${row.pack}/${row.hour}`, row.kept === 1]));
  const marks = stored.dirty;
  const isGone = (pack: number, hour: number): boolean =>
    isBefore(Math.floor(hour / 24), pack, "goneDay", "gonePack") && !kept.get(`${pack}/${hour}`);
  const dirty = new Set(marks.map(({ pack, hour }) => `${pack}/${hour}`));
  const dirtyDays = new Set(
    marks
      .filter(({ pack, hour }) => !isGone(pack, hour))
      .map(({ pack, hour }) => `${pack}/${Math.floor(hour / 24)}`),
  );
  const isMade = (pack: number, day: number): boolean =>
    isBefore(day, pack, "rolledDay", "rolledDayPack") && !dirtyDays.has(`${pack}/${day}`);
  const ids = new Set(stored.series.map(({ id }) => id));
  const into = new Map<string, { buckets: Buckets; row: number }>();
  const { step } = TIERS[tier];
  const take = (
    from: TierName,
    { pack, span, body }: Row,
    wanted: (at: number) => boolean,
  ): void => {
    for (const [slot, segment] of decodePack(body)) {
      if (!ids.has(pack * 16 + slot)) continue;
      const buckets = new Buckets();
      const start = spanStart(from, span);
      if (from === "minute") decodeMinuteSegmentAsBuckets(segment, start, buckets);
      else decodeSegment(segment, start, TIERS[from].step, buckets);
      for (let i = 0; i < buckets.length; i++) {
        if (!wanted(buckets.start[i]!)) continue;
        const start = Math.floor(buckets.start[i]! / step) * step;
        const key = `${pack * 16 + slot}/${start}`;
        let to = into.get(key);
        if (to === undefined) {
          const made = new Buckets(1);
          into.set(key, (to = { buckets: made, row: made.push(start) }));
        }
        to.buckets.merge(to.row, buckets, i);
      }
    }
  };
  for (const row of stored.minute) {
    const { pack, span: hour } = row;
    const day = Math.floor(hour / 24);
    const rolled = isBefore(hour, pack, "rolledHour", "rolledPack");
    const isDirty = dirty.has(`${pack}/${hour}`);
    if (tier === "day" && isMade(pack, day) && !isDirty) continue;
    if (!rolled || isDirty) take("minute", row, () => true);
  }
  for (const row of stored.hour) {
    const { pack, span: day } = row;
    if (tier === "day" && isMade(pack, day)) continue;
    take("hour", row, (at) => {
      const hour = hourOf(at);
      const clean = !dirty.has(`${pack}/${hour}`) || isGone(pack, hour);
      return isBefore(hour, pack, "rolledHour", "rolledPack") && clean;
    });
  }
  if (tier === "day")
    for (const row of stored.day) take("day", row, (at) => isMade(row.pack, at / DAY));
  return new Map(
    [...into].map(([key, { buckets, row }]) => {
      const { carry: _carry, huge: _huge, rise: _rise, ...bucket } = buckets.at(row);
      return [key, bucket];
    }),
  );
}

const sorted = (found: Found, isTold: (key: string) => boolean): unknown[] =>
  [...found].filter(([key]) => isTold(key)).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/** Readers find what the points make, by hour, of all days or of those whose minutes are kept, and by day. */
export async function expectExact(
  points: readonly Point[],
  db: D1Database = env.DB,
  hours: "all" | "kept" = "all",
): Promise<void> {
  const stored = await storedIn(db);
  const hoursFrom = hours === "all" ? 0 : (stored.progress.get("goneDay") ?? 0) * DAY;
  for (const tier of ["hour", "day"] as const) {
    const from = tier === "hour" ? hoursFrom : 0;
    const told = (found: Found): unknown[] =>
      sorted(found, (key) => Number(key.slice(key.indexOf("/") + 1)) >= from);
    expect(told(read(tier, stored)), tier).toEqual(told(naive(points, tier)));
  }
}

/** The number of rows of a table. */
export const countOf = async (table: string, db: D1Database = env.DB): Promise<number> =>
  (await db.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>("n"))!;

/** The cron's number of a name. */
export const progress = async (name: string, db: D1Database = env.DB): Promise<number> =>
  (await db.prepare("SELECT value FROM progress WHERE name = ?").bind(name).first("value")) ?? 0;

/** What happens to batches: each calls `land`, and says what its caller is told. */
export type Between = (n: number, land: () => Promise<D1Result[]>) => Promise<D1Result[]>;

/** A database where something happens at its batches, counted from 1. */
export function withBetween(db: D1Database, between: Between): D1Database {
  let n = 0;
  return {
    withSession: (constraint?: string) => {
      const session = db.withSession(constraint);
      return {
        prepare: (sql: string) => session.prepare(sql),
        batch: (statements: D1PreparedStatement[]) => between(++n, () => session.batch(statements)),
      };
    },
    // What is asked without a session, one statement by itself, is not of the roll-up.
    prepare: (sql: string) => db.prepare(sql),
  } as unknown as D1Database;
}
