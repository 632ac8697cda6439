// What is known of metrics besides their points: said by senders, set by hand, kept once, shown at once.

import { applyD1Migrations, evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { body, int, message, text } from "../node/formats/proto.ts";
import { writeRequest } from "../node/formats/remote-write/messages.ts";
import { snappy } from "../node/formats/snappy-block.ts";
import * as LIMITS from "../../src/core/limits.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { packCache } from "../../src/worker/in-room.ts";
import {
  describeMetric,
  failureOf,
  fetchApi,
  listMetrics,
  NOW,
  post,
  query,
  status,
  store,
} from "./api-client.ts";

const shard = () => env.SHARD.getByName("0");
/** Of `used`, as agents know it. */
const SAID = { type: "gauge", unit: "By", help: "Memory in use." } as const;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await reset();
  await applyD1Migrations(env.DB, env.MIGRATIONS);
});

const flush = async (): Promise<void> => {
  expect(await shard().flush()).toBe(true);
};

/** The shard without its storage: D1 alone knows what was. */
const loseShard = async (): Promise<void> => {
  await runInDurableObject(shard(), async (_, { storage }) => {
    await storage.deleteAll();
  });
  await evictDurableObject(shard());
  // A while later.
  packCache.reads.clear();
};

const set = (name: string, body: unknown): Promise<Response> =>
  fetchApi(`/api/v1/metric?name=${encodeURIComponent(name)}`, {
    method: "PUT",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const listed = async (name: string) =>
  (await listMetrics({ search: name })).metrics.find((metric) => metric.name === name);

const rows = async (): Promise<readonly unknown[]> =>
  (await env.DB.prepare("SELECT metric, type, unit, help FROM metric ORDER BY metric").all())
    .results;

test("what points say of their metric is shown at once, and flushed once", async () => {
  await store({ name: "used", value: 1, ...SAID });
  expect(await describeMetric("used")).toMatchObject(SAID);
  expect(await listed("used")).toMatchObject(SAID);
  expect(await rows()).toEqual([]);
  await flush();
  expect(await rows()).toEqual([{ metric: "used", ...SAID }]);
  expect(await describeMetric("used")).toMatchObject(SAID);
  await evictDurableObject(shard());
  expect(await listed("used")).toMatchObject(SAID);
});

test("what is said again costs no row, of D1 or of the shard", async () => {
  const points = (minute: number, more: object) =>
    store({ name: "used", value: 1, timestamp: NOW + minute * MINUTE, ...more });
  const cost = async (more: object): Promise<unknown> => {
    const before = (await status()).today;
    for (let minute = 0; minute < 5; minute++) await points(minute, more);
    await flush();
    const after = (await status()).today;
    return [
      after.d1RowsWritten - before.d1RowsWritten,
      after.shardRowsWritten - before.shardRowsWritten,
    ];
  };
  await cost(SAID);
  // What D1 was told is noted with the next checkpoint.
  await cost(SAID);
  const plain = await cost({});
  expect(await cost(SAID)).toEqual(plain);
  await evictDurableObject(shard());
  expect(await cost(SAID)).toEqual(plain);
  // Of what changed, one row of D1.
  const [d1] = (await cost({ help: "Other." })) as [number];
  expect(d1).toBe((plain as [number])[0] + 1);
});

test("what is not in D1 yet outlives the object: in the journal, and in a checkpoint", async () => {
  await store({ name: "used", value: 1, ...SAID });
  await evictDurableObject(shard());
  expect(await describeMetric("used")).toMatchObject(SAID);
  // A checkpoint is written with the page of the closed hour.
  vi.setSystemTime(NOW + HOUR + 5 * MINUTE);
  await flush();
  await store({ name: "used", value: 1, unit: "MiBy" });
  await shard().flush();
  await evictDurableObject(shard());
  await store({ name: "used", value: 1, help: "Changed." });
  await evictDurableObject(shard());
  expect(await describeMetric("used")).toMatchObject({
    type: "gauge",
    unit: "MiBy",
    help: "Changed.",
  });
});

test("what was set wins over what is said, and can be taken back", async () => {
  await store({ name: "used", value: 1, ...SAID });
  const answer = await set("used", { type: "counter", help: "Mine." });
  const mine = { type: "counter", help: "Mine." };
  expect(await answer.json()).toEqual({ name: "used", set: mine });
  expect(await describeMetric("used")).toMatchObject({ ...mine, unit: "By", set: mine });
  await store({ name: "used", value: 1, type: "summary", unit: "s" });
  const both = { type: "counter", unit: "s", help: "Mine." };
  expect(await describeMetric("used")).toMatchObject(both);
  await evictDurableObject(shard());
  expect(await describeMetric("used")).toMatchObject(both);
  await flush();
  await evictDurableObject(shard());
  expect(await listed("used")).toMatchObject(both);
  await set("used", { type: null });
  expect(await describeMetric("used")).toMatchObject({
    type: "summary",
    unit: "s",
    set: { help: "Mine." },
  });
  await set("used", { help: null });
  await flush();
  const bare = await describeMetric("used");
  expect(bare).toMatchObject({ type: "summary", unit: "s", help: "Memory in use." });
  expect(bare.set).toBeUndefined();
});

test.each([
  ["that the shard knows", async () => {}],
  [
    "that the shard has forgotten",
    async () => {
      await flush();
      await loseShard();
    },
  ],
])("several who set a metric %s at the same moment each keep what they set", async (_, before) => {
  await store({ name: "shared", value: 1 });
  await before();
  const all = { type: "gauge", unit: "By", help: "Ours." };
  const answers = await Promise.all(
    Object.entries(all).map(([field, value]) => set("shared", { [field]: value })),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect((await describeMetric("shared")).set).toEqual(all);
});

test("a metric that the shard has forgotten is described in D1", async () => {
  await store({ name: "used", value: 1, ...SAID });
  await flush();
  await loseShard();
  expect((await set("used", { unit: "MiBy" })).status).toBe(200);
  expect(await listed("used")).toMatchObject({ ...SAID, unit: "MiBy" });
  // Senders that come back say what they said: what was set stays, and no row is written.
  await store({ name: "used", value: 2, ...SAID });
  expect(await listed("used")).toMatchObject({ ...SAID, unit: "MiBy" });
  await flush();
  expect(await describeMetric("used")).toMatchObject({ ...SAID, unit: "MiBy" });
});

const metadata = (family: string, type: number, help: string) =>
  message(3, int(1, type), text(2, family), text(4, help));

const remoteWrite = async (bytes: Uint8Array): Promise<void> => {
  const response = await fetchApi("/api/v1/write", {
    method: "POST",
    body: snappy(bytes),
    headers: { "content-type": "application/x-protobuf", "content-encoding": "snappy" },
  });
  expect(response.status, await response.text()).toBe(204);
};

test("metadata of remote write, which comes apart from samples", async () => {
  await remoteWrite(
    writeRequest(
      ["up", "t_bucket", "t_sum"].map((name) => ({
        labels: [["__name__", name]],
        samples: [{ value: 1, at: NOW }],
      })),
    ),
  );
  const all = body([
    metadata("up", 2, "Whether it is up."),
    metadata("t", 3, "How long."),
    metadata("dropped", 2, "Of which no sample was sent."),
  ]);
  await remoteWrite(all);
  const before = (await status()).today.shardRowsWritten;
  for (let i = 0; i < 3; i++) await remoteWrite(all);
  expect((await status()).today.shardRowsWritten).toBe(before);
  await evictDurableObject(shard());
  const types = async () =>
    (await listMetrics()).metrics.map(({ name, type, help }) => [name, type, help]);
  const expected = [
    ["t_bucket", "histogram", "How long."],
    ["t_sum", "counter", "How long."],
    ["up", "gauge", "Whether it is up."],
  ];
  expect(await types()).toEqual(expected);
  await flush();
  expect(await types()).toEqual(expected);
  expect((await rows()).length).toBe(3);
});

test("a removed metric takes its description with it", async () => {
  await store([
    { name: "used", value: 1, ...SAID },
    { name: "other", value: 1, unit: "s" },
  ]);
  await set("used", { unit: "MiBy" });
  await flush();
  const removed = await fetchApi("/api/v1/metric?name=used", { method: "DELETE" });
  expect(removed.status).toBe(200);
  expect(await rows()).toEqual([{ metric: "other", type: null, unit: "s", help: null }]);
  await store({ name: "used", value: 1 });
  await evictDurableObject(shard());
  const again = await describeMetric("used");
  expect([again.type, again.unit, again.help, again.set]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(await listed("other")).toMatchObject({ unit: "s" });
});

test("a query says what the metric is, and of a counter by its type how it rose", async () => {
  const points = [10, 25, 5].map((value, i) => ({
    name: "jobs.done",
    value,
    timestamp: NOW - (3 - i) * MINUTE,
  }));
  await store(points.map((point) => ({ ...point, type: "counter", unit: "1" })));
  const asked = { metric: "jobs.done", resolution: "minute" };
  const check = async (): Promise<void> => {
    const answer = await query(asked);
    expect(answer).toMatchObject({ type: "counter", unit: "1" });
    expect(answer.series[0]!.increase).toEqual([0, 15, 5]);
    expect((await query({ ...asked, order: "increase" })).series[0]!.increase).toEqual([0, 15, 5]);
  };
  await check();
  await flush();
  await loseShard();
  await check();
  const raw = await fetchApi("/api/v1/query?metric=jobs.done&resolution=raw");
  expect(await raw.json()).toMatchObject({ type: "counter", unit: "1" });
  const csv = await fetchApi("/api/v1/query?metric=jobs.done&format=csv");
  expect((await csv.text()).split("\r\n")[0]).toContain("increase,rate");
});

test("a name that looks like a counter's is none when it is said so", async () => {
  const asked = { metric: "user_count", resolution: "minute" };
  await store({ name: "user_count", value: 5, timestamp: NOW - MINUTE });
  expect(await query(asked)).toMatchObject({ type: "counter" });
  await set("user_count", { type: "gauge" });
  const answer = await query(asked);
  expect(answer.type).toBe("gauge");
  expect(answer.series[0]!.increase).toBeUndefined();
  const rising = await fetchApi("/api/v1/query?metric=user_count&order=rate");
  expect((await failureOf(rising, 400, "invalid_parameter")).message).toContain("is for counters");
  await set("user_count", { type: null });
  expect((await query(asked)).series[0]!.increase).toEqual([0]);
});

test("metadata for clients of Prometheus: a histogram is one family", async () => {
  await store([
    { name: "t_bucket", value: 1, type: "histogram", help: "How long." },
    { name: "t_sum", value: 1, type: "counter", unit: "seconds" },
    { name: "up", value: 1, help: "Whether it is up." },
    { name: "bare", value: 1 },
  ]);
  const ask = async (search: string): Promise<unknown> =>
    await (await fetchApi(`/prometheus/api/v1/metadata${search}`)).json();
  const t = { type: "histogram", help: "How long.", unit: "seconds" };
  const up = { type: "unknown", help: "Whether it is up.", unit: "" };
  const sum = { type: "counter", help: "", unit: "seconds" };
  const all = { status: "success", data: { t: [t], t_sum: [sum], up: [up] } };
  expect(await ask("")).toEqual(all);
  await flush();
  expect(await ask("")).toEqual(all);
  expect(await ask("?metric=t")).toEqual({ status: "success", data: { t: [t] } });
  expect(await ask("?limit=1")).toMatchObject({ data: { t: [t] }, warnings: [expect.any(String)] });
  expect(await ask("?limit=x")).toMatchObject({ status: "error", errorType: "bad_data" });
});

test("a name that says what it is needs nobody to", async () => {
  await store([
    { name: "requests_total", value: 1 },
    { name: "cpu", value: 1 },
  ]);
  expect((await listed("requests_total"))?.type).toBe("counter");
  expect((await listed("cpu"))?.type).toBeUndefined();
});

test("what is wrong with a description", async () => {
  const bad = (fields: object): Promise<Response> => post({ name: "used", value: 1, ...fields });
  for (const [fields, path] of [
    [{ type: "count" }, "type"],
    [{ type: 1 }, "type"],
    [{ unit: "u".repeat(LIMITS.unitLength + 1) }, "unit"],
    [{ unit: 5 }, "unit"],
    [{ help: "h".repeat(LIMITS.helpLength + 1) }, "help"],
    [{ help: "a\u0000b" }, "help"],
  ] as const)
    expect((await failureOf(await bad(fields), 400, "invalid_point")).issues).toMatchObject([
      { index: 0, path },
    ]);
  await failureOf(await set("used", { unit: "s" }), 404, "unknown_metric");
  await store({ name: "used", value: 1 });
  await failureOf(await set("used", "{"), 400, "invalid_json");
  for (const body of [{ type: "count" }, { unit: "" }, { help: 5 }, { label: "x" }, []])
    await failureOf(await set("used", body), 400, "invalid_parameter");
  // However much is wrong, little of it is said.
  const wrong = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, 1]));
  const told = await failureOf(await set("used", wrong), 400, "invalid_parameter");
  expect(JSON.stringify(told).length).toBeLessThan(2_000);
});
