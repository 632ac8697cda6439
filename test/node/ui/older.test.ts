// The time before a resolution is kept: what is asked of a coarser one, how both become one answer,
// one chart, and what is said of it.

import { bucketForm } from "../../../src/ui/chart/form.ts";
import { describe, expect, test } from "vitest";
import type { QueryAnswer, SeriesAnswer } from "../../../src/core/api.ts";
import { byStat } from "../../../src/core/stats.ts";
import { DAY, HOUR, MINUTE, type TierName, TIERS } from "../../../src/core/tiers.ts";
import { chartData, drawn, gaps, middles } from "../../../src/ui/chart/data.ts";
import { stepAt } from "../../../src/ui/chart/older.ts";
import { resolutionText } from "../../../src/ui/kept.ts";
import { joined, olderOf } from "../../../src/ui/models/older.ts";

const KEPT = Date.UTC(2026, 10, 13);

const series = (t: readonly number[], labels: Record<string, string> = {}): SeriesAnswer => ({
  labels,
  t,
  ...byStat(() => t.map((_, i) => i)),
});
const answer = (
  resolution: TierName,
  from: number,
  to: number,
  keptFrom: number,
  all: readonly SeriesAnswer[] = [],
): QueryAnswer => ({
  metric: "m",
  resolution,
  step: TIERS[resolution].step,
  from,
  to,
  keptFrom,
  series: all,
});

describe("asked of a coarser resolution is", () => {
  test("nothing where everything is kept", () => {
    expect(olderOf(answer("minute", KEPT, KEPT + HOUR, KEPT))).toBeUndefined();
    expect(olderOf(answer("minute", KEPT, KEPT + HOUR, 0))).toBeUndefined();
  });
  test("nothing of days: there is none", () =>
    expect(olderOf(answer("day", KEPT - DAY, KEPT, KEPT))).toBeUndefined());
  test("the time before, in whole buckets", () => {
    const hours = { resolution: "hour", step: HOUR };
    const of = (from: number, to: number, keptFrom: number) =>
      olderOf(answer("minute", from, to, keptFrom));
    expect(of(KEPT - DAY, KEPT + DAY, KEPT)).toEqual({ ...hours, until: KEPT });
    expect(of(KEPT - DAY, KEPT + DAY, KEPT + 1)).toEqual({ ...hours, until: KEPT + HOUR });
    // All of it is older.
    expect(of(KEPT - DAY, KEPT - HOUR / 2, KEPT)).toEqual({ ...hours, until: KEPT });
  });
});

