// Pages of other origins: those of ALLOWED_ORIGINS may ask with a token, and read; no other may.

import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import { failureOf, TOKEN } from "./api-client.ts";

const { OPEN: _open, ...bindings } = env;
const SHOP = "https://shop.example";
const OF: Env = { ...bindings, API_TOKEN: TOKEN, ALLOWED_ORIGINS: `${SHOP} http://localhost:3000` };

type Headers = Record<string, string>;

const ask = async (path: string, method: string, headers: Headers, of = OF): Promise<Response> =>
  app.fetch(
    new Request(`https://m.example${path}`, {
      method,
      headers,
      ...(method === "POST" && { body: '{"name":"a","value":1}' }),
    }),
    of,
  );

const preflight = (path: string, origin: string, of = OF): Promise<Response> =>
  ask(
    path,
    "OPTIONS",
    {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    },
    of,
  );

describe("an allowed origin", () => {
  test("is told what it may send, without a token", async () => {
    const { status, headers } = await preflight("/api/v1/points", SHOP);
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-origin")).toBe(SHOP);
    expect(headers.get("access-control-allow-methods")).toBe("POST");
    expect(headers.get("access-control-allow-headers")?.split(", ")).toEqual(
      expect.arrayContaining(["authorization", "content-type", "idempotency-key"]),
    );
    expect(headers.get("access-control-max-age")).toBe("7200");
    expect(headers.get("vary")).toBe("origin");
    // A cookie is never taken from it.
    expect(headers.has("access-control-allow-credentials")).toBe(false);
  });

  test("reads answers, errors too", async () => {
    for (const [path, method, authorization, status] of [
      ["/api/v1/points", "POST", `Bearer ${TOKEN}`, 200],
      ["/api/v1/metrics", "GET", `Bearer ${TOKEN}`, 200],
      ["/api/v1/metrics", "GET", "Bearer wrong", 401],
      ["/api/v1/nothing", "GET", "", 404],
      ["/v1/metrics", "POST", "Bearer wrong", 401],
    ] as const) {
      const response = await ask(path, method, { origin: SHOP, authorization });
      expect(response.status).toBe(status);
      expect(response.headers.get("access-control-allow-origin")).toBe(SHOP);
      const shown = response.headers.get("access-control-expose-headers");
      for (const header of ["retry-after", "minuet-absent"]) expect(shown).toContain(header);
      expect(response.headers.get("vary")).toMatch(/origin$/);
    }
  });

  test("opens sockets, with a token", async () => {
    const protocol = `bearer.${btoa(TOKEN).replaceAll("=", "")}`;
    const response = await ask("/api/v1/live?metric=a", "GET", {
      origin: SHOP,
      upgrade: "websocket",
      "sec-websocket-protocol": `minuet, ${protocol}`,
    });
    expect(response.status).toBe(101);
    response.webSocket?.accept();
    response.webSocket?.close(1000);
  });
});

describe("all other origins", () => {
  for (const origin of ["https://evil.example", "https://shop.example.evil", "null", `${SHOP}:1`])
    test(`${origin}: no preflight, no answer to read`, async () => {
      const refused = await preflight("/api/v1/points", origin);
      expect(refused.headers.has("access-control-allow-origin")).toBe(false);
      const error = await failureOf(refused, 405, "method_not_allowed");
      expect(error.message).toMatch(/unless ALLOWED_ORIGINS has theirs/);
      const authorization = `Bearer ${TOKEN}`;
      const { headers } = await ask("/api/v1/metrics", "GET", { origin, authorization });
      expect(headers.has("access-control-allow-origin")).toBe(false);
      // A cache must not give one's answer to the other.
      expect(headers.get("vary")).toMatch(/origin$/);
    });

  test("by default, every one", async () => {
    const { ALLOWED_ORIGINS: _, ...none } = OF;
    const refused = await preflight("/api/v1/points", SHOP, none);
    expect(refused.headers.has("access-control-allow-origin")).toBe(false);
    await failureOf(refused, 405, "method_not_allowed");
  });

  test("in a store that is set up wrongly, every one", async () => {
    const refused = await preflight("/api/v1/points", SHOP, { ...OF, SHARDS: "two" });
    expect(refused.headers.has("access-control-allow-origin")).toBe(false);
  });
});

test("over TLS a browser is told to come by TLS alone", async () => {
  const secure = await ask("/healthz", "GET", {});
  expect(secure.headers.get("strict-transport-security")).toBe("max-age=31536000");
  const plain = await app.fetch(new Request("http://localhost/healthz"), OF);
  expect(plain.headers.has("strict-transport-security")).toBe(false);
});
