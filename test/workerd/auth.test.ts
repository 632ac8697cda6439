// Who gets in: with a token only who sends it, without one nobody, and /healthz always. Open only
// with OPEN, which no deployment sets.

import { env } from "cloudflare:workers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import { ENDPOINTS } from "../../src/worker/routes/list.ts";
import { failureOf, TOKEN } from "./api-client.ts";

const { OPEN: _open, API_TOKEN: _token, ...bindings } = env;

const WITH_TOKEN: Env = { ...bindings, API_TOKEN: TOKEN };
const WITHOUT: Env = bindings;

const ask = async (of: Env, path: string, init: RequestInit = {}): Promise<Response> =>
  app.fetch(new Request(`http://localhost${path}`, init), of);

const base64Url = (text: string): string =>
  btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const as = (authorization: string): RequestInit => ({ headers: { authorization } });

/** One of each endpoint. */
const ROUTES: readonly (readonly [method: string, path: string])[] = [
  ["POST", "/api/v1/points"],
  ["GET", "/api/v1/query?metric=a"],
  ["GET", "/api/v1/metrics"],
  ["GET", "/api/v1/metric?name=a"],
  ["PUT", "/api/v1/metric?name=a"],
  ["DELETE", "/api/v1/metric?name=a"],
  ["GET", "/api/v1/live?metric=a"],
  ["POST", "/api/v1/flush"],
  ["GET", "/api/v1/backup?metric=a"],
  ["POST", "/api/v1/backup"],
  ["GET", "/api/v1/status"],
  ["GET", "/api/v1/tokens"],
  ["POST", "/api/v1/tokens"],
  ["DELETE", "/api/v1/tokens/:id"],
  ["GET", "/api/v1/views"],
  ["GET", "/api/v1/views/:id"],
  ["PUT", "/api/v1/views/:id"],
  ["DELETE", "/api/v1/views/:id"],
  ["GET", "/api/v1/views/:id/links"],
  ["POST", "/api/v1/views/:id/links"],
  ["DELETE", "/api/v1/views/:id/links/:link"],
  ["GET", "/api/v1/shared"],
  ["GET", "/api/v1/shared/values?query=a&start=0&end=60&step=15"],
  ["GET", "/api/v1/events"],
  ["POST", "/api/v1/events"],
  ["DELETE", "/api/v1/events/:id"],
  ["GET", "/api/v1/find"],
  ["GET", "/api/v1/alerts/rules"],
  ["POST", "/api/v1/alerts/rules"],
  ["PUT", "/api/v1/alerts/rules/:id"],
  ["DELETE", "/api/v1/alerts/rules/:id"],
  ["POST", "/api/v1/alerts/rules/:id/silence"],
  ["DELETE", "/api/v1/alerts/rules/:id/silence"],
  ["POST", "/api/v1/alerts/rules/:id/test"],
  ["GET", "/api/v1/session"],
  ["POST", "/api/v1/session"],
  ["GET", "/openapi.json"],
  ["GET", "/metrics"],
];

