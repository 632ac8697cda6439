// Cloudflare Access: what it signed is a way in, and nothing else that looks like it. Its keys come from a server,
// which is another Worker.

import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { HOUR } from "../../src/core/tiers.ts";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import { failureOf, NOW, TOKEN } from "./api-client.ts";
import { answering, receivedBy } from "./outside.ts";

const { OPEN: _open, ...bindings } = env;
let team = 0;
let of: Env;
/** What the team says of its keys. */
let certs = "";
const pairs = new Map<string, CryptoKeyPair>();

const hostOf = (store: Env): string => new URL(store.ACCESS_TEAM_DOMAIN ?? "").hostname;

const encoder = new TextEncoder();
const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const part = (value: unknown): string => base64Url(encoder.encode(JSON.stringify(value)));

interface Signing {
  readonly kid?: string;
  /** Whose key signs. */
  readonly by?: string;
  readonly alg?: string;
}

async function signed(
  claims: object = {},
  { kid = "a", by = kid, alg = "RS256" }: Signing = {},
): Promise<string> {
  const all = {
    aud: ["app"],
    iss: of.ACCESS_TEAM_DOMAIN,
    exp: NOW / 1_000 + 60,
    sub: "u1",
    email: "ann@example.com",
    ...claims,
  };
  const text = `${part({ alg, kid })}.${part(all)}`;
  const { privateKey } = pairs.get(by)!;
  const mac = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, encoder.encode(text));
  return `${text}.${base64Url(new Uint8Array(mac))}`;
}

const ask = async (
  jwt: string,
  path = "/api/v1/session",
  init: RequestInit = {},
): Promise<Response> =>
  app.fetch(
    new Request(`https://m.example${path}`, {
      ...init,
      headers: { "cf-access-jwt-assertion": jwt, ...(init.headers as Record<string, string>) },
    }),
    of,
  );

beforeAll(async () => {
  for (const kid of ["a", "b", "stranger"])
    pairs.set(
      kid,
      (await crypto.subtle.generateKey(
        {
          name: "RSASSA-PKCS1-v1_5",
          modulusLength: 2048,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: "SHA-256",
        },
        true,
        ["sign", "verify"],
      )) as CryptoKeyPair,
    );
});

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  // Another team each time: its keys are not known yet.
  const ACCESS_TEAM_DOMAIN = `https://team-${team++}.cloudflareaccess.com`;
  of = { ...bindings, API_TOKEN: TOKEN, ACCESS_TEAM_DOMAIN, ACCESS_AUD: "app" };
  const keys = ["a", "b"].map(async (kid) => ({
    ...((await crypto.subtle.exportKey("jwk", pairs.get(kid)!.publicKey)) as object),
    kid,
  }));
  certs = JSON.stringify({ keys: await Promise.all(keys) });
  await serves();
});

/** The team answers with its keys; `down`: with an error, whatever it holds. */
const serves = (down = false): Promise<void> =>
  answering(hostOf(of), { body: certs, status: down ? 503 : 200 });

/** How often the keys were asked for since this was asked last. */
async function looks(): Promise<number> {
  const received = await receivedBy(hostOf(of));
  for (const { url } of received) expect(url).toBe(`${of.ACCESS_TEAM_DOMAIN}/cdn-cgi/access/certs`);
  return received.length;
}

test("who passed its policy gets in, with the scope that is set; the keys are fetched once", async () => {
  const answer = await ask(await signed());
  expect(await answer.json()).toEqual({ name: "ann@example.com", scope: "read", prefix: "" });
  expect((await ask(await signed({}, { kid: "b" }))).status).toBe(200);
  expect((await ask(await signed({ aud: "app" }), "/api/v1/metrics")).status).toBe(200);
  await failureOf(await ask(await signed(), "/api/v1/flush", { method: "POST" }), 403, "forbidden");
  expect(await looks()).toBe(1);
});

test("what is forged, of others or past is refused", async () => {
  const [head = "", , mac = ""] = (await signed()).split(".");
  for (const [jwt, why] of [
    [await signed({}, { by: "stranger" }), "signature"],
    [await signed({}, { kid: "stranger" }), "key"],
    [await signed({ iss: "https://other.cloudflareaccess.com" }), "another team"],
    [await signed({ aud: ["other"] }), "another application"],
    [await signed({ exp: NOW / 1_000 }), "expired"],
    [await signed({ nbf: NOW / 1_000 + 600 }), "not valid yet"],
    [await signed({}, { alg: "none" }), "cannot be read"],
    [await signed({}, { alg: "HS256" }), "cannot be read"],
    [`${head}.${part({ aud: "app" })}.${mac}`, "cannot be read"],
    [`${await signed()}x`, "signature"],
    ["a.b.c", "cannot be read"],
    ["", "cannot be read"],
  ] as const)
    expect((await failureOf(await ask(jwt), 401, "unauthorized")).message).toContain(why);
  expect(await looks()).toBe(1);
});

test("a page of another origin does nothing by it", async () => {
  of = { ...of, ACCESS_SCOPE: "admin" };
  const flush = async (origin?: string): Promise<number> =>
    (
      await ask(await signed(), "/api/v1/flush", {
        method: "POST",
        ...(origin !== undefined && { headers: { origin } }),
      })
    ).status;
  expect(await flush("https://evil.example")).toBe(403);
  expect(await flush("https://m.example")).toBe(200);
  expect(await flush()).toBe(200);
  const live = async (origin: string): Promise<number> => {
    const headers = { upgrade: "websocket", origin };
    const response = await ask(await signed(), "/api/v1/live?metric=a", { headers });
    response.webSocket?.accept();
    response.webSocket?.close(1000);
    return response.status;
  };
  expect(await live("https://evil.example")).toBe(403);
  expect(await live("https://m.example")).toBe(101);
});

