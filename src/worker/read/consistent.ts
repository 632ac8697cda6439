// Reads the databases and the shards so that each bucket is in exactly one of them. They are read at the
// same time; core/query/consistency.ts says when what came fits together, and else all are read again.

import * as LIMITS from "../../core/limits.ts";
import { type Sides, verdict } from "../../core/query/consistency.ts";
import type { ReadError, Unavailable } from "../../core/query/read-error.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Labels } from "../../core/series/labels.ts";
import { databasesOf } from "../../d1/databases.ts";
import type { Snapshot, Standing } from "../../d1/snapshot.ts";
import type { HeadAnswer } from "../../durable/answers.ts";
import type { Shard } from "../../durable/shard.ts";
import { configOf, type Env } from "../env.ts";
import { callShard, metricsByHome, takeCounted } from "../shards.ts";
import { d1Unavailable, shardUnavailable } from "./unavailable.ts";

/** Which buckets the shards give. */
export interface WantedOfHeads {
  /** Label pairs that each of the series has. */
  readonly labels: Labels;
  /** [from, to), Unix ms. */
  readonly from: number;
  readonly to: number;
}

export interface Wanted extends WantedOfHeads {
  readonly metrics: readonly string[];
  /** Nothing will do but what the primary has now. */
  readonly isExact: boolean;
  /** Reads a database in one snapshot; if it may be held, that of a moment ago will do. @throws D1Failed */
  readonly readD1: (db: D1DatabaseSession, name: string, mayBeHeld: boolean) => Promise<Snapshot>;
}

export interface AskedHead {
  readonly shard: number;
  readonly head: HeadAnswer;
}

/** A database, as one query reads it. */
export interface Reading {
  readonly name: string;
  /** What is read by it is never older than what was. */
  readonly session: D1DatabaseSession;
  readonly snapshot: Snapshot;
}

export interface Consistent {
  /** By shard, the metrics that were asked for. */
  readonly asked: ReadonlyMap<number, readonly string[]>;
  readonly readings: readonly Reading[];
  readonly heads: readonly AskedHead[];
}

/** How often all are read until they fit: two, but for a store that flushes all the time. */
export const ATTEMPTS = 5;

/** Snapshots and heads that fit. One call to each shard serves all metrics. */
export async function consistent(
  env: Env,
  wanted: Wanted,
): Promise<Result<Consistent, ReadError | HeadCut>> {
  let layouts: readonly number[] = [configOf(env).shards];
  let before: AllSides = new Map();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const asked = metricsByHome(wanted.metrics, layouts);
    // Without a database the head is never all, nor they without a shard: one that fails fails the read.
    const [stored, answers] = await Promise.all([
      readAll(env, attempt === 0 && !wanted.isExact, wanted),
      headsOf(env, asked, wanted),
    ]);
    if (!stored.ok) return stored;
    if (!answers.ok) return answers;
    const [readings, heads] = [stored.value, answers.value];
    // SHARDS was changed and the cron has not moved everything yet: ask where it may be as well.
    const others = readings
      .flatMap(({ snapshot }) => snapshot.layouts)
      .filter((shards) => !layouts.includes(shards));
    layouts = [...layouts, ...others];
    const now = new Map([
      ...readings.flatMap((one) => sidesOf(heads, one.name, one.snapshot)),
      ...letGoIn(readings),
    ]);
    if (others.length === 0 && fits(now, before)) return ok({ asked, readings, heads });
    before = now;
  }
  return err(MOVING);
}

export const MOVING: Unavailable = {
  kind: "unavailable",
  message: "shards and D1 kept moving while they were read; try again",
  retryAfterSec: 1,
};

/** All databases at the same time. `mayBeBehind`: a replica will do, or what was said a moment ago. */
async function readAll(
  env: Env,
  mayBeBehind: boolean,
  { readD1 }: Wanted,
): Promise<Result<readonly Reading[], ReadError>> {
  const databases = databasesOf(env).map(
    async ({ name, db }): Promise<Result<Reading, ReadError>> => {
      // Only the primary can be trusted not to be behind what a shard said.
      const session = db.withSession(mayBeBehind ? "first-unconstrained" : "first-primary");
      try {
        return ok({ name, session, snapshot: await readD1(session, name, mayBeBehind) });
      } catch (error) {
        return err(d1Unavailable(name, error));
      }
    },
  );
  const all: Reading[] = [];
  for (const reading of await Promise.all(databases)) {
    if (!reading.ok) return reading;
    all.push(reading.value);
  }
  return ok(all);
}

