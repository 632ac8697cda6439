// How long answers take, in turns with VictoriaMetrics and beside InfluxDB, where they are installed: 100
// series × 1 year × 1 minute, the same answers first, and what an import of that year does to ordinary questions;
// then 10,000 series of one metric. Usage: npm run bench:query [-- days [year | wide]]

import { setTimeout as sleep } from "node:timers/promises";
import { DAY, dayOf, HOUR, hourOf, MINUTE } from "../src/core/tiers.ts";
import { Client, median, milliseconds } from "./support/client.ts";
import { idle } from "./support/cpu-of.ts";
import { type RunningMinuet, startMinuet } from "./support/minuet.ts";
import { type Lines, type Peer, type Question, startPeers } from "./support/peers.ts";
import { fillWide, WIDE, WIDE_QUESTIONS } from "./support/wide.ts";
import {
  askMinuet,
  differs,
  HOSTS,
  requests,
  writeMinuet,
  writePeer,
  type Year,
  yearOf,
} from "./support/year.ts";

const DAYS = Number(process.argv[2] ?? 365);
const PART = process.argv[3];
const RUNS = 25;
/**
 * Of these, so many one after the other: a store that has rested while another was asked is slower at first (on
 * a machine of ours after 20 ms twice as slow), which is what the machine takes to wake up.
 */
const IN_A_ROW = 5;
/**
 * Questions before those that are timed: a store that has run for a while has its code compiled, and V8 compiles in
 * earnest what ran a hundred times (the 15th question takes a quarter longer than the 150th).
 */
const WARM = 150;
/** A store that has taken so long for a question is not asked it again. */
const ENOUGH_MS = 10_000;
/** What takes all cores for seconds, and collects its garbage when it has answered: it is asked by itself. */
const APART = "InfluxDB";
/** Runs of the cron at most, of which production has one a minute. */
const CRONS = 60;
/** Between two ordinary questions. */
const EVERY_MS = 200;

const FOR_EVER = {
  RETENTION_MINUTE_DAYS: "0",
  RETENTION_HOUR_DAYS: "0",
  RETENTION_DAY_DAYS: "0",
};

const ADMINISTRATOR = "the-administrators-token-of-a-bench";

interface Asked {
  readonly name: string;
  readonly question: Question;
  /** VictoriaMetrics' time by Minuet's, at least. */
  readonly expected: number | undefined;
}

if (PART !== "wide") await benchYear();
if (PART !== "year") await benchWide();

async function benchYear(): Promise<void> {
  const minuet = await startMinuet({ variables: FOR_EVER, token: ADMINISTRATOR, unlimited: true });
  const client = new Client(minuet.direct, ADMINISTRATOR);
  await minuet.cron();
  const year = yearOf(DAYS, Date.now());
  const questions = questionsOf(year);

  // As where somebody imports and others look: each with a token of their own.
  const importer = new Client(minuet.direct, await client.newToken("importer", "write"));
  await importYear(client, importer, year);
  for (const { name, question } of questions)
    console.log(`right after the import, ${name}: ${await answered(client, question)}`);
  await client.flush();
  await rollUp(minuet, client);
  const peers = await startPeers();
  try {
    for (const peer of peers) {
      const took = await milliseconds(async () => {
        for (const from of requests(year)) await writePeer(peer, from);
        await peer.settled();
      });
      console.log(`${peer.name}: the same in ${seconds(took)}`);
      // What it packs behind the answer to the last write is no part of anybody's answers.
      await idle(peer.command);
    }
    await compare(minuet, peers, questions);
  } finally {
    for (const peer of peers) peer.stop();
    await minuet.stop();
  }
}

/** Three ranges, each of one series, of all averaged, of each apart. */
function questionsOf(year: Year): readonly Asked[] {
  return (
    [
      [`${DAYS} d by day`, DAYS * DAY, DAY, 1.9, 15],
      ["90 d by hour", 90 * DAY, HOUR, 0.55, 2],
      ["24 h by minute", DAY, MINUTE, 0.4, 0.6],
    ] as const
  ).flatMap(([name, span, stepMs, one, averaged]) => {
    const range = { from: Math.max(year.from, year.to - span), to: year.to, stepMs };
    return [
      { name: `${name}, one`, question: { ...range, hosts: { one: HOSTS[17]! } }, expected: one },
      { name: `${name}, averaged`, question: { ...range, hosts: "averaged" }, expected: averaged },
      { name: `${name}, each`, question: { ...range, hosts: "each" }, expected: undefined },
    ];
  });
}

