// Prometheus' HTTP API as its clients call it: in the address and as a form, over what was posted a
// moment ago, and over what is in D1.

import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import dashboard from "../../docs/grafana/dashboards/minuet.json?raw";
import * as LIMITS from "../../src/core/limits.ts";
import { encodeBatch } from "../../src/core/series/batch.ts";
import { anyOf } from "../../src/core/query/matcher.ts";
import { MINUTE } from "../../src/core/tiers.ts";
import { removeElsewhere } from "../../src/d1/removal.ts";
import { sourceOf } from "../../src/worker/read/source.ts";
import { fetchApi, NOW, search, store } from "./api-client.ts";

const START = NOW - 10 * MINUTE;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await store(
    ["a", "b"].flatMap((host) =>
      Array.from({ length: 10 }, (_, i) => ({
        name: "seen_total",
        value: (host === "a" ? 1 : 2) * 60 * i,
        labels: { host, "odd.label": "x" },
        timestamp: START + i * MINUTE + 5_000,
      })),
    ),
  );
  await store([{ name: "level", value: 7, timestamp: NOW - MINUTE }]);
  vi.useRealTimers();
});

interface Answered {
  readonly status: number;
  readonly body: {
    readonly status: string;
    readonly data?: {
      readonly resultType: string;
      readonly result: unknown;
      readonly stats?: unknown;
    };
    readonly errorType?: string;
    readonly error?: string;
    readonly warnings?: readonly string[];
    readonly infos?: readonly string[];
  };
}

async function ask(
  path: string,
  parameters: Readonly<Record<string, unknown>>,
  form = false,
): Promise<Answered> {
  const asked = search(parameters);
  const response = form
    ? await fetchApi(`/prometheus/api/v1/${path}`, {
        method: "POST",
        body: new URLSearchParams(asked.slice(1)),
      })
    : await fetchApi(`/prometheus/api/v1/${path}${asked}`);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  return { status: response.status, body: await response.json() };
}

const seconds = (at: number): number => at / 1_000;

describe.each([false, true])("as a form: %s", (form) => {
  test("a range", async () => {
    const { status, body } = await ask(
      "query_range",
      {
        query: "sum by (host) (rate(seen_total[3m]))",
        start: seconds(START + 4 * MINUTE),
        end: seconds(START + 5 * MINUTE),
        step: "1m",
      },
      form,
    );
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toEqual({
      status: "success",
      data: {
        resultType: "matrix",
        result: [
          ["a", "1"],
          ["b", "2"],
        ].map(([host, value]) => ({
          metric: { host },
          values: [4, 5].map((i) => [seconds(START + i * MINUTE), value]),
        })),
      },
    });
  });

  test("an instant, by RFC 3339", async () => {
    const time = new Date(START + 2 * MINUTE).toISOString();
    const { body } = await ask("query", { query: 'seen_total{host="a"}', time }, form);
    expect(body.data).toEqual({
      resultType: "vector",
      result: [
        {
          metric: { __name__: "seen_total", host: "a", "odd.label": "x" },
          value: [seconds(START + 2 * MINUTE), "60"],
        },
      ],
    });
  });

  test("what Grafana saves with: a scalar of 1970", async () => {
    const { body } = await ask("query", { query: "1+1", time: 4 }, form);
    expect(body.data).toEqual({ resultType: "scalar", result: [4, "2"] });
  });
});

describe("filters of a whole view", () => {
  const times = { start: seconds(NOW - MINUTE), end: seconds(NOW - MINUTE), step: 60 };
  const hosts = async (...where: readonly string[]): Promise<unknown> => {
    const asked = search({ query: "seen_total / seen_total * 2", ...times });
    const more = where.map((one) => `&where=${encodeURIComponent(one)}`).join("");
    const response = await fetchApi(`/prometheus/api/v1/query_range${asked}${more}`);
    const body: Answered["body"] = await response.json();
    const result = body.data?.result as
      { readonly metric: { readonly host: string } }[] | undefined;
    return result?.map(({ metric }) => metric.host) ?? body.error;
  };

  test("reach every selector of an expression", async () => {
    expect(await hosts()).toEqual(["a", "b"]);
    expect(await hosts("host=a")).toEqual(["a"]);
    expect(await hosts("host!=a", 'odd.label=~"x|y"')).toEqual(["b"]);
    expect(await hosts("host=a", "host=b")).toEqual([]);
  });

  test("that cannot be read are refused, in words", async () => {
    expect(await hosts("host")).toMatch(/^invalid parameter "where": expected label=value/);
    expect(await hosts("host=~(")).toMatch(/^invalid parameter "where": .*missing closing \)/);
    const many = Array.from({ length: LIMITS.matchersPerQuery + 1 }, () => "host=a");
    expect(await hosts(...many)).toMatch(/are more than 20, the limit/);
  });
});

