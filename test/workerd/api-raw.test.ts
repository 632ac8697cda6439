// resolution=raw: the samples of one metric, as they came.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import type { RawAnswer } from "../../src/core/api.ts";
import { encodeBatch } from "../../src/core/series/batch.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { fetchApi, NOW, query, search, store } from "./api-client.ts";

const START = NOW - 10 * MINUTE;
const RANGE = { from: START, to: NOW };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const put = (name: string, host: string, datapoints: readonly (readonly [number, number])[]) =>
  store([
    { name, labels: { host }, datapoints: datapoints.map(([at, value]) => [START + at, value]) },
  ]);

async function raw(metric: string, more: Readonly<Record<string, unknown>> = {}) {
  const response = await fetchApi(
    `/api/v1/query${search({ metric, resolution: "raw", ...RANGE, ...more })}`,
  );
  expect(response.status, await response.clone().text()).toBe(200);
  return response;
}

const shown = async (metric: string, more = {}) =>
  ((await (await raw(metric, more)).json()) as RawAnswer).series.map(
    ({ labels, t, value, ends }) => [
      labels,
      t.map((at, i) => [at - START, value[i]]),
      ...(ends === undefined ? [] : [ends.map((at) => at - START)]),
    ],
  );

test("samples in the shard, in D1 and in both, each once, also those of one time", async () => {
  await put("raw.some", "a", [
    [1_000, 1],
    [16_000, 2],
    [16_000, 3],
    [61_000, 4],
  ]);
  await put("raw.some", "b", [[15_500, 9]]);
  const a = [[1_000, 1], [16_000, 2], [16_000, 3], [61_000, 4]]; // prettier-ignore
  const apart = [
    [{ host: "a" }, a],
    [{ host: "b" }, [[15_500, 9]]],
  ];
  expect(await shown("raw.some", { by: "host" })).toEqual(apart);
  await env.SHARD.getByName("0").flush();
  expect(await shown("raw.some", { by: "*" })).toEqual(apart);
  await put("raw.some", "b", [
    [15_500, 9],
    [2_000, 8],
  ]);
  // All in one, by time.
  const all = [[1_000, 1], [2_000, 8], [15_500, 9], [15_500, 9], ...a.slice(1)]; // prettier-ignore
  expect(await shown("raw.some")).toEqual([[{}, all]]);
  // The range is that which was asked for, not one of whole minutes.
  const within = { from: START + 2_000, to: START + 16_000 };
  expect(await shown("raw.some", within)).toEqual([[{}, all.slice(1, 4)]]);
  const cut = (await (await raw("raw.some", { by: "*", limit: 1 })).json()) as RawAnswer;
  expect(cut).toMatchObject({ resolution: "raw", step: 0, truncated: true, seriesTotal: 2 });
  expect(cut.series.map(({ labels }) => labels)).toEqual([{ host: "a" }]);
});

test("a minute that had too many points has none here, and the answer says so, in CSV as well", async () => {
  await put(
    "raw.many",
    "a",
    Array.from({ length: 7 }, (_, i) => [i * 1_000, i] as const),
  );
  await put("raw.many", "a", [[61_000, 5]]);
  const answer = (await (await raw("raw.many")).json()) as RawAnswer;
  expect(answer.collapsed).toEqual({ minutes: 1, from: START, to: START + MINUTE });
  expect(answer.series.map(({ value }) => value)).toEqual([[5]]);
  const csv = await raw("raw.many", { format: "csv", by: "host" });
  expect(csv.headers.get("minuet-collapsed")).toMatch(/^collapsed: 1 minutes from /);
  expect((await csv.text()).split("\r\n").slice(0, 2)).toEqual([
    "time,label.host,value",
    `${new Date(START + 61_000).toISOString()},a,5`,
  ]);
});

test("when a series ended", async () => {
  await put("raw.ended", "a", [[1_000, 1]]);
  await env.SHARD.getByName("0").append(
    encodeBatch({
      series: ['raw.ended{"host":"a"}'],
      index: Uint16Array.of(0),
      at: Float64Array.of(START + 20_000),
      value: Float64Array.of(NaN),
    }),
    1,
  );
  expect(await shown("raw.ended")).toEqual([[{}, [[1_000, 1]], [20_000]]]);
});

test("an unknown metric, and what samples cannot be asked", async () => {
  const ask = (more: object) =>
    fetchApi(`/api/v1/query${search({ resolution: "raw", ...RANGE, ...more })}`);
  expect((await ask({ metric: "raw.none" })).status).toBe(404);
  await put("raw.other", "a", [[1_000, 1]]);
  const wrong = await ask({ metric: "raw.other", across: "sum" });
  expect(wrong.status).toBe(400);
  expect(await wrong.json()).toMatchObject({ error: { issues: [{ path: "resolution" }] } });
});

