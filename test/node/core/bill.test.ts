// The bill: its arithmetic by hand, and the month that is made of a part of a day.

import { describe, expect, test } from "vitest";
import { AT_MOST, billOf, DAYS_A_MONTH, monthOf, type Month } from "../../../src/core/bill.ts";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";

const MIDNIGHT = Date.UTC(2026, 10, 24);
const NOTHING = {
  since: MIDNIGHT,
  d1RowsWritten: 0,
  d1RowsRead: 0,
  shardRowsWritten: 0,
  shardRequests: 0,
};
const ONE = { shards: 1, d1Bytes: 0 };

const lineOf = (usage: Parameters<typeof billOf>[0]) => billOf(usage).lines[0]!;
const allowance = (month: Month, item: string) =>
  month.allowances.find((one) => one.item === item)!;

describe("a bill", () => {
  test("of nothing is the plan", () => {
    expect(billOf({})).toEqual({ lines: [], list: 0, base: 5, total: 5 });
  });

  test("has a line for what is known, none for what is not", () => {
    const { lines } = billOf({ d1RowsWritten: 0, workerRequests: 3 });
    expect(lines.map(({ item }) => item)).toEqual(["workerRequests", "d1RowsWritten"]);
  });

  test("what the plan includes costs nothing more", () => {
    const bill = billOf({ d1RowsWritten: 50_000_000 });
    expect(bill.lines[0]).toEqual({
      item: "d1RowsWritten",
      name: "D1 rows written",
      unit: "",
      used: 50_000_000,
      included: 50_000_000,
      price: 1,
      per: 1e6,
      list: 50,
      above: 0,
    });
    expect(bill).toMatchObject({ list: 50, base: 5, total: 5 });
  });

  test("what is above it is paid by the part of a million", () => {
    expect(lineOf({ doRequests: 1_500_000 }).above).toBeCloseTo(0.075);
  });

  test("duration above it is paid by the whole million", () => {
    expect(lineOf({ doGbSeconds: 400_000 }).above).toBe(0);
    expect(lineOf({ doGbSeconds: 400_001 }).above).toBe(12.5);
    expect(lineOf({ doGbSeconds: 1_400_001 }).above).toBe(25);
  });

  test("storage is paid by the GB", () => {
    expect(lineOf({ d1StorageGb: 7 })).toMatchObject({ per: 1, list: 5.25, above: 1.5 });
  });

  test("of 1,000 series at 4 points a minute is that of the README", () => {
    const bill = billOf({
      workerRequests: 1_795_800,
      workerCpuMs: 1_752_000,
      doRequests: 1_754_190,
      doGbSeconds: 336_384,
      doRowsWritten: 1_759_300,
      d1RowsWritten: 1_582_640,
      d1StorageGb: 0.63,
    });
    expect(bill.list).toBeCloseTo(8.86, 2);
    expect(bill.total).toBeCloseTo(5.11, 2);
  });
});

