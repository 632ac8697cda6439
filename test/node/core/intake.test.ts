// The intake by example: what it says of bad series and times, and how it cuts points into batches.

import { describe, expect, test } from "vitest";
import { decodeBatch } from "../../../src/core/series/batch.ts";
import { earliestAccepted, Intake } from "../../../src/core/formats/intake.ts";
import type { RequestSeries } from "../../../src/core/series/numbering.ts";
import { quote } from "../../../src/core/text.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { DAY } from "../../../src/core/tiers.ts";

const NOW = Date.UTC(2026, 10, 20, 12);

const intakeOf = (shards = 1, retentionHourDays = 400): Intake =>
  new Intake({ shards, now: NOW, retentionHourDays });

const seriesOf = (intake: Intake, name: string, pairs: [string, string][] = []): RequestSeries => {
  const series = intake.series(name, pairs);
  if (!series.ok) expect.fail(series.error.message);
  return series.value;
};

describe("series", () => {
  const refuses = (
    what: string,
    pairs: [string, string][],
    path: string,
    message: string,
    name = "m",
  ): void =>
    test(what, () => {
      expect(intakeOf().series(name, pairs)).toEqual({ ok: false, error: { path, message } });
    });
  refuses("a bad name", [], "name", '"" is empty', "");
  refuses(
    "a bad label name",
    [["{", "a"]],
    "labels.{",
    'label name "{" has a control character or one of " { }',
  );
  refuses(
    "a label twice",
    [
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
    ],
    "labels.a",
    "is given twice",
  );
  refuses(
    "a label twice, once empty",
    [
      ["a", ""],
      ["a", "3"],
    ],
    "labels.a",
    "is given twice",
  );
  refuses(
    "a bad label name without value",
    [[" a", ""]],
    "labels. a",
    'label name " a" starts or ends with white space',
  );
  refuses(
    "too many, some of them empty",
    Array.from({ length: 31 }, (_, i) => [`l${i}`, ""]),
    "labels",
    "has 31 labels, more than 30",
  );

  test("are the same whatever the order of labels", () => {
    const intake = intakeOf();
    const first = seriesOf(intake, "m", [
      ["a", "1"],
      ["b", "2"],
    ]);
    expect(
      seriesOf(intake, "m", [
        ["b", "2"],
        ["c", ""],
        ["a", "1"],
      ]),
    ).toBe(first);
    expect(seriesOf(intake, "m", [["a", "1"]])).not.toBe(first);
    expect(
      seriesOf(intake, "n", [
        ["a", "1"],
        ["b", "2"],
      ]),
    ).not.toBe(first);
  });
});

describe("times", () => {
  test("are bounded by the clock and by the retention of hours", () => {
    const intake = intakeOf();
    const series = seriesOf(intake, "m");
    const earliest = earliestAccepted(NOW, 400);
    const latest = NOW + LIMITS.aheadMs;
    for (const [i, at] of [earliest, earliest - 1, latest, latest + 1].entries())
      intake.add(series, at, 1, i);
    expect(intake.length).toBe(2);
    expect(intake.rejected).toEqual([
      {
        index: 1,
        code: "too_old",
        message: "2025-10-15T23:59:59.999Z is older than the 400 days that hours are kept",
      },
      {
        index: 3,
        code: "too_far_ahead",
        message: "2026-11-20T12:10:00.001Z is more than 10 minutes ahead of the server",
      },
    ]);
  });

  test("with hours kept for ever, by the year 2001", () => {
    expect(earliestAccepted(NOW, 0)).toBe(LIMITS.earliestAt);
    const intake = intakeOf(1, 0);
    intake.add(seriesOf(intake, "m"), -1, 1, 0);
    expect(intake.rejected).toEqual([
      {
        index: 0,
        code: "too_old",
        message: "1969-12-31T23:59:59.999Z is before 2001-09-09T01:46:40.000Z, the earliest time",
      },
    ]);
  });
});

describe("batches", () => {
  test("stay under their limit, whatever the keys", () => {
    const intake = intakeOf();
    for (let i = 0; i < 3_000; i++)
      intake.add(
        seriesOf(intake, "m", [[`l${i}`, "é".repeat(500)]]),
        NOW - (i % 2) * 300 * DAY,
        Math.PI,
        i,
      );
    const [{ batches } = { batches: [] }, ...others] = intake.finish();
    expect(others).toEqual([]);
    expect(batches.length).toBeGreaterThan(1);
    for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(LIMITS.batchBytes);
    const points = batches.map((bytes) => decodeBatch(bytes).at.length);
    expect(points.reduce((sum, n) => sum + n, 0)).toBe(3_000);
  });

  test("know which items are of a series", () => {
    const intake = intakeOf();
    const [a, b] = [seriesOf(intake, "a"), seriesOf(intake, "b")];
    for (const [index, series] of [a, b, a, a].entries()) intake.add(series, NOW, 1, index * 10);
    const { batches, itemsOf } = intake.finish()[0]!;
    const { series } = decodeBatch(batches[0]!);
    expect(series.map((key, i) => [key, itemsOf(0, i)])).toEqual([
      ["a{}", [0, 20, 30]],
      ["b{}", [10]],
    ]);
    expect(itemsOf(0, 99)).toEqual([]);
  });

  test("of nothing are none", () => {
    const intake = intakeOf();
    seriesOf(intake, "m");
    expect(intake.finish()).toEqual([]);
  });
});

test("issues: 20 are listed, all are counted, and long paths are cut", () => {
  const intake = intakeOf();
  for (let i = 0; i < 50; i++) intake.issue(i, "p".repeat(1_000), "x");
  expect(intake.issues).toHaveLength(20);
  expect(intake.issueCount).toBe(50);
  expect(intake.issues[0]?.path).toBe(`${"p".repeat(77)}…`);
});

test("quotes are cut when long", () => {
  expect(quote('a"\n')).toBe('"a\\"\\n"');
  expect(quote("x".repeat(80))).toBe(`"${"x".repeat(80)}"`);
  expect(quote("x".repeat(81))).toBe(`"${"x".repeat(77)}…"`);
});

test("points of metrics that their sender may not write are rejected one by one, end marks passed over", () => {
  const forbids = (metric: string): string | undefined =>
    metric.startsWith("mine.") ? undefined : `not ${metric}`;
  const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 400, forbids });
  const [mine, theirs] = [seriesOf(intake, "mine.a"), seriesOf(intake, "theirs.a")];
  intake.add(theirs, NOW, 1, 0);
  intake.add(mine, NOW, 1, 1);
  intake.end(theirs, NOW, 2);
  expect(intake.rejections()).toEqual([{ index: 0, code: "forbidden", message: "not theirs.a" }]);
  expect(intake.length).toBe(1);
  const [batch] = intake.finish().flatMap(({ batches }) => batches);
  expect(decodeBatch(batch!).series.map((key) => key.split("{")[0])).toEqual(["mine.a"]);
});
