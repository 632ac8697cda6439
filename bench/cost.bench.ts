// What it costs: 1,000 series at 4 points a minute, with a simulated clock and the rows that the platform
// itself counts, on a day when everything happens: flushes, roll-ups, an agent that was cut off and sends
// its points late, and the deletion of a day that is past its retention. Then months of more series, by
// prices.json. Usage: npm run bench:cost

import { applyD1Migrations, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, inject, test, vi } from "vitest";
import type { StatusAnswer } from "../src/core/api.ts";
import { Buckets } from "../src/core/bucket.ts";
import { decodePack } from "../src/core/codec/pack.ts";
import { encodeSegment } from "../src/core/codec/segment.ts";
import { DAY, HOUR, hourOf, MINUTE } from "../src/core/tiers.ts";
import { app } from "../src/worker/app.ts";
import { runCron } from "../src/worker/cron/cron.ts";
import { QueryMeter } from "../src/worker/cron/free-plan.ts";
import type { Env } from "../src/worker/env.ts";
import { elsewhere, free, months, sizes } from "./support/bill.ts";
import { commitsARequest } from "./support/company.ts";
import { agentsOf, type Measured, monthOf } from "./support/month.ts";
import type { Cpu } from "./support/provided.ts";

/** Agents, each with a tenth of the series. */
const HOSTS = 10;
const SERIES = 1_000;
const EVERY = 15_000;
/** Far ahead of the wall clock, by which alarms fire: they run only when the simulation runs them. */
const START = Date.UTC(2031, 2, 3);
/** Days before the one that is measured: the first of them is deleted on it. */
const BEFORE = 2;
const MEASURED = START + BEFORE * DAY;
/** On the measured day, one agent of ten is cut off, and sends what it has when it is back. */
const CUT_OFF = { host: 9, from: MEASURED + 10 * HOUR, to: MEASURED + 12 * HOUR };
/** How long ten agents are looked at, after it. */
const AGENTS = 2 * HOUR;
/** Today and one day are kept, so that a day is deleted while another is written. */
const store: Env = { ...env, RETENTION_MINUTE_DAYS: "1", RETENTION_HOUR_DAYS: "1" };
const stub = env.SHARD.getByName("0");

interface Point {
  readonly name: string;
  readonly value: number;
  readonly timestamp: number;
  readonly labels: Readonly<Record<string, string>>;
}

const pointsOf = (host: number, at: number): Point[] =>
  Array.from({ length: SERIES / HOSTS }, (_, i) => ({
    name: `metric.${i}`,
    value: valueAt(host, i, at),
    // Agents take a moment, and never the same.
    timestamp: at + Math.floor(noise(at, host) * 2_000),
    labels: { host: `host-${host}` },
  }));

/** A gauge of two decimals. */
const valueAt = (host: number, i: number, at: number): number =>
  Math.round(5_000 + 4_000 * Math.sin(at / HOUR + i + host) + 100 * noise(at, i)) / 100;

/** Between 0 and 1, the same at each run. */
const noise = (at: number, i: number): number => {
  const x = Math.sin(at / 1_000 + i * 78.233) * 43_758.5453;
  return x - Math.floor(x);
};

const HOST_NUMBERS = Array.from({ length: HOSTS }, (_, host) => host);

/** Requests of a thousand points; an agent that is back first sends what it has kept. */
async function collect(at: number): Promise<void> {
  const isCutOff = at >= CUT_OFF.from && at < CUT_OFF.to;
  if (at === CUT_OFF.to)
    for (let kept = CUT_OFF.from; kept < CUT_OFF.to; kept += 10 * EVERY)
      await post(
        Array.from({ length: 10 }, (_, i) => pointsOf(CUT_OFF.host, kept + i * EVERY)).flat(),
      );
  const reached = HOST_NUMBERS.filter((host) => !isCutOff || host !== CUT_OFF.host);
  await post(reached.flatMap((host) => pointsOf(host, at)));
}

/** A request of each agent. */
async function each(at: number): Promise<void> {
  for (const host of HOST_NUMBERS) await post(pointsOf(host, at));
}