describe("a limit", () => {
  const times = { start: seconds(START), end: seconds(NOW), step: 60 };

  test.each([
    ["query_range", { query: "seen_total", ...times }, 2],
    ["query", { query: "seen_total", time: seconds(NOW - MINUTE) }, 2],
    ["query", { query: "seen_total[5m]", time: seconds(NOW - MINUTE) }, 2],
  ])("cuts series of %s %o, and it is said", async (path, parameters, all) => {
    const { body } = await ask(path, { ...parameters, limit: 1 });
    expect(body.data?.result).toHaveLength(1);
    expect(body.warnings).toEqual(["results truncated due to limit"]);
    for (const limit of [0, all, ""]) {
      const { body: whole } = await ask(path, { ...parameters, limit });
      expect(whole.data?.result).toHaveLength(all);
      expect(whole.warnings).toBeUndefined();
    }
  });

  test("is none of a scalar, and is a number that is not negative", async () => {
    expect((await ask("query", { query: "1", limit: 1 })).body.data?.resultType).toBe("scalar");
    for (const [limit, message] of [
      ["-1", 'invalid parameter "limit": limit must be non-negative'],
      ["two", 'invalid parameter "limit": "two" is no whole number'],
    ]) {
      const { status, body } = await ask("query", { query: "1", limit });
      expect([status, body.error]).toEqual([400, message]);
      expect((await ask("labels", { limit })).body.error).toBe(message);
    }
  });
});

test("stats are there when they are asked for", async () => {
  const statsOf = async (parameters: object) =>
    (
      await ask("query_range", {
        query: "sum(rate(seen_total[3m]))",
        start: seconds(START + 3 * MINUTE),
        end: seconds(START + 4 * MINUTE),
        step: 60,
        ...parameters,
      })
    ).body.data?.stats;
  expect(await statsOf({})).toBeUndefined();
  expect(await statsOf({ stats: "" })).toBeUndefined();
  const timings = Object.fromEntries(
    [
      "evalTotalTime",
      "resultSortTime",
      "queryPreparationTime",
      "innerEvalTime",
      "execQueueTime",
      "execTotalTime",
    ].map((name) => [name, expect.any(Number)]),
  );
  const samples = { totalQueryableSamples: 12, peakSamples: expect.any(Number) };
  expect(await statsOf({ stats: "true" })).toEqual({ timings, samples });
  expect(await statsOf({ stats: "all" })).toEqual({
    timings,
    samples: {
      ...samples,
      totalQueryableSamplesPerStep: [3, 4].map((i) => [seconds(START + i * MINUTE), 6]),
    },
  });
});

test("an expression in one style", async () => {
  const asked = { query: "sum(rate(x[5m]))by(job)/2" };
  const expected = { status: "success", data: "sum by (job) (rate(x[5m])) / 2" };
  for (const form of [false, true])
    expect((await ask("format_query", asked, form)).body).toEqual(expected);
  expect((await ask("format_query", { query: "sum(" })).body.errorType).toBe("bad_data");
});

test("an expression as a tree", async () => {
  const expected = {
    status: "success",
    data: { type: "unaryExpr", op: "-", expr: expect.objectContaining({ name: "x" }) },
  };
  for (const form of [false, true])
    expect((await ask("parse_query", { query: "-x" }, form)).body).toEqual(expected);
  expect((await ask("parse_query", { query: "sum(" })).body.errorType).toBe("bad_data");
});

test("what is not the native API's answers without the prefix, too", async () => {
  const asked = {
    query: "level",
    start: seconds(START),
    end: seconds(NOW),
    step: 60,
    "match[]": "level",
  };
  for (const path of [
    "query_range",
    "parse_query",
    "labels",
    "series",
    "label/__name__/values",
    "rules",
  ]) {
    const response = await fetchApi(`/api/v1/${path}${search(asked)}`);
    expect(await response.json()).toEqual((await ask(path, asked)).body);
  }
});

