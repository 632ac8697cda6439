// What GET /api/v1/query answers: grouping, matching, limits, resolutions and ranges, as JSON and as
// CSV, with the same buckets wherever they are: in the shard, in D1, or in both.

import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { acrossAnswer, partAnswer as part } from "../../src/worker/routes/query-answer.ts";
import { formatMatcher } from "../../src/core/query/filter.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import { fetchApi, NOW, query, search, store } from "./api-client.ts";

const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

/** host a has 4 points, b 2, c 1; one series has no host. */
const HOSTS: readonly [value: number, labels: Record<string, string>][] = [
  [1, { host: "a", dc: "eu" }],
  [2, { host: "a", dc: "eu" }],
  [3, { host: "a", dc: "us" }],
  [4, { host: "a", dc: "us" }],
  [10, { host: "b", dc: "eu" }],
  [20, { host: "b", dc: "eu" }],
  [100, { host: "web\n1", dc: "us" }],
  [1000, { dc: "eu" }],
];

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await store(
    HOSTS.map(([value, labels], i) => ({ name: "load", value, labels, timestamp: NOW - 8 + i })),
  );
  vi.useRealTimers();
});

const RANGE = { from: NOW - MINUTE, to: NOW + MINUTE };

/** Labels and sum of the series that an answer has. */
const sums = async (parameters: Record<string, unknown>): Promise<unknown> =>
  (await query({ metric: "load", ...RANGE, ...parameters })).series.map(({ labels, sum }) => [
    labels,
    ...sum,
  ]);

test("the same question a minute later is about a minute later", async () => {
  await store({ name: "again", value: 1, timestamp: NOW });
  const asked = { metric: "again", from: "-1m", to: "+1m", resolution: "minute" };
  const { from } = await query(asked);
  vi.setSystemTime(NOW + MINUTE);
  expect((await query(asked)).from).toBe(from + MINUTE);
});

test("the whole answer", async () => {
  expect(await query({ metric: "load", ...RANGE })).toEqual({
    metric: "load",
    resolution: "minute",
    step: MINUTE,
    from: NOW - MINUTE,
    to: NOW + MINUTE,
    partialFrom: NOW,
    keptFrom: NOW - 12 * HOUR - 15 * DAY,
    series: [
      {
        labels: {},
        t: [NOW - MINUTE],
        avg: [142.5],
        min: [1],
        max: [1000],
        sum: [1140],
        count: [8],
        first: [1],
        last: [1000],
      },
    ],
  });
});

describe("by", () => {
  test("nothing: all in one", async () => {
    expect(await sums({})).toEqual([[{}, 1140]]);
  });
  test("a label; series without it are together", async () => {
    expect(await sums({ by: "host" })).toEqual([
      [{ host: "a" }, 10],
      [{ host: "b" }, 30],
      [{ host: "web\n1" }, 100],
      [{}, 1000],
    ]);
  });
  test("two labels", async () => {
    expect(await sums({ by: ["dc", "host"], where: "host=a" })).toEqual([
      [{ dc: "eu", host: "a" }, 3],
      [{ dc: "us", host: "a" }, 7],
    ]);
  });
  test("a label that no series has", async () => {
    expect(await sums({ by: "rack" })).toEqual([[{}, 1140]]);
  });
  test("*: each series apart", async () => {
    expect(await sums({ by: "*" })).toEqual([
      [{ dc: "eu", host: "a" }, 3],
      [{ dc: "eu", host: "b" }, 30],
      [{ dc: "eu" }, 1000],
      [{ dc: "us", host: "a" }, 7],
      [{ dc: "us", host: "web\n1" }, 100],
    ]);
  });
});

describe("where", () => {
  const finds = (where: string | string[], sum: number): void => {
    test(String(where), async () => {
      expect(await sums({ where })).toEqual(sum === 0 ? [] : [[{}, sum]]);
      await shard.flush();
      expect(await sums({ where })).toEqual(sum === 0 ? [] : [[{}, sum]]);
    });
  };
  finds("host=a", 10);
  finds("host=A", 0);
  finds("host=", 1000);
  finds("host!=a", 1130);
  finds("host!=", 140);
  finds("host=~a|b", 40);
  finds("host=~we", 0);
  finds("host=~we.*", 100);
  finds("host=~.*", 1140);
  finds("host=~.+", 140);
  finds("host!~.+", 1000);
  finds("host!~a|b", 1100);
  finds("host=~(?i)A", 10);
  finds("rack=", 1140);
  finds("rack=1", 0);
  finds(["host=a", "dc=us"], 7);
  finds(["host=~a|b", "host!=a"], 30);
  finds("host==a", 0);
});