/** Posts the year while an ordinary metric is asked for, and says what that took. */
async function importYear(client: Client, importer: Client, year: Year): Promise<void> {
  await client.post([
    {
      name: "ordinary",
      datapoints: Array.from({ length: 60 }, (_, i) => [Date.now() - i * MINUTE, i]),
    },
  ]);
  const ordinary = (): Promise<number> =>
    milliseconds(() => client.get("/api/v1/query?metric=ordinary&from=-1h&resolution=minute"));
  await repeated(50, ordinary);
  // As often as during the import: what comes at once after another takes half as long.
  const quiet = await repeated(50, async () => {
    await sleep(EVERY_MS);
    return await ordinary();
  });

  console.log(`importing ${HOSTS.length} series × ${DAYS} days × 1 minute`);
  const ending = new AbortController();
  const during: number[] = [];
  const asking = (async () => {
    while (!ending.signal.aborted) {
      during.push(await ordinary());
      await sleep(EVERY_MS);
    }
  })();
  const imported = await milliseconds(async () => {
    for (const from of requests(year)) await writeMinuet(importer, from);
  });
  ending.abort();
  await asking;
  console.log(`imported in ${seconds(imported)}`);
  console.log(
    `an ordinary question, ms: quiet ${spread(quiet)}; during the import ${spread(during)} (median × ${(median(during) / median(quiet)).toFixed(1)}, expected ≤ 3)`,
  );
}

