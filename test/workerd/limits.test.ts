// Abuse that no other test commits: bodies that do not come, sockets and metrics without end. The table of
// all limits and their tests is test/node/core/limits.test.ts.

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { Sockets } from "../../src/durable/sockets.ts";
import { app } from "../../src/worker/app.ts";
import { readBody } from "../../src/worker/http/body.ts";
import { Failed, failureResponse } from "../../src/worker/http/failure.ts";
import { DIALECTS } from "./dialects.ts";
import { formatFor, FORMATS } from "../../src/core/formats/registry.ts";
import { failUnknown, nearestTo } from "../../src/worker/read/unknown.ts";
import { failureOf, fetchApi, NOW, post, search, store } from "./api-client.ts";
import { refusedAs } from "../../src/worker/routes/ingest.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

/** A body that begins, and never ends. */
const slow = (headers: Record<string, string> = {}): Request => {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('[{"name"')),
  });
  return new Request("http://localhost/api/v1/points", { method: "POST", body, headers });
};

const failed = async (work: Promise<unknown>): Promise<Failed["failure"]> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failed)) throw new Error(`no failure: ${String(error)}`);
  return error.failure;
};

test("a body that does not come is not waited for, encoded or not", async () => {
  for (const headers of [{}, { "content-encoding": "gzip" }] as Record<string, string>[]) {
    const failure = await failed(readBody(slow(headers), {}, 5));
    expect(failure).toEqual({
      kind: "too_slow",
      message: "the body did not arrive within 120 s: send it in smaller parts",
    });
    const response = failureResponse(failure);
    expect([response.status, response.headers.get("retry-after")]).toEqual([408, "1"]);
  }
});

test("a body of zstd has so many frames", async () => {
  // Of a byte each: "[", and what is no JSON.
  const frame = (byte: number): number[] => [
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0x20,
    0x01,
    0x09,
    0x00,
    0x00,
    byte,
  ];
  const send = (frames: number): Promise<Response> =>
    fetchApi("/api/v1/points", {
      method: "POST",
      headers: { "content-encoding": "zstd" },
      body: new Uint8Array(Array.from({ length: frames }, () => frame(0x5b)).flat()),
    });
  await failureOf(await send(LIMITS.zstdFrames), 400, "invalid_json");
  const over = await failureOf(await send(LIMITS.zstdFrames + 1), 400, "invalid_encoding");
  expect(over.message).toContain("limit zstdFrames");
});

test("a form has so many parameters, and InfluxQL so many statements", async () => {
  const send = (path: string, body: string): Promise<Response> =>
    fetchApi(path, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
    });
  const path = "/prometheus/api/v1/labels";
  const parameters = Array.from({ length: LIMITS.formParameters }, (_, i) => `p${i}=`).join("&");
  expect((await send(path, parameters)).status).toBe(200);
  const over = await send(path, `${parameters}&more=`);
  expect(over.status).toBe(413);
  expect(await over.text()).toContain("limit formParameters");
  const statements = "SHOW DATABASES;".repeat(LIMITS.formParameters);
  expect((await send("/query", `q=${statements}`)).status).toBe(200);
  const tooMany = await send("/query", `q=${statements}SHOW DATABASES`);
  expect(tooMany.status).toBe(400);
  expect(await tooMany.text()).toContain("limit formParameters");
});

test("who lists series or labels names so many selectors, and the same one is asked once", async () => {
  const ask = (selectors: readonly string[]): Promise<Response> =>
    fetchApi("/prometheus/api/v1/labels", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(selectors.map((one) => ["match[]", one])).toString(),
    });
  const same = Array.from({ length: LIMITS.selectorsPerQuery }, () => "absent");
  expect((await ask(same)).status).toBe(200);
  const over = await ask([...same, "absent"]);
  expect(over.status).toBe(422);
  expect(await over.text()).toContain("limit selectorsPerQuery");
  // Together they are one query: as large as one may be alone.
  const large = ["a", "b"].map((name) => `${name}{x=~"(${name}{30}){30}"}`);
  for (const one of large) expect((await ask([one])).status).toBe(200);
  expect((await ask(large)).status).toBe(400);
});

