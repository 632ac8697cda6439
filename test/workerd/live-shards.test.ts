// What a page shows is what /query says, however messages and answers cross, points come late, pages
// are flushed, metrics are removed, and SHARDS changes with the page open.

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, expect, test, vi } from "vitest";
import type { LiveMessage, QueryAnswer } from "../../src/core/api.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { Tail } from "../../src/ui/models/tail.ts";
import { withTail } from "../../src/ui/models/with-tail.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import type { Env } from "../../src/worker/env.ts";
import { NOW, search } from "./api-client.ts";
import { Shard } from "./worker.ts";

const FROM = NOW - HOUR;
const TO = NOW + MINUTE;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const storeOf = (shards: number): Env => ({ ...env, SHARDS: String(shards) });

/** Every shard loses its memory. */
async function evictAll(webSockets: "close" | "hibernate"): Promise<void> {
  for (let i = 0; i < 4; i++)
    await evictDurableObject(env.SHARD.getByName(String(i)), { webSockets }).catch(() => undefined);
}

/** Every shard starts anew with another SHARDS; the platform closes all sockets then. */
async function deploy(shards: number, webSockets: "close" | "hibernate" = "close"): Promise<Env> {
  Shard.variables = { SHARDS: String(shards) };
  await evictAll(webSockets);
  return storeOf(shards);
}

async function post(store: Env, name: string, minutesAgo: readonly number[]): Promise<void> {
  const body = minutesAgo.map((ago, i) => ({
    name,
    value: ago + i,
    timestamp: NOW - ago * MINUTE,
    labels: { host: String(i % 2) },
  }));
  const response = await app.request(
    "/api/v1/points",
    { method: "POST", body: JSON.stringify(body) },
    store,
  );
  expect(await response.json()).toEqual({ accepted: minutesAgo.length });
}

/** The minutes of the last hour; undefined: no such metric. */
async function query(store: Env, metric: string): Promise<QueryAnswer | undefined> {
  const asked = search({ metric, from: FROM, to: TO, resolution: "minute" });
  const response = await app.request(`/api/v1/query${asked}`, {}, store);
  if (response.status === 404) return undefined;
  return await response.json<QueryAnswer>();
}

/** Starts and counts, of all series. */
const rowsOf = (answer: QueryAnswer | undefined): unknown =>
  answer?.series.flatMap(({ t, count, sum }) => t.map((start, i) => [start, count[i], sum[i]])) ??
  [];

interface Question {
  readonly tail: Tail | undefined;
  readonly tailFrom: number;
  readonly answer: Promise<QueryAnswer | undefined>;
}

/** The data of a panel, as src/ui/models keeps them: a tail from the socket, an answer, a question. */
class Page {
  store: Env;
  readonly #metric: string;
  #socket: WebSocket | undefined;
  readonly #waiting: LiveMessage[] = [];
  #tail: Tail | undefined;
  #answered: { answer: QueryAnswer | undefined; tail: Tail | undefined; tailFrom: number };
  #asking: Question | undefined;
  #again = false;

