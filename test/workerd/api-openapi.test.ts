// The API document describes the API that is there: every route has an operation and every operation
// a route, every failure that the other tests meet has its status and code, and /status and /healthz
// answer what the document says.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type StatusAnswer, told } from "../../src/core/api.ts";
import { DAY, HOUR, hourOf } from "../../src/core/tiers.ts";
import { CODES, type ErrorCode } from "../../src/worker/http/failure.ts";
import { openApiPath } from "../../src/worker/http/openapi.ts";
import { ENDPOINTS } from "../../src/worker/routes/list.ts";
import { VERSION } from "../../src/worker/version.ts";
import { NOW, fetchApi, query, shardsOf, status, store } from "./api-client.ts";

const operation = z.strictObject({
  summary: z.string().min(5),
  description: z.string().optional(),
  security: z.array(z.unknown()).length(0).optional(),
  parameters: z.array(
    z.looseObject({
      name: z.string(),
      in: z.enum(["path", "query", "header"]),
      required: z.boolean(),
      schema: z.looseObject({}),
    }),
  ),
  requestBody: z
    .object({ content: z.record(z.string(), z.object({ schema: z.looseObject({}) })) })
    .optional(),
  responses: z.record(
    z.string(),
    z.object({
      description: z
        .string()
        .min(2)
        .regex(/^(?!undefined)/),
      content: z.record(z.string(), z.object({ schema: z.looseObject({}) })).optional(),
    }),
  ),
});

const document = z.strictObject({
  openapi: z.literal("3.1.0"),
  info: z.object({
    title: z.literal("Minuet"),
    version: z.literal(VERSION),
    description: z.string(),
  }),
  security: z.array(z.looseObject({})).length(1),
  paths: z.record(
    z.string(),
    z.record(z.enum(["get", "post", "put", "delete"]), operation.optional()),
  ),
  components: z.object({
    securitySchemes: z.object({ token: z.object({ type: z.literal("http") }) }),
    schemas: z.record(z.string(), z.looseObject({})),
  }),
  "x-error-codes": z.record(
    z.string(),
    z.strictObject({ status: z.number().min(400).max(599), meaning: z.string().min(5) }),
  ),
});

let api: z.output<typeof document>;
let text = "";

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  text = await (await fetchApi("/openapi.json")).text();
  api = document.parse(JSON.parse(text));
});

const operations = (): (readonly [name: string, z.output<typeof operation>])[] =>
  Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, one]) =>
      one === undefined ? [] : [[`${method.toUpperCase()} ${path}`, one] as const],
    ),
  );

test("every endpoint has an operation, and every operation an endpoint", () => {
  const routes = ENDPOINTS.flatMap((one) =>
    one.methods.map((method) => `${method} ${openApiPath(one)}`),
  );
  expect(routes.length).toBeGreaterThan(8);
  expect(
    operations()
      .map(([name]) => name)
      .sort(),
  ).toEqual(routes.sort());
});

test("references lead somewhere", () => {
  const references = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, path = ""]) => path);
  expect(references.length).toBeGreaterThan(10);
  for (const path of references)
    expect(Object.keys(api.components.schemas)).toContain(
      path.replace("#/components/schemas/", ""),
    );
});

test("every operation but those that tell nothing needs the token", () => {
  const open = operations().filter(([, { security }]) => security !== undefined);
  const names = open.map(([name]) => name);
  expect(names).toEqual(["DELETE /api/v1/session", "GET /healthz", "GET /health", "GET /ping"]);
  for (const [name, { responses }] of operations())
    expect([name, /unauthorized/.test(responses[401]?.description ?? "")]).toEqual([
      name,
      !names.includes(name),
    ]);
});

describe("every failure is documented", () => {
  const fails = (name: string, ...codes: ErrorCode[]): void =>
    test(name, () => {
      const found = operations().find(([one]) => one === name)?.[1].responses ?? {};
      for (const code of codes)
        expect(found[CODES[code].status]?.description, code).toMatch(new RegExp(`\\b${code}\\b`));
    });
  fails(
    "POST /api/v1/points",
    ...(["invalid_json", "invalid_utf8", "invalid_encoding", "invalid_point"] as const),
    ...(["invalid_parameter", "too_large", "too_many_points", "over_limit", "key_reused"] as const),
    ...(["unsupported_media_type", "unsupported_encoding", "unavailable", "unauthorized"] as const),
    "busy",
  );
  fails(
    "GET /api/v1/query",
    "invalid_parameter",
    "unknown_metric",
    "query_too_large",
    "unavailable",
  );
  fails("GET /api/v1/metrics", "invalid_parameter", "unavailable", "no_token_configured");
  fails("GET /api/v1/metric", "invalid_parameter", "unknown_metric", "unavailable");
  fails("DELETE /api/v1/metric", "invalid_parameter", "unknown_metric", "unavailable");
  fails("GET /api/v1/live", "invalid_parameter", "upgrade_required", "busy");
  fails("GET /api/v1/status", "invalid_parameter", "unauthorized", "unavailable");
  test("each code but those of paths and of bugs is an answer of some operation", () => {
    const all = JSON.stringify(operations());
    const general: ErrorCode[] = ["not_found", "method_not_allowed", "internal"];
    const codes = Object.keys(CODES).filter((code) => !general.some((one) => one === code));
    expect(codes.filter((code) => !all.includes(code))).toEqual([]);
  });
});

test("the codes are listed in the error's schema", () => {
  const codes = z
    .object({
      properties: z.object({
        error: z.object({
          properties: z.object({ code: z.object({ enum: z.array(z.string()) }) }),
        }),
      }),
    })
    .parse(api.components.schemas.ErrorAnswer).properties.error.properties.code.enum;
  expect(codes).toEqual(Object.keys(CODES));
  expect(api["x-error-codes"]).toEqual(CODES);
});

