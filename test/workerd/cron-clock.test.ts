// A cron that ran with a wrong clock, ahead or behind: nothing that is kept is deleted or hidden, also
// not what is stored later, and roll-up and retention go on by themselves once the clock is right.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { DAY, dayOf, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { rollUpClosed } from "../../src/worker/cron/rollup.ts";
import {
  countOf,
  expectExact,
  flush,
  type Point,
  progress,
  runAll,
  runSteps,
  wipe,
} from "./cron-store.ts";

const NOW = Date.UTC(2031, 0, 20, 12);
const YEAR = 365 * DAY;
const RETENTION = { minute: 15, hour: 400, day: 0 };

beforeEach(() => wipe());

const at = (...times: readonly number[]): Point[] =>
  times.flatMap((at) => [3, 77].map((id) => ({ id, at, value: id })));

async function cronAt(...times: readonly number[]): Promise<void> {
  for (const time of times) await runSteps(time, RETENTION);
}

test.each([
  ["a year ahead", YEAR],
  ["a year behind", -YEAR],
  ["an hour back", -HOUR],
])("one run with the clock %s deletes and hides no minutes", async (_, wrong) => {
  const points = at(NOW - 2 * DAY, NOW - MINUTE);
  await flush(points);
  const rows = await countOf("minute");
  for (const time of [NOW, NOW + wrong, NOW + MINUTE, NOW + HOUR, NOW + 2 * HOUR]) {
    await cronAt(time);
    await expectExact(points);
  }
  expect(await countOf("minute")).toBe(rows);
  expect([await progress("rolledHour"), await progress("rolledPack")]).toEqual(
    wrong > 0 ? [(Math.floor(NOW / DAY) + 1) * 24, 0] : [NOW / HOUR, 0],
  );
});

// What is made of days and gone of minutes bounds what may go of hours: that is not what the clock says.
test.each([YEAR, 2 * DAY])(
  "one run with the clock %d ms ahead deletes no hour pack of the oldest day that is kept",
  async (ahead) => {
    const kept = { minute: 2, hour: 6, day: 0 };
    const oldest = dayOf(NOW) - 6;
    await flush(at(oldest * DAY + 23 * HOUR, NOW - HOUR));
    for (const time of [NOW, NOW + HOUR]) await runSteps(time, kept);
    expect(await progress("hourKept")).toBe(oldest);
    const rows = await countOf("hour");
    for (const time of [NOW + HOUR + ahead, NOW + HOUR + MINUTE, NOW + 2 * HOUR]) {
      await runSteps(time, kept);
      expect(await countOf("hour")).toBe(rows);
    }
    // The day after, it goes at once.
    await runSteps(NOW + DAY, kept);
    expect(await countOf("hour")).toBeLessThan(rows);
  },
);

test("one run with the clock a year ahead on an empty store hides nothing of what comes", async () => {
  await cronAt(NOW + YEAR, NOW + YEAR + MINUTE, NOW, NOW + MINUTE);
  expect(await countOf("progress")).toBeLessThanOrEqual(3);
  expect(await progress("rolledHour")).toBe(0);
  const points = at(NOW);
  await flush(points);
  await cronAt(NOW + HOUR, NOW + 2 * HOUR);
  await expectExact(points);
});

test("even a clock that was a year ahead for hours costs no more than marks until the day is over", async () => {
  const before = at(NOW - 30 * MINUTE);
  await flush(before);
  await cronAt(...[0, 1, 2, 3].map((hour) => NOW + YEAR + hour * HOUR));
  // Today is taken to be over.
  const today = at(NOW - 20 * MINUTE, NOW + HOUR);
  await flush(today);
  expect(await countOf("dirty")).toBe(4);
  await expectExact([...before, ...today]);
  await cronAt(NOW + 2 * HOUR);
  await expectExact([...before, ...today]);
  const tomorrow = at(NOW + DAY, NOW + DAY + HOUR);
  await flush(tomorrow);
  expect(await countOf("dirty")).toBe(0);
  await cronAt(NOW + DAY + 3 * HOUR, NOW + 3 * DAY);
  await expectExact([...before, ...today, ...tomorrow]);
});

test("a shard and the cron a year ahead: what comes at the right time is late, and exact", async () => {
  const ahead = at(NOW + YEAR);
  await flush(ahead);
  await cronAt(NOW + YEAR + HOUR, NOW + YEAR + 2 * DAY);
  const points = at(NOW, NOW + HOUR, NOW + DAY);
  await flush(points);
  expect(await countOf("dirty")).toBe(6);
  await expectExact([...ahead, ...points]);
  await cronAt(NOW + 2 * DAY);
  expect(await countOf("dirty")).toBe(0);
  await expectExact([...ahead, ...points]);
});

test("a clock behind rolls nothing up, and the next run does", async () => {
  const points = at(NOW - HOUR);
  await flush(points);
  expect(await runAll(rollUpClosed, NOW - DAY)).toBe(0);
  await cronAt(NOW + HOUR);
  expect(await countOf("hour")).toBe(2);
  await expectExact(points);
});

test("after a wrong clock, what is past its days goes within hours", async () => {
  const points = at(NOW - 14 * DAY);
  await flush(points);
  await cronAt(NOW, NOW + YEAR);
  expect(await countOf("minute")).toBe(2);
  const later = NOW + 3 * DAY;
  await cronAt(later);
  expect(await countOf("minute")).toBe(2);
  await cronAt(later + HOUR);
  expect(await countOf("minute")).toBe(0);
  await expectExact(points);
  expect(await env.DB.prepare("SELECT count(*) AS n FROM dirty").first("n")).toBe(0);
});