describe("hours before minutes", () => {
  const minutes = [KEPT, KEPT + MINUTE, KEPT + 2 * MINUTE];
  const hours = [KEPT - 3 * HOUR, KEPT - 2 * HOUR, KEPT - HOUR];
  const older = { resolution: "hour", step: HOUR, until: KEPT } as const;
  const both = joined(
    answer("hour", KEPT - 3 * HOUR, KEPT, 0, [
      series(hours, { host: "a" }),
      series(hours.slice(0, 1), { host: "gone" }),
    ]),
    older,
    answer("minute", KEPT - 2.5 * HOUR, KEPT + HOUR, KEPT, [
      series(minutes, { host: "a" }),
      series(minutes, { host: "new" }),
    ]),
  );
  const data = chartData({
    ...both,
    from: both.from,
    to: both.to,
    partialFrom: Infinity,
    form: bucketForm("avg", "none"),
  });

  test("are one series, each bucket once", () => {
    expect(both.series.map(({ labels }) => labels["host"])).toEqual(["a", "new", "gone"]);
    expect(both.series.map(({ t }) => t)).toEqual([
      [...hours, ...minutes],
      minutes,
      hours.slice(0, 1),
    ]);
    expect(both).toMatchObject({ resolution: "minute", from: KEPT - 3 * HOUR, older: [older] });
  });
  test("are one line: an hour is no gap before minutes, which have gaps of their own", () => {
    const line = data.lines.find(({ labels }) => labels["host"] === "a")!;
    expect(gaps(line.rows)).toBe(0);
    expect(drawn(line, data).closed).toEqual([0, 1, 2, 0, 1, 2]);
    const holey = series([...hours, ...minutes, KEPT + 9 * MINUTE]);
    const broken = chartData({
      ...both,
      series: [holey],
      partialFrom: Infinity,
      form: bucketForm("avg", "none"),
    });
    expect(gaps(broken.lines[0]!.rows)).toBe(1);
  });
  test("are drawn at their middles, and are as long as they are", () => {
    expect(middles(data).slice(2, 4)).toEqual([KEPT - HOUR / 2, KEPT + MINUTE / 2]);
    expect([KEPT - 1, KEPT].map((at) => stepAt(data, at))).toEqual([HOUR, MINUTE]);
  });
  test("of a minute that is within an older hour, the hour counts", () => {
    const late = answer("minute", KEPT - HOUR, KEPT + HOUR, KEPT - 1, [
      series([KEPT - MINUTE, KEPT], { host: "a" }),
    ]);
    const hour = answer("hour", KEPT - HOUR, KEPT, 0, [series([KEPT - HOUR], { host: "a" })]);
    expect(joined(hour, older, late).series[0]!.t).toEqual([KEPT - HOUR, KEPT]);
  });
  test("of which some cannot be read, that is known of both", () => {
    const part = { labels: {}, from: 0, to: 1, message: "corrupt" };
    const [hour, minute] = [
      { ...answer("hour", KEPT - HOUR, KEPT, 0), unreadable: [part] },
      answer("minute", KEPT - HOUR, KEPT, KEPT),
    ];
    expect(joined(hour, older, minute).unreadable).toEqual([part]);
    expect(joined(minute, older, hour).unreadable).toEqual([part]);
    expect(joined(minute, older, minute)).not.toHaveProperty("unreadable");
  });
  test("of more series than an answer holds, the larger number of all is known", () => {
    const cut = {
      ...answer("hour", KEPT - HOUR, KEPT, 0),
      truncated: true,
      seriesTotal: 250,
    } as const;
    expect(joined(cut, older, answer("minute", KEPT - HOUR, KEPT, KEPT))).toMatchObject({
      truncated: true,
      seriesTotal: 250,
    });
  });
});

describe("a reader is told", () => {
  const NOW = Date.UTC(2026, 10, 28);
  const tell = (
    resolution: TierName,
    from: number,
    to: number,
    older: readonly { resolution: TierName; until: number }[] = [],
  ) =>
    resolutionText(
      {
        resolution,
        from,
        to,
        keptFrom: KEPT,
        older: older.map((one) => ({ ...one, step: TIERS[one.resolution].step })),
      },
      "UTC",
      NOW,
    );
  const hours = { resolution: "hour", until: KEPT } as const;

  test("how long the buckets are", () =>
    expect(tell("minute", KEPT, KEPT + DAY)).toBe("By the minute"));
  test("where hours stand for minutes that are no more", () =>
    expect(tell("minute", KEPT - DAY, KEPT + DAY, [hours])).toMatch(
      /^By the minute, before .*13.*Nov.* by the hour: minutes are not kept longer$|^By the minute, before .*Nov.*13.* by the hour: minutes are not kept longer$/,
    ));
  test("that minutes are not kept, where there are none", () =>
    expect(tell("minute", KEPT - DAY, KEPT, [hours])).toMatch(
      /^By the hour: minutes are kept from .* on$/,
    ));
  test("of days before hours, and of days alone", () => {
    const days = { resolution: "day", until: KEPT - 400 * DAY } as const;
    expect(tell("hour", KEPT - 900 * DAY, KEPT, [days])).toMatch(
      /^By the hour, before .*2025.* by the day: hours are not kept longer$/,
    );
    const from = KEPT - 900 * DAY;
    expect(
      tell("minute", from, from + DAY, [
        { resolution: "day", until: from + DAY },
        { resolution: "hour", until: from + DAY },
      ]),
    ).toMatch(/^By the day: minutes are kept from .* on$/);
  });
});
