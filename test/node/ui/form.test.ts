// The rate of a counter and the total of its range.

import { describe, expect, test } from "vitest";
import { formatFigure, rateForm, rates } from "../../../src/ui/chart/form.ts";
import { completed, columnsOfValues } from "../../../src/ui/chart/series.ts";
import { totals } from "../../../src/ui/chart/totals.ts";
import { panelOf, questionOf, showOf } from "../../../src/ui/url.ts";

describe("the rate of a counter", () => {
  const answer = {
    labels: {},
    ...columnsOfValues([0, 60_000, 120_000], [100, 130, 40]),
    increase: [0, 30, 60],
    rate: [0, 0.5, 1],
  };

  test("is drawn, and its average of the range is the whole increase by the whole time", () => {
    const series = rates(answer, 60, Infinity);
    expect(series.avg).toEqual([0, 0.5, 1]);
    const { avg, min, max, last, sum } = totals({ columns: series, rows: [0, 1, 2] }, "rate");
    expect({ avg, min, max, last, sum }).toEqual({ avg: 0.5, min: 0, max: 1, last: 1, sum: 90 });
  });

  test("of a bucket that is still filling is not known yet", () => {
    const series = rates(answer, 60, 120_000);
    expect(series).toMatchObject({ t: [0, 60_000], avg: [0, 0.5], sum: [0, 30] });
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