test("vmalert posts an empty body that it calls JSON", async () => {
  const response = await fetchApi(
    `/prometheus/api/v1/query?query=${encodeURIComponent("level + 1")}`,
    {
      method: "POST",
      headers: { "content-type": "application/json" },
    },
  );
  expect(await response.json()).toMatchObject({
    data: { result: [{ metric: {}, value: [seconds(NOW), "8"] }] },
  });
});

test("a note is in the answer", async () => {
  const { body } = await ask("query", { query: "rate(level[5m]) or rate(seen_total[5m])" });
  expect(body.infos).toBeUndefined();
  const noted = await ask("query", { query: "increase({host='a'}[5m]) > quantile(2, level)" });
  expect(noted.body.warnings).toEqual([
    "PromQL warning: quantile value should be between 0 and 1, got 2 (1:37)",
  ]);
});

describe("an error has Prometheus' kind", () => {
  test.each([
    [
      { query: "sum(" },
      400,
      "bad_data",
      'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
    ],
    [{ query: "" }, 400, "bad_data", "no expression found in input"],
    [
      { query: "1", time: "noon" },
      400,
      "bad_data",
      'invalid parameter "time": cannot parse "noon"',
    ],
    [
      { query: "-{host='a'} + on () {host=~'a|b'}" },
      422,
      "execution",
      "many-to-many matching not allowed",
    ],
    [
      { query: "{host=~'a|b'} == on () {host='a'}" },
      422,
      "execution",
      "multiple matches for labels",
    ],
  ])("%o", async (parameters, status, errorType, error) => {
    const answer = await ask("query", parameters);
    expect(answer).toEqual({
      status,
      body: { status: "error", errorType, error: expect.stringContaining(error) },
    });
  });

  test("of too many points", async () => {
    const upTo = (end: number) => ask("query_range", { query: "1", start: 0, end, step: 1 });
    const { status, body } = await upTo(11_001);
    expect([status, body.errorType]).toEqual([400, "bad_data"]);
    expect(body.error).toContain("limit pointsPerSeries");
    // As in Prometheus: one more than the number says.
    expect((await upTo(11_000)).status).toBe(200);
  });

  test("of a range vector over a range", async () => {
    const { body } = await ask("query_range", { query: "level[5m]", start: 0, end: 1, step: 1 });
    expect(body.error).toContain('invalid expression type "range vector" for range query');
  });
});

describe("the catalogue", () => {
  test("series", async () => {
    const { body } = await ask("series", { "match[]": ["seen_total", '{__name__="level"}'] });
    expect(body.data).toEqual([
      { __name__: "seen_total", host: "a", "odd.label": "x" },
      { __name__: "seen_total", host: "b", "odd.label": "x" },
      { __name__: "level" },
    ]);
  });

  test("series of any metric", async () => {
    const { body } = await ask("series", { "match[]": '{host="a"}' });
    expect(body.data).toEqual([{ __name__: "seen_total", host: "a", "odd.label": "x" }]);
    expect((await ask("series", { start: 0, end: 1 })).body.data).toEqual([]);
  });

  test("labels, as a form and limited", async () => {
    expect((await ask("labels", {}, true)).body.data).toEqual(["__name__", "host", "odd.label"]);
    expect((await ask("labels", { limit: 1 })).body).toEqual({
      status: "success",
      data: ["__name__"],
      warnings: ["results truncated due to limit"],
    });
  });

  test("values", async () => {
    expect((await ask("label/__name__/values", {})).body.data).toEqual(["level", "seen_total"]);
    const odd = `label/${encodeURIComponent("odd.label")}/values`;
    expect((await ask(odd, { "match[]": "seen_total" })).body.data).toEqual(["x"]);
    expect((await ask("label/host/values", { "match[]": "rate(x[5m])" })).body.errorType).toBe(
      "bad_data",
    );
  });

  test("values of a name that Grafana escapes, under both addresses", async () => {
    const path = "label/U__odd_2e_label/values";
    expect((await ask(path, {})).body.data).toEqual(["x"]);
    const response = await fetchApi(`/api/v1/${path}`);
    expect(await response.json()).toEqual({ status: "success", data: ["x"] });
    expect((await ask("label/U__odd_2e/values", {})).body.data).toEqual([]);
  });

  test.each([
    ["status/buildinfo", { application: "minuet", version: "3.0.0" }],
    ["metadata", { seen_total: [{ type: "counter", help: "", unit: "" }] }],
    ["rules", { groups: [] }],
    ["alerts", { alerts: [] }],
    ["query_exemplars", []],
  ])("%s", async (path, data) => {
    expect((await ask(path, {})).body).toMatchObject({ status: "success", data });
  });
});

