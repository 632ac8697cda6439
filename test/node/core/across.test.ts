// How series are combined into one value, in each bucket.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { type Across, combined } from "../../../src/core/query/across.ts";
import { atOnce } from "../../../src/core/parts.ts";
import { type GroupBy, Merge, type Order } from "../../../src/core/query/merge.ts";
import { plan } from "../../../src/core/query/plan.ts";
import { shelfOf } from "../../../src/core/query/shelf.ts";
import type { Labels } from "../../../src/core/series/labels.ts";
import { labelsObject } from "../../../src/core/series/labels.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";

const START = Date.UTC(2026, 10, 20);

/** One value a minute, by host. */
type Hosts = Readonly<Record<string, readonly (readonly [minute: number, value: number])[]>>;

function across(
  hosts: Hosts,
  how: Across,
  { by = [], limit = 100, order }: { by?: GroupBy; limit?: number; order?: Order } = {},
) {
  const range = { from: START, to: START + 2 * HOUR };
  const forever = { minute: 0, hour: 0, day: 0 };
  const before = plan({ ...range, from: START - HOUR }, "minute", START, forever);
  const merge = new Merge(before, "*", shelfOf(before, 3));
  for (const [host, points] of Object.entries(hosts)) {
    const labels: Labels = [
      ["host", host],
      ["parity", host.length % 2 === 0 ? "even" : "odd"],
    ];
    const buckets = new Buckets();
    for (const [minute, value] of points) {
      const at = START + minute * MINUTE;
      buckets.add(buckets.push(at), value, at);
    }
    merge.add(labels, buckets);
  }
  const asked = { across: how, by, limit, order };
  const { groups, total } = atOnce(combined(merge.ranked(Infinity).groups, range, asked));
  return {
    total,
    groups: groups.map(({ labels, columns, columnsInParts }) => {
      const { t, avg, series } = columns();
      expect(atOnce(columnsInParts())).toEqual({ t, avg, series });
      return {
        labels: labelsObject(labels),
        t: t.map((at) => (at - START) / MINUTE),
        avg,
        series,
      };
    }),
  };
}

const each = (step: number, value: number, from = 0): [number, number][] =>
  Array.from({ length: Math.floor(60 / step) }, (_, i): [number, number] => [
    from + i * step,
    value,
  ]);

test("8 + 2 + 1 is 11, whichever reports more often", () => {
  for (const steps of [
    [1, 1, 1],
    [1, 7, 10],
    [10, 1, 3],
    [2, 15, 1],
  ] as const) {
    const hosts = Object.fromEntries(
      [8, 2, 1].map((value, i) => [String(i), each(steps[i]!, value)]),
    );
    const [all] = across(hosts, "sum").groups;
    expect(new Set(all!.avg), String(steps)).toEqual(new Set([11]));
    expect(new Set(all!.series)).toEqual(new Set([3]));
  }
});

test("the average, smallest and largest of the series, not of their points", () => {
  const hosts: Hosts = { a: [[0, 10]], bb: [[0, 2]], c: [[0, 3]] };
  expect(across(hosts, "avg").groups[0]).toEqual({ labels: {}, t: [0], avg: [5], series: [3] });
  expect(across(hosts, "min").groups[0]!.avg).toEqual([2]);
  expect(across(hosts, "max").groups[0]!.avg).toEqual([10]);
  expect(across(hosts, "sum", { by: ["parity"] }).groups).toEqual([
    { labels: { parity: "even" }, t: [0], avg: [2], series: [1] },
    { labels: { parity: "odd" }, t: [0], avg: [13], series: [2] },
  ]);
  expect(across(hosts, "sum", { by: "*" }).groups.map(({ avg }) => avg)).toEqual([[10], [2], [3]]);
});

test("a series that ended counts for 5 minutes, or 2.5 of its steps, and one before the range as well", () => {
  const hosts: Hosts = {
    a: each(1, 1),
    ended: [[-1, 10]],
    slow: [
      [-20, 100],
      [-10, 100],
    ],
  };
  const [all] = across(hosts, "sum").groups;
  expect(all!.t[0]).toBe(0);
  expect(all!.avg.slice(0, 6)).toEqual([111, 111, 111, 111, 111, 101]);
  expect(all!.avg.slice(15, 17)).toEqual([101, 1]);
  expect(all!.series.slice(15, 17)).toEqual([2, 1]);
});

test("what has points before the range alone is no series of the answer", () => {
  expect(across({ old: [[-1, 5]] }, "sum", { by: "*" })).toEqual({ groups: [], total: 0 });
});

test("the largest by a statistic over the range, else by labels those with most points", () => {
  const hosts: Hosts = { a: [[0, 1]], b: each(1, 2), c: each(2, 9), d: each(2, 9) };
  const labels = (order?: Order, limit?: number) => {
    const { groups, total } = across(hosts, "sum", { by: "*", limit: limit ?? 9, order: order! });
    expect(total).toBe(4);
    return groups.map((group) => group.labels.host);
  };
  expect(labels()).toEqual(["a", "b", "c", "d"]);
  expect(labels(undefined, 2)).toEqual(["b", "c"]);
  expect(labels("max")).toEqual(["c", "d", "b", "a"]);
  expect(labels("count", 1)).toEqual(["b"]);
});

test("against a naive reference, whatever series there are", () => {
  const minutes = fc
    .uniqueArray(fc.tuple(fc.integer({ min: -59, max: 119 }), fc.integer({ min: -9, max: 9 })), {
      selector: ([minute]) => minute,
      maxLength: 25,
    })
    .map((points) => points.sort(([a], [b]) => a - b));
  fc.assert(
    fc.property(
      fc.record({ a: minutes, bb: minutes, c: minutes }),
      fc.constantFrom<Across>("sum", "avg", "min", "max"),
      (hosts, how) => {
        const all = Object.values(hosts);
        const times = [...new Set(all.flat().map(([at]) => at))].filter((at) => at >= 0);
        const [one] = across(hosts, how).groups;
        expect(one?.t ?? []).toEqual(times.sort((a, b) => a - b));
        for (const [i, at] of times.entries()) {
          const values = all.flatMap((points) => {
            const steps = points.slice(1).map(([minute], j) => minute - points[j]![0]);
            const median = steps.sort((a, b) => a - b)[(steps.length - 1) >> 1] ?? 0;
            const latest = points.findLast(([minute]) => minute <= at);
            if (latest === undefined || at - latest[0] > Math.max(5, 2.5 * median)) return [];
            return [latest[1]];
          });
          const sum = values.reduce((a, b) => a + b, 0);
          const expected = {
            sum,
            avg: sum / values.length,
            min: Math.min(...values),
            max: Math.max(...values),
          }[how];
          expect(one!.series[i]).toBe(values.length);
          expect(one!.avg[i]! + 0).toBe(expected + 0);
        }
      },
    ),
    { numRuns: 300 },
  );
});