test("a body has so long to come, and others are answered meanwhile", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: NOW });
  let status = 0;
  const answered = Promise.resolve(app.fetch(slow(), env)).then((response) => {
    status = response.status;
  });
  await vi.advanceTimersByTimeAsync(LIMITS.bodyMs - 1);
  expect(status).toBe(0);
  expect((await fetchApi("/healthz")).status).toBe(200);
  await vi.advanceTimersByTimeAsync(1);
  await answered;
  expect(status).toBe(408);
  vi.useRealTimers();
});

test("senders that give up after a 408 are told 503", () => {
  for (const [what, { path, type }] of Object.entries(DIALECTS)) {
    const format = formatFor(
      FORMATS.filter(({ paths }) => paths.includes(path as "/")),
      type,
    )!;
    const { status, headers } = refusedAs(format, { kind: "too_slow", message: "late" });
    expect([status, headers.get("retry-after")], what).toEqual([
      /Remote write|OTLP/.test(what) ? 503 : 408,
      "1",
    ]);
  }
});

const sockets: (WebSocket | null)[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket?.close(1000);
});

test("a shard has so many sockets, and says so to the next", { timeout: 60_000 }, async () => {
  const shard = env.SHARD.getByName("0");
  const open = (n: number): Promise<Response> =>
    shard.fetch(`https://shard/?${new URLSearchParams({ metric: `m.${n % 7}`, shards: "1" })}`, {
      headers: { upgrade: "websocket" },
    });
  for (let n = 0; n < LIMITS.socketsPerShard; n++) {
    const { webSocket } = await open(n);
    webSocket?.accept();
    sockets.push(webSocket);
  }
  expect(sockets).not.toContain(null);
  const next = await fetchApi("/api/v1/live?metric=m.0", { headers: { upgrade: "websocket" } });
  expect((await failureOf(next, 503, "busy")).message).toContain("too many live sockets");
  sockets.pop()?.close(1000);
  await expect
    .poll(async () => {
      const { webSocket } = await open(0);
      webSocket?.accept();
      sockets.push(webSocket);
      return webSocket !== null;
    })
    .toBe(true);
});

test("what all sockets of a shard have not read is bounded: beyond, each is told what to ask for", () => {
  const told = { text: "t".repeat(1_000), brief: "ask" };
  /** What the last of so many sockets, which have left so much unread, is told. */
  const last = (many: number): string[] => {
    const sent: string[] = [];
    const unread = LIMITS.unreadBytesPerSocket - 1;
    const one = (kept: object): object => ({
      readyState: WebSocket.OPEN,
      deserializeAttachment: () => ({ metric: "m", missed: 0, ...kept }),
      serializeAttachment: () => undefined,
      send: (text: string) => sent.push(text),
    });
    const slow = Array.from({ length: many }, () => one({ metric: "others", unread, since: 0 }));
    const ctx = {
      getWebSockets: () => [...slow, one({ unread: 0 })],
      setWebSocketAutoResponse: () => undefined,
    };
    new Sockets(ctx as unknown as DurableObjectState).tell("m", told);
    return sent;
  };
  const most = Math.floor(LIMITS.unreadBytesPerShard / LIMITS.unreadBytesPerSocket);
  expect(last(most - 1)).toEqual([told.text]);
  expect(last(most + 1)).toEqual([told.brief]);
});

test("a query has so many matchers", async () => {
  await store({ name: "matched", value: 1 });
  const where = (many: number) => Array.from({ length: many }, (_, i) => `l${i}=`);
  const ask = (many: number): Promise<Response> =>
    fetchApi(`/api/v1/query${search({ metric: "matched", where: where(many) })}`);
  expect((await ask(LIMITS.matchersPerQuery)).status).toBe(200);
  await failureOf(await ask(LIMITS.matchersPerQuery + 1), 400, "invalid_parameter");
});

test(
  "PromQL reads so many metrics, and looks through so many names",
  { timeout: 60_000 },
  async () => {
    const points = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({ name: `many.m${from + i}`, value: 1 }));
    await post(points(0, LIMITS.metricsPerQuery + 1));
    const ask = async (query: string): Promise<string> => {
      const response = await fetchApi(
        `/prometheus/api/v1/query${search({ query, time: NOW / 1_000 })}`,
      );
      return `${response.status} ${await response.text()}`;
    };
    expect(await ask('count({__name__=~"many.m[0-9]{1,3}"})')).toMatch(/^200 .*"1000"/);
    expect(await ask('count({__name__=~"many.*"})')).toMatch(/^422 .*metricsPerQuery/s);
    for (let from = LIMITS.metricsPerQuery + 1; from <= LIMITS.namesPerQuery; from += 5_000)
      await post(points(from, from + 5_000));
    expect(await ask('count({__name__=~"many.m1"})')).toMatch(/^422 .*namesPerQuery/s);
    expect(await ask("count({__name__='many.m1'})")).toMatch(/^200 /);
  },
);

