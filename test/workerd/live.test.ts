// The live socket: a snapshot, then what changes, at most one message a second about a metric; late
// minutes are a reload; sockets outlive the memory of their shard. Messages are waited for, not slept
// for: the shard's own timer of a second runs.

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import * as LIMITS from "../../src/core/limits.ts";
import { encodeBatch } from "../../src/core/series/batch.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { fetchApi, NOW, query, store } from "./api-client.ts";

const shard = env.SHARD.getByName("0");

const column = z.array(z.number());
const message = z.strictObject({
  type: z.enum(["snapshot", "changed"]),
  metric: z.string(),
  step: z.literal(60_000),
  at: z.number(),
  from: z.number().nullable(),
  series: z.array(
    z.strictObject({
      labels: z.record(z.string(), z.string()),
      t: column,
      avg: column,
      min: column,
      max: column,
      sum: column,
      count: column,
      first: column,
      last: column,
      firstAt: column,
      lastAt: column,
      carry: column,
      samples: z.array(column.nullable()).optional(),
      ends: column.optional(),
    }),
  ),
  reload: z.strictObject({ from: z.number(), to: z.number() }).optional(),
  reloadSamples: z.strictObject({ from: z.number(), to: z.number() }).optional(),
});
type Message = z.output<typeof message>;

/** A socket whose messages are taken one by one, in order. */
class Client {
  readonly socket: WebSocket;
  /** The code with which it was closed. */
  readonly closed: Promise<number>;
  /** The same once it is known. */
  closedBy: number | undefined;
  /** Whether it says that it reads when it is asked. */
  readonly #answers: boolean;
  readonly #received: { readonly text: string; readonly at: number }[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket, answers: boolean) {
    this.socket = socket;
    this.#answers = answers;
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve((this.closedBy = code)));
    });
    socket.addEventListener("message", ({ data }) => {
      if (data === '{"type":"ping"}') {
        if (this.#answers && socket.readyState === WebSocket.OPEN) socket.send("pong");
        return;
      }
      this.#received.push({ text: String(data), at: performance.now() });
      this.#wake();
    });
    socket.accept();
  }

  /** Messages that have come and were not taken. */
  get waiting(): number {
    return this.#received.length;
  }

  async text(): Promise<{ readonly text: string; readonly at: number }> {
    while (this.#received.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#received.shift()!;
  }

  async next(): Promise<Message> {
    return message.parse(JSON.parse((await this.text()).text));
  }

  async hearsRemoval(metric: string): Promise<void> {
    const { text } = await this.text();
    expect(JSON.parse(text)).toEqual({ type: "removed", metric, at: Date.now() });
  }
}

const clients: Client[] = [];

async function connect(metric: string, answers = true): Promise<Client> {
  const response = await fetchApi(`/api/v1/live?metric=${encodeURIComponent(metric)}`, {
    headers: { upgrade: "websocket" },
  });
  expect(response.status).toBe(101);
  const client = new Client(response.webSocket!, answers);
  clients.push(client);
  return client;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.close(1000);
});

const put = (
  name: string,
  value: number,
  timestamp = NOW,
  labels: Record<string, string> = {},
): Promise<unknown> => store({ name, value, timestamp, labels });

/** Sum and count of the one minute of the one series that a message is about. */
const bucket = ({ series }: Message): unknown => series.map(({ t, sum, count }) => [t, sum, count]);

