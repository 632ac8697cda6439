// A body of any length, which is stored piece by piece as it comes: VictoriaMetrics' native format.

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { app } from "../../src/worker/app.ts";
import { Turns } from "../../src/worker/turns.ts";
import { exported, type Written } from "../node/formats/victoria-native/blocks.ts";
import { NOW, query } from "./api-client.ts";
import { withoutShard } from "./faults.ts";
import { Shard } from "./worker.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

type Body = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

const send = async (body: Body, of: Partial<typeof env> = {}) => {
  const request = { method: "POST", body, headers: { "content-type": "" } };
  const response = await app.request("/api/v1/import/native", request, { ...env, ...of });
  return [response.status, await response.text()] as const;
};

/** A counter that steps by one each second, up to now or `end`. */
const steady = (name: string, rows: number, end = NOW): Written => ({
  name,
  labels: { host: "a" },
  times: Array.from({ length: rows }, (_, i) => BigInt(end - (rows - 1 - i) * 1_000)),
  mantissas: Array.from({ length: rows }, (_, i) => BigInt(i)),
  precision: 64,
  kind: rows === 1 ? 3 : 2,
});

const countOf = async (metric: string): Promise<number> =>
  (await query({ metric, from: "-30d", to: "+1h", resolution: "hour" })).series
    .flatMap(({ count }) => count)
    .reduce((a, b) => a + b, 0);

const OLD = NOW - 500 * 86_400_000;

test("more than a request may hold, and again: in another order, up to another time", async () => {
  const large = Array.from({ length: 7 }, (_, i) => steady(`large.${i}`, 16_384));
  const small = Array.from({ length: LIMITS.piecesPerWrite + 200 }, (_, i) => ({
    ...steady("small", 1),
    labels: { n: String(i) },
  }));
  const all = [...large, ...small];
  expect(16_384 * large.length).toBeGreaterThan(LIMITS.pointsPerRequest);
  const until = (end: number) => [BigInt(NOW - 86_400_000), BigInt(end)] as const;
  expect(await send(exported(all, until(NOW)))).toEqual([204, ""]);
  expect(await send(exported(all.toReversed(), until(NOW + 5_000)))).toEqual([204, ""]);
  expect(await countOf("large.3")).toBe(16_384);
  expect(await countOf("small")).toBe(small.length);
});

describe("blocks that are others now", () => {
  /** Twice a minute, from minute `first` up to `end`, so that minutes keep their samples. */
  const block = (name: string, first: number, end: number, host = "a"): Written => ({
    name,
    labels: { host },
    times: Array.from({ length: 2 * (end - first) }, (_, i) => {
      return BigInt(NOW - 3_600_000 + first * 60_000 + i * 30_000);
    }),
    mantissas: Array.from({ length: 2 * (end - first) }, (_, i) => BigInt(2 * first + i)),
    precision: 64,
    kind: 2,
  });
  const take = async (...blocks: readonly Written[]): Promise<void> =>
    expect(await send(exported(blocks))).toEqual([204, ""]);

  /** Seals all that is open, and lets D1 take none of it. */
  const sealed = async (): Promise<void> => {
    const shard = env.SHARD.getByName("0");
    Shard.faults.next = "down";
    Shard.faults.times = Infinity;
    expect(await shard.flush()).toBe(false);
    Shard.faults.next = "none";
    Shard.faults.times = 1;
  };

  for (const [what, between] of [
    ["open", async () => undefined],
    ["sealed", sealed],
  ] as const)
    test(`grown, merged and cut elsewhere, ${what}: the samples that they share count once`, async () => {
      const name = `blocks.${what}`;
      await take(block(name, 0, 10), block(name, 10, 12), block(name, 0, 3, "b"));
      await between();
      await take(block(name, 0, 14), block(name, 2, 5, "b"));
      await between();
      await take(block(name, 5, 16), block(name, 0, 6, "b"));
      await evictDurableObject(env.SHARD.getByName("0"));
      expect(await countOf(name)).toBe(2 * 16 + 2 * 6);
    });

  test("within one body, and of parts whose ranges overlap", async () => {
    const all = block("blocks.parts", 0, 20);
    const part = (first: number, end: number) => exported([all], [at(first), at(end)]);
    const at = (minute: number): bigint => BigInt(NOW - 3_600_000 + minute * 60_000);
    await take(block("blocks.body", 0, 8), block("blocks.body", 4, 12));
    expect(await send(part(0, 12))).toEqual([204, ""]);
    await sealed();
    expect(await send(part(7, 19))).toEqual([204, ""]);
    expect([await countOf("blocks.body"), await countOf("blocks.parts")]).toEqual([24, 39]);
  });

  test("an Idempotency-Key says what is a repeat", async () => {
    for (const [key, end] of [
      ["one", 4],
      ["two", 5],
    ] as const) {
      const body = exported([block("blocks.keys", 0, end)]);
      const headers = { "content-type": "", "idempotency-key": key };
      const request = { method: "POST", body, headers };
      expect((await app.request("/api/v1/import/native", request, env)).status).toBe(204);
    }
    expect(await countOf("blocks.keys")).toBe(8 + 10);
  });

  test("what D1 has taken counts again", async () => {
    await take(block("blocks.flushed", 0, 4));
    await env.SHARD.getByName("0").flush();
    await take(block("blocks.flushed", 0, 5));
    expect(await countOf("blocks.flushed")).toBe(8 + 10);
  });
});