async function answered(client: Client, question: Question): Promise<string> {
  const { from, to, stepMs } = question;
  try {
    const start = performance.now();
    const lines = [...(await askMinuet(client, question)).values()];
    const fewest = Math.min(...lines.map(({ size }) => size));
    return `${lines.length} lines of ${fewest} of ${(to - from) / stepMs} buckets in ${(performance.now() - start).toFixed(0)} ms`;
  } catch (error) {
    return `NOT answered: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function rollUp(minuet: RunningMinuet, client: Client): Promise<void> {
  const until = async (isDone: () => Promise<boolean>): Promise<string> => {
    let crons = 0;
    const took = await milliseconds(async () => {
      for (; crons < CRONS && !(await isDone()); crons++) await minuet.cron();
    });
    return `${crons} runs of the cron (one a minute), ${seconds(took)} of work`;
  };
  console.log(`rolled up by the hour: ${await until(() => client.isRolledUp())}`);
  console.log(`by the day: ${await until(() => areDaysMade(minuet))} more`);
}

/** Whether all days that are over have buckets: the status tells of hours alone. */
async function areDaysMade({ miniflare }: RunningMinuet): Promise<boolean> {
  const db = await miniflare.getD1Database("DB");
  const made = await db
    .prepare("SELECT value FROM progress WHERE name = 'rolledDay'")
    .first("value");
  return Number(made) >= dayOf(Date.now() - 2 * HOUR);
}

/** Asks the stores the same, in turns, after each has answered the same. */
async function compare(
  minuet: RunningMinuet,
  peers: readonly Peer[],
  questions: readonly Asked[],
): Promise<void> {
  const client = new Client(minuet.direct, ADMINISTRATOR);
  console.log(
    `\n${"question".padEnd(28)}${"Minuet, ms".padStart(12)}${peers.map(({ name }) => `${name}, ms  ÷ Minuet`.padStart(30)).join("")}   expected`,
  );
  for (const { name, question, expected } of questions) {
    const stores = [
      { name: "Minuet", ask: (): Promise<Lines> => askMinuet(client, question) },
      ...peers.map((peer) => ({ name: peer.name, ask: () => peer.ask(question) })),
    ];
    let answer: Lines | undefined;
    for (const store of stores) {
      const theirs = await store.ask();
      answer ??= theirs;
      const difference = differs(answer, theirs);
      if (difference !== undefined) console.log(`  ${store.name} answers otherwise: ${difference}`);
    }
    const times = stores.map((): number[] => []);
    const all = [...stores.entries()];
    for (const isApart of [false, true]) {
      // There and back, so that none always follows the same other, which may still collect its garbage.
      let turns = all.filter(([, { name }]) => (name === APART) === isApart);
      for (const peer of peers) await idle(peer.command);
      for (const [, { ask }] of turns) await warmUp(ask);
      for (let round = 0; round < RUNS / IN_A_ROW; round++, turns = turns.toReversed())
        for (const [i, { ask }] of turns)
          for (let run = 0; run < IN_A_ROW && sum(times[i]!) < ENOUGH_MS; run++)
            times[i]!.push(await milliseconds(ask));
    }
    const alone = question.hosts === "averaged" ? await readAlone(minuet, question) : undefined;
    const [mine = NaN, ...others] = times.map(median);
    const ratio =
      (others[peers.findIndex((peer) => peer.name === "VictoriaMetrics")] ?? NaN) / mine;
    const bare = alone === undefined ? "" : `, its rows read by D1 alone in ${alone.toFixed(1)}`;
    const verdict =
      expected === undefined || Number.isNaN(ratio)
        ? ""
        : `≥ ${expected}: ${ratio >= expected ? "held" : "NOT held"}`;
    console.log(
      `${name.padEnd(28)}${mine.toFixed(1).padStart(12)}${others.map((theirs) => `${theirs.toFixed(1)}  ${(theirs / mine).toFixed(2)}`.padStart(30)).join("")}   ${verdict}${bare}`,
    );
  }
}

async function warmUp(ask: () => Promise<unknown>): Promise<void> {
  let took = 0;
  for (let run = 0; run < WARM && took < ENOUGH_MS / 4; run++) took += await milliseconds(ask);
}

function yearIn(at: number): number {
  return new Date(at).getUTCFullYear();
}

/** ms, median: what the rows of a range take when nothing is made of them. */
async function readAlone(minuet: RunningMinuet, { from, to, stepMs }: Question): Promise<number> {
  const [table, span, first, end] =
    stepMs === MINUTE
      ? ["minute", "hour", hourOf(from), hourOf(to)]
      : stepMs === HOUR
        ? ["hour", "day", dayOf(from), dayOf(to)]
        : ["day", "year", yearIn(from), yearIn(to - 1) + 1];
  const sql = `SELECT pack, ${span}, body FROM ${table} WHERE ${span} >= ${first} AND ${span} < ${end}`;
  await repeated(WARM, () => milliseconds(() => minuet.rowsAlone(sql)));
  return median(await repeated(RUNS, () => milliseconds(() => minuet.rowsAlone(sql))));
}

async function benchWide(): Promise<void> {
  const minuet = await startMinuet({ variables: FOR_EVER });
  const client = new Client(minuet.direct);
  await minuet.cron();
  console.log("\n10,000 series of one metric, all merged");
  const now = Math.floor(Date.now() / HOUR) * HOUR;
  console.log(`written in ${seconds(await milliseconds(() => fillWide(client, now)))}`);
  await client.flush();
  await rollUp(minuet, client);
  for (const [name, span, resolution] of WIDE_QUESTIONS) {
    const path = `/api/v1/query?metric=${WIDE}&from=${now - span}&to=${now}&resolution=${resolution}`;
    let buckets = 0;
    const times = await repeated(3, () =>
      milliseconds(async () => {
        const { series } = (await client.get(path)) as {
          readonly series: readonly { readonly t: readonly number[] }[];
        };
        buckets = series[0]?.t.length ?? 0;
      }),
    );
    console.log(
      `${name.padEnd(28)}${median(times).toFixed(0).padStart(12)} ms, ${buckets} buckets`,
    );
  }
  await minuet.stop();
}

async function repeated(runs: number, work: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await work());
  return times;
}

function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (quantile: number): string =>
    (sorted[Math.floor(sorted.length * quantile)] ?? NaN).toFixed(1);
  return `median ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, worst ${(sorted.at(-1) ?? NaN).toFixed(0)} of ${sorted.length}`;
}

function sum(times: readonly number[]): number {
  return times.reduce((all, one) => all + one, 0);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(0)} s`;
}