test("a snapshot of the open minutes, then what changes", async () => {
  await put("first", 1, NOW - MINUTE, { host: "a" });
  await put("first", 2, NOW, { host: "a" });
  await put("another", 3);
  const client = await connect("first");
  expect(await client.next()).toEqual({
    type: "snapshot",
    metric: "first",
    step: MINUTE,
    at: NOW,
    from: 0,
    series: [
      {
        labels: { host: "a" },
        t: [NOW - MINUTE, NOW],
        avg: [1, 2],
        min: [1, 2],
        max: [1, 2],
        sum: [1, 2],
        count: [1, 1],
        first: [1, 2],
        last: [1, 2],
        firstAt: [NOW - MINUTE, NOW],
        lastAt: [NOW - MINUTE, NOW],
        carry: [0, 0],
        samples: [
          [0, 1],
          [0, 2],
        ],
      },
    ],
  });
  const sent = performance.now();
  await put("another", 4);
  await put("first", 5, NOW + 1, { host: "a" });
  const { text, at } = await client.text();
  expect(at - sent).toBeLessThan(1_500);
  expect(message.parse(JSON.parse(text))).toEqual({
    type: "changed",
    metric: "first",
    step: MINUTE,
    at: NOW,
    from: 0,
    series: [
      {
        labels: { host: "a" },
        t: [NOW],
        avg: [3.5],
        min: [2],
        max: [5],
        sum: [7],
        count: [2],
        first: [2],
        last: [5],
        firstAt: [NOW],
        lastAt: [NOW + 1],
        carry: [0],
        samples: [[0, 2, 1, 5]],
      },
    ],
  });
});

test("an unknown metric waits for its first point", async () => {
  const client = await connect("not yet");
  expect(await client.next()).toMatchObject({ type: "snapshot", metric: "not yet", series: [] });
  await put("not yet", 1, NOW, { host: "new" });
  expect(await client.next()).toMatchObject({
    type: "changed",
    series: [{ labels: { host: "new" }, count: [1] }],
  });
});

test("a burst is one message, and the next one comes a second later", async () => {
  const client = await connect("burst");
  await client.next();
  vi.setSystemTime(NOW + 10_000);
  await put("burst", 1);
  const told = [await client.text()];
  for (let i = 0; i < 20; i++) await put("burst", 1);
  const ended = performance.now();
  const all = JSON.stringify([[[NOW], [21], [21]]]);
  do told.push(await client.text());
  while (JSON.stringify(bucket(message.parse(JSON.parse(told.at(-1)!.text)))) !== all);
  const gaps = told.slice(1).map(({ at }, i) => at - told[i]!.at);
  expect(Math.min(...gaps)).toBeGreaterThan(800);
  // Two, unless the burst takes longer than a second.
  expect(told.length).toBeLessThanOrEqual(2 + Math.floor((ended - told[0]!.at) / 1_000));
  expect(client.waiting).toBe(0);
});

test("every socket of a metric is told, sockets of others are not", async () => {
  const [a, b, other] = await Promise.all([connect("both"), connect("both"), connect("quiet")]);
  for (const client of [a, b, other]) expect((await client.next()).type).toBe("snapshot");
  await put("both", 1);
  expect(bucket(await a.next())).toEqual([[[NOW], [1], [1]]]);
  expect(bucket(await b.next())).toEqual([[[NOW], [1], [1]]]);
  expect(other.waiting).toBe(0);
});

test("several series and minutes in one message", async () => {
  const client = await connect("several");
  await client.next();
  await store(
    ["a", "b"].flatMap((host) =>
      [0, 1].map((ago) => ({
        name: "several",
        value: ago,
        timestamp: NOW - ago * MINUTE,
        labels: { host },
      })),
    ),
  );
  const { series } = await client.next();
  expect(series.map(({ labels, t }) => [labels.host, t])).toEqual([
    ["a", [NOW - MINUTE, NOW]],
    ["b", [NOW - MINUTE, NOW]],
  ]);
});

