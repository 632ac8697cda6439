// What it costs: two hours of 1,000 series in one shard, at 4 points a minute and at one, with a
// simulated clock and the rows that the platform itself counts, then a month by prices.json.
// Usage: npm run bench:cost

import {
  applyD1Migrations,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { DAY, HOUR, MINUTE } from "../src/core/tiers.ts";
import { app } from "../src/worker/app.ts";
import { rollUp } from "../src/worker/cron/rollup.ts";
import { monthlyBill } from "./support/bill.ts";

const HOSTS = 10;
const SERIES = 1_000;
const HOURS = 2;
/** Far ahead of the wall clock, by which alarms fire: they run only when the simulation runs them. */
const START = Date.UTC(2031, 2, 3, 8);

test("two hours of 1,000 series at 4 points a minute", () => simulate(15_000));
test("two hours of 1,000 series at 1 point a minute", () => simulate(MINUTE));

/** Agents post all their series every `every` ms. */
async function simulate(every: number): Promise<void> {
  await reset();
  await applyD1Migrations(env.DB, env.MIGRATIONS);
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  const stub = env.SHARD.getByName("0");
  let requests = 0;
  let alarms = 0;
  const runAlarms = async (): Promise<void> => {
    const at = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
    if (at === null || at > Date.now()) return;
    await runDurableObjectAlarm(stub);
    alarms++;
  };
  const counters = async (): Promise<{ d1: number; shard: number }> => {
    const { counters: counted } = await stub.report();
    return { d1: counted.d1RowsWritten, shard: counted.shardRowsWritten };
  };
  const perHour: { d1: number; shard: number; requests: number; alarms: number }[] = [];
  let before = { d1: 0, shard: 0 };
  const hour = async (): Promise<void> => {
    const now = await counters();
    perHour.push({ d1: now.d1 - before.d1, shard: now.shard - before.shard, requests, alarms });
    before = now;
    requests = 0;
    alarms = 0;
  };
  // Half an hour more, so that the flush of the last hour is in; the first hour also pays for the
  // rows of new series, so the second one is what goes on.
  for (let at = START; at < START + HOURS * HOUR + 10 * MINUTE; at += every) {
    vi.setSystemTime(at);
    await runAlarms();
    if ((at - START) % HOUR === 10 * MINUTE && at > START + HOUR) await hour();
    for (let host = 0; host < HOSTS; host++) {
      const points = Array.from({ length: SERIES / HOSTS }, (_, i) => ({
        name: `metric.${i}`,
        value: Math.round(5_000 + 4_000 * Math.sin(at / MINUTE + i)) / 100,
        timestamp: at,
        labels: { host: `host-${host}` },
      }));
      const body = JSON.stringify(points);
      const answer = await app.request("/api/v1/points", { method: "POST", body }, env);
      expect(answer.status).toBe(200);
      requests++;
    }
  }
  await hour();
  const steady = perHour.at(-1)!;
  // The roll-up of the day, from D1's own count.
  let rolled = 0;
  for (let more = true; more;) {
    const step = await rollUp(env.DB, START + 2 * DAY);
    rolled += step.rows.written;
    more = step.more;
  }
  // The flush also marks each series-day dirty: once a day, in its first hour.
  const perSeriesHour = steady.d1 / SERIES;
  const marks = 1 / 24;
  const rollUpRows = rolled / SERIES / 24;
  const withRollUp = perSeriesHour + marks + rollUpRows;
  const perRequest = steady.shard / steady.requests;
  const bytes = await segmentBytes();
  const month = 730;
  const monthly = {
    workerRequests: steady.requests * month + 60 * month,
    workerCpuMs: steady.requests * month * 1,
    doRequests: (steady.requests + steady.alarms) * month,
    doGbSeconds: 3_600 * month * 0.128,
    doRowsWritten: steady.shard * month,
    d1RowsWritten: (withRollUp + 1) * SERIES * month,
    // Kept: minutes 15 days, hours 400 days.
    d1StorageGb: (SERIES * (15 * 24 * bytes.minute + 400 * bytes.hour)) / 1e9,
  };
  console.log(`
1,000 series, ${MINUTE / every} points a minute, ${HOSTS} agents that post every ${every / 1_000} s; a steady hour:
  requests ${steady.requests}, alarms ${steady.alarms}
  DO rows written ${steady.shard}, ${perRequest.toFixed(3)} a request            (expected ≤ 1.2)
  D1 rows written ${steady.d1}, ${perSeriesHour.toFixed(3)} a series-hour
    + dirty marks ${marks.toFixed(3)} + roll-up ${rollUpRows.toFixed(3)} = ${withRollUp.toFixed(3)} a series-hour (expected ≤ 1.3)
    + 1.000 a series-hour when the minutes are deleted after 15 days
  first hour (new series): D1 rows written ${perHour[0]!.d1}

${monthlyBill(monthly)}`);
  expect(perRequest).toBeLessThanOrEqual(1.2);
  expect(withRollUp).toBeLessThanOrEqual(1.3);
}

/** A row's body and key, and a third for the B-tree. */
async function segmentBytes(): Promise<{ minute: number; hour: number }> {
  const average = async (table: string): Promise<number> =>
    (await env.DB.prepare(`SELECT avg(length(body)) AS bytes FROM ${table}`).first<number>(
      "bytes",
    )) ?? 0;
  const stored = (body: number): number => (body + 20) * 1.33;
  return {
    minute: stored(await average("minute")),
    // Two hours are rolled up here, 24 in a day.
    hour: stored((await average("hour")) * 12),
  };
}