  constructor(store: Env, metric: string) {
    this.store = store;
    this.#metric = metric;
    this.#answered = { answer: undefined, tail: undefined, tailFrom: Infinity };
    this.ask();
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  async connect(): Promise<void> {
    if (this.isOpen) return;
    const path = `/api/v1/live?metric=${encodeURIComponent(this.#metric)}`;
    const response = await app.request(path, { headers: { upgrade: "websocket" } }, this.store);
    const socket = response.webSocket;
    if (socket === null) return;
    socket.addEventListener("message", ({ data }) => {
      const message: LiveMessage = JSON.parse(String(data));
      if (socket === this.#socket) this.#waiting.push(message);
    });
    this.#waiting.length = 0;
    this.#socket = socket;
    socket.accept();
  }

  close(): void {
    this.#socket?.close(1000);
  }

  /** Takes the messages that have come. */
  deliver(): void {
    for (const message of this.#waiting.splice(0)) {
      if (message.type === "ping") this.#socket?.send("pong");
      else if (message.type === "removed") {
        this.#tail = undefined;
        this.#asking = undefined;
        this.#again = false;
        this.#answered = { answer: undefined, tail: undefined, tailFrom: Infinity };
      } else {
        let behind = true;
        if (message.type === "snapshot" || this.#tail === undefined) this.#tail = new Tail(message);
        else behind = this.#tail.take(message);
        const asked = (this.#asking ?? this.#answered).tail;
        if (!behind && this.#answered.tail === this.#tail) continue;
        if (this.#asking === undefined || (behind && asked !== this.#tail)) this.ask();
        else this.#again = true;
      }
    }
  }

  ask(): void {
    this.#again = false;
    const tailFrom = this.#tail?.from ?? Infinity;
    this.#asking = { tail: this.#tail, tailFrom, answer: query(this.store, this.#metric) };
  }

  /** The answer to the question on its way has come. */
  async land(): Promise<void> {
    const asking = this.#asking;
    if (asking === undefined) return;
    const answer = await asking.answer;
    if (asking !== this.#asking) return;
    this.#answered = { ...asking, answer };
    this.#asking = undefined;
    if (this.#again) this.ask();
  }

  get shown(): unknown {
    const { answer, tail, tailFrom } = this.#answered;
    if (answer === undefined || tail === undefined) return rowsOf(answer);
    const since = Math.max(tailFrom, tail.from, FROM);
    return rowsOf(
      since >= TO ? answer : withTail(answer, tail, { by: undefined, filters: [] }, since, TO),
    );
  }

  /** Does what a page does until it shows what /query says. */
  async settle(): Promise<void> {
    await vi.waitFor(
      async () => {
        await this.connect();
        this.deliver();
        await this.land();
        expect(this.shown).toEqual(rowsOf(await query(this.store, this.#metric)));
      },
      { timeout: 5_000, interval: 20 },
    );
  }
}

/** A metric that has another shard with 4 of them than with 1. */
const moving = (prefix: string): string =>
  Array.from({ length: 40 }, (_, i) => `${prefix}.${i}`).find((name) => shardOf(name, 4) !== 0)!;

const some = (length: number, from = 0): number[] => Array.from({ length }, (_, i) => from + i);

test("SHARDS goes from 1 to 4 with a page open on 30 minutes: it shows all of them, and the next", async () => {
  const metric = moving("open");
  let store = await deploy(1);
  await post(store, metric, some(30));
  const page = new Page(store, metric);
  await page.settle();
  store = page.store = await deploy(4);
  await post(store, metric, [0]);
  await page.settle();
  expect(page.shown).toHaveLength(30);
  // Before the cron has settled the change, and after.
  await post(store, metric, [0, 1]);
  await page.settle();
  await runCron(store);
  await post(store, metric, [0, 2]);
  await page.settle();
  expect(page.shown).toHaveLength(30);
  page.close();
});

test("a page that is opened on a shard that has just taken over shows what the old one had", async () => {
  const metric = moving("fresh");
  await post(await deploy(1), metric, some(30));
  const store = await deploy(4);
  await runCron(store);
  await post(store, metric, [0]);
  const page = new Page(store, metric);
  await page.settle();
  await post(store, metric, [0, 5]);
  await page.settle();
  expect(page.shown).toHaveLength(30);
  page.close();
});

test("a page of a metric that was removed follows it to another shard", async () => {
  const metric = moving("follows");
  let store = await deploy(1);
  await post(store, metric, some(3));
  const page = new Page(store, metric);
  await page.settle();
  await app.request(`/api/v1/metric?name=${metric}`, { method: "DELETE" }, store);
  await page.settle();
  expect(page.shown).toEqual([]);
  store = page.store = await deploy(4, "hibernate");
  await post(store, metric, [0, 4]);
  // The old shard is not asked for anything any more: its socket must not wait for that.
  await runCron(store);
  await page.settle();
  expect(page.shown).toHaveLength(2);
  page.close();
});

test("points that an old Worker still sends to the old shard show after the next minute", async () => {
  const metric = moving("straggler");
  const old = await deploy(1);
  await post(old, metric, some(3));
  const store = await deploy(4);
  await runCron(store);
  const page = new Page(store, metric);
  await page.settle();
  await post(old, metric, [0, 7]);
  await runCron(store);
  await page.settle();
  expect(page.shown).toHaveLength(4);
  page.close();
});

type Step =
  | { readonly do: "post"; readonly ago: readonly number[] }
  | { readonly do: "deploy"; readonly shards: number }
  | { readonly do: "flush" | "cron" | "sleep" | "remove" | "connect" | "deliver" | "ask" | "land" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("post" as const),
      ago: fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("deploy" as const),
      shards: fc.constantFrom(1, 2, 4),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "flush",
        "cron",
        "sleep",
        "remove",
        "connect",
        "deliver",
        "deliver",
        "ask",
        "land",
      ),
    }),
  },
);

test("whatever messages and answers come in whatever order, the page ends with what /query says", async () => {
  let runs = 0;
  let shards = 1;
  await deploy(1);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
      const metric = moving(`law.${runs++}`);
      const page = new Page(storeOf(shards), metric);
      const { store: first } = page;
      await post(first, metric, some(10));
      await page.connect();
      for (const step of steps) {
        const { store } = page;
        switch (step.do) {
          case "post":
            await post(store, metric, step.ago);
            break;
          case "deploy":
            ({ shards } = step);
            page.store = await deploy(shards);
            break;
          case "flush":
            for (let i = 0; i < shards; i++) await env.SHARD.getByName(String(i)).flush();
            break;
          case "cron":
            await runCron(store);
            break;
          case "sleep":
            await evictAll("hibernate");
            break;
          case "remove":
            await app.request(`/api/v1/metric?name=${metric}`, { method: "DELETE" }, store);
            break;
          case "connect":
            await page.connect();
            break;
          case "deliver":
            page.deliver();
            break;
          case "ask":
            page.ask();
            break;
          case "land":
            await page.land();
        }
      }
      await page.settle();
      page.close();
    }),
    { numRuns: 25 },
  );
}, 120_000);
