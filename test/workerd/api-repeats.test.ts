// A request that comes again, since its sender got no answer: in formats whose senders do so it counts
// once without any key, whatever was lost, and the answer is that of the first.

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { FORMATS } from "../../src/core/formats/registry.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { app } from "../../src/worker/app.ts";
import type { query } from "./api-client.ts";
import { fetchApi, NOW, store, TOKEN } from "./api-client.ts";
import { DIALECTS, type Dialect, SEC } from "./dialects.ts";
import { answerLost, withoutShard } from "./faults.ts";

const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

type Answer = readonly [status: number, body: string];

/** The status and text of the answer; that it was a repeat is said by the native answer alone. */
const send = async (
  path: string,
  body: BodyInit,
  headers: Readonly<Record<string, string>> = {},
  to: Partial<typeof env> = {},
): Promise<Answer> => {
  const response = await app.request(path, { method: "POST", body, headers }, { ...env, ...to });
  return [
    response.status,
    new TextDecoder().decode(await response.bytes()).replace(',"duplicate":true', ""),
  ];
};

/** Points of a metric; 0 when there is no such metric. */
const countOf = async (metric: string, to: Partial<typeof env> = {}): Promise<number> => {
  const path = `/api/v1/query?metric=${metric}&resolution=minute&from=-1h&to=%2B1h`;
  const response = await app.request(path, {}, { ...env, ...to });
  if (response.status === 404) return 0;
  const { series } = (await response.json()) as Awaited<ReturnType<typeof query>>;
  return series.flatMap(({ count }) => count).reduce((sum, count) => sum + count, 0);
};

test("each path of the formats that are known by content is tried here", () => {
  const paths = FORMATS.filter(({ sendsAgain }) => sendsAgain).flatMap(({ paths }) => paths);
  expect([...new Set(paths)].sort()).toEqual(
    [...new Set(Object.values(DIALECTS).map(({ path }) => path))].sort(),
  );
});

for (const [what, dialect] of Object.entries(DIALECTS))
  describe(what, () => {
    const { path, type } = dialect;
    const name = (more: string): string => `${what.toLowerCase().replaceAll(/\W+/g, ".")}.${more}`;
    const typed = { "content-type": type };
    const sent = (text: string): BodyInit => dialect.encode?.(text) ?? text;
    const metric = (more: string): string => dialect.stored?.(name(more)) ?? name(more);

    test("a repeat counts nothing, at once, after a flush and in a shard that starts anew", async () => {
      const body = sent(dialect.good(name("again")));
      const first = await send(path, body, typed);
      expect(first[0]).toBe(dialect.ok[0]);
      expect(await send(path, body, typed)).toEqual(first);
      await evictDurableObject(shard);
      expect(await send(path, body, typed)).toEqual(first);
      await shard.flush();
      expect(await send(path, body, typed)).toEqual(first);
      expect(await countOf(metric("again"))).toBe(1);
    });

    test("the answer was lost behind the shard: a repeat counts once", async () => {
      const body = sent(dialect.good(name("lost")));
      const [status] = await send(path, body, typed, { SHARD: answerLost(env.SHARD) });
      expect(status).toBe(503);
      expect((await send(path, body, typed))[0]).toBe(dialect.ok[0]);
      expect(await countOf(metric("lost"))).toBe(1);
    });

    test("with a bad item: the same is said again of both", async () => {
      const body = sent(dialect.both(dialect.good(name("part")), dialect.bad(name("part"))));
      const first = await send(path, body, typed);
      expect(first[0]).toBe(dialect.partly[0]);
      expect(await send(path, body, typed)).toEqual(first);
      expect(await countOf(metric("part"))).toBe(1);
    });

    test("at the same time: once", async () => {
      const body = sent(dialect.good(name("both")));
      const answers = await Promise.all([1, 2, 3].map(() => send(path, body, typed)));
      expect(new Set(answers.map(([status]) => status))).toEqual(new Set([dialect.ok[0]]));
      expect(await countOf(metric("both"))).toBe(1);
    });

    test("of two shards one does not answer: the repeat loses and doubles nothing", async () => {
      const two = { SHARDS: "2" };
      const [a, b] = [0, 1].map((at) => nameIn(dialect, at, name("half")));
      const body = sent(dialect.both(dialect.good(a!), dialect.good(b!)));
      const broken = { ...two, SHARD: withoutShard(env.SHARD, 1) };
      expect((await send(path, body, typed, broken))[0]).toBe(503);
      expect((await send(path, body, typed, broken))[0]).toBe(503);
      expect((await send(path, body, typed, two))[0]).toBe(dialect.ok[0]);
      expect((await send(path, body, typed, two))[0]).toBe(dialect.ok[0]);
      for (const one of [a!, b!]) expect(await countOf(dialect.stored?.(one) ?? one, two)).toBe(1);
    });
  });