test("the routes above are all that ask for a token, but those of other dialects", () => {
  const closed = ENDPOINTS.filter(
    ({ scope, path, refused }) =>
      scope !== "open" &&
      scope !== "always" &&
      (refused === undefined || path === "/api/v1/points"),
  );
  expect(ROUTES.map(([method, path]) => `${method} ${path.replace(/\?.*/, "")}`).sort()).toEqual(
    closed.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`)).sort(),
  );
});

describe("with a token", () => {
  for (const [method, path] of ROUTES)
    test(`${method} ${path}`, async () => {
      const without = await ask(WITH_TOKEN, path, { method });
      expect(without.headers.get("www-authenticate")).toBe('Bearer realm="minuet"');
      const error = await failureOf(without, 401, "unauthorized");
      expect(error.message).toBe("No token. Send the header `Authorization: Bearer <token>`");
      const wrong = await ask(WITH_TOKEN, path, { method, ...as("Bearer wrong") });
      expect((await failureOf(wrong, 401, "unauthorized")).message).toBe(
        "The token is not one of this store: it is wrong, or was revoked",
      );
      const right = await ask(WITH_TOKEN, path, { method, ...as(`Bearer ${TOKEN}`) });
      expect(right.status).not.toBe(401);
    });

  const refuses = (what: string, authorization: string): void =>
    test(what, async () => {
      const response = await ask(WITH_TOKEN, "/api/v1/status", as(authorization));
      await failureOf(response, 401, "unauthorized");
    });
  refuses("a part of it", `Bearer ${TOKEN.slice(0, -1)}`);
  refuses("more than it", `Bearer ${TOKEN}x`);
  refuses("another of the same length", `Bearer ${"x".repeat(TOKEN.length)}`);
  refuses("other case", `Bearer ${TOKEN.toUpperCase()}`);
  refuses("no scheme", TOKEN);
  refuses("another scheme", `Basic ${btoa(`:${TOKEN}`)}`);
  refuses("two words", `Bearer ${TOKEN} ${TOKEN}`);
  refuses("nothing behind the scheme", "Bearer ");
  refuses("what a missing token looks like", "Bearer undefined");

  test("it is compared in a time that does not tell how much was right", async () => {
    const compared = vi.spyOn(crypto.subtle, "timingSafeEqual");
    onTestFinished(() => compared.mockRestore());
    const wrong = TOKEN.slice(0, -1) + "x";
    for (const text of [wrong, TOKEN]) {
      const response = await ask(WITH_TOKEN, "/api/v1/status", as(`Bearer ${text}`));
      expect(response.status).toBe(text === TOKEN ? 200 : 401);
      const texts = compared.mock.calls.flat().map((bytes) => new TextDecoder().decode(bytes));
      expect(texts).toEqual([text, TOKEN]);
      compared.mockClear();
    }
  });

  const accepts = (what: string, authorization: string): void =>
    test(what, async () => {
      expect((await ask(WITH_TOKEN, "/api/v1/status", as(authorization))).status).toBe(200);
    });
  accepts("the token", `Bearer ${TOKEN}`);
  accepts("a scheme in small letters", `bearer ${TOKEN}`);
  accepts("more spaces", `Bearer   ${TOKEN}`);

  test("a token that ends with a newline, as files and pipes do, is the token without it", async () => {
    for (const API_TOKEN of [`${TOKEN}\n`, ` ${TOKEN}\r\n`]) {
      const of = { ...bindings, API_TOKEN };
      expect((await ask(of, "/api/v1/status", as(`Bearer ${TOKEN}`))).status).toBe(200);
      expect((await ask(of, "/api/v1/status")).status).toBe(401);
    }
  });

  describe("a token that no header can carry is refused in words, and not told", () => {
    const refused = (what: string, API_TOKEN: string, message: RegExp): void =>
      test(what, async () => {
        const response = await ask({ ...bindings, API_TOKEN }, "/api/v1/status");
        const error = await failureOf(response, 503, "misconfigured");
        expect(error.message).toMatch(message);
        expect(error.message).toContain("npx wrangler secret put API_TOKEN");
        expect(error.message).not.toContain(API_TOKEN);
      });
    refused("a space", "correct horse", /^API_TOKEN holds a space at 8: a header cannot carry it/);
    refused("beyond ASCII", "geheimnis-ü", /not visible ASCII at 11/);
    refused("a control character", "a\u0000b-secret", /not visible ASCII at 2/);
  });

  test("a refused write stores nothing", async () => {
    const init = { method: "POST", body: '{"name":"a","value":1}' };
    expect((await ask(WITH_TOKEN, "/api/v1/points", init)).status).toBe(401);
    const response = await ask(WITH_TOKEN, "/api/v1/metrics", as(`Bearer ${TOKEN}`));
    expect(await response.json()).toEqual({ metrics: [] });
  });

  test("a token is not read from the address", async () => {
    for (const name of ["token", "api_token", "access_token"])
      await failureOf(
        await ask(WITH_TOKEN, `/api/v1/status?${name}=${TOKEN}`),
        401,
        "unauthorized",
      );
  });

  test("/healthz is open, and tells nothing", async () => {
    const response = await ask(WITH_TOKEN, "/healthz");
    expect(await response.json()).toEqual({ ok: true });
  });
});

describe("the WebSocket takes the token as a subprotocol", () => {
  const connect = (protocols: string): Promise<Response> =>
    ask(WITH_TOKEN, "/api/v1/live?metric=a", {
      headers: { upgrade: "websocket", "sec-websocket-protocol": protocols },
    });

  test("the right one; the answer does not repeat it", async () => {
    const response = await connect(`minuet, bearer.${base64Url(TOKEN)}`);
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("minuet");
    response.webSocket?.accept();
    response.webSocket?.close(1000);
  });

  test("any token that a header can carry: base64url needs only what a subprotocol may hold", async () => {
    const visible = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join("");
    for (const odd of ["a(b)c", '"quoted",and;', visible]) {
      const protocol = `bearer.${base64Url(odd)}`;
      expect(protocol).toMatch(/^[A-Za-z0-9._-]+$/);
      const response = await app.fetch(
        new Request("http://localhost/api/v1/live?metric=a", {
          headers: { upgrade: "websocket", "sec-websocket-protocol": `minuet, ${protocol}` },
        }),
        { ...bindings, API_TOKEN: odd },
      );
      expect(response.status, odd).toBe(101);
      response.webSocket?.accept();
      response.webSocket?.close(1000);
    }
  });

  const refuses = (what: string, protocols: string): void =>
    test(what, async () => {
      await failureOf(await connect(protocols), 401, "unauthorized");
    });
  refuses("a wrong one", `minuet, bearer.${base64Url("wrong")}`);
  refuses("none", "minuet");
  refuses("broken encoding", "minuet, bearer.%ff");
  refuses("no encoding", `minuet, bearer.${TOKEN}`);
  refuses("without its prefix", `minuet, ${TOKEN}`);
});

describe("without a token the store is closed", () => {
  for (const [method, path] of ROUTES)
    test(`${method} ${path}`, async () => {
      for (const init of [
        { method },
        { method, ...as(`Bearer ${TOKEN}`) },
        { method, ...as("Bearer ") },
      ]) {
        const error = await failureOf(await ask(WITHOUT, path, init), 401, "no_token_configured");
        expect(error.message).toBe(
          "This store is closed: it has no API_TOKEN. Set one with `npx wrangler secret put API_TOKEN`",
        );
      }
    });

  test("also by what other clients speak, each in its own words", async () => {
    for (const { methods, path, scope } of ENDPOINTS)
      for (const method of methods) {
        const response = await ask(WITHOUT, path.replaceAll(/:\w+/g, "1"), { method });
        if (scope === "always") expect(response.status).toBeLessThan(300);
        else {
          expect([401, 403], `${method} ${path}: ${response.status}`).toContain(response.status);
          expect(await response.text(), `${method} ${path}`).toContain("has no API_TOKEN");
        }
      }
  });

  test("an empty token is none", async () => {
    const of = { ...bindings, API_TOKEN: "" };
    await failureOf(await ask(of, "/api/v1/status"), 401, "no_token_configured");
    await failureOf(await ask(of, "/api/v1/status", as("Bearer ")), 401, "no_token_configured");
  });

  test("OPEN opens only with its own values", async () => {
    for (const OPEN of ["true", "1", "LOCAL"])
      await failureOf(await ask({ ...bindings, OPEN }, "/api/v1/status"), 503, "misconfigured");
    await failureOf(
      await ask({ ...bindings, OPEN: "" }, "/api/v1/status"),
      401,
      "no_token_configured",
    );
    for (const OPEN of ["local", "network"])
      expect((await ask({ ...bindings, OPEN }, "/api/v1/status")).status).toBe(200);
  });

  test("OPEN opens nothing when there is a token", async () => {
    const both = { ...WITH_TOKEN, OPEN: "local" };
    await failureOf(await ask(both, "/api/v1/status"), 401, "unauthorized");
    expect((await ask(both, "/api/v1/status", as(`Bearer ${TOKEN}`))).status).toBe(200);
  });

  test("/healthz answers all the same: the Worker runs", async () => {
    expect((await ask(WITHOUT, "/healthz")).status).toBe(200);
  });

  test("what tells other clients that it is ready does not: it is not", async () => {
    for (const path of ["/health", "/ping"]) {
      expect((await ask(WITH_TOKEN, path)).status).toBeLessThan(300);
      await failureOf(await ask(WITHOUT, path), 401, "no_token_configured");
    }
  });
});

describe("unknown paths and methods are no way in", () => {
  test("404 and 405 say the same with and without a token", async () => {
    await failureOf(await ask(WITH_TOKEN, "/api/v1/nothing"), 404, "not_found");
    await failureOf(await ask(WITH_TOKEN, "/api/v1/points"), 405, "method_not_allowed");
    await failureOf(await ask(WITHOUT, "/api/v1/points"), 405, "method_not_allowed");
  });

  test("HEAD needs the token as GET does", async () => {
    expect((await ask(WITH_TOKEN, "/api/v1/metrics", { method: "HEAD" })).status).toBe(401);
  });

  test("other spellings of a path", async () => {
    for (const path of [
      "/api/v1/metrics/",
      "/api/v1//metrics",
      "/API/v1/metrics",
      "/api/v1/metrics/%2e%2e",
      "/api/v1/metrics/a",
    ])
      expect((await ask(WITH_TOKEN, path)).status).toBeGreaterThanOrEqual(401);
  });
});
