// The rate of a counter and the total of its range.

import { describe, expect, test } from "vitest";
import { STATISTICS } from "../../../src/core/stats.ts";
import {
  bucketForm,
  drawnUnit,
  formatFigure,
  rateForm,
  rates,
} from "../../../src/ui/chart/form.ts";
import { linearOf } from "../../../src/ui/chart/look.ts";
import { completed, columnsOfValues } from "../../../src/ui/chart/series.ts";
import { totals } from "../../../src/ui/chart/totals.ts";
import { ratios } from "../../../src/ui/chart/ratio.ts";
import { ownUnit } from "../../../src/ui/models/drawing.ts";
import { questionOf } from "../../../src/ui/question.ts";
import { panelOf, showOf } from "../../../src/ui/url.ts";

describe("the rate of a counter", () => {
  const answer = {
    labels: {},
    ...columnsOfValues([0, 60_000, 120_000], [100, 130, 40]),
    increase: [0, 30, 60],
    rate: [0, 0.5, 1],
  };

  test("is drawn, and its average of the range is the whole increase by the whole time", () => {
    const series = rates(answer, 60, Infinity, []);
    expect(series.avg).toEqual([0, 0.5, 1]);
    const { avg, min, max, last, sum } = totals({ columns: series, rows: [0, 1, 2] }, "rate");
    expect({ avg, min, max, last, sum }).toEqual({ avg: 0.5, min: 0, max: 1, last: 1, sum: 90 });
  });

  test("of a bucket that is still filling is not known yet", () => {
    const series = rates(answer, 60, 120_000, []);
    expect(series).toMatchObject({ t: [0, 60_000], avg: [0, 0.5], sum: [0, 30] });
  });

  test("is not drawn where it is not known, and the line is broken there", () => {
    const series = rates({ ...answer, rate: [0.5, null, 1] }, 60, Infinity, []);
    expect(series).toMatchObject({ t: [0, 120_000], avg: [0.5, 1], sum: [0, 60], breaks: [1] });
  });

  test("has a unit per second, its increase that of the counter", () => {
    const form = rateForm("bytes");
    expect(formatFigure({ name: "avg", title: "rate" }, 2_048, form)).toBe("2 KiB/s");
    expect(formatFigure(form.legend.at(-1)!, 2_048, form)).toBe("2 KiB");
  });

  test("is what a name that only grows is shown as, unless its value is asked for", () => {
    expect(showOf({ metric: "jobs_total" })).toBe("rate");
    expect(showOf({ metric: "jobs_total", show: "value" })).toBe("value");
    expect(showOf({ metric: "jobs" })).toBe("value");
    expect(showOf({ metric: "jobs", known: { type: "counter" } })).toBe("rate");
    expect(showOf({ metric: "jobs", known: { type: "counter" }, show: "value" })).toBe("value");
    expect(showOf({ metric: "jobs_bucket", known: { type: "histogram" } })).toBe("rate");
    expect(showOf({ metric: "jobs_total", known: { type: "gauge" }, show: "rate" })).toBe("value");
  });
});

describe("one metric by another", () => {
  const one = (host: string, ...rows: readonly (readonly [minute: number, value: number])[]) => ({
    labels: { host },
    t: rows.map(([minute]) => minute * 60_000),
    values: rows.map(([, value]) => value),
  });
  const rows = (series: ReturnType<typeof ratios>) =>
    series.map(({ labels, t, avg }) => [labels.host, t.map((at, i) => [at / 60_000, avg[i]])]);

  test("is of the label sets and of the buckets that both have", () => {
    const a = [one("a", [0, 1], [1, 2], [2, 3]), one("b", [0, 5])];
    const b = [one("c", [0, 1]), one("a", [1, 4], [2, 4], [3, 4])];
    expect(rows(ratios(a, b))).toEqual([["a", [[1, 0.5], [2, 0.75]]]]); // prettier-ignore
  });

  test("is broken where it would be by 0, and where either was silent for long, not by one that is late", () => {
    const minutes = Array.from({ length: 12 }, (_, i) => i);
    const under = minutes.filter((i) => i !== 2).map((i) => [i, i === 5 ? 0 : 2] as const);
    const over = minutes.filter((i) => i < 7 || i > 9).map((i) => [i, 1] as const);
    const [found] = ratios([one("a", ...over)], [one("a", ...under)]);
    expect(found?.t.map((at) => at / 60_000)).toEqual([0, 1, 3, 4, 6, 10, 11]);
    expect(found?.breaks?.map((row) => found.t[row]! / 60_000)).toEqual([6, 10]);
  });

  test("over the range is the sum of one by the sum of the other", () => {
    const [columns] = ratios([one("a", [0, 1], [1, 9])], [one("a", [0, 10], [1, 30])]);
    const { avg, min, max } = totals({ columns: columns!, rows: [0, 1] }, "ratio");
    expect({ avg, min, max }).toEqual({ avg: 0.25, min: 0.1, max: 0.3 });
  });

  const unit = (metric: string, over: string) => ownUnit({ ...panelOf(metric), over });
  test("is a part of a whole, or so much for each", () => {
    expect(unit("mem.used_bytes", "mem.total_bytes")).toBe("ratio");
    expect(unit("http_errors_total", "http_requests_total")).toBe("ratio");
    expect(unit("http_seconds_sum", "http_seconds_count")).toBe("seconds");
    expect(unit("http_seconds_sum", "http_requests_total")).toBe("seconds");
    expect(unit("orders", "up_seconds")).toBe("none");
  });
});

describe("series as one", () => {
  const view = { range: { kind: "last", span: "1h" }, resolution: "auto" } as const;

  test("are asked for as they are to be combined; a rate adds up by itself", () => {
    const across = "sum";
    expect(questionOf({ ...panelOf("mem"), across }, view)).toContain("across=sum");
    expect(questionOf({ ...panelOf("jobs_total"), across }, view)).not.toContain("across");
  });

  test("have every column, and the mean of the buckets as the number of the range", () => {
    const one = completed({
      labels: {},
      ...columnsOfValues([0, 60_000], [11, 13]),
      series: [3, 3],
    });
    expect(one.series).toEqual([3, 3]);
    expect(totals({ columns: one, rows: [0, 1] }, "combined").avg).toBe(12);
  });
});

test.each(STATISTICS.map(({ name, kind }) => [name, kind] as const))(
  "%s is drawn in the unit of the points, unless it is a number of them",
  (stat, kind) => {
    const form = bucketForm(stat, "milliseconds");
    expect(drawnUnit(form)).toBe(kind === "count" ? "none" : "milliseconds");
    const { to, labels } = linearOf({ form }, [[0, 2, 4]]);
    expect(labels([to(2)])).toEqual([kind === "count" ? "2" : "2 ms"]);
    // The legend has the others in their own.
    expect(formatFigure({ name: "max", title: "max" }, 2, form)).toBe("2 ms");
    expect(formatFigure({ name: "count", title: "count" }, 2, form)).toBe("2");
  },
);