/** How long each request took, and all alarms, ms: as long as a shard was awake, at most. */
let requests: number[] = [];
let alarms = 0;

async function post(points: readonly Point[]): Promise<void> {
  const body = JSON.stringify(points);
  const start = performance.now();
  const answer = await app.request("/api/v1/points", { method: "POST", body }, store);
  requests.push(performance.now() - start);
  expect(answer.status).toBe(200);
}

async function runAlarms(): Promise<void> {
  const at = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
  if (at === null || at > Date.now()) return;
  const start = performance.now();
  await runDurableObjectAlarm(stub);
  alarms += performance.now() - start;
}

/** The most queries that a run of the cron has asked. */
let queriesARun = 0;
const meter = new QueryMeter();
const counted = meter.metered(store);

async function runCounted(): Promise<void> {
  meter.asked = 0;
  await runCron(counted);
  queriesARun = Math.max(queriesARun, meter.asked);
}

const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;

async function today(): Promise<StatusAnswer["today"]> {
  const answer: StatusAnswer = await (await app.request("/api/v1/status", {}, store)).json();
  for (const { error } of answer.shards) expect(error).toBeUndefined();
  return answer.today;
}

interface Counted extends Pick<
  StatusAnswer["today"],
  "d1RowsWritten" | "d1RowsRead" | "shardRowsWritten" | "shardRequests"
> {
  readonly requests: number;
  readonly awakeMs: { readonly aRequest: number; readonly inAlarms: number };
}

/** What was counted while points were sent as they are every 15 s: within one UTC day. */
async function during(
  from: number,
  to: number,
  send: (at: number) => Promise<void>,
): Promise<Counted> {
  vi.setSystemTime(from);
  const before = await today();
  requests = [];
  alarms = 0;
  for (let at = from; at < to; at += EVERY) {
    vi.setSystemTime(at);
    await runAlarms();
    if (at % MINUTE === 0) await runCounted();
    await send(at);
  }
  const after = await today();
  return {
    requests: requests.length,
    awakeMs: { aRequest: median(requests), inAlarms: alarms },
    d1RowsWritten: after.d1RowsWritten - before.d1RowsWritten,
    d1RowsRead: after.d1RowsRead - before.d1RowsRead,
    shardRowsWritten: after.shardRowsWritten - before.shardRowsWritten,
    shardRequests: after.shardRequests - before.shardRequests,
  };
}

