// A request that comes again, since its sender got no answer: in formats whose senders do so it counts
// once without any key, whatever was lost, and the answer is that of the first.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { FORMATS } from "../../src/core/formats/registry.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { app } from "../../src/worker/app.ts";
import type { query } from "./api-client.ts";
import { fetchApi, NOW, store, TOKEN } from "./api-client.ts";
import { Shard } from "./worker.ts";
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
  /** More than a minute keeps: no sample of it is known again. */
  const many = (metric: string): string =>
    Array.from({ length: 7 }, (_, i) => `${metric} value=1 ${NOW + i}000000`).join("\n");
  type Sent = [path: string, body: string, headers?: Readonly<Record<string, string>>];
  const twice = (what: string, first: Sent, second: Sent) =>
    test(what, async () => {
      for (const request of [first, second]) expect((await send(...request))[0]).toBe(204);
      expect(await countOf(first[1].split(" ")[0]!)).toBe(2 * first[1].split("\n").length);
    });
  twice("another path", ["/write", many("path")], ["/api/v2/write", many("path")]);
  twice("another database", ["/write?db=a", many("db")], ["/write?db=b", many("db")]);
  twice("another body", ["/write", many("body")], ["/write", `${many("body")}\n`]);
  twice(
    "another sender",
    ["/write", many("sender"), { authorization: "Token a" }],
    ["/write", many("sender"), { authorization: "Token b" }],
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

describe("sent again in other pieces", () => {
  const line = (metric: string, i: number, value = i): string =>
    `${metric},host=a value=${value} ${NOW + i * 1_000}000000`;
  const lines = (metric: string, from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => line(metric, from + i)).join("\n");
  const write = async (body: string): Promise<void> => {
    expect((await send("/write", body))[0]).toBe(204);
  };

  const sealedPages = (): Promise<number> =>
    runInDurableObject(shard, (_, { storage }) => {
      const [row] = storage.sql.exec<{ manifest: string }>("SELECT manifest FROM state").toArray();
      return (JSON.parse(row!.manifest) as { sealed: readonly unknown[] }).sealed.length;
    });

  test("the formats of agents that do so", () => {
    const paths = FORMATS.filter(({ repeats }) => repeats).flatMap(({ paths }) => paths);
    expect([...new Set(paths)].sort()).toEqual([
      "/api/v1/import/native",
      "/api/v1/push",
      "/api/v1/write",
      "/api/v2/write",
      "/otlp/v1/metrics",
      "/prometheus/api/v1/write",
      "/v1/metrics",
      "/write",
    ]);
  });

  for (const [what, dialect] of Object.entries(DIALECTS)) {
    const { path, type } = dialect;
    const countsOnce = FORMATS.some(({ repeats, paths }) => repeats && paths.includes(path as "/"));
    // Every format tells its points by their time, but not all that an agent sends twice is one.
    test(`${what}: ${countsOnce ? "once" : "each"}`, async () => {
      const name = `pieces.${what.toLowerCase().replaceAll(/\W+/g, ".")}`;
      const [first, second] = [dialect.good(name), dialect.good(`${name}.more`)];
      const bodies = [first, dialect.both(first, second), second];
      for (const body of bodies)
        expect(
          (await send(path, dialect.encode?.(body) ?? body, { "content-type": type }))[0],
        ).toBe(dialect.ok[0]);
      const stored = (metric: string): Promise<number> =>
        countOf(dialect.stored?.(metric) ?? metric);
      expect([await stored(name), await stored(`${name}.more`)]).toEqual(
        countsOnce ? [1, 1] : [2, 2],
      );
    });
  }

  test("open, replayed, and sealed: once; what D1 has taken counts again", async () => {
    await write(lines("borders", 0, 4));
    await write(lines("borders", 2, 5));
    expect(await countOf("borders")).toBe(5);
    await evictDurableObject(shard);
    expect(await countOf("borders")).toBe(5);
    await write(lines("borders", 1, 6));
    await evictDurableObject(shard);
    expect(await countOf("borders")).toBe(6);
    // D1 is away: the minutes stay in a sealed page.
    Shard.faults.next = "down";
    Shard.faults.times = Infinity;
    expect(await shard.flush()).toBe(false);
    Shard.faults.next = "none";
    Shard.faults.times = 1;
    expect(await sealedPages()).toBe(1);
    await write(`${lines("borders", 0, 3)}\n${line("borders", 1, 9)}`);
    await evictDurableObject(shard);
    await write(lines("borders", 0, 6));
    expect(await countOf("borders")).toBe(7);
    await shard.flush();
    expect(await countOf("borders")).toBe(7);
    await write(`${line("borders", 0)}\n`);
    expect(await countOf("borders")).toBe(8);
  });

  test("within one request, and beside what the native format counts", async () => {
    await write(`${line("one", 0)}\n${line("one", 0)}\n${line("one", 0, 7)}`);
    expect(await countOf("one")).toBe(2);
    const point = { name: "one", labels: { host: "a" }, value: 0, timestamp: NOW };
    await store(point);
    expect(await countOf("one")).toBe(3);
    await write(line("one", 0));
    await evictDurableObject(shard);
    expect(await countOf("one")).toBe(3);
  });
});
