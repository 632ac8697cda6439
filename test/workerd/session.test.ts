// The page's cookie: given for a token, of no use to pages of others, and worth nothing once the token
// is revoked, it has expired, or API_TOKEN is another.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import { failureOf, NOW, TOKEN } from "./api-client.ts";
import { withoutShard } from "./faults.ts";

const { OPEN: _open, ...bindings } = env;
const isolate = (more: Partial<Env> = {}): Env => ({ ...bindings, API_TOKEN: TOKEN, ...more });

const HOST = "https://m.example";

interface Sent {
  readonly method?: string;
  readonly token?: string;
  readonly authorization?: string;
  readonly cookie?: string;
  readonly origin?: string;
  readonly body?: unknown;
  readonly upgrade?: true;
  readonly address?: string;
}

/** A limit on requests that nobody meets. */
const patient = { limit: () => Promise.resolve({ success: true }) };

const ask = async (
  path: string,
  { method = "GET", token, authorization, cookie, origin, body, upgrade, address }: Sent = {},
  of: Env = isolate(),
): Promise<Response> =>
  app.fetch(
    new Request(path.startsWith("http") ? path : HOST + path, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(authorization !== undefined && { authorization }),
        ...(cookie !== undefined && { cookie }),
        ...(origin !== undefined && { origin }),
        ...(upgrade && { upgrade: "websocket" }),
        ...(address !== undefined && { "cf-connecting-ip": address }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
    of,
  );

/** The cookie that a browser keeps of an answer. */
async function signedIn(token: string, origin = HOST): Promise<string> {
  const response = await ask(`${origin}/api/v1/session`, { method: "POST", token });
  expect(response.status).toBe(200);
  return response.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
}

async function named(wish: object): Promise<{ readonly id: number; readonly token: string }> {
  const body = { name: "n", scope: "read", ...wish };
  return (await ask("/api/v1/tokens", { method: "POST", token: TOKEN, body })).json();
}

const POINT = { name: "a", value: 1 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

describe("a browser is signed in", () => {
  test("by a cookie that no script reads, that other sites do not send, and that has no token", async () => {
    const response = await ask("/api/v1/session", { method: "POST", token: TOKEN });
    const header = response.headers.get("set-cookie") ?? "";
    expect(header).toMatch(
      /^__Host-minuet=\.\d+\.[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure$/,
    );
    expect(response.headers.get("cache-control")).toBe("no-store");
    const answer = { name: "the administrator", scope: "admin", prefix: "" };
    expect(await response.json()).toEqual(answer);
    const cookie = await signedIn(TOKEN);
    expect(await (await ask("/api/v1/session", { cookie })).json()).toEqual(answer);
    // Beside those of others.
    const among = { cookie: `a=b; ${cookie}; c=d` };
    expect((await ask("/api/v1/metrics", among)).status).toBe(200);
  });

  test("on the machine itself without TLS, which a browser would not keep a Secure cookie of", async () => {
    for (const host of ["http://localhost:8787", "http://127.0.0.1", "http://[::1]:1"]) {
      const cookie = await signedIn(TOKEN, host);
      expect(cookie).toMatch(/^minuet=/);
      const response = await ask(`${host}/api/v1/session`, { method: "POST", token: TOKEN });
      expect(response.headers.get("set-cookie")).not.toContain("Secure");
      expect((await ask(`${host}/api/v1/metrics`, { cookie })).status).toBe(200);
    }
    expect(await signedIn(TOKEN, "http://192.168.1.5")).toMatch(/^__Host-/);
    // A cookie that any program of the machine may set is none elsewhere.
    const cookie = await signedIn(TOKEN, "http://localhost");
    await failureOf(await ask("/api/v1/metrics", { cookie }), 401, "unauthorized");
  });

  test("with the scope and prefix of its token", async () => {
    const cookie = await signedIn((await named({ name: "web", prefix: "web." })).token);
    expect(await (await ask("/api/v1/session", { cookie })).json()).toEqual({
      name: "web",
      scope: "read",
      prefix: "web.",
    });
    await failureOf(await ask("/api/v1/query?metric=db", { cookie }), 403, "forbidden");
    const write = { method: "POST", cookie, origin: HOST, body: POINT };
    await failureOf(await ask("/api/v1/points", write), 403, "forbidden");
  });

  test("until it signs out", async () => {
    const response = await ask("/api/v1/session", { method: "DELETE", origin: HOST });
    expect(response.headers.get("set-cookie")).toMatch(/^__Host-minuet=; Path=\/; Max-Age=0; /);
    const evil = { method: "DELETE", origin: "https://evil.example" };
    await failureOf(await ask("/api/v1/session", evil), 403, "forbidden");
  });

  test("by the store's own page alone", async () => {
    const origin = "https://evil.example";
    const of = isolate({ ALLOWED_ORIGINS: origin });
    const sent = { method: "POST", token: TOKEN, origin };
    await failureOf(await ask("/api/v1/session", sent, of), 403, "forbidden");
    expect((await ask("/api/v1/session", { ...sent, origin: HOST }, of)).status).toBe(200);
  });

  test("not for longer by the cookie itself", async () => {
    const cookie = await signedIn(TOKEN);
    const again = { method: "POST", cookie, origin: HOST };
    await failureOf(await ask("/api/v1/session", again), 401, "unauthorized");
    // Nor beside a header that is no token.
    const authorization = "x";
    await failureOf(await ask("/api/v1/session", { ...again, authorization }), 401, "unauthorized");
  });

  test("not at all where the store is open, which needs no cookie", async () => {
    const open: Env = { ...bindings, OPEN: "local" };
    const response = await ask("http://localhost/api/v1/session", { method: "POST" }, open);
    expect([response.status, response.headers.has("set-cookie")]).toEqual([200, false]);
  });
});

describe("the cookie is worth nothing", () => {
  const refused = async (cookie: string, of = isolate()): Promise<void> => {
    await failureOf(await ask("/api/v1/metrics", { cookie }, of), 401, "unauthorized");
  };

  test("after 30 days", async () => {
    const cookie = await signedIn(TOKEN);
    vi.setSystemTime(NOW + LIMITS.sessionMs - 1);
    expect((await ask("/api/v1/metrics", { cookie })).status).toBe(200);
    vi.setSystemTime(NOW + LIMITS.sessionMs);
    await refused(cookie);
  });

  test("after its token was revoked, or has expired", async () => {
    const { id, token } = await named({ expiresAt: "+1h" });
    const cookie = await signedIn(token);
    expect((await ask("/api/v1/metrics", { cookie })).status).toBe(200);
    vi.setSystemTime(NOW + 3_600_000);
    await refused(cookie);
    vi.setSystemTime(NOW);
    await ask(`/api/v1/tokens/${id}`, { method: "DELETE", token: TOKEN });
    await refused(cookie);
  });

  test("under another API_TOKEN", async () => {
    await refused(await signedIn(TOKEN), isolate({ API_TOKEN: "another" }));
  });

  test("for a token that got the same id after D1 was put back to before the first", async () => {
    const first = await named({ scope: "read" });
    const cookie = await signedIn(first.token);
    expect((await ask("/api/v1/metrics", { cookie })).status).toBe(200);
    await env.DB.batch([
      env.DB.prepare("DELETE FROM token WHERE id = ?").bind(first.id),
      env.DB.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'token'").bind(first.id - 1),
    ]);
    vi.setSystemTime(NOW + 1);
    const second = await named({ scope: "admin" });
    expect(second.id).toBe(first.id);
    await refused(cookie);
    expect((await ask("/api/v1/metrics", { cookie: await signedIn(second.token) })).status).toBe(
      200,
    );
  });

  test("changed in any character", async () => {
    const cookie = await signedIn((await named({})).token);
    const [name, value = ""] = cookie.split("=");
    const [token, until, mac] = value.split(".");
    // The administrator, another token, one made at another time, a later end, another MAC, none.
    for (const forged of [
      `.${until}.${mac}`,
      `1-${NOW}.${until}.${mac}`,
      `${token}0.${until}.${mac}`,
      value.replace(String(until), String(Number(until) + 1)),
      value.slice(0, -2) + (value.at(-2) === "A" ? "B" : "A") + value.at(-1),
      `${value}A`,
      "",
      ".",
      "..",
    ])
      await refused(`${name}=${forged}`);
  });
});

describe("pages of other origins have no use of it", () => {
  let cookie = "";
  beforeEach(async () => {
    cookie = await signedIn(TOKEN);
  });
  const WRITES = [
    ["POST", "/api/v1/points", POINT],
    ["DELETE", "/api/v1/metric?name=a", undefined],
    ["POST", "/api/v1/flush", undefined],
    ["POST", "/api/v1/tokens", { name: "x", scope: "admin" }],
    ["POST", "/write", POINT],
  ] as const;
  for (const [method, path, body] of WRITES)
    test(`${method} ${path}`, async () => {
      for (const origin of [
        undefined,
        "https://evil.example",
        "null",
        "https://m.example:8443",
        "http://m.example",
      ]) {
        const response = await ask(path, {
          method,
          cookie,
          ...(origin !== undefined && { origin }),
          ...(body !== undefined && { body }),
        });
        expect(response.status, origin).toBe(403);
      }
    });

  test("nor have those that may read and write with a token", async () => {
    const origin = "https://shop.example";
    const of = isolate({ ALLOWED_ORIGINS: origin });
    const write = { method: "POST", cookie, origin, body: POINT };
    await failureOf(await ask("/api/v1/points", write, of), 403, "forbidden");
    const live = { cookie, origin, upgrade: true } as const;
    await failureOf(await ask("/api/v1/live?metric=a", live, of), 403, "forbidden");
    // No browser shows such a page what it asked for with a cookie.
    const { headers } = await ask("/api/v1/metrics", { cookie, origin }, of);
    expect(headers.has("access-control-allow-credentials")).toBe(false);
  });

  test("the store's own page does all of it", async () => {
    const own = { cookie, origin: HOST };
    expect((await ask("/api/v1/points", { method: "POST", body: POINT, ...own })).status).toBe(200);
    expect((await ask("/api/v1/metric?name=a", { method: "DELETE", ...own })).status).toBe(200);
  });

  test("sockets open to the store's own page alone, and to programs with a token", async () => {
    const live = async (sent: Sent): Promise<number> => {
      const response = await ask("/api/v1/live?metric=a", { upgrade: true, ...sent });
      response.webSocket?.accept();
      response.webSocket?.close(1000);
      return response.status;
    };
    expect(await live({ cookie, origin: HOST })).toBe(101);
    expect(await live({ token: TOKEN })).toBe(101);
    expect(await live({ cookie })).toBe(403);
    for (const sent of [{ cookie }, { token: TOKEN }])
      expect(await live({ ...sent, origin: "https://evil.example" })).toBe(403);
  });
});

describe("live sockets of a token", () => {
  const opened = async (sent: Sent): Promise<{ readonly closed: Promise<CloseEvent> }> => {
    const response = await ask("/api/v1/live?metric=a", { upgrade: true, ...sent });
    const socket = response.webSocket;
    if (socket === null) throw new Error(await response.text());
    const closed = new Promise<CloseEvent>((resolve) =>
      socket.addEventListener("close", (event) => {
        socket.close();
        resolve(event);
      }),
    );
    socket.accept();
    return { closed };
  };

  test("are closed when it is revoked, and no others", async () => {
    const [one, other] = [await named({}), await named({})];
    const [first, second] = [await opened(one), await opened(other)];
    await ask(`/api/v1/tokens/${one.id}`, { method: "DELETE", token: TOKEN });
    expect(await first.closed).toMatchObject({ code: 1008, reason: "its token was revoked" });
    await ask(`/api/v1/tokens/${other.id}`, { method: "DELETE", token: TOKEN });
    expect(await second.closed).toMatchObject({ code: 1008 });
  });

  test("stay where a shard does not answer, which is said: sent again, it closes them", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    onTestFinished(() => logged.mockRestore());
    const { id, token } = await named({});
    const { closed } = await opened({ token });
    const revoke = { method: "DELETE", token: TOKEN };
    const silent = isolate({ SHARD: withoutShard(env.SHARD, 0) });
    const said = await failureOf(
      await ask(`/api/v1/tokens/${id}`, revoke, silent),
      503,
      "unavailable",
    );
    expect(said.message).toMatch(/^the token is revoked, but 1 of 1 shards did not answer.*again$/);
    await failureOf(await ask("/api/v1/metrics", { token }), 401, "unauthorized");
    await failureOf(await ask(`/api/v1/tokens/${id}`, revoke), 404, "unknown_token");
    expect(await closed).toMatchObject({ code: 1008, reason: "its token was revoked" });
  });

  test("do not open where an isolate has not heard yet that it was revoked", async () => {
    const elsewhere = isolate();
    const { id, token } = await named({});
    expect((await ask("/api/v1/metrics", { token }, elsewhere)).status).toBe(200);
    await ask(`/api/v1/tokens/${id}`, { method: "DELETE", token: TOKEN });
    expect((await ask("/api/v1/metrics", { token }, elsewhere)).status).toBe(200);
    const response = await ask("/api/v1/live?metric=a", { token, upgrade: true }, elsewhere);
    await failureOf(response, 401, "unauthorized");
  });

  test("are closed when it has expired, before they are told more", async () => {
    const { token } = await named({ expiresAt: "+1h" });
    const { closed } = await opened({ token });
    vi.setSystemTime(NOW + 3_600_000);
    await ask("/api/v1/points", { method: "POST", token: TOKEN, body: POINT });
    expect(await closed).toMatchObject({ code: 1008, reason: "its token has expired" });
  });

  test("are closed when the cookie has ended by which they were opened", async () => {
    const cookie = await signedIn(TOKEN);
    const { closed } = await opened({ cookie, origin: HOST });
    vi.setSystemTime(NOW + LIMITS.sessionMs);
    await ask("/api/v1/points", { method: "POST", token: TOKEN, body: POINT });
    expect(await closed).toMatchObject({ code: 1008, reason: "its token has expired" });
  });

  const open = async (sent: Sent, of?: Env): Promise<Response> => {
    const response = await ask("/api/v1/live?metric=a", { upgrade: true, ...sent }, of);
    response.webSocket?.accept();
    return response;
  };

  test("are not so many that others have none", async () => {
    const { token } = await named({});
    const sockets: (WebSocket | null)[] = [];
    for (let i = 0; i < LIMITS.socketsPerToken; i++)
      sockets.push((await open({ token })).webSocket);
    expect(sockets).not.toContain(null);
    const error = await failureOf(await open({ token }), 503, "busy");
    expect(error.message).toContain("or your token there");
    const other = await open({ token: (await named({})).token });
    expect(other.status).toBe(101);
    for (const socket of [...sockets, other.webSocket]) socket?.close(1000);
  });

  test("nor those of an address of the public", async () => {
    const of = isolate({ PUBLIC_READ: "true", RATE_ADDRESSES: patient });
    const sockets: (WebSocket | null)[] = [];
    for (let i = 0; i < LIMITS.socketsPerToken; i++)
      sockets.push((await open({ address: "198.51.100.1" }, of)).webSocket);
    expect(sockets).not.toContain(null);
    await failureOf(await open({ address: "198.51.100.1" }, of), 503, "busy");
    const other = await open({ address: "198.51.100.2" }, of);
    expect(other.status).toBe(101);
    for (const socket of [...sockets, other.webSocket]) socket?.close(1000);
  });
});

test("with PUBLIC_READ, pages of other origins open no sockets all the same", async () => {
  const of = isolate({ PUBLIC_READ: "true", RATE_ADDRESSES: patient });
  const live = async (origin: string): Promise<number> => {
    const response = await ask("/api/v1/live?metric=a", { upgrade: true, origin }, of);
    response.webSocket?.accept();
    response.webSocket?.close(1000);
    return response.status;
  };
  expect(await live("https://evil.example")).toBe(403);
  expect(await live(HOST)).toBe(101);
});

test("with PUBLIC_READ, who is signed in no more is one of the public", async () => {
  const of = isolate({ PUBLIC_READ: "true" });
  const answer = await ask("/api/v1/session", { cookie: "__Host-minuet=.1.x" }, of);
  expect(await answer.json()).toEqual({ name: "the public", scope: "read", prefix: "" });
});