describe("a month from today", () => {
  test.each([0, 1, MINUTE, HOUR - 1])("%i ms after midnight it is too early to say", (elapsed) => {
    const today = { ...NOTHING, shardRequests: 10 };
    const month = monthOf(today, MIDNIGHT + elapsed, ONE);
    expect(month.usage).toBeUndefined();
    expect(month.from).toBe(MIDNIGHT + HOUR);
    expect(allowance(month, "doRequests")).toMatchObject({
      soFar: 10,
      day: undefined,
      allowed: 100_000,
      share: undefined,
    });
  });

  test("after an hour, what was counted goes on for 24", () => {
    const today = {
      since: MIDNIGHT,
      d1RowsWritten: 1_000,
      d1RowsRead: 2_000,
      shardRowsWritten: 2_410,
      shardRequests: 2_400,
    };
    const month = monthOf(today, MIDNIGHT + HOUR, { shards: 1, d1Bytes: 630_000_000 });
    expect(month.usage).toEqual({
      workerRequests: (2_400 + 60) * 24 * DAYS_A_MONTH,
      doRequests: 2_400 * 24 * DAYS_A_MONTH,
      doGbSeconds: expect.closeTo(0.128 * 86_400 * DAYS_A_MONTH),
      doRowsWritten: 2_410 * 24 * DAYS_A_MONTH,
      d1RowsWritten: 1_000 * 24 * DAYS_A_MONTH,
      d1RowsRead: 2_000 * 24 * DAYS_A_MONTH,
      d1StorageGb: 0.63,
    });
    expect(allowance(month, "doRequests")).toMatchObject({
      soFar: 2_400,
      day: 57_600,
      share: 0.576,
    });
  });

  test("of a store first used in the afternoon, the pace is that since then", () => {
    const since = MIDNIGHT + 14 * HOUR;
    const today = { ...NOTHING, since, shardRequests: 2_400, d1RowsWritten: 1_000 };
    const month = monthOf(today, since + HOUR, ONE);
    expect(month.since).toBe(since);
    expect(allowance(month, "doRequests")).toMatchObject({ soFar: 2_400, day: 57_600 });
    expect(month.usage?.d1RowsWritten).toBe(1_000 * 24 * DAYS_A_MONTH);
    const early = monthOf(today, since + HOUR - 1, ONE);
    expect(early.usage).toBeUndefined();
    expect(early.from).toBe(since + HOUR);
  });

  test.each([MIDNIGHT - HOUR, MIDNIGHT + 3 * DAY])("a first use at %i is not believed", (since) => {
    const month = monthOf({ ...NOTHING, since }, MIDNIGHT + 2 * HOUR, ONE);
    expect(month.since).toBeGreaterThanOrEqual(MIDNIGHT);
    expect(month.since).toBeLessThanOrEqual(MIDNIGHT + 2 * HOUR);
  });

  test("the whole day is what was counted", () => {
    const today = { ...NOTHING, d1RowsWritten: 250_000 };
    const month = monthOf(today, MIDNIGHT + DAY - 1, ONE);
    expect(allowance(month, "d1RowsWritten").day).toBeCloseTo(250_000, 1);
    expect(allowance(month, "d1RowsWritten").share).toBeCloseTo(2.5, 4);
  });

  test("a store that nobody called sleeps: only the cron looks, each minute", () => {
    const month = monthOf(NOTHING, MIDNIGHT + 12 * HOUR, ONE);
    expect(month.usage).toEqual({
      workerRequests: 1_440 * DAYS_A_MONTH,
      doRequests: 0,
      doGbSeconds: 0,
      doRowsWritten: 0,
      d1RowsWritten: 0,
      d1RowsRead: 0,
      d1StorageGb: 0,
    });
    expect(billOf(month.usage!).total).toBe(5);
    expect(month.allowances.map(({ share }) => share)).toEqual([0.0144, 0, 0, 0, 0, 0]);
  });

  test("each shard is awake all day at most", () => {
    const today = { ...NOTHING, shardRequests: 1 };
    const at = MIDNIGHT + 6 * HOUR;
    const one = allowance(monthOf(today, at, ONE), "doGbSeconds");
    const four = allowance(monthOf(today, at, { shards: 4, d1Bytes: 0 }), "doGbSeconds");
    expect(one.day).toBeCloseTo(11_059.2);
    // One fits into the free plan, two do not.
    expect(one.share).toBeCloseTo(0.8507, 4);
    expect(four.day).toBeCloseTo(4 * 11_059.2);
    expect(four.soFar).toBeCloseTo(11_059.2);
    expect(AT_MOST).toContain("doGbSeconds");
  });

  test("storage is that of now, and no line when D1 does not answer", () => {
    const at = MIDNIGHT + 2 * HOUR;
    expect(monthOf(NOTHING, at, { shards: 1, d1Bytes: 7e9 }).usage?.d1StorageGb).toBe(7);
    const { usage } = monthOf(NOTHING, at, { shards: 1, d1Bytes: undefined });
    expect(billOf(usage!).lines.map(({ item }) => item)).not.toContain("d1StorageGb");
  });
});