/** The heads of metrics by the shards where they may be. */
export async function headsOf(
  env: Env,
  asked: ReadonlyMap<number, readonly string[]>,
  { labels, from, to }: WantedOfHeads,
): Promise<Result<readonly AskedHead[], ReadError | HeadCut>> {
  const heads = [...asked].map(async ([shard, metrics]): Promise<AskedHead> => {
    const call = async (stub: DurableObjectStub<Shard>): Promise<HeadAnswer> =>
      await stub.head({ metrics, labels, from, to, takesLoose: true }, takeCounted());
    return { shard, head: await callShard(env, shard, call) };
  });
  const answers = await Promise.all(heads).then(ok, (error: unknown) =>
    err(shardUnavailable(error)),
  );
  if (!answers.ok) return answers;
  const known = new Set(databasesOf(env).map(({ name }) => name));
  for (const one of answers.value) {
    if (one.head.cut) return err({ kind: "head_cut", shard: one.shard });
    const { database, settled } = one.head;
    const unknown = [database, ...settled.map((other) => other.database)].find(
      (name) => !known.has(name),
    );
    if (unknown !== undefined) return err(notBound(one, unknown));
  }
  return answers;
}

/** What is known of shards after a database was read, by shard and database. */
export type AllSides = ReadonlyMap<string, Sides>;

/** Of a database that knows nothing of a shard, and the shard nothing of it, nothing matters. */
export const sidesOf = (
  heads: readonly AskedHead[],
  name: string,
  { flushed }: Pick<Standing, "flushed">,
): [string, Sides][] =>
  heads.flatMap(({ shard, head }): [string, Sides][] => {
    const stored = flushed.get(shard) ?? 0;
    const key = `${shard}/${name}`;
    const { database, watermark: believed, openId } = head;
    if (database === name) return [[key, { stored, believed, openId }]];
    const settled = head.settled.find((other) => other.database === name);
    if (settled === undefined && stored === 0) return [];
    const before = settled?.watermark ?? 0;
    // What the shard holds is not for this one; if it has more than the shard knew, the shard has moved
    // there since, and what it held may be in both.
    return [[key, { stored, believed: before, openId: before + 1 }]];
  });

/**
 * That no layout but ours is in the first database says that what moved is in the others: not that it was when these
 * were read, at the same time and maybe from replicas, each as far behind as it likes. How often shards let go, which
 * the first has of each other (cron/layout.ts), says it: with as much or more it was read after that, and else it is
 * read again, as if it were behind a shard. So nothing waits, and a replica may be behind by any time.
 */
const letGoIn = ([first, ...others]: readonly Reading[]): [string, Sides][] =>
  others.map(({ name, snapshot }) => {
    const believed = first!.snapshot.progress.get(`letGo:${name}`) ?? 0;
    const stored = snapshot.progress.get("letGo") ?? 0;
    return [`letGo/${name}`, { stored, believed, openId: Infinity }];
  });

export const fits = (now: AllSides, before: AllSides): boolean =>
  [...now].every(([key, sides]) => verdict(sides, before.get(key)) === "fits");

/** A shard holds more of what is asked than one answer of its may have: a part of the range may be less. */
export interface HeadCut {
  readonly kind: "head_cut";
  readonly shard: number;
}

/** No limit of the question's: it passes when the shard has flushed, which such a shard does at once. */
export const tooMuch = ({ shard }: HeadCut): Unavailable => ({
  kind: "unavailable",
  message: `shard ${shard} holds more of this than one read may take of it (headBytes: ${LIMITS.headBytes} bytes) and is moving it to D1; try again in a minute, or ask for a range without what was written last`,
  retryAfterSec: 60,
});

const notBound = ({ shard }: AskedHead, name: string): Unavailable => ({
  kind: "unavailable",
  message: `shard ${shard} has points in the database ${name}, which is not bound here: a deploy is under way, or the binding was taken away`,
  retryAfterSec: 60,
});