const nameIn = ({ stored }: Dialect, shard: number, prefix: string): string =>
  Array.from({ length: 99 }, (_, i) => `${prefix}.${i}`).find(
    (name) => shardOf(stored?.(name) ?? name, 2) === shard,
  )!;

describe("what is another request", () => {
  const line = (metric: string): string => `${metric} value=1 ${NOW}000000`;
  type Sent = [path: string, body: string, headers?: Readonly<Record<string, string>>];
  const twice = (what: string, first: Sent, second: Sent) =>
    test(what, async () => {
      for (const request of [first, second]) expect((await send(...request))[0]).toBe(204);
      expect(await countOf(first[1].split(" ")[0]!)).toBe(2);
    });
  twice("another path", ["/write", line("path")], ["/api/v2/write", line("path")]);
  twice("another database", ["/write?db=a", line("db")], ["/write?db=b", line("db")]);
  twice("another body", ["/write", line("body")], ["/write", `${line("body")}\n`]);
  twice(
    "another sender",
    ["/write", line("sender"), { authorization: "Token a" }],
    ["/write", line("sender"), { authorization: "Token b" }],
  );
  twice("a time of arrival", ["/write", "arrival value=1"], ["/write", "arrival value=1"]);
  twice(
    "its own Idempotency-Key",
    ["/write", line("keys"), { "idempotency-key": "1" }],
    ["/write", line("keys"), { "idempotency-key": "2" }],
  );

  test("one time of arrival among others", async () => {
    const body = `some value=1 ${NOW}000000\nsome value=2`;
    for (let i = 0; i < 2; i++) expect((await send("/write", body))[0]).toBe(204);
    expect(await countOf("some")).toBe(4);
  });

  test("each of the native format", async () => {
    for (let i = 0; i < 2; i++)
      expect(await store({ name: "native", value: 1, timestamp: NOW })).toEqual({ accepted: 1 });
    expect(await countOf("native")).toBe(2);
  });
});

test("compressed, or with the token elsewhere in the request: the same content", async () => {
  const closed = { ...env, OPEN: undefined, API_TOKEN: TOKEN } as unknown as typeof env;
  const body = `zipped 1 ${SEC}`;
  const gzip = await new Response(
    new Blob([body]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  for (const init of [
    { body, headers: { authorization: `Basic ${btoa(`a:${TOKEN}`)}` } },
    {
      body: gzip,
      headers: { authorization: `Basic ${btoa(`b:${TOKEN}`)}`, "content-encoding": "gzip" },
    },
  ])
    expect(
      (await app.request("/api/v1/graphite", { method: "POST", ...init }, closed)).status,
    ).toBe(200);
  expect(await countOf("zipped")).toBe(1);
});

test("what was removed is stored again by the same request", async () => {
  const body = `gone 1 ${SEC}`;
  await send("/api/v1/graphite", body);
  expect((await fetchApi("/api/v1/metric?name=gone", { method: "DELETE" })).status).toBe(200);
  await send("/api/v1/graphite", body);
  await send("/api/v1/graphite", body);
  expect(await countOf("gone")).toBe(1);
});
