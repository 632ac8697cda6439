// The live tail: answers joined with what the socket told show what the server would answer.

import { describe, expect, test } from "vitest";
import type { LiveMinutes, LiveSeries, QueryAnswer } from "../../../src/core/api.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { exactly } from "../../../src/ui/models/exactly.ts";
import { Tail } from "../../../src/ui/models/tail.ts";
import { merged, withTail } from "../../../src/ui/models/with-tail.ts";

type Row = readonly [minute: number, sum: number, count: number];

const columns = (rows: readonly Row[]) => ({
  t: rows.map(([minute]) => minute * MINUTE),
  avg: rows.map(([, sum, count]) => sum / count),
  min: rows.map(() => 1),
  max: rows.map(() => 9),
  sum: rows.map(([, sum]) => sum),
  count: rows.map(([, , count]) => count),
  first: rows.map(([, sum]) => sum),
  last: rows.map(([, sum]) => sum),
});

const live = (labels: Record<string, string>, ...rows: Row[]): LiveSeries => ({
  labels,
  ...columns(rows),
  firstAt: rows.map(([minute]) => minute * MINUTE),
  lastAt: rows.map(([minute]) => minute * MINUTE),
  carry: rows.map(() => 0),
});

const message = (
  type: LiveMinutes["type"],
  from: number,
  series: readonly LiveSeries[],
  reload?: readonly [number, number],
): LiveMinutes => ({
  type,
  metric: "m",
  step: 60000,
  at: 0,
  from: from * MINUTE,
  series,
  ...(reload && { reload: { from: reload[0] * MINUTE, to: reload[1] * MINUTE } }),
});

const answer = (...rows: Row[]): QueryAnswer => ({
  metric: "m",
  resolution: "minute",
  step: MINUTE,
  from: 0,
  to: HOUR,
  keptFrom: 0,
  series: [{ labels: {}, ...columns(rows) }],
});

const [a, b] = [{ host: "a" }, { host: "b" }];
const joined = (base: QueryAnswer, tail: Tail, by?: string, where: readonly string[] = []) =>
  withTail(base, tail, { by, filters: exactly(where)! }, tail.from, HOUR).series.map(
    ({ labels, t, sum, count }) => ({
      labels,
      rows: t.map((start, i) => [start / MINUTE, sum[i], count[i]]),
    }),
  );

describe("a tail", () => {
  test("replaces the minutes that it knows, merged over all series", () => {
    const tail = new Tail(
      message("snapshot", 5, [live(a, [5, 10, 2]), live(b, [5, 1, 1], [6, 2, 1])]),
    );
    expect(joined(answer([3, 7, 1], [4, 8, 1], [5, 99, 9]), tail)).toEqual([
      {
        labels: {},
        rows: [
          [3, 7, 1],
          [4, 8, 1],
          [5, 11, 3],
          [6, 2, 1],
        ],
      },
    ]);
  });

  test("takes changed buckets as they are: the newer replaces the older", () => {
    const tail = new Tail(message("snapshot", 5, [live(a, [5, 10, 2])]));
    expect(tail.take(message("changed", 5, [live(a, [5, 15, 3])]))).toBe(false);
    expect(joined(answer(), tail)[0]?.rows).toEqual([[5, 15, 3]]);
  });

  test("splits as the question did, and brings new series in", () => {
    const tail = new Tail(message("snapshot", 5, [live(a, [5, 10, 2])]));
    tail.take(message("changed", 5, [live(b, [6, 1, 1])]));
    const base = { ...answer(), series: [{ labels: a, ...columns([[4, 1, 1]]) }] };
    expect(joined(base, tail, "host")).toEqual([
      {
        labels: a,
        rows: [
          [4, 1, 1],
          [5, 10, 2],
        ],
      },
      { labels: b, rows: [[6, 1, 1]] },
    ]);
    expect(joined({ ...base, truncated: true }, tail, "host").map(({ labels }) => labels)).toEqual([
      a,
    ]);
  });
});

describe("filters", () => {
  const tail = new Tail(
    message("snapshot", 5, [live(a, [5, 10, 2]), live(b, [5, 1, 1]), live({}, [5, 4, 1])]),
  );
  const sums = (...where: string[]) => joined(answer(), tail, undefined, where)[0]?.rows[0]?.[1];
  test("let through what the server would", () => {
    expect(sums("host=a")).toBe(10);
    expect(sums("host!=a")).toBe(5);
    expect(sums("host=")).toBe(4);
    expect(sums("host!=a", "host!=")).toBe(1);
    expect(sums("zone!=eu")).toBe(15);
    expect(sums("host=c")).toBeUndefined();
  });
  test("that need a regular expression are left to the server", () => {
    expect(exactly(["host=a", "zone=~e.*"])).toBeUndefined();
    expect(exactly(["zone!~e.*"])).toBeUndefined();
  });
});

test("a tail forgets what no window shows, and knows from where it is whole", () => {
  const tail = new Tail(message("snapshot", 5, [live(a, [5, 1, 1])]));
  for (let i = 0; i < 4; i++)
    tail.take(
      message("changed", 5, [
        live(a, ...Array.from({ length: 1_000 }, (_, n): Row => [6 + i * 1_000 + n, n, 1])),
      ]),
    );
  expect(tail.from).toBeGreaterThan(5 * MINUTE);
  const kept = merged(tail, { by: undefined, filters: [] }, 0, Infinity)[0]!;
  expect(kept.t.length).toBeLessThanOrEqual(3_000);
  expect(kept.t.at(-1)).toBe(4_005 * MINUTE);
  expect(kept.t.filter((start) => start >= tail.from)).toHaveLength(
    (4_005 * MINUTE - tail.from) / MINUTE + 1,
  );
});

describe("asks again", () => {
  const tail = (): Tail => new Tail(message("snapshot", 5, [live(a, [5, 10, 2])]));

  test("for what it is told to reload, and does not trust itself there", () => {
    const one = tail();
    expect(one.take(message("changed", 5, [], [2, 7]))).toBe(true);
    expect(one.from).toBe(7 * MINUTE);
  });
  test("when a bucket lies before what it knows", () =>
    expect(tail().take(message("changed", 4, [live(a, [4, 1, 1])]))).toBe(true));
  test("when minutes were sealed", () => expect(tail().take(message("changed", 6, []))).toBe(true));
  test("always, after a snapshot that may have been cut", () => {
    const rows = Array.from({ length: 5_000 }, (_, i): Row => [i + 5, 1, 1]);
    expect(new Tail(message("snapshot", 5, [live(a, ...rows)])).from).toBe(Infinity);
  });
  test("for all, while the metric moves, until a snapshot says that it has", () => {
    const one = tail();
    expect(one.take({ ...message("changed", 5, []), from: null })).toBe(true);
    expect(one.from).toBe(Infinity);
    expect(one.take({ ...message("changed", 5, [live(a, [6, 1, 1])]), from: null })).toBe(true);
    expect(one.take(message("changed", 5, [live(a, [7, 1, 1])]))).toBe(true);
    expect(new Tail({ ...message("snapshot", 5, []), from: null }).from).toBe(Infinity);
  });
  test("for what a snapshot had no room for", () =>
    expect(new Tail(message("snapshot", 5, [], [5, 8])).from).toBe(8 * MINUTE));
});