describe("whatever is stored can be asked for", () => {
  const LABELS: readonly Record<string, string>[] = [
    { dir: "alice" },
    { dir: "~alice" },
    { dir: "=alice" },
    { dir: '"alice"' },
    { dir: " alice" },
    { dir: "alice\\" },
    { dir: "alice\u0000x" },
    { dir: "alice\u0000y" },
    { "dir=": "alice" },
    { "dir!": "alice" },
    { "dir!~a": "lice" },
    { "dir\\": "alice" },
    { "dir.$[0]": "alice" },
    { "d'ir": "alice" },
    { __proto__x: "alice" },
  ];
  test.each(LABELS.flatMap((labels) => Object.entries(labels)))("%j=%j", async (label, value) => {
    await store(
      LABELS.map((labels, i) => ({ name: "tricky", value: i, labels, timestamp: NOW - MINUTE })),
    );
    const where = formatMatcher({ label, op: "=", value });
    const found = async (): Promise<unknown> =>
      (await query({ metric: "tricky", ...RANGE, by: "*", where })).series.map((one) => one.labels);
    expect(await found()).toEqual([{ [label]: value }]);
    await shard.flush();
    expect(await found()).toEqual([{ [label]: value }]);
  });
});

describe("limit", () => {
  test("keeps the largest counts", async () => {
    const answer = await query({ metric: "load", ...RANGE, by: "host", limit: 2 });
    expect(answer).toMatchObject({ truncated: true, seriesTotal: 4 });
    expect(answer.series.map(({ labels }) => labels)).toEqual([{ host: "a" }, { host: "b" }]);
  });
  test("and order: one host with a spike is found among 100 that only have more points", async () => {
    const flat = Array.from({ length: 100 }, (_, i) =>
      [1, 2].map((minute) => ({
        name: "spike",
        value: 5,
        labels: { host: `h${i}` },
        timestamp: NOW - minute * MINUTE,
      })),
    ).flat();
    const spike = { name: "spike", value: 9999, labels: { host: "z" }, timestamp: NOW - MINUTE };
    const dip = { name: "spike", value: -9, labels: { host: "dip" }, timestamp: NOW - MINUTE };
    await store([...flat, spike, dip]);
    const parts = { metric: "spike", from: NOW - HOUR, to: NOW, by: "host" };
    for (const order of ["max", "avg", "min", "sum", "last"]) {
      const { series, truncated, seriesTotal } = await query({ ...parts, order });
      expect(series.map(({ max }) => max)[0], order).toEqual([9999]);
      expect(series.length).toBe(100);
      expect([truncated, seriesTotal]).toEqual([true, 102]);
      expect(series.some(({ labels }) => labels.host === "dip")).toBe(false);
    }
    const byCount = await query({ ...parts, order: "count" });
    expect(byCount.series.every(({ count }) => count.length === 2)).toBe(true);
    const all = await query({ ...parts, order: "max", limit: 1000 });
    expect(all).not.toHaveProperty("truncated");
    expect([all.series[0]?.labels.host, all.series.at(-1)?.labels.host]).toEqual(["z", "dip"]);
    const csv = await fetchApi(
      `/api/v1/query${search({ ...parts, order: "max", format: "csv", limit: 1 })}`,
    );
    expect(await csv.text()).toMatch(/^time.*\r\n[^,]+,z,9999,.*\r\n# cut: 1 of 102 series/);
  });
  test("with rest: the one that reaches highest is among them, and what all others lie between", async () => {
    const many = Array.from({ length: 500 }, (_, i) =>
      [1, 2, 3].map((minute) => ({
        name: "fleet",
        value: i + minute,
        labels: { host: `h${i}` },
        timestamp: NOW - minute * MINUTE,
      })),
    ).flat();
    // On average far behind all hundred that are shown.
    const spike = {
      name: "fleet",
      value: 928,
      labels: { host: "h7" },
      timestamp: NOW - 2 * MINUTE,
    };
    await store([...many, spike]);
    const parts = { metric: "fleet", from: NOW - HOUR, to: NOW, by: "host", limit: 100 };
    const asked = { ...parts, order: "avg", rest: "true" };
    const { series, rest, seriesTotal } = await query(asked);
    const hosts = series.map(({ labels }) => labels.host);
    expect([hosts.length, hosts[0], hosts[98], hosts[99]]).toEqual([100, "h499", "h401", "h7"]);
    expect(seriesTotal).toBe(500);
    expect(rest).toEqual({
      series: 400,
      t: [3, 2, 1].map((minute) => NOW - minute * MINUTE),
      min: [3, 2, 1],
      max: [403, 402, 401],
    });
    // Nothing of it is drawn, so nothing is asked for.
    expect(await query({ ...asked, rest: "false" })).not.toHaveProperty("rest");
    expect(await query({ ...asked, limit: 500 })).not.toHaveProperty("rest");
    expect(
      (await query({ ...parts, rest: "true" })).series.map(({ labels }) => labels.host),
    ).toContain("h7");
    expect(await query({ ...parts, rest: "true" })).not.toHaveProperty("rest");
    const counted = await query({ ...asked, order: "count" });
    expect([counted.series[0]?.labels.host, counted.rest?.max]).toEqual(["h7", [1, 1, 1]]);
    const together = acrossAnswer.parse(
      await (await fetchApi(`/api/v1/query${search({ ...asked, across: "sum" })}`)).json(),
    );
    // Of an average of the bucket, which the spike is half of.
    expect(together.rest).toMatchObject({ series: 400, max: [402, (9 + 928) / 2, 400] });
  });
  test("is not told when nothing is cut", async () => {
    const answer = await query({ metric: "load", ...RANGE, by: "host", limit: 4 });
    expect(answer).not.toHaveProperty("truncated");
  });
});

describe("csv", () => {
  test("series that are cut are told in the header and in the last line", async () => {
    const path = `/api/v1/query${search({ metric: "load", ...RANGE, by: "host", format: "csv", limit: 2 })}`;
    const response = await fetchApi(path);
    expect(response.headers.get("minuet-truncated")).toMatch(/^cut: 2 of 4 series/);
    expect((await response.text()).trim().split("\r\n").at(-1)).toMatch(/^# cut: 2 of 4 series/);
    const whole = await fetchApi(path.replace("limit=2", "limit=4"));
    expect(whole.headers.has("minuet-truncated")).toBe(false);
    expect(await whole.text()).not.toContain("#");
  });
  test("a row a bucket, a column a label", async () => {
    const response = await fetchApi(
      `/api/v1/query${search({ metric: "load", ...RANGE, by: "host", format: "csv" })}`,
    );
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(await response.text()).toBe(
      [
        "time,label.host,avg,min,max,sum,count,first,last",
        "2095-11-20T11:59:00.000Z,a,2.5,1,4,10,4,1,4",
        "2095-11-20T11:59:00.000Z,b,15,10,20,30,2,10,20",
        '2095-11-20T11:59:00.000Z,"web\n1",100,100,100,100,1,100,100',
        "2095-11-20T11:59:00.000Z,,1000,1000,1000,1000,1,1000,1000",
        "",
      ].join("\r\n"),
    );
  });
  test("an empty range is a header", async () => {
    const response = await fetchApi("/api/v1/query?metric=load&from=-9d&to=-8d&format=csv");
    expect(await response.text()).toBe("time,avg,min,max,sum,count,first,last\r\n");
  });
});

describe("resolution and range", () => {
  const answers = (
    what: string,
    parameters: Record<string, unknown>,
    expected: Record<string, unknown>,
  ): void =>
    test(what, async () => {
      const { series: _, ...answer } = await query({ metric: "load", ...parameters });
      const { metric: _metric, keptFrom: _keptFrom, ...rest } = answer;
      expect(rest).toEqual(expected);
    });
  const day = NOW - 12 * HOUR;
  answers(
    "by default the last hour",
    {},
    {
      resolution: "minute",
      step: MINUTE,
      from: NOW - HOUR,
      to: NOW,
    },
  );
  answers(
    "minutes are widened",
    { from: NOW - MINUTE - 1, to: NOW + 1 },
    {
      resolution: "minute",
      step: MINUTE,
      from: NOW - 2 * MINUTE,
      to: NOW + MINUTE,
      partialFrom: NOW,
    },
  );
  answers(
    "hours are widened",
    { from: NOW - 1, to: NOW + 1, resolution: "hour" },
    {
      resolution: "hour",
      step: HOUR,
      from: NOW - HOUR,
      to: NOW + HOUR,
      partialFrom: NOW,
    },
  );
  answers(
    "days are widened",
    { from: NOW - 1, to: NOW + 1, resolution: "day" },
    {
      resolution: "day",
      step: DAY,
      from: day,
      to: day + DAY,
      partialFrom: day,
    },
  );
  answers(
    "a range of the future",
    { from: NOW + HOUR, to: NOW + 2 * HOUR },
    {
      resolution: "minute",
      step: MINUTE,
      from: NOW + HOUR,
      to: NOW + 2 * HOUR,
      partialFrom: NOW + HOUR,
    },
  );
  answers(
    "auto: 1,500 minutes",
    { from: NOW - 1500 * MINUTE },
    {
      resolution: "minute",
      step: MINUTE,
      from: NOW - 1500 * MINUTE,
      to: NOW,
    },
  );
  answers(
    "auto: 1,500 minutes that touch 1,501",
    { from: NOW - 1500 * MINUTE + 1, to: NOW + 1, resolution: "auto" },
    {
      resolution: "hour",
      step: HOUR,
      from: NOW - 25 * HOUR,
      to: NOW + HOUR,
      partialFrom: NOW,
    },
  );
  answers(
    "auto: 1,500 hours",
    { from: NOW - 1500 * HOUR },
    {
      resolution: "hour",
      step: HOUR,
      from: NOW - 1500 * HOUR,
      to: NOW,
    },
  );
  answers(
    "auto: 1,501 hours",
    { from: NOW - 1501 * HOUR },
    {
      resolution: "day",
      step: DAY,
      from: day - 63 * DAY,
      to: day + DAY,
      partialFrom: day,
    },
  );
  answers(
    "auto: an hour of which the minutes are gone",
    { from: "-20d", to: "now-19d" },
    {
      resolution: "hour",
      step: HOUR,
      from: NOW - 20 * DAY,
      to: NOW - 19 * DAY,
    },
  );
  answers(
    "ISO 8601 and relative times",
    { from: "2095-11-20T10:00:00+01:00", to: "now-1h" },
    {
      resolution: "minute",
      step: MINUTE,
      from: NOW - 3 * HOUR,
      to: NOW - HOUR,
    },
  );
  answers(
    "before 1970",
    { from: "1950-01-01", to: "1950-01-02" },
    {
      resolution: "day",
      step: DAY,
      from: Date.UTC(1950, 0, 1),
      to: Date.UTC(1950, 0, 2),
    },
  );
  test("a plus in the address is a plus", async () => {
    const { to } = await (
      await fetchApi("/api/v1/query?metric=load&to=now+1h")
    ).json<{ to: number }>();
    expect(to).toBe(NOW + HOUR);
    const response = await fetchApi("/api/v1/query?metric=load&from=2095-11-20T10:00:00+01:00");
    expect((await response.json<{ from: number }>()).from).toBe(NOW - 3 * HOUR);
  });
  test("an empty range is no error", async () => {
    expect((await query({ metric: "load", from: "-2h", to: "-1h" })).series).toEqual([]);
    expect((await query({ metric: "load", where: "host=nobody" })).series).toEqual([]);
  });
  test("the range is half open", async () => {
    const points = [NOW - 2 * MINUTE, NOW - MINUTE - 1, NOW - MINUTE, NOW].map((timestamp) => ({
      name: "half open",
      value: 1,
      timestamp,
    }));
    await store(points);
    const { series } = await query({
      metric: "half open",
      from: NOW - 2 * MINUTE,
      to: NOW - MINUTE,
    });
    expect(series).toMatchObject([{ t: [NOW - 2 * MINUTE], count: [2] }]);
  });
});

describe("ETag", () => {
  const path = `/api/v1/query?metric=etag&from=${NOW - HOUR}&to=${NOW}`;
  const put = (value: number): Promise<unknown> =>
    store({ name: "etag", value, timestamp: NOW - MINUTE });

  test("the same answer is 304; a late point makes another", async () => {
    await put(1);
    const first = await fetchApi(path);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[0-9a-f]{24}"$/);
    expect(first.headers.get("cache-control")).toBe("private, no-cache");
    for (const known of [etag, `"x", ${etag}`, `W/${etag}`, "*"]) {
      const again = await fetchApi(path, { headers: { "if-none-match": known } });
      expect(again.status).toBe(304);
      expect(await again.text()).toBe("");
      expect(again.headers.get("etag")).toBe(etag);
    }
    expect((await fetchApi(path, { headers: { "if-none-match": '"x"' } })).status).toBe(200);
    await put(2);
    const changed = await fetchApi(path, { headers: { "if-none-match": etag } });
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(etag);
  });

  test("a flush and a roll-up change nothing", async () => {
    await put(3);
    // From when minutes are kept is another day tomorrow.
    vi.setSystemTime(NOW + DAY);
    const { headers } = await fetchApi(path);
    const known = { headers: { "if-none-match": headers.get("etag") ?? "" } };
    expect(await shard.flush()).toBe(true);
    expect((await fetchApi(path, known)).status).toBe(304);
    await runCron(env);
    expect((await fetchApi(path, known)).status).toBe(304);
  });

  test("other formats have other tags", async () => {
    const tags = await Promise.all(
      [path, `${path}&format=csv`, `${path}&by=*`].map(async (one) =>
        (await fetchApi(one)).headers.get("etag"),
      ),
    );
    expect(new Set(tags.slice(0, 2)).size).toBe(2);
  });
});

test("a counter: what each bucket rose, the step into it included, of a group the sum over its series", async () => {
  const points = [
    // [minute, host, value]: a is reset in minute 2, b begins in minute 1.
    [-2, "a", 100],
    [0, "a", 110],
    [1, "a", 115],
    [1, "b", 7],
    [2, "a", 3],
    [2, "b", 8],
  ] as const;
  await store(
    points.map(([minute, host, value]) => ({
      name: "asked_total",
      value,
      labels: { host },
      timestamp: NOW + (minute - 3) * MINUTE,
    })),
  );
  const asked = { metric: "asked_total", from: NOW - 3 * MINUTE, to: NOW };
  const all = await query(asked);
  expect(all).toMatchObject({ type: "counter", from: asked.from, to: asked.to });
  expect(all.series[0]).toMatchObject({
    t: [0, 1, 2].map((minute) => NOW + (minute - 3) * MINUTE),
    increase: [10, 5, 4],
    rate: [10 / 60, 5 / 60, 4 / 60],
  });
  const apart = await query({ ...asked, by: "host", order: "rate" });
  expect(apart.series.map(({ increase }) => increase)).toEqual([
    [10, 5, 3],
    [0, 1],
  ]);
  // The first point of b has nothing to rise from.
  expect(apart.series.map(({ rate }) => rate)).toEqual([
    [10 / 60, 5 / 60, 3 / 60],
    [null, 1 / 60],
  ]);
  const csv = await fetchApi(`/api/v1/query${search({ ...asked, by: "host", format: "csv" })}`);
  const [header, first, , , begun] = (await csv.text()).split("\r\n");
  expect(header).toMatch(/,last,increase,rate$/);
  expect(first).toMatch(/,110,10,0\.1666/);
  expect(begun).toMatch(/,b,7,.*,7,0,$/);
  // What is only before the range is not in the answer.
  expect((await query({ ...asked, from: NOW - 4 * MINUTE, to: NOW - 3 * MINUTE })).series).toEqual(
    [],
  );
});

test("what rises is for counters alone", async () => {
  const response = await fetchApi(`/api/v1/query${search({ metric: "load", order: "increase" })}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { code: "invalid_parameter", issues: [{ path: "order" }] },
  });
  expect(await query({ metric: "load", ...RANGE })).not.toHaveProperty("type");
});

describe("stat", () => {
  const metric = "stat_total";
  const asked = { metric, from: NOW - 3 * MINUTE, to: NOW };
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    await store({ name: metric, datapoints: [3, 2, 1].map((i) => [NOW - i * MINUTE, 10 / i]) });
    vi.useRealTimers();
  });

  const ALL = ["avg", "min", "max", "sum", "count", "first", "last", "increase", "rate"];

  test.each<[stat: string[], columns: string[]]>([
    [[], ALL],
    [["avg"], ["avg"]],
    [
      ["rate", "min", "min"],
      ["min", "rate"],
    ],
    [["p95"], [...ALL, "p95"]],
    [
      ["p95", "last", "p50"],
      ["last", "p50", "p95"],
    ],
  ])("%j: as JSON and as CSV", async (stat, columns) => {
    const whole = await part.parse(await query(asked));
    const some = part.parse(
      await (await fetchApi(`/api/v1/query${search({ ...asked, stat })}`)).json(),
    );
    expect(Object.keys(some.series[0]!)).toEqual(["labels", "t", ...columns]);
    expect(some.series).toMatchObject(
      whole.series.map((one) => ({
        t: one.t,
        ...Object.fromEntries(Object.entries(one).filter(([name]) => columns.includes(name))),
      })),
    );
    const csv = await fetchApi(`/api/v1/query${search({ ...asked, stat, format: "csv" })}`);
    const [header, first] = (await csv.text()).split("\r\n");
    expect(header).toBe(["time", ...columns].join(","));
    expect(first!.split(",")).toHaveLength(1 + columns.length);
  });

  test("is part of the tag, unless it changes nothing", async () => {
    const tagOf = async (stat: string[]): Promise<string | null> =>
      (await fetchApi(`/api/v1/query${search({ ...asked, stat })}`)).headers.get("etag");
    expect(await tagOf(["avg", "max"])).toBe(await tagOf(["max", "avg"]));
    expect(new Set(await Promise.all([[], ["avg"], ["max"]].map(tagOf))).size).toBe(3);
  });

  test.each([
    ["stat", { metric: "load", stat: ["avg", "rate"] }],
    ["across", { metric: "load", stat: "avg", across: "sum" }],
    ["resolution", { metric: "load", stat: "avg", resolution: "raw" }],
    ["stat", { metric: "load", stat: "median" }],
  ])("%s: what there is not", async (path, bad) => {
    const response = await fetchApi(`/api/v1/query${search(bad)}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "invalid_parameter", issues: [{ path }] },
    });
  });
});