test("1,000 series at 4 points a minute", async () => {
  await applyD1Migrations(env.DB, env.MIGRATIONS);
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  // Rows of D1 go by series-hours: a point an hour does to have a day to delete.
  let first: number | undefined;
  for (let at = START; at < MEASURED; at += 10 * MINUTE) {
    vi.setSystemTime(at);
    if (at % HOUR === 30 * MINUTE) await collect(at);
    await runAlarms();
    await runCounted();
    if (at === START + HOUR + 10 * MINUTE) first = (await today()).d1RowsWritten;
  }
  const day = await during(MEASURED, MEASURED + DAY, collect);
  const agents = await during(MEASURED + DAY, MEASURED + DAY + AGENTS, each);
  const cpu: Cpu = inject("cpu");
  const measured: Measured = {
    d1RowsASeriesHour: day.d1RowsWritten / SERIES / 24,
    d1RowsReadASeriesHour: day.d1RowsRead / SERIES / 24,
    doRowsAnHour: (day.shardRowsWritten - day.requests) / 24,
    callsAnHour: (day.shardRequests - day.requests) / 24,
    awakeMs: { points: day.awakeMs.aRequest, anHour: day.awakeMs.inAlarms / 24 },
    queriesARun,
    commitsARequest: await commitsOfMonths(),
    workerCpuMs: new Map(cpu.worker),
    rollUpCpuMs: cpu.rollUp,
    bytes: await storedBytes(),
  };
  const doRowsARequest = agents.shardRowsWritten / agents.requests;
  console.log(`
1,000 series at 4 points a minute. A day in requests of 1,000 points, on which one agent of ten was cut off
for two hours, and a day past its retention was deleted; then hours in requests of each of ten agents:
  DO rows written   ${doRowsARequest.toFixed(4)} a request of an agent (expected ≤ 1.02)
                    ${(day.shardRowsWritten / day.requests).toFixed(4)} a request of 1,000 points: one, and ${measured.doRowsAnHour.toFixed(1)} an hour
  D1 rows written   ${measured.d1RowsASeriesHour.toFixed(4)} a series-hour (expected ≤ 0.25)
  D1 rows read      ${measured.d1RowsReadASeriesHour.toFixed(2)} a series-hour, without queries
  calls of the shard besides requests: ${measured.callsAnHour.toFixed(1)} an hour
  commits a request of agents with an address each: ${[...measured.commitsARequest].map(([agents, commits]) => `${commits.toFixed(2)} of ${agents}`).join(", ")}
  first hour, new series in it: ${first} rows of D1
  a shard is awake: ${measured.awakeMs.points.toFixed(0)} ms for 1,000 points, ${(measured.awakeMs.anHour / 1_000).toFixed(1)} s an hour besides, at most
  CPU of the Worker: ${cpu.worker.map(([points, ms]) => `${ms.toFixed(1)} ms a request of ${points} points`).join(", ")}
  CPU of the roll-up: ${(cpu.rollUp * 1_000).toFixed(1)} µs a series-hour
  stored: ${sizes(measured)}

A month (730 hours), in dollars above what the plan includes:
${months(MONTHS.map(([series, batch]) => monthOf(series, batch, measured)))}

Series that the free plan carries, by each of its limits, in requests of 1,000 points:
${free(1_000, measured)}

1,000 series at 1 point a minute elsewhere, a month:
${elsewhere()}`);
  expect(doRowsARequest).toBeLessThanOrEqual(1.02);
  expect(measured.d1RowsASeriesHour).toBeLessThanOrEqual(0.25);
  expect(monthOf(10_000, 1_000, measured).bill.total).toBeLessThanOrEqual(6);
  expect(monthOf(100_000, 1_000, measured).bill.total).toBeLessThanOrEqual(100);
});

const MONTHS = [1_000, 10_000, 100_000].flatMap((series) =>
  [1_000, 10_000].map((batch) => [series, batch] as const),
);

async function commitsOfMonths(): Promise<ReadonlyMap<number, number>> {
  const agents = new Set(MONTHS.map(([series, batch]) => agentsOf(series, batch)));
  return new Map(
    await Promise.all([...agents].map(async (of) => [of, await commitsARequest(of)] as const)),
  );
}

interface PackRow {
  readonly pack: number;
  readonly body: string;
}

/** The packs of a tier in one span. */
async function packsOf(table: "minute" | "hour" | "day", span: number): Promise<PackRow[]> {
  const of = { minute: "hour", hour: "day", day: "year" }[table];
  const select = `SELECT pack, body FROM ${table} WHERE ${of} = ?`;
  return (await env.DB.prepare(select).bind(span).all<PackRow>()).results;
}

const segmentsOf = (rows: readonly PackRow[]): number =>
  rows.reduce((sum, { body }) => sum + decodePack(body).size, 0);

const LAST_HOUR = hourOf(MEASURED) + 20;
const LAST_DAY = Math.floor(LAST_HOUR / 24);

/** Bytes of a segment in D1: its share of the row, of the key, and of the pages (see bench:packs). */
async function storedBytes(): Promise<Measured["bytes"]> {
  const stored = (body: number): number => body * 1.07;
  const average = (rows: readonly PackRow[]): number =>
    stored(rows.reduce((sum, { body }) => sum + body.length + 25, 0) / segmentsOf(rows));
  return {
    minute: average(await packsOf("minute", LAST_HOUR)),
    hour: average(await packsOf("hour", LAST_DAY)),
    day: stored(yearOfDays().length),
  };
}

/** The segment of a year of days, which would take long to simulate. */
function yearOfDays(): string {
  const start = Date.UTC(2031, 0, 1);
  const days = new Buckets(365);
  for (let at = start; at < start + 365 * DAY; at += EVERY) {
    const row = (at - start) % DAY === 0 ? days.push(at) : days.length - 1;
    days.add(row, valueAt(0, 0, at), at);
  }
  return encodeSegment(days, start, DAY);
}