test("parameters carry their defaults and limits", () => {
  const parameters = operations().find(([name]) => name === "GET /api/v1/query")?.[1].parameters;
  const of = (name: string): unknown => parameters?.find((parameter) => parameter.name === name);
  expect(parameters?.map(({ name }) => name)).toEqual([
    "metric",
    "from",
    "to",
    "resolution",
    "where",
    "by",
    "across",
    "stat",
    "limit",
    "order",
    "rest",
    "format",
    "csv",
  ]);
  expect(of("metric")).toMatchObject({ required: true });
  expect(of("from")).toMatchObject({ required: false, schema: { default: "-1h" } });
  expect(of("limit")).toMatchObject({ schema: { default: 100, minimum: 1, maximum: 1000 } });
  expect(of("where")).toMatchObject({ schema: { type: "array", maxItems: 20 } });
  expect(of("resolution")).toMatchObject({
    schema: { enum: ["raw", "minute", "hour", "day", "auto"] },
  });
});

test("a body of points is described", () => {
  const body = api.paths["/api/v1/points"]?.post?.requestBody?.content ?? {};
  expect(Object.keys(body)).toEqual(["application/json", "application/x-ndjson"]);
  expect(JSON.stringify(body)).toContain("#/components/schemas/PointsOfSeries");
  expect(api.components.schemas.PointsOfSeries).toMatchObject({
    properties: { datapoints: { type: "array" } },
    required: ["name", "datapoints"],
    additionalProperties: false,
  });
});

test("/status: shards, lag, rows, databases", async () => {
  expect(await status()).toMatchObject({
    version: VERSION,
    now: NOW,
    shards: [{ shard: 0, series: 0, unflushedBuckets: 0, lagMs: 0, lastFlushAt: null }],
    databases: [{ name: "DB", dirtyHours: 0, rolledUpTo: hourOf(NOW) * HOUR }],
  });
  await store([1, 2, 3].map((i) => ({ name: "s", value: i, labels: { i: String(i) } })));
  vi.setSystemTime(NOW + 5_000);
  const before = await status();
  expect(before.shards).toMatchObject([{ series: 3, unflushedBuckets: 3, lagMs: 5_000 }]);
  expect((await shardsOf())[0]?.unflushedBytes).toBeGreaterThan(0);
  expect(before.today.shardRowsWritten).toBeGreaterThan(0);
  vi.setSystemTime(NOW + HOUR);
  await env.SHARD.getByName("0").flush();
  await query({ metric: "s", from: NOW, to: NOW + HOUR });
  await query({ metric: "s", from: NOW, to: NOW + HOUR });
  const after = await status();
  expect(after.shards).toEqual([
    {
      shard: 0,
      series: 3,
      unflushedBuckets: 0,
      unflushedBytes: 0,
      lagMs: 0,
      lastFlushAt: NOW + HOUR,
      saturation: {
        series: 3 / 50_000,
        names: expect.closeTo(0),
        backlog: 0,
        commit: 0,
        sockets: 0,
      },
    },
  ]);
  // The hour is over, and the roll-up has not run.
  const { databases }: StatusAnswer = after;
  const [database] = databases.filter(told);
  expect(database?.rolledUpTo).toBe(hourOf(NOW) * HOUR);
  expect(database?.sizeBytes).toBeGreaterThan(0);
  expect(database?.rowsWritten).toBe(after.today.d1RowsWritten);
  expect(after.today.d1RowsWritten).toBeGreaterThan(6);
  expect(after.today.d1RowsRead).toBeGreaterThan(0);
});

test("/status counts each call of a shard, at no row, and keeps the count", async () => {
  vi.setSystemTime(NOW + 2 * HOUR);
  const shard = env.SHARD.getByName("0");
  await store({ name: "s", value: 1 });
  await shard.flush();
  const before = (await status()).today;
  await query({ metric: "s" });
  await fetchApi("/api/v1/metrics");
  const read = (await status()).today;
  expect(read.shardRequests - before.shardRequests).toBe(3);
  expect(read.shardRowsWritten).toBe(before.shardRowsWritten);
  await store({ name: "s", value: 2 });
  // Two writes, and the flush, which makes the count durable, with its own call in it.
  await store({ name: "s", value: 3 });
  await shard.flush();
  await evictDurableObject(shard);
  expect((await status()).today.shardRequests - read.shardRequests).toBe(4);
  vi.setSystemTime(NOW + DAY);
  expect((await status()).today).toMatchObject({ shardRequests: 1, shardRowsWritten: 0 });
});

test("/status counts requests from 0 where a manifest of before does not", async () => {
  vi.setSystemTime(NOW + DAY);
  const shard = env.SHARD.getByName("0");
  await store({ name: "s", value: 1 });
  await shard.flush();
  const { shardRowsWritten } = (await status()).today;
  await runInDurableObject(shard, (_, { storage }) => {
    storage.sql.exec(
      "UPDATE state SET manifest = json_remove(manifest, '$.counters.shardRequests')",
    );
  });
  await evictDurableObject(shard);
  const { today } = await status();
  expect(today).toMatchObject({ shardRequests: 1 });
  expect(today.shardRowsWritten).toBeGreaterThan(0);
  expect(today.shardRowsWritten).toBeLessThanOrEqual(shardRowsWritten);
});

test("/healthz wakes nothing, however often it is asked", async () => {
  const before = (await status()).today.shardRequests;
  for (let i = 0; i < 20; i++) {
    const response = await fetchApi("/healthz");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ok: true });
  }
  expect((await status()).today.shardRequests - before).toBe(1);
});