const send = (method: string, path: string, body: unknown): Promise<Response> =>
  fetchApi(path, { method, body: JSON.stringify(body) });

/** How many of three requests at once are granted. */
async function granted(make: () => Promise<Response>): Promise<number> {
  const answers = await Promise.all([make(), make(), make()]);
  return answers.filter(({ status }) => status === 200).length;
}

test("a store has so many named tokens", async () => {
  const make = (): Promise<Response> =>
    send("POST", "/api/v1/tokens", { name: "t", scope: "read" });
  const rows = Array.from({ length: LIMITS.tokens - 1 }, (_, i) =>
    env.DB.prepare("INSERT INTO token VALUES (NULL, 't', ?, 'read', '', 0, NULL, NULL)").bind(
      `${i}`,
    ),
  );
  await env.DB.batch(rows);
  expect(await granted(make)).toBe(1);
  await failureOf(await make(), 422, "too_many_tokens");
});

test("a view has so long texts, and so many links", async () => {
  const put = (id: string, more: object): Promise<Response> =>
    send("PUT", `/api/v1/views/${id}`, { name: "v", search: "metric=a", ...more });
  for (const [id, more] of [
    ["v".repeat(LIMITS.viewIdLength + 1), {}],
    ["v", { name: "n".repeat(LIMITS.tokenNameLength + 1) }],
    ["v", { note: "n".repeat(LIMITS.viewNoteLength + 1) }],
    ["v", { search: `metric=${"a".repeat(LIMITS.viewSearchLength)}` }],
  ] as const)
    await failureOf(await put(id, more), 400, "invalid_parameter");
  expect((await put("v", {})).status).toBe(200);
  const link = (): Promise<Response> => send("POST", "/api/v1/views/v/links", { name: "l" });
  for (let i = 1; i < LIMITS.linksPerView; i++) expect((await link()).status).toBe(200);
  expect(await granted(link)).toBe(1);
  expect((await link()).status).toBe(422);
});

test("who sees the names of a prefix is told the nearest of those, however many others come before", async () => {
  await env.DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO series (id, metric, labels, first_at, last_at, last)
     SELECT 1000000 + i, 'before.' || i, '{}', 0, 0, 0 FROM n`,
  )
    .bind(LIMITS.namesCompared)
    .run();
  await store({ name: "web.known", value: 1 });
  const error: unknown = await failUnknown(env, "web.", "web.knwon").catch((thrown) => thrown);
  expect(error).toMatchObject({ failure: { nearest: ["web.known"] } });
});

test("who asks for names that are not there in a loop is told so, and has no hint each time", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"], now: NOW });
  const names = 1_000;
  await store(Array.from({ length: names }, (_, i) => ({ name: `loop.${i}`, value: 1 })));
  const ask = async (): Promise<Failed["failure"]> => {
    try {
      return await failUnknown(env, "loop.", "loop.x");
    } catch (error) {
      if (error instanceof Failed) return error.failure;
      throw error;
    }
  };
  vi.advanceTimersByTime(1_000);
  for (let i = 0; i < LIMITS.namesComparedPerSec / names; i++)
    expect(await ask()).toMatchObject({ nearest: ["loop.0", "loop.1", "loop.2"] });
  const refused = await ask();
  expect(refused).toMatchObject({ kind: "unknown_metric", nearest: [] });
  expect(refused.message).toContain('no metric "loop.x". So many names');
  vi.advanceTimersByTime(1_000);
  expect(await ask()).toMatchObject({ nearest: ["loop.0", "loop.1", "loop.2"] });
});

test("a name that is not known is compared with many in turns", async () => {
  const names = Array.from({ length: LIMITS.namesCompared }, (_, i) => `known.metric.${i}`);
  const ending = new AbortController();
  let between = 0;
  const small = (async () => {
    for (; !ending.signal.aborted; await scheduler.wait(0)) between++;
  })();
  expect(await nearestTo("known.metric.x", names)).toEqual(
    ["0", "1", "2"].map((n) => `known.metric.${n}`),
  );
  ending.abort();
  await small;
  expect(between).toBeGreaterThanOrEqual(3);
});