test("across: what series reported last adds up, whichever reports more often", async () => {
  const each = (host: string, step: number, value: number) =>
    Array.from({ length: Math.ceil(40 / step) }, (_, i) => ({
      name: "memory",
      value,
      labels: { host, dc: "eu" },
      timestamp: NOW - (60 - i * step) * MINUTE,
    }));
  await store([...each("a", 1, 8), ...each("b", 10, 2), ...each("c", 20, 1)]);
  const asked = { metric: "memory", from: NOW - 35 * MINUTE, to: NOW - 30 * MINUTE, across: "sum" };
  const all = await fetchApi(`/api/v1/query${search({ ...asked, by: "dc" })}`);
  expect(await all.json()).toMatchObject({
    across: "sum",
    from: asked.from,
    series: [
      {
        labels: { dc: "eu" },
        t: [35, 34, 33, 32, 31].map((ago) => NOW - ago * MINUTE),
        avg: [11, 11, 11, 11, 11],
        series: [3, 3, 3, 3, 3],
      },
    ],
  });
  const csv = await fetchApi(`/api/v1/query${search({ ...asked, format: "csv" })}`);
  expect((await csv.text()).split("\r\n").slice(0, 2)).toEqual([
    "time,avg,series",
    `${new Date(asked.from).toISOString()},11,3`,
  ]);
  const most = await fetchApi(`/api/v1/query${search({ ...asked, across: "max", by: "*" })}`);
  expect(((await most.json()) as { series: unknown[] }).series).toHaveLength(1);
  const wrong = await fetchApi(`/api/v1/query${search({ ...asked, across: "median" })}`);
  expect(wrong.status).toBe(400);
});