test("the answer is the same once the points are in D1", async () => {
  const asked = {
    query: "seen_total",
    start: seconds(START),
    end: seconds(NOW),
    step: 60,
  };
  const before = await ask("query_range", asked);
  await env.SHARD.getByName("0").flush();
  expect(await ask("query_range", asked)).toEqual(before);
});

test("who may not read is told so in Prometheus' form", async () => {
  const response = await fetchApi("/prometheus/api/v1/query?query=1", {
    headers: { origin: "http://evil.example" },
  });
  expect(response.status).toBeGreaterThan(400);
  expect(await response.json()).toMatchObject({ status: "error", errorType: "unauthorized" });
});

describe("samples", () => {
  const SHARD = env.SHARD.getByName("0");
  const MINUTE_START = START + MINUTE;
  const post = (name: string, count: number, everyMs: number, from = MINUTE_START) =>
    store([
      {
        name,
        datapoints: Array.from({ length: count }, (_, i) => [from + i * everyMs, i + 1]),
      },
    ]);
  const instant = async (query: string, at: number) => {
    const { body } = await ask("query", { query, time: seconds(at) });
    const result = body.data?.result as readonly { readonly value: readonly [number, string] }[];
    return { values: result.map(({ value }) => value[1]), infos: body.infos };
  };

  test("all of a minute are read, in the shard, in D1 and in both", async () => {
    await post("sampled", 8, 15_000);
    const asked = async () => [
      await instant("count_over_time(sampled[2m])", MINUTE_START + 2 * MINUTE),
      await instant("sampled", MINUTE_START + 40_000),
      await instant("quantile_over_time(0.5, sampled[2m])", MINUTE_START + 2 * MINUTE - 1),
    ];
    const expected = [["8"], ["3"], ["4.5"]].map((values) => ({ values, infos: undefined }));
    // The range is open at its left end.
    expected[0]!.values = ["7"];
    expect(await asked()).toEqual(expected);
    await SHARD.flush();
    expect(await asked()).toEqual(expected);
    await post("sampled", 1, 0, MINUTE_START + 50_000);
    expect(
      (await instant("count_over_time(sampled[2m])", MINUTE_START + 2 * MINUTE)).values,
    ).toEqual(["8"]);
  });

  test("of a minute with more than are kept its bucket, or the first and the last, and it is said", async () => {
    await post("many", 8, 5_000, MINUTE_START + 1_000);
    const at = MINUTE_START + 2 * MINUTE;
    expect(await instant("count_over_time(many[2m])", at)).toEqual({ values: ["8"] });
    const { values, infos } = await instant("quantile_over_time(1, many[2m])", at);
    expect(values).toEqual(["8"]);
    expect(infos).toEqual([expect.stringMatching(/only the first and the last are read/)]);
  });

  test("a series that was said to have ended has no value from then on, until its next sample", async () => {
    await post("ending", 2, 10_000);
    const ended = { series: ["ending{}"], index: Uint16Array.of(0) };
    await SHARD.append(
      encodeBatch({
        ...ended,
        at: Float64Array.of(MINUTE_START + 20_000),
        value: Float64Array.of(NaN),
      }),
      1,
    );
    for (const flushes of [false, true]) {
      if (flushes) await SHARD.flush();
      const at = async (ms: number) => (await instant("ending", MINUTE_START + ms)).values;
      expect(await at(19_000)).toEqual(["2"]);
      expect(await at(20_000)).toEqual([]);
      expect(await at(50_000)).toEqual([]);
    }
    await post("ending", 1, 0, MINUTE_START + 30_000);
    expect((await instant("ending", MINUTE_START + 50_000)).values).toEqual(["1"]);
  });
});

