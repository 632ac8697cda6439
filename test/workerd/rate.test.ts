// Who asks too often is told to wait, in the words of its dialect; others are not.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { FORMATS } from "../../src/core/formats/registry.ts";
import * as LIMITS from "../../src/core/limits.ts";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import type { Endpoint } from "../../src/worker/http/endpoint.ts";
import { networkOf } from "../../src/worker/http/rate.ts";
import { ENDPOINTS } from "../../src/worker/routes/list.ts";
import { failureOf, NOW, TOKEN } from "./api-client.ts";

/** How long was waited, ms, each time: here nobody does. */
const waits: number[] = [];
beforeEach(() => {
  waits.length = 0;
  const wait = vi.spyOn(scheduler, "wait").mockImplementation(async (ms) => void waits.push(ms));
  onTestFinished(() => wait.mockRestore());
});

const { OPEN: _open, RATE_TOKENS: _tokens, RATE_ADDRESSES: _addresses, ...bindings } = env;
const closed: Env = { ...bindings, API_TOKEN: TOKEN };
const held: Env = { ...closed, RATE_TOKENS: env.RATE_TEST, RATE_ADDRESSES: env.RATE_TEST };

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const from = (address: string) => ({ "cf-connecting-ip": address });

const ask = async (of: Env, path: string, init: RequestInit = {}): Promise<Response> =>
  app.fetch(new Request(`http://localhost${path}`, init), of);

/** The first answer that is a 429, or what is said in its place; a minute may end while it is asked for. */
async function untilTooOften(once: () => Promise<Response>, status = 429): Promise<Response> {
  for (let i = 0; i < 10; i++) {
    const response = await once();
    if (response.status === status) return response;
    await response.body?.cancel();
  }
  throw new Error("never told to wait");
}

async function newToken(body: object): Promise<string> {
  const init = { method: "POST", headers: bearer(TOKEN), body: JSON.stringify(body) };
  const { token } = (await (await ask(closed, "/api/v1/tokens", init)).json()) as { token: string };
  return token;
}

test("a store that is deployed as it is counts addresses, and has a limit for tokens", async () => {
  // As wrangler.toml says.
  const most = 300;
  const answers: boolean[] = [];
  // Its ten seconds may end meanwhile, and begin again.
  for (let i = 0; i < 2 * most + 1 && answers.at(-1) !== false; i++)
    answers.push((await env.RATE_ADDRESSES.limit({ key: "busy" })).success);
  expect(answers.slice(0, most)).not.toContain(false);
  expect(answers.at(-1)).toBe(false);
  for (const limit of [env.RATE_TOKENS, env.RATE_ADDRESSES])
    expect(await limit.limit({ key: "calm" })).toEqual({ success: true });
});

test("a token that asks too often waits, and another does not", async () => {
  const [busy, calm] = [
    await newToken({ name: "busy", scope: "read" }),
    await newToken({ name: "calm", scope: "read" }),
  ];
  const of = (token: string) => () => ask(held, "/api/v1/metrics", { headers: bearer(token) });
  const error = await failureOf(await untilTooOften(of(busy)), 429, "too_many_requests");
  expect(error.message).toContain('The token "busy" has asked too often');
  expect((await of(busy)()).headers.get("retry-after")).toBe(String(LIMITS.rateRetrySec));
  expect((await of(calm)()).status).toBe(200);
});

test("who is refused waits for it, but only so many at a time", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  onTestFinished(() => void vi.useRealTimers());
  const of = { authorization: `Bearer ${await newToken({ name: "eager", scope: "read" })}` };
  const once = () => ask(held, "/api/v1/metrics", { headers: of });
  await untilTooOften(once);
  for (const second of [1, 2]) {
    vi.setSystemTime(NOW + second * LIMITS.rateHeldMs);
    waits.length = 0;
    const all = await Promise.all(Array.from({ length: LIMITS.rateHeld + 20 }, once));
    // The period of the limit may end meanwhile, and another begin.
    expect(all.filter(({ status }) => status === 429).length).toBeGreaterThan(LIMITS.rateHeld);
    expect(waits).toEqual(Array(LIMITS.rateHeld).fill(LIMITS.rateHeldMs));
  }
});