describe("what is in D1", () => {
  test("a late minute is a reload, and /query has it", async () => {
    await put("late", 1, NOW - HOUR);
    expect(await shard.flush()).toBe(true);
    const client = await connect("late");
    const { from, series } = await client.next();
    expect(series).toEqual([]);
    expect(from).toBeGreaterThan(NOW - HOUR);
    await store(
      [NOW - HOUR + 1, NOW - 2 * HOUR].map((timestamp) => ({ name: "late", value: 2, timestamp })),
    );
    expect(await client.next()).toMatchObject({
      type: "changed",
      series: [],
      reload: { from: NOW - 2 * HOUR, to: NOW - HOUR + MINUTE },
    });
    const answer = await query({ metric: "late", from: "-3h", to: "now" });
    expect(answer.series).toMatchObject([{ count: [1, 2] }]);
  });

  test("connecting after a flush leaves no gap: from says what to ask for", async () => {
    await put("gap", 1, NOW - 2 * MINUTE);
    await shard.flush();
    vi.setSystemTime(NOW + 5 * MINUTE);
    await put("gap", 2, NOW + 4 * MINUTE);
    const { from, series } = await (await connect("gap")).next();
    const before = await query({ metric: "gap", from: "-1d", to: from });
    expect([...(before.series[0]?.t ?? []), ...(series[0]?.t ?? [])]).toEqual([
      NOW - 2 * MINUTE,
      NOW + 4 * MINUTE,
    ]);
  });

  test("what changes in a minute after its flush is a reload, not a part of the truth", async () => {
    vi.setSystemTime(NOW + 20 * MINUTE);
    const at = NOW + 20 * MINUTE;
    const client = await connect("again");
    await client.next();
    await put("again", 1, at);
    expect(bucket(await client.next())).toEqual([[[at], [1], [1]]]);
    await shard.flush();
    await put("again", 2, at);
    expect(await client.next()).toMatchObject({
      series: [],
      reload: { from: at, to: at + MINUTE },
    });
  });
});

describe("hibernation", () => {
  test("sockets outlive their shard's memory", async () => {
    const at = NOW + 30 * MINUTE;
    vi.setSystemTime(at);
    await put("sleep", 1, at);
    const client = await connect("sleep");
    expect(bucket(await client.next())).toEqual([[[at], [1], [1]]]);
    await evictDurableObject(shard, { webSockets: "hibernate" });
    await put("sleep", 2, at);
    expect(bucket(await client.next())).toEqual([[[at], [3], [2]]]);
  });

  test("a ping is answered", async () => {
    const client = await connect("ping");
    await client.next();
    client.socket.send("ping");
    expect((await client.text()).text).toBe("pong");
    await evictDurableObject(shard, { webSockets: "hibernate" });
    client.socket.send("ping");
    expect((await client.text()).text).toBe("pong");
  });

  test("anything else that a client says is ignored", async () => {
    const client = await connect("talk");
    await client.next();
    client.socket.send("hello");
    client.socket.send(new Uint8Array([1, 2, 3]));
    const at = NOW + 40 * MINUTE;
    vi.setSystemTime(at);
    await put("talk", 1, at);
    expect((await client.next()).type).toBe("changed");
  });
});

test("a client that leaves is answered, and forgotten", async () => {
  const client = await connect("leaves");
  await client.next();
  client.socket.close(1000, "done");
  expect(await client.closed).toBe(1000);
  expect(await put("leaves", 1)).toEqual({ accepted: 1 });
});

describe("a removal", () => {
  const remove = async (metric: string): Promise<void> => {
    const path = `/api/v1/metric?name=${encodeURIComponent(metric)}`;
    expect((await fetchApi(path, { method: "DELETE" })).status).toBe(200);
  };

  test("is told to whoever watches the metric, who hears of it when it comes again", async () => {
    const at = NOW + 50 * MINUTE;
    vi.setSystemTime(at);
    await put("removed", 1, at, { host: "a" });
    await put("bystander", 1, at);
    const [client, other] = [await connect("removed"), await connect("bystander")];
    for (const one of [client, other]) expect((await one.next()).series).toHaveLength(1);
    await remove("removed");
    await client.hearsRemoval("removed");
    await put("removed", 5, at, { host: "a" });
    const { series } = await client.next();
    expect(series).toMatchObject([{ labels: { host: "a" }, t: [at], sum: [5], count: [1] }]);
    expect(other.waiting).toBe(0);
  });

  test("is not followed by what changed before it", async () => {
    const at = NOW + 50 * MINUTE;
    vi.setSystemTime(at);
    await put("crossing", 1, at);
    const client = await connect("crossing");
    await client.next();
    await put("crossing", 2, at);
    await client.next();
    // Within a second of a message, news wait; a removal does not.
    await put("crossing", 3, at);
    await remove("crossing");
    await client.hearsRemoval("crossing");
    await put("crossing", 4, at);
    expect(bucket(await client.next())).toEqual([[[at], [4], [1]]]);
  });
});

