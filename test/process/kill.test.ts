// The server is killed with SIGKILL again and again while clients write, and started on the same
// folder, with 4 shards and 2 databases. Every acknowledged point must count exactly once, at all
// resolutions, also on days whose minutes the retention deletes meanwhile: each life brings it another. The
// first and the last life are under `wrangler dev`; those between on the bare runtime, which starts much faster.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { answered, told } from "../../src/core/api.ts";
import { startBare } from "../support/bare.ts";
import { freePort, type Server, startServer } from "../support/server.ts";
import { METRICS, Gate, Load } from "./kill/load.ts";
import { flushAll, readBuckets, readStatus, runCron } from "./kill/client.ts";
import { bucketsOf, differences, STEPS, type Resolution } from "./kill/ledger.ts";
import { between, type Random, randomOf } from "./kill/random.ts";
import { agree, type Stored, storedIn } from "./kill/stored.ts";

const SEED = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
const KILLS = 10;
const WRITERS = 16;
const DAY = STEPS.day;
/** Days whose minutes the server keeps (RETENTION_MINUTE_DAYS in wrangler.toml). */
const MINUTE_DAYS = 15;
const DATABASES = 2;
const VARIABLES = { OPEN: "local", SHARDS: "4" };

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** How long the server may live, ms: now and then hardly at all. */
const lifetime = (random: Random): number =>
  random() < 0.3 ? between(random, 0, 1_200) : between(random, 200, 6_000);

/** The first UTC day whose minutes are kept. */
const keptDay = (): number => Math.floor(Date.now() / DAY) - MINUTE_DAYS;

/** How far the retention of minutes had come in each database. */
const goneDays = (stored: readonly Stored[]): string =>
  stored.map(({ goneDay }) => goneDay).join("/");

/** All buckets that are not what the acknowledged points make. */
async function compare(origin: string, load: Load): Promise<string[]> {
  const { now } = await readStatus(origin);
  const points = load.points(true);
  const lines: string[] = [];
  for (const resolution of ["day", "hour", "minute"] satisfies Resolution[]) {
    const today = now - (now % DAY);
    const from = today - (resolution === "minute" ? MINUTE_DAYS : 50) * DAY;
    const found = await readBuckets(origin, METRICS, resolution, { from, to: now + DAY });
    lines.push(
      ...differences(bucketsOf(points, resolution, from), found).map((l) => `${resolution} ${l}`),
    );
  }
  return lines;
}

/** Acknowledged points must be there, and no more than those that were sent besides. */
async function checkCount(origin: string, load: Load): Promise<string | undefined> {
  const now = Date.now();
  const range = { from: now - 50 * DAY, to: now + DAY };
  const found = await readBuckets(origin, METRICS, "day", range);
  let count = 0;
  for (const buckets of found.values())
    for (const bucket of buckets.values()) count += bucket.count;
  const [least, more] = [load.points(true).length, load.points(false).length];
  return count >= least && count <= least + more
    ? undefined
    : `${count} points are there; ${least} were acknowledged, ${more} more were sent`;
}

/** Does something over and over while the server is up; says how often it did. */
async function again(
  work: (origin: string) => Promise<void>,
  {
    gate,
    every,
    ended,
    problems,
  }: {
    readonly gate: Gate;
    readonly every: () => number;
    readonly ended: () => boolean;
    readonly problems: string[];
  },
): Promise<number> {
  let runs = 0;
  while (!ended()) {
    const origin = await gate.up();
    try {
      await work(origin);
      runs++;
    } catch (error) {
      // It may die with the server; nothing else is an excuse.
      if (gate.origin === origin) problems.push(String(error));
    }
    await sleep(every());
  }
  return runs;
}

test(
  "acknowledged points count exactly once, whenever the server is killed",
  { timeout: 300_000 },
  async () => {
    console.log(`kill test: KILL_SEED=${SEED}`);
    const random = randomOf(SEED);
    const gate = new Gate();
    const load = new Load(gate, SEED);
    const problems: string[] = [];
    const lives: number[] = [];
    const port = await freePort();
    const persistTo = await mkdtemp(join(tmpdir(), "minuet-kill-"));
    const options = { port, persistTo, vars: VARIABLES, databases: DATABASES };
    let server: Server = await startServer(options);
    /** What the killed servers left, of each database. */
    const killed: Stored[][] = [];
    let left: readonly Stored[] = [];
    let done = { flushes: 0, crons: 0 };
    let ended = false;
    try {
      gate.open(server.url);
      const writing = load.write(WRITERS);
      const shared = { gate, ended: () => ended, problems };
      const cron = again(runCron, { ...shared, every: () => 1_000 });
      const flush = again(flushAll, { ...shared, every: () => between(random, 0, 3_000) });
      for (let kill = 1; kill <= KILLS; kill++) {
        const life = lifetime(random);
        lives.push(life);
        await sleep(life);
        gate.close();
        await server.kill();
        killed.push(await storedIn(persistTo, keptDay()));
        if (kill === 1) await agree(persistTo);
        load.reach(kill);
        server = kill < KILLS ? await startBare(options) : await startServer(options);
        const problem = await checkCount(server.url, load);
        if (problem !== undefined) problems.push(`after kill ${kill} (${life} ms): ${problem}`);
        gate.open(server.url);
      }
      load.finish();
      await writing;
      problems.push(
        ...(await compare(server.url, load)).map((line) => `still in the shard: ${line}`),
      );
      // The next flush takes all that is left, and the cron rolls up all hours but the present one.
      const waiting = async (): Promise<number> => {
        const { shards, databases } = await readStatus(server.url);
        const inShards = shards.map((shard) =>
          answered(shard) ? shard.unflushedBuckets : Infinity,
        );
        const dirty = databases.map((one) => (told(one) ? one.dirtyHours : Infinity));
        return [...inShards, ...dirty].reduce((sum, more) => sum + more, 0);
      };
      await expect.poll(waiting, { timeout: 100_000, interval: 500 }).toBe(0);
      problems.push(...(await compare(server.url, load)).map((line) => `in D1: ${line}`));
      ended = true;
      done = { crons: await cron, flushes: await flush };
      await runCron(server.url);
      await server.kill();
      left = await storedIn(persistTo, keptDay());
      console.log(
        [
          `kill test: ${load.writes.length} requests with ${load.points(true).length} points acknowledged,`,
          `${load.requests} sent: ${load.retries} retries, ${load.repeats} repeats;`,
          `${load.storedUnanswered} had been stored although their answer was lost;`,
          `${KILLS} kills after ${lives.join(", ")} ms; ${done.flushes} flushes, ${done.crons} crons;`,
          `retention came to days ${killed.map(goneDays).join(", then ")};`,
          `answers ${JSON.stringify(Object.fromEntries(load.statuses))}`,
        ].join(" "),
      );
    } finally {
      await server.kill();
      await rm(persistTo, { recursive: true, force: true, maxRetries: 5 });
    }
    expect(load.wrong.slice(0, 20)).toEqual([]);
    expect(problems.slice(0, 40)).toEqual([]);
    // That there was something to hit: of each of these there are mostly ten times as many.
    expect(done.flushes).toBeGreaterThan(2);
    expect(load.storedUnanswered).toBeGreaterThan(2);
    const deletions = new Set(killed.map(goneDays)).size - 1;
    expect(deletions, "killed servers that had deleted minutes").toBeGreaterThan(1);
    for (const { rolledUp } of killed.at(-1)!) expect(rolledUp).toBeGreaterThan(0);
    expect(left.map(({ past }) => past)).toEqual([0, 0]);
  },
);