test("who tries tokens is told to wait, by address, and not who has one there", async () => {
  const wrong = () =>
    ask(held, "/api/v1/metrics", { headers: { ...bearer("guess"), ...from("203.0.113.9") } });
  await failureOf(await untilTooOften(wrong), 429, "too_many_requests");
  const good = await newToken({ name: "neighbour", scope: "read" });
  const neighbour = { ...bearer(good), ...from("203.0.113.9") };
  expect((await ask(held, "/api/v1/metrics", { headers: neighbour })).status).toBe(200);
  const elsewhere = { ...bearer("guess"), ...from("203.0.113.10") };
  expect((await ask(held, "/api/v1/metrics", { headers: elsewhere })).status).toBe(401);
});

/** One of the form that this store makes, but not made by it. */
const madeUp = (i: number): string => `minuet_${i.toString(16).padStart(48, "0")}`;

/** A limit on addresses as wrangler.toml has it, and how often each was counted. */
function counting(): { readonly limit: RateLimit; readonly counts: Map<string, number> } {
  const counts = new Map<string, number>();
  const limit = ({ key }: RateLimitOptions): Promise<RateLimitOutcome> => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return Promise.resolve({ success: count <= 300 });
  };
  return { limit: { limit }, counts };
}

describe("who makes tokens up", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    onTestFinished(() => void vi.useRealTimers());
  });

  test("is told to wait, also when the looks of a second are used up", async () => {
    const get = (i: number, address: string): Promise<Response> =>
      ask(held, "/api/v1/metrics", { headers: { ...bearer(madeUp(i)), ...from(address) } });
    for (let i = 0; i < 2 * LIMITS.tokenLooksPerSec; i++) await get(i, `198.51.100.${i}`);
    const once = () => get(0, "203.0.113.20");
    await failureOf(await once(), 503, "unavailable");
    await failureOf(await untilTooOften(once), 429, "too_many_requests");
  });

  test("keeps nobody out for long whose token was just made, nor who has one at that address", async () => {
    const { limit, counts } = counting();
    const of: Env = { ...closed, RATE_ADDRESSES: limit };
    const told = async (token: string, address: string): Promise<number> => {
      const headers = { ...bearer(token), ...from(address) };
      const response = await ask(of, "/api/v1/metrics", { headers });
      await response.body?.cancel();
      return response.status;
    };
    /** More than the looks of a second, and less than an address may have: it is never told to wait. */
    const flood = async (second: number): Promise<ReadonlySet<number>> => {
      vi.setSystemTime(NOW + second * 1_000);
      const statuses = new Set<number>();
      for (let i = 0; i < LIMITS.tokenLooksPerSec + 8; i++)
        statuses.add(await told(madeUp(i), "203.0.113.30"));
      return statuses;
    };
    expect(await flood(0)).toEqual(new Set([401, 503]));
    const made = await newToken({ name: "just made", scope: "read" });
    expect(await told(made, "203.0.113.31")).toBe(503);
    // A look finds all that were made, whoever it is for.
    await flood(1);
    expect(await told(made, "203.0.113.31")).toBe(200);
    expect(counts.get("203.0.113.31")).toBe(1);
    for (let second = 2; second < 12; second++) await flood(second);
    expect(await flood(12)).toEqual(new Set([429]));
    expect(await told(made, "203.0.113.30")).toBe(200);
  });
});

