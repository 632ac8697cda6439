// The server is killed with SIGKILL again and again while clients write, and started on the same
// folder. Every acknowledged point must count exactly once, at all resolutions. The first and the
// last life are under `wrangler dev`; those between on the bare runtime, which starts much faster.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { answered } from "../../src/core/api.ts";
import { freePort, startServer } from "../support/server.ts";
import { bundleWorker, startBare } from "./kill/bare.ts";
import { METRICS, Gate, Load } from "./kill/load.ts";
import { readBuckets, readStatus, runCron } from "./kill/client.ts";
import { bucketsOf, differences, STEPS, type Resolution } from "./kill/ledger.ts";
import { between, type Random, randomOf } from "./kill/random.ts";

const SEED = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
const KILLS = 10;
const WRITERS = 8;
const DAY = STEPS.day;
/** Days whose minutes the server keeps (RETENTION_MINUTE_DAYS in wrangler.toml). */
const MINUTE_DAYS = 15;
/** When in a minute a shard flushes, ms after its start. */
const FLUSH_AT = 5_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Life {
  readonly kind: "any" | "flush" | "short";
  readonly ms: number;
}

/** How long the server may live: until it flushes when that is near, hardly after that, else any. */
function lifetime(random: Random, now: number, before: Life | undefined): Life {
  if (before?.kind === "flush") return { kind: "short", ms: between(random, 0, 1_200) };
  const untilFlush = 60_000 - ((now - FLUSH_AT) % 60_000);
  return untilFlush < 22_000
    ? { kind: "flush", ms: untilFlush + between(random, -50, 500) }
    : { kind: "any", ms: between(random, 200, 6_000) };
}

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

/** Runs the cron over and over, as often as the server is up; says how often it did. */
async function cronUntil(gate: Gate, ended: () => boolean, problems: string[]): Promise<number> {
  let runs = 0;
  while (!ended()) {
    const origin = await gate.up();
    try {
      await runCron(origin);
      runs++;
    } catch (error) {
      // It may die with the server; nothing else is an excuse.
      if (gate.origin === origin) problems.push(String(error));
    }
    await sleep(1_000);
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
    const lives: Life[] = [];
    const flushes = new Set([0]);
    const vars = { OPEN: "local", SHARDS: "1", FLUSH_ROWS_PER_HOUR: "1000000" };
    const port = await freePort();
    const persistTo = await mkdtemp(join(tmpdir(), "minuet-kill-"));
    const { folder, bundle } = await bundleWorker();
    let server: { url: string; kill(): Promise<void> } = await startServer({
      port,
      persistTo,
      vars,
    });
    let ended = false;
    try {
      gate.open(server.url);
      const writing = load.write(WRITERS);
      const cron = cronUntil(gate, () => ended, problems);
      for (let kill = 1; kill <= KILLS; kill++) {
        const life = lifetime(random, Date.now(), lives.at(-1));
        lives.push(life);
        await sleep(life.ms);
        gate.close();
        await server.kill();
        server =
          kill < KILLS
            ? await startBare({ bundle, port, persistTo, vars })
            : await startServer({ port, persistTo, vars });
        const problem = await checkCount(server.url, load);
        if (problem !== undefined)
          problems.push(`after kill ${kill} (${life.kind}, ${life.ms} ms): ${problem}`);
        flushes.add((await readStatus(server.url)).shards.find(answered)?.lastFlushAt ?? 0);
        gate.open(server.url);
      }
      load.finish();
      await writing;
      problems.push(
        ...(await compare(server.url, load)).map((line) => `still in the shard: ${line}`),
      );
      // The next flush takes all that is left, and the cron rolls up all days but today.
      const left = async (): Promise<number> => {
        const { shards, d1 } = await readStatus(server.url);
        const shard = shards.find(answered);
        flushes.add(shard?.lastFlushAt ?? 0);
        return (shard?.unflushedBuckets ?? Infinity) + Math.max(0, (d1.dirtyDays ?? Infinity) - 1);
      };
      await expect.poll(left, { timeout: 100_000, interval: 500 }).toBe(0);
      ended = true;
      const crons = await cron;
      problems.push(...(await compare(server.url, load)).map((line) => `in D1: ${line}`));
      console.log(
        [
          `kill test: ${load.writes.length} requests with ${load.points(true).length} points acknowledged,`,
          `${load.requests} sent: ${load.retries} retries, ${load.repeats} repeats;`,
          `${load.storedUnanswered} had been stored although their answer was lost;`,
          `${KILLS} kills: ${lives.map(({ kind, ms }) => `${kind} ${ms}`).join(", ")} ms;`,
          `${flushes.size - 1} flushes seen, ${crons} crons;`,
          `answers ${JSON.stringify(Object.fromEntries(load.statuses))}`,
        ].join(" "),
      );
    } finally {
      await server.kill();
      for (const path of [persistTo, folder])
        await rm(path, { recursive: true, force: true, maxRetries: 5 });
    }
    expect(load.wrong.slice(0, 20)).toEqual([]);
    expect(problems.slice(0, 40)).toEqual([]);
  },
);