test("without its keys nobody is let in by it, and tokens work", async () => {
  await serves(true);
  await failureOf(await ask(await signed()), 503, "unavailable");
  const authorization = `Bearer ${TOKEN}`;
  const response = await ask(await signed(), "/api/v1/metrics", { headers: { authorization } });
  expect(response.status).toBe(200);
});

test("where it is not set up, what it says is nothing", async () => {
  const jwt = await signed();
  of = { ...bindings, API_TOKEN: TOKEN };
  await failureOf(await ask(jwt), 401, "unauthorized");
  of = { ...bindings, API_TOKEN: TOKEN, ACCESS_AUD: "app" };
  const error = await failureOf(await ask(jwt), 503, "misconfigured");
  expect(error.message).toMatch(/^ACCESS_TEAM_DOMAIN and ACCESS_AUD belong together/);
});

test("while its keys cannot be had, forged ones cost no fetch each", async () => {
  await serves(true);
  for (let i = 0; i < 30; i++)
    await failureOf(
      await ask(await signed({}, { kid: `k${i}`, by: "stranger" })),
      503,
      "unavailable",
    );
  expect(await looks()).toBe(LIMITS.accessKeysLooks);
  await serves();
  vi.setSystemTime(NOW + LIMITS.accessKeysRetryMs);
  expect((await ask(await signed())).status).toBe(200);
});

test("while its keys cannot be had, who says to have passed it is counted by address, and told to wait", async () => {
  await serves(true);
  const counts = new Map<string, number>();
  const limit = ({ key }: RateLimitOptions): Promise<RateLimitOutcome> => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return Promise.resolve({ success: counts.get(key)! <= 3 });
  };
  of = { ...of, RATE_ADDRESSES: { limit } };
  const wait = vi.spyOn(scheduler, "wait").mockResolvedValue();
  onTestFinished(() => wait.mockRestore());
  const from = async (address: string): Promise<Response> =>
    ask(await signed(), undefined, { headers: { "cf-connecting-ip": address } });
  for (let i = 0; i < 3; i++) await failureOf(await from("203.0.113.1"), 503, "unavailable");
  await failureOf(await from("203.0.113.1"), 429, "too_many_requests");
  await failureOf(await from("203.0.113.2"), 503, "unavailable");
  await serves();
  vi.setSystemTime(NOW + LIMITS.accessKeysRetryMs);
  expect((await from("203.0.113.1")).status).toBe(200);
  expect(counts.get("203.0.113.1")).toBe(4);
});

test("keys that are known go on for a day while they cannot be fetched again", async () => {
  const later = (ms: number): Promise<string> => {
    vi.setSystemTime(NOW + ms);
    return signed({ exp: (NOW + ms) / 1_000 + 60 });
  };
  expect((await ask(await signed())).status).toBe(200);
  await serves(true);
  for (let i = 0; i < 5; i++) expect((await ask(await later(2 * HOUR))).status).toBe(200);
  expect(await looks()).toBe(2);
  const unknown = await signed({ exp: NOW }, { kid: "stranger" });
  await failureOf(await ask(unknown), 503, "unavailable");
  expect(await looks()).toBe(0);
  await failureOf(await ask(await later(25 * HOUR)), 503, "unavailable");
  await serves();
  expect((await ask(await later(26 * HOUR))).status).toBe(200);
});

test("a team that does not answer is waited for a while, and by nobody whose key is known", async () => {
  const deadlines: AbortController[] = [];
  const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    expect(ms).toBe(LIMITS.accessDeadlineMs);
    const deadline = new AbortController();
    deadlines.push(deadline);
    return deadline.signal;
  });
  onTestFinished(() => timeout.mockRestore());
  /** Lets the deadline pass of who waits, once the team was asked. */
  const passes = async (): Promise<void> => {
    await expect.poll(looks).toBe(1);
    deadlines.at(-1)!.abort(new DOMException("late", "TimeoutError"));
  };
  await answering(hostOf(of), { hangs: true });
  const first = ask(await signed());
  await passes();
  const refused = await first;
  expect(refused.headers.get("retry-after")).toBe(String(LIMITS.accessKeysRetryMs / 1_000));
  await failureOf(refused, 503, "unavailable");

  await serves();
  expect((await ask(await signed())).status).toBe(200);
  expect(await looks()).toBe(1);
  await answering(hostOf(of), { hangs: true });
  vi.setSystemTime(NOW + 2 * LIMITS.accessKeysMs);
  const exp = (NOW + 3 * LIMITS.accessKeysMs) / 1_000;
  const asking = ask(await signed({ exp }));
  await expect.poll(() => deadlines.length).toBe(3);
  expect((await ask(await signed({ exp }))).status).toBe(200);
  await passes();
  expect((await asking).status).toBe(200);
});

test("who passed it has as many live sockets as a token may have, and leaves others some", async () => {
  const open = async (jwt: string): Promise<Response> => {
    const headers = { upgrade: "websocket", origin: "https://m.example" };
    const response = await ask(jwt, "/api/v1/live?metric=a", { headers });
    response.webSocket?.accept();
    return response;
  };
  const [ann, bob] = [await signed(), await signed({ sub: "u2", email: "bob@example.com" })];
  const opened: Response[] = [];
  for (let i = 0; i < LIMITS.socketsPerToken; i++) opened.push(await open(ann));
  expect(new Set(opened.map(({ status }) => status))).toEqual(new Set([101]));
  await failureOf(await open(ann), 503, "busy");
  opened.push(await open(bob));
  expect(opened.at(-1)!.status).toBe(101);
  for (const { webSocket } of opened) webSocket?.close(1000);
});