test("each request without a good token is counted once, and none with one", async () => {
  const { limit, counts } = counting();
  const good = await newToken({ name: "good", scope: "read" });
  const open = { PUBLIC_READ: "true" };
  let address = 0;
  const countOf = async (token: string | undefined, more: Partial<Env> = {}): Promise<number> => {
    const key = `203.0.113.${100 + address++}`;
    const headers = { ...(token !== undefined && bearer(token)), ...from(key) };
    await ask({ ...closed, RATE_ADDRESSES: limit, ...more }, "/api/v1/metrics", { headers });
    return counts.get(key) ?? 0;
  };
  const link = `minuet_view_${"0".repeat(48)}`;
  for (const stranger of [undefined, "guess", madeUp(0), link])
    expect([stranger, await countOf(stranger)]).toEqual([stranger, 1]);
  expect(await countOf(undefined, open)).toBe(1);
  for (const known of [TOKEN, good]) expect(await countOf(known)).toBe(0);
});

test("the public is told apart by address", async () => {
  const open: Env = { ...held, PUBLIC_READ: "true" };
  const of = (address: string) => () => ask(open, "/api/v1/metrics", { headers: from(address) });
  await failureOf(await untilTooOften(of("198.51.100.1")), 429, "too_many_requests");
  expect((await of("198.51.100.2")()).status).toBe(200);
});

test("a store that is open to its own machine counts nobody", async () => {
  const open: Env = { ...held, API_TOKEN: "", OPEN: "local" };
  for (let i = 0; i < 8; i++) expect((await ask(open, "/api/v1/metrics")).status).toBe(200);
});

describe("what comes at once while others ask", () => {
  const AT_ONCE = 60;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
  });
  const atOnce = async (once: () => Promise<Response>): Promise<readonly number[]> => {
    waits.length = 0;
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, once));
    return [...new Set(answers.map(({ status }) => status))];
  };
  const get = (of: Env, headers: Readonly<Record<string, string>>) => () =>
    ask(of, "/api/v1/metrics", { headers });

  test("is spread, of a token and of the public of one network", async () => {
    const open: Env = { ...closed, PUBLIC_READ: "true" };
    const loud = bearer(await newToken({ name: "loud", scope: "read" }));
    for (const headers of [loud, bearer(TOKEN), from("198.51.100.7")]) {
      await get(open, bearer(await newToken({ name: "another", scope: "read" })))();
      expect(await atOnce(get(open, headers))).toEqual([200]);
      expect(waits.length).toBeGreaterThan(AT_ONCE / 2);
      expect(Math.max(...waits)).toBeLessThanOrEqual(LIMITS.paceMs);
    }
    let address = 0;
    expect(await atOnce(() => get(open, from(`198.51.100.${(address++ % 100) + 100}`))())).toEqual([
      200,
    ]);
    expect(waits).toEqual([]);
  });

  test("waits for nothing where it is refused, or the store is open to its machine", async () => {
    const reader = bearer(await newToken({ name: "reader", scope: "read" }));
    const post = () =>
      ask(closed, "/api/v1/points", { method: "POST", headers: reader, body: "[]" });
    expect(await atOnce(post)).toEqual([403]);
    expect(await atOnce(get({ ...closed, API_TOKEN: "", OPEN: "local" }, {}))).toEqual([200]);
    expect(waits).toEqual([]);
  });
});