describe("the dashboard of docs/grafana", () => {
  interface Dashboard {
    readonly panels: readonly {
      readonly title: string;
      readonly targets: readonly { readonly expr: string; readonly instant: boolean }[];
    }[];
  }
  /** What Grafana puts in for its variables. */
  const VARIABLES = {
    $metric: "seen_total",
    $__range: "600s",
    $__rate_interval: "240s",
    $__interval: "60s",
  };
  const filled = (expr: string): string =>
    Object.entries(VARIABLES).reduce((text, [name, value]) => text.replaceAll(name, value), expr);
  const { panels } = JSON.parse(dashboard) as Dashboard;
  const targets = panels.flatMap(({ title, targets: all }) =>
    all.map(({ expr, instant }) => ({ title, expr: filled(expr), instant })),
  );

  test("offers the names of metrics", async () => {
    const { body } = await ask("label/__name__/values", {
      start: seconds(START),
      end: seconds(NOW),
    });
    expect(body.data).toEqual(expect.arrayContaining(["level", "seen_total"]));
  });

  test.each(targets)("$title: $expr", async ({ expr, instant }) => {
    expect(expr).not.toContain("$");
    const { status, body } = instant
      ? await ask("query", { query: expr, time: seconds(NOW) }, true)
      : await ask(
          "query_range",
          { query: expr, start: seconds(START), end: seconds(NOW), step: "60" },
          true,
        );
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.data?.result).not.toEqual([]);
  });
});

/** A database that tells of each statement. */
const watched = (saw: (sql: string) => void): D1Database =>
  ({
    withSession: (constraint?: string) => {
      const session = env.DB.withSession(constraint);
      return {
        batch: (statements: D1PreparedStatement[]) => session.batch(statements),
        prepare: (sql: string) => {
          saw(sql);
          return session.prepare(sql);
        },
      };
    },
  }) as unknown as D1Database;

test("names of labels follow the series, which are read of D1 again only when they changed", async () => {
  let scans = 0;
  const DB = watched((sql) => {
    if (/FROM series LIMIT/.test(sql)) scans++;
  });
  const source = sourceOf({ ...env, DB }, "", NOW);
  const namesAre = async (scansAre: number, label?: string): Promise<ReadonlySet<string>> => {
    const found = await source.texts({ matchers: [], from: -Infinity, to: Infinity }, label);
    expect([found.ok, scans]).toEqual([true, scansAre]);
    return found.ok ? found.value : new Set();
  };
  const flush = () => env.SHARD.getByName("0").flush();
  await flush();
  expect(await namesAre(1, "__name__")).toContain("seen_total");
  expect(await namesAre(1)).not.toContain("cradle");
  await store([{ name: "newborn", value: 1, labels: { cradle: "x" }, timestamp: NOW }]);
  expect(await namesAre(1)).toContain("cradle");
  expect(await namesAre(1, "cradle")).toEqual(new Set("x"));
  await flush();
  expect(await namesAre(2)).toContain("cradle");
  await fetchApi("/api/v1/metric?name=newborn", { method: "DELETE" });
  expect(await namesAre(3)).not.toContain("cradle");
  // A removal by a shard that writes to another database.
  await store([{ name: "moved", value: 1, labels: { home: "x" }, timestamp: NOW }]);
  await flush();
  expect(await namesAre(4)).toContain("home");
  await removeElsewhere(env.DB.withSession(), "moved", 1_000);
  expect(await namesAre(5)).not.toContain("home");
  expect(await namesAre(5)).toContain("host");
});

test("those of a metric are read alone, or not at all while all are kept", async () => {
  let reads = 0;
  const DB = watched((sql) => {
    if (/JOIN series/.test(sql)) reads++;
  });
  const source = sourceOf({ ...env, DB }, "", NOW);
  const valuesAre = async (readsAre: number): Promise<readonly string[]> => {
    const matchers = [anyOf("__name__", ["bred"])];
    const found = await source.texts({ matchers, from: -Infinity, to: Infinity }, "cradle");
    expect([found.ok, reads]).toEqual([true, readsAre]);
    return found.ok ? [...found.value].sort() : [];
  };
  const breed = (cradle: string) =>
    store([{ name: "bred", value: 1, labels: { cradle }, timestamp: NOW }]);
  const flush = () => env.SHARD.getByName("0").flush();
  await breed("x");
  await flush();
  expect(await valuesAre(1)).toEqual(["x"]);
  await source.texts({ matchers: [], from: -Infinity, to: Infinity }, undefined);
  expect(await valuesAre(1)).toEqual(["x"]);
  await breed("y");
  expect(await valuesAre(1)).toEqual(["x", "y"]);
  await flush();
  expect(await valuesAre(2)).toEqual(["x", "y"]);
  expect(await valuesAre(3)).toEqual(["x", "y"]);
});