test("a minute with too many points has none here however they came", async () => {
  const some = (from: number) =>
    Array.from({ length: 4 }, (_, i) => [from + i * 1_000, i] as const);
  await put("raw.parts", "a", some(0));
  await env.SHARD.getByName("0").flush();
  await put("raw.parts", "a", some(20_000));
  const answer = (await (await raw("raw.parts")).json()) as RawAnswer;
  expect(answer.series).toEqual([]);
  expect(answer.collapsed).toMatchObject({ minutes: 1 });
});

test("percentiles of samples in the shard, in D1 and in both, by minute, hour and day, also in CSV", async () => {
  const HOURS = NOW - 26 * HOUR;
  const some = (host: string, from: number, values: readonly number[]) =>
    store([
      {
        name: "pct.some",
        labels: { host },
        datapoints: values.map((value, i) => [from + i * 15_000, value]),
      },
    ]);
  await some("a", HOURS, [5, 1, 4, 2, 3]);
  await some("b", HOURS, [10]);
  await env.SHARD.getByName("0").flush();
  await some("a", HOURS + 30 * MINUTE, [7]);
  await some("a", NOW - 2 * MINUTE, [1, 2, 3, 4]);
  const range = { metric: "pct.some", from: HOURS, to: NOW, stat: ["p95", "p50"] };
  const of = async (more: object) =>
    (await query({ ...range, ...more })).series.map(({ t, p50, p95, p99 }) => [t, p50, p95, p99]);
  const newest = NOW - 2 * MINUTE;
  expect(await of({ resolution: "minute" })).toEqual([
    [
      [HOURS, HOURS + MINUTE, HOURS + 30 * MINUTE, newest],
      [4, 3, 7, 2.5],
      [9, 3, 7, 3.8499999999999996],
      undefined,
    ],
  ]);
  // 1 2 3 4 5 7 10
  expect(await of({ resolution: "hour" })).toEqual([
    [[HOURS, NOW - HOUR], [4, 2.5], [9.099999999999998, 3.8499999999999996], undefined], // prettier-ignore
  ]);
  expect((await of({ resolution: "day" })).map(([, p50]) => p50)).toEqual([[4, 2.5]]);
  expect(await of({ resolution: "day", where: "host=b", by: "host" })).toEqual([
    [[NOW - 36 * HOUR], [10], [10], undefined],
  ]);
  const csv = await fetchApi(
    `/api/v1/query${search({ ...range, resolution: "hour", format: "csv", where: "host=b" })}`,
  );
  expect((await csv.text()).split("\r\n").slice(0, 2)).toEqual([
    "time,avg,min,max,sum,count,first,last,p50,p95",
    `${new Date(HOURS).toISOString()},10,10,10,10,1,10,10,10,10`,
  ]);
  const first = await query({
    ...range,
    stat: [],
    by: "host",
    order: "p90",
    limit: 1,
    from: NOW - HOUR * 26,
  });
  expect(first).toMatchObject({ seriesTotal: 2, series: [{ labels: { host: "b" } }] });
  expect(first.series[0]?.p90).toEqual([10]);
  // Who does not ask gets none.
  expect((await query({ ...range, stat: [] })).series[0]).not.toHaveProperty("p50");
});

test("a bucket with a minute that had too many points, or is kept no longer, has none, and it says so", async () => {
  const OLD = NOW - 20 * DAY;
  await store([
    { name: "pct.none", datapoints: [[OLD, 1], [NOW - 2 * HOUR, 1], [NOW - 3 * HOUR, 5]] }, // prettier-ignore
    {
      name: "pct.none",
      datapoints: Array.from({ length: 7 }, (_, i) => [NOW - 2 * HOUR + MINUTE + i, i]),
    },
  ]);
  const range = { metric: "pct.none", from: OLD, to: NOW, stat: "p50" };
  const answer = await query({ ...range, resolution: "hour" });
  expect(answer.series[0]?.p50).toEqual([null, 5, null]);
  expect(answer.absent).toEqual([
    { why: "deleted", buckets: 1, from: OLD, to: OLD + HOUR },
    { why: "collapsed", buckets: 1, from: NOW - 2 * HOUR, to: NOW - HOUR },
  ]);
  const csv = await fetchApi(
    `/api/v1/query${search({ ...range, resolution: "hour", format: "csv" })}`,
  );
  expect(csv.headers.get("minuet-absent")).toMatch(/^absent: percentiles of 1 buckets from 2095-/);
  const lines = (await csv.text()).split("\r\n");
  expect(lines[1]).toMatch(/,1,$/);
  expect(lines.at(-2)).toMatch(/^# absent: .* since their minutes are kept no longer; .* since a/);
  const across = await fetchApi(`/api/v1/query${search({ ...range, across: "sum" })}`);
  expect(await across.json()).toMatchObject({ error: { issues: [{ path: "across" }] } });
});