test("where the count cannot be had, nobody waits", async () => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  onTestFinished(() => logged.mockRestore());
  const broken = { limit: () => Promise.reject(new Error("no route")) };
  const response = await ask({ ...closed, RATE_TOKENS: broken }, "/api/v1/metrics", {
    headers: bearer(TOKEN),
  });
  expect(response.status).toBe(200);
  expect(logged).toHaveBeenCalledWith(
    expect.stringMatching(/^\{"event":"rate_limit_failed","message":"no/),
  );
});

type Told = readonly [status: number, body: RegExp];

const NATIVE: Told = [
  429,
  /^\{"error":\{"code":"too_many_requests","message":"API_TOKEN has asked/,
];
const INFLUX: Told = [429, /^\{"error":"API_TOKEN has asked too often/];
const TEXT: Told = [429, /^API_TOKEN has asked/];
const ERRORS: Told = [429, /^\{"errors":\["API_TOKEN has asked/];
// Prometheus sends again after 503, and after 429 only where it is told to.
const REMOTE: Told = [503, /^API_TOKEN has asked/];
const PROMETHEUS: Told = [
  429,
  /^\{"status":"error","errorType":"unavailable","error":"API_TOKEN has asked/,
];

/** How each says it, by the name of the format, or the path of what is no format: senders send again what is told so. */
const TOLD: Readonly<Record<string, Told>> = {
  JSON: NATIVE,
  NDJSON: NATIVE,
  Graphite: NATIVE,
  "collectd JSON": NATIVE,
  "collectd Command": NATIVE,
  "Influx line protocol": INFLUX,
  "Influx line protocol 2": [429, /^\{"code":"too many requests","message":"API_TOKEN has asked/],
  "VictoriaMetrics JSON lines": TEXT,
  "VictoriaMetrics native": TEXT,
  "Datadog series": ERRORS,
  "Datadog series 2": ERRORS,
  KairosDB: ERRORS,
  "KairosDB, gzip": ERRORS,
  "Prometheus remote write": REMOTE,
  "Prometheus remote write 2": REMOTE,
  OTLP: [429, /^.{3,5}API_TOKEN has asked/s],
  "OTLP as JSON": [429, /^\{"code":8,"message":"API_TOKEN has asked/],
  "Prometheus text": TEXT,
  OpenMetrics: TEXT,
  "Prometheus protobuf": TEXT,

  "/query": INFLUX,
  "/api/v1/validate": ERRORS,
};

/** What has no words of its own is native; Prometheus' API is there without its prefix too. */
function toldBy({ path, refused }: Endpoint, method: string, format?: string): Told | undefined {
  if (refused === undefined) return NATIVE;
  if (format !== undefined) return TOLD[format];
  if (method === "DELETE") return TOLD["Prometheus text"];
  const isOf = (one: Endpoint): boolean => one.path === `/prometheus${path}`;
  return path.startsWith("/prometheus/") || ENDPOINTS.some(isOf) ? PROMETHEUS : TOLD[path];
}

/** Every endpoint that asks who is there, by each of its methods, in each format that it takes. */
const WAYS = ENDPOINTS.filter(({ scope }) => scope !== "open" && scope !== "always").flatMap(
  (one) =>
    one.methods.flatMap((method) => {
      const formats = FORMATS.filter(
        ({ paths, methods }) =>
          paths.some((path) => path === one.path) && methods.some((name) => name === method),
      );
      const types = formats.flatMap((format) =>
        format.types.map((type) => ({ format: format.name, type: type.replace("*", "odd/type") })),
      );
      return (types.length > 0 ? types : [{ format: undefined, type: undefined }]).map(
        ({ format, type }) => ({ path: one.path, method, format, type, one }),
      );
    }),
);

describe("in each dialect", () => {
  test("each format is among them", () => {
    const formats = new Set(WAYS.map(({ format }) => format));
    expect(FORMATS.filter(({ name }) => !formats.has(name))).toEqual([]);
  });

  for (const { path, method, format, type, one } of WAYS)
    test(`${method} ${path} ${type ?? ""}`, async () => {
      const told = toldBy(one, method, format);
      if (told === undefined) throw new Error("it has no row above");
      const [status, pattern] = told;
      const headers = { ...bearer(TOKEN), ...(type !== undefined && { "content-type": type }) };
      const response = await untilTooOften(
        () => ask(held, path.replace("*", "a"), { method, headers }),
        status,
      );
      const text = new TextDecoder().decode(await response.arrayBuffer());
      expect(text).toMatch(pattern);
      expect(response.headers.get("retry-after")).toBe(String(LIMITS.rateRetrySec));
    });
});

test("addresses of one subscriber are one", () => {
  expect(networkOf("203.0.113.9")).toBe("203.0.113.9");
  expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(networkOf("2001:db8:1:2::9")).toBe("2001:db8:1:2::/64");
  expect(networkOf("2001:db8::9")).toBe("2001:db8:0:0::/64");
  expect(networkOf("::1")).toBe("0:0:0:0::/64");
  expect(networkOf("")).toBe("");
});