/** The shards, and how many pieces each call to them had. */
function counted(calls: number[]): typeof env.SHARD {
  return {
    getByName: (name: string) => ({
      appendEach: async (...args: Parameters<Shard["appendEach"]>) => {
        calls.push(args[0].length);
        return await env.SHARD.getByName(name).appendEach(...args);
      },
    }),
  } as unknown as typeof env.SHARD;
}

test("what waits is bounded in pieces", async () => {
  const calls: number[] = [];
  const blocks = Array.from({ length: LIMITS.piecesPerWrite + 1 }, () => steady("pieces", 1));
  expect(await send(exported(blocks), { SHARD: counted(calls) })).toEqual([204, ""]);
  expect(calls).toEqual([LIMITS.piecesPerWrite, 1]);
});

test("what waits is bounded in bytes", async () => {
  const calls: number[] = [];
  // Names that are no series, of all the bytes that a frame may have.
  const long = { ...steady("bytes.long", 1), labels: { a: "x".repeat(1_000_000) } };
  const few = Math.ceil(LIMITS.pieceBytesPerWrite / 1_000_000);
  const blocks = [steady("bytes.first", 1), ...Array.from({ length: few }, () => long)];
  await send(exported([...blocks, steady("bytes.last", 1)]), { SHARD: counted(calls) });
  expect(calls).toEqual([1, 1]);
});

test("while it waits for more to come, others have their turn", async () => {
  // A turn that is not ended goes on for ever.
  vi.useFakeTimers({ toFake: ["Date", "performance"], now: NOW });
  const blocks = Array.from({ length: LIMITS.rowsPerTurn / 16_384 }, (_, i) =>
    steady(`turn.${i}`, 16_384),
  );
  const bytes = exported(blocks);
  let pulls = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (pulls++ === 0) return controller.enqueue(bytes);
        const other = new Turns();
        await other.next();
        other.rest();
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  expect(await send(body)).toEqual([204, ""]);
});

test("a byte at a time", async () => {
  const bytes = exported([steady("bytes", 40), steady("bytes.more", 1)]);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect(await send(body)).toEqual([204, ""]);
  expect([await countOf("bytes"), await countOf("bytes.more")]).toEqual([40, 1]);
});

test("a block that is broken: those before it are stored, and count once when all come", async () => {
  const [first, third] = [steady("broken", 3), steady("broken.third", 3)];
  const bytes = exported([first, { ...first, times: first.times.toReversed(), kind: 6 }, third]);
  expect(await send(bytes)).toEqual([
    400,
    "block 2: its last time is before its first; 3 points before it are stored, and count once when they come again\n",
  ]);
  expect(await send(exported([first, third]))).toEqual([204, ""]);
  expect([await countOf("broken"), await countOf("broken.third")]).toEqual([3, 3]);
  expect(await send(exported([steady("cut", 3), steady("cut.off", 1)]).subarray(0, -1))).toEqual([
    400,
    "block 2: it is cut off; 3 points before it are stored, and count once when they come again\n",
  ]);
});

test("a shard that does not answer: nothing counts twice when all come again", async () => {
  const body = exported([steady("again.a", 3), steady("again.b", 3), steady("again.c", 3)]);
  const [status, text] = await send(body, { SHARDS: "2", SHARD: withoutShard(env.SHARD, 1) });
  expect([status, text]).toEqual([503, expect.stringMatching(/^shard 1 did not answer.*again/)]);
  expect(await send(body, { SHARDS: "2" })).toEqual([204, ""]);
  for (const name of ["again.a", "again.b", "again.c"]) expect(await countOf(name)).toBe(3);
});

test("what is refused is said; when that is nearly all, no more is read", async () => {
  const old = (name: string): Written => steady(name, 16_384, OLD);
  const good = steady("old.good", 1);
  const [status, text] = await send(exported([old("old"), good]));
  expect(status).toBe(400);
  expect(text).toMatch(/^16384 points over a limit, 1 stored: .* is older than the 400 days/);
  const many = Array<Written>(20).fill(old("old.many"));
  const [, refused] = await send(exported([...many, steady("old.behind", 1)]));
  expect(refused).toMatch(/^\d+ points over a limit, 0 stored: .*; no more was read\n$/);
});

test("a body that goes on, but slowly: what is whole is stored, and half a block not waited for", async () => {
  const bytes = exported([steady("slow", 3), steady("slow.half", 3)]);
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent++ > 0) vi.setSystemTime(Date.now() + LIMITS.bodyMs);
      controller.enqueue(sent === 1 ? bytes.subarray(0, -2) : bytes.subarray(0, 0));
    },
  });
  const [status, text] = await send(body);
  expect([status, text]).toEqual([408, expect.stringMatching(/^no item arrived within 120 s/)]);
  expect(await countOf("slow")).toBe(3);
});