describe("samples", () => {
  test("come with their minute while it keeps them, each time all of them", async () => {
    const at = NOW + 51 * MINUTE;
    vi.setSystemTime(at);
    const client = await connect("sampled");
    await client.next();
    await put("sampled", 1, at + 10_250);
    expect((await client.next()).series[0]?.samples).toEqual([[10_250, 1]]);
    for (const [i, value] of [5, 4, 3].entries()) await put("sampled", value, at + i * 1_000);
    const { series } = await client.next();
    expect(series).toMatchObject([{ t: [at], count: [4], samples: [[0, 5, 1_000, 4, 2_000, 3, 10_250, 1]] }]); // prettier-ignore
    await store([{ name: "sampled", datapoints: [6, 7, 8].map((s) => [at + s * 1_000, s]) }]);
    // Of seven points, the minute keeps what they amount to.
    const [full] = (await client.next()).series;
    expect(full).toMatchObject({ count: [7], sum: [34] });
    expect(full).not.toHaveProperty("samples");
  });

  test("more than a message has room for are to be asked for; their buckets come", async () => {
    const at = NOW + 52 * MINUTE;
    vi.setSystemTime(at + 5 * MINUTE);
    const client = await connect("crowded");
    await client.next();
    const minutes = Math.floor(LIMITS.samplesPerPush / 6) + 1;
    await store(
      Array.from({ length: minutes }, (_, host) => ({
        name: "crowded",
        labels: { host: String(host) },
        datapoints: Array.from({ length: 6 }, (_, i) => [at + i * 1_000, i]),
      })),
    );
    const { series, reload, reloadSamples } = await client.next();
    expect(series.filter(({ samples }) => samples !== undefined)).toHaveLength(minutes - 1);
    expect(series.map(({ count }) => count)).toEqual(series.map(() => [6]));
    expect(series).toHaveLength(minutes);
    expect({ reload, reloadSamples }).toEqual({ reloadSamples: { from: at, to: at + MINUTE } });
  });

  test("are followed by the time at which the series ended", async () => {
    const at = NOW + 53 * MINUTE;
    vi.setSystemTime(at);
    const client = await connect("ended");
    await client.next();
    await put("ended", 1, at);
    await client.next();
    const ended = encodeBatch({
      series: ["ended{}"],
      index: Uint8Array.of(0),
      at: Float64Array.of(at + MINUTE + 5_000),
      value: Float64Array.of(Number.NaN),
    });
    await shard.append(ended, 1);
    expect((await client.next()).series).toMatchObject([{ t: [], ends: [at + MINUTE + 5_000] }]);
  });
});

describe("who is told", () => {
  for (const [kind, character] of [
    ["CJK characters", "値"],
    ["emoji", "😀"],
  ] as const)
    test(`who watches a metric named with as many ${kind} as a name may have`, async () => {
      const at = NOW + 55 * MINUTE;
      vi.setSystemTime(at);
      const name = character.repeat(200 / character.length);
      await put(name, 1, at);
      const client = await connect(name);
      expect(await client.next()).toMatchObject({ metric: name, series: [{ sum: [1] }] });
      await evictDurableObject(shard, { webSockets: "hibernate" });
      await put(name, 2, at);
      expect(bucket(await client.next())).toEqual([[[at], [3], [2]]]);
    });

  test("many metrics at once, with few timers", async () => {
    const { send } = WebSocket.prototype;
    const at = NOW + 55 * MINUTE;
    vi.setSystemTime(at);
    const names = Array.from({ length: 60 }, (_, i) => `many.${i}`);
    const watching = await Promise.all(names.map((name) => connect(name)));
    await Promise.all(watching.map((client) => client.next()));
    const timers = vi.spyOn(globalThis, "setTimeout");
    onTestFinished(() => timers.mockRestore());
    // Others have their turn in between: how many messages there are until the next timer is set.
    const turns = new Map<number, number>();
    const sends = vi.spyOn(WebSocket.prototype, "send").mockImplementation(function (
      this: WebSocket,
      data,
    ) {
      const turn = timers.mock.calls.length;
      if (String(data).startsWith('{"type":"changed"')) turns.set(turn, (turns.get(turn) ?? 0) + 1);
      send.call(this, data);
    });
    onTestFinished(() => sends.mockRestore());
    await store(names.map((name) => ({ name, value: 1, timestamp: at })));
    const told = await Promise.all(watching.map((client) => client.next()));
    expect(told.map(({ metric }) => metric)).toEqual(names);
    expect(timers.mock.calls.length).toBeLessThan(30);
    const counts = [...turns.values()];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(names.length);
    expect(Math.max(...counts)).toBeLessThanOrEqual(LIMITS.metricsPerPush);
  });
});

describe("who does not read", () => {
  const wide = (name: string, at: number) =>
    store(
      Array.from({ length: 4_000 }, (_, i) => ({
        name,
        value: i / 7,
        timestamp: at,
        labels: { host: `a.long.name.of.a.host.${i}` },
      })),
    );

  test("is told no more, then dropped, and catches up when it is back; who reads is not", async () => {
    const at = NOW + 58 * MINUTE;
    vi.setSystemTime(at);
    await wide("torrent", at);
    const [deaf, reads, quiet] = [
      await connect("torrent", false),
      await connect("torrent"),
      await connect("trickle"),
    ];
    for (const one of [deaf, reads, quiet]) await one.next();
    let pushes = 0;
    while (deaf.closedBy === undefined) {
      await wide("torrent", at + ++pushes);
      expect((await reads.next()).series).toHaveLength(4_000);
      expect(deaf.waiting).toBe(0);
    }
    expect(deaf.closedBy).toBe(1013);
    expect(pushes).toBeLessThan(10);
    const back = await connect("torrent");
    const { series } = await back.next();
    expect(series).toHaveLength(4_000);
    expect(series[0]?.count).toEqual([pushes + 1]);
    // One that reads may be told as much again and again.
    for (let more = 0; more < 3; more++) {
      await wide("torrent", at + 1_000 + more);
      await reads.next();
    }
    await put("trickle", 1, at);
    expect((await quiet.next()).type).toBe("changed");
  });

  test("but is only slow gets a snapshot when it has read", async () => {
    const at = NOW + 58 * MINUTE + 30_000;
    vi.setSystemTime(at);
    await wide("slow", at);
    const [slow, other] = [await connect("slow", false), await connect("slow")];
    for (const one of [slow, other]) await one.next();
    await wide("slow", at + 1);
    expect((await other.next()).type).toBe("changed");
    slow.socket.send("pong");
    const { type, series } = await slow.next();
    expect(type).toBe("snapshot");
    expect(series[0]?.count).toEqual([2]);
  });

  test("is not forgotten by a shard that sleeps", async () => {
    const at = NOW + 59 * MINUTE;
    vi.setSystemTime(at);
    await wide("sleepy", at);
    const deaf = await connect("sleepy", false);
    await deaf.next();
    for (let i = 1; deaf.closedBy === undefined; i++) {
      expect(i).toBeLessThan(10);
      await evictDurableObject(shard, { webSockets: "hibernate" });
      await wide("sleepy", at + i);
    }
    expect(deaf.closedBy).toBe(1013);
  });
});
