// Saved views and the links to them: a link reads what its view shows and nothing else, and is refused
// once it is revoked. Another isolate is played by an environment of its own.

import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { ENDPOINTS } from "../../src/worker/routes/list.ts";
import { createdToken } from "../../src/worker/routes/tokens.ts";
import { createdLink, linksAnswer, sharedAnswer } from "../../src/worker/routes/view-links.ts";
import { viewAnswer, viewsAnswer } from "../../src/worker/routes/views.ts";
import { failureOf, NOW, store, TOKEN } from "./api-client.ts";
import { ask, isolate } from "./isolate.ts";

let admin = isolate();

const asked = async (path: string, init: RequestInit = {}): Promise<unknown> => {
  const response = await ask(admin, path, TOKEN, init);
  expect(response.status, await response.clone().text()).toBe(200);
  return await response.json();
};

const SEARCH =
  "range=24h&where=zone=eu&metric=web.a&by=host&where=host!=c&metric=web.sum&over=web.b";

const put = (id: string, search = SEARCH, more: object = {}): Promise<Response> =>
  ask(admin, `/api/v1/views/${id}`, TOKEN, {
    method: "PUT",
    body: JSON.stringify({ name: id, search, ...more }),
  });

const remove = (id: string): Promise<unknown> => asked(`/api/v1/views/${id}`, { method: "DELETE" });

const link = async (id: string): Promise<{ readonly id: string; readonly secret: string }> =>
  createdLink.strict().parse(await asked(`/api/v1/views/${id}/links`, { method: "POST" }));

const tokenOf = async (wish: object): Promise<string> => {
  const body = JSON.stringify({ name: "t", ...wish });
  return createdToken.parse(await asked("/api/v1/tokens", { method: "POST", body })).token;
};

const listed = async (token = TOKEN): Promise<readonly string[]> => {
  const response = await ask(admin, "/api/v1/views", token);
  return viewsAnswer
    .strict()
    .parse(await response.json())
    .views.map(({ id }) => id);
};

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await store(
    ["web.a", "web.b", "web.sum", "web.secret", "db.a"].flatMap((name) =>
      [
        ["a", "eu"],
        ["b", "eu"],
        ["c", "us"],
      ].map(([host, zone], i) => ({
        name,
        value: i,
        timestamp: NOW - 60_000,
        labels: { host, zone },
      })),
    ),
  );
});

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await env.DB.batch(["DELETE FROM view", "DELETE FROM link"].map((sql) => env.DB.prepare(sql)));
  admin = isolate();
});

describe("a view", () => {
  test("is saved, listed by name, changed, and read by itself", async () => {
    const made = await put("b", SEARCH, { name: " Web ", note: "who to call" });
    expect(viewAnswer.strict().parse(await made.json())).toEqual({
      id: "b",
      name: "Web",
      note: "who to call",
      search: SEARCH,
      createdAt: NOW,
      updatedAt: NOW,
    });
    await put("a", "metric=x", { name: "Zoo" });
    expect(await listed()).toEqual(["b", "a"]);
    vi.setSystemTime(NOW + 1_000);
    await put("b", "metric=y", { name: "Web 2" });
    expect(await asked("/api/v1/views/b")).toMatchObject({
      name: "Web 2",
      note: "",
      search: "metric=y",
      createdAt: NOW,
      updatedAt: NOW + 1_000,
    });
  });

  test("is gone when it is deleted, and back when it is put again", async () => {
    await put("a");
    expect(await remove("a")).toMatchObject({ removed: { id: "a", search: SEARCH } });
    expect(await listed()).toEqual([]);
    await failureOf(await ask(admin, "/api/v1/views/a", TOKEN), 404, "unknown_view");
    await failureOf(
      await ask(admin, "/api/v1/views/a", TOKEN, { method: "DELETE" }),
      404,
      "unknown_view",
    );
    await put("a");
    expect(await listed()).toEqual(["a"]);
  });

  test("that cannot be is refused in words", async () => {
    for (const [id, body, message] of [
      ["a", { name: "", search: "metric=a" }, /name/],
      ["a", { name: "a" }, /search/],
      ["a", { name: "a", search: "metric=a%0A" }, /metric=/],
      ["a", { name: "a", search: "metric=a&where=x" }, /where: expected label=value/],
      ["a", { name: "a", search: "metric=a", no: 1 }, /no/],
      ["a%20b", { name: "a", search: "metric=a" }, /the id "a b" is not/],
    ] as const) {
      const response = await ask(admin, `/api/v1/views/${id}`, TOKEN, {
        method: "PUT",
        body: JSON.stringify(body),
      });
      expect((await failureOf(response, 400, "invalid_parameter")).message).toMatch(message);
    }
    expect(await listed()).toEqual([]);
  });

  test("is one of so many at most, also of those that come at once", async () => {
    const many = Array.from({ length: LIMITS.views - 1 }, (_, i) =>
      env.DB.prepare("INSERT INTO view VALUES (?, 'x', '', 'metric=x', 0, 0, NULL)").bind(`v${i}`),
    );
    await env.DB.batch(many);
    const answers = await Promise.all(["a", "b", "c"].map((id) => put(id)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 422, 422]);
    await failureOf(await put("one-more"), 422, "too_many_views");
    expect((await put("v1")).status).toBe(200);
  });

  test("is saved and deleted by an administrator alone", async () => {
    await put("a");
    const reader = await tokenOf({ scope: "read" });
    expect(await listed(reader)).toEqual(["a"]);
    const writer = await tokenOf({ scope: "write" });
    for (const [method, path] of [
      ["PUT", "/api/v1/views/a"],
      ["DELETE", "/api/v1/views/a"],
      ["GET", "/api/v1/views/a/links"],
      ["POST", "/api/v1/views/a/links"],
      ["DELETE", "/api/v1/views/a/links/0123456789abcdef"],
    ] as const)
      for (const token of [reader, writer])
        await failureOf(await ask(admin, path, token, { method }), 403, "forbidden");
  });

  test("with a metric that a token may not see is none for that token", async () => {
    await put("own", "metric=web.a&over=web.b");
    await put("mixed", "metric=web.a&metric=db.a");
    await put("over", "metric=web.a&over=db.a");
    await put("empty", "range=1h");
    await put("expr", "metric=web.a&expr=sum(x)");
    const token = await tokenOf({ scope: "read", prefix: "web." });
    expect(await listed(token)).toEqual(["own"]);
    for (const id of ["mixed", "over", "empty", "expr"])
      await failureOf(await ask(admin, `/api/v1/views/${id}`, token), 404, "unknown_view");
  });
});

/** All that a link is for, in `SEARCH`. */
const ITS_OWN = [
  "/api/v1/shared",
  "/api/v1/query?metric=web.a&where=zone=eu&where=host!=c&by=host",
  "/api/v1/query?metric=web.a&where=host!=c&where=zone=eu&by=host&from=-7d&stat=p95&order=max",
  "/api/v1/query?metric=web.a&where=zone=eu&where=host!=c",
  "/api/v1/query?metric=web.sum&where=zone=eu&resolution=hour&format=csv",
  "/api/v1/query?metric=web.b&where=zone=eu&across=sum",
];

describe("a link", () => {
  let secret: string;
  let id: string;
  beforeEach(async () => {
    await put("v", SEARCH, { note: "n" });
    ({ secret, id } = await link("v"));
  });
  const by = (path: string, init: RequestInit = {}): Promise<Response> =>
    ask(admin, path, secret, init);

  test("is said once, and kept as a digest", async () => {
    expect(secret).toMatch(/^minuet_view_[0-9a-f]{48}$/);
    const { links } = linksAnswer.strict().parse(await asked("/api/v1/views/v/links"));
    expect(links).toEqual([{ id, createdAt: NOW }]);
    const { results } = await env.DB.prepare("SELECT * FROM link").all();
    expect(JSON.stringify(results)).not.toContain(secret.slice("minuet_view_".length));
  });

  test("tells its view, and answers its queries, as the page asks them", async () => {
    const told = sharedAnswer.strict().parse(await (await by("/api/v1/shared")).json());
    expect(told).toEqual({
      name: "v",
      note: "n",
      search: SEARCH,
      metrics: [{ name: "web.a" }, { name: "web.sum" }, { name: "web.b" }],
    });
    for (const path of ITS_OWN) expect((await by(path)).status, path).toBe(200);
    const answer = await (await by(ITS_OWN[1]!)).text();
    expect(answer).toContain('"host":"b"');
    expect(answer).not.toContain('"host":"c"');
  });

  describe("answers nothing else:", () => {
    for (const path of [
      // Other metrics.
      "/api/v1/query?metric=web.secret",
      "/api/v1/query?metric=web.secret&where=zone=eu&where=host!=c&by=host",
      "/api/v1/query?metric=db.a&where=zone=eu",
      "/api/v1/query?metric=none",
      "/api/v1/query?metric=web",
      // Other filters: fewer, more, others, those of another panel.
      "/api/v1/query?metric=web.a",
      "/api/v1/query?metric=web.a&by=host",
      "/api/v1/query?metric=web.a&where=zone=eu",
      "/api/v1/query?metric=web.a&where=host!=c",
      "/api/v1/query?metric=web.a&where=zone=us&where=host!=c",
      "/api/v1/query?metric=web.a&where=zone=~eu&where=host!=c",
      "/api/v1/query?metric=web.a&where=zone=eu&where=host!=c&where=host=a",
      "/api/v1/query?metric=web.sum&where=zone=eu&where=host!=c",
      "/api/v1/query?metric=web.sum",
      // Split finer than the view does.
      "/api/v1/query?metric=web.sum&where=zone=eu&by=host",
      "/api/v1/query?metric=web.sum&where=zone=eu&by=*",
      "/api/v1/query?metric=web.a&where=zone=eu&where=host!=c&by=*",
      "/api/v1/query?metric=web.a&where=zone=eu&where=host!=c&by=host&by=zone",
      "/api/v1/query?metric=web.b&where=zone=eu&by=host",
      "/api/v1/query?metric=web.a&where=zone=eu&where=host!=c&by=*&resolution=raw",
      // Other ways to ask.
      "/api/v1/live?metric=web.secret",
      "/api/v1/metrics",
      "/api/v1/metrics?search=web.a",
      "/api/v1/metric?name=web.a",
      "/api/v1/series?match[]=web.a",
      "/api/v1/labels",
      "/api/v1/label/host/values",
      "/api/v1/query_range?query=web_a&start=0&end=60&step=15",
      '/prometheus/api/v1/query?query={"web.a"}',
      '/prometheus/api/v1/series?match[]={__name__=~".%2B"}',
      "/prometheus/api/v1/metadata",
      "/query?q=SHOW+DATABASES",
      "/api/v1/status",
      "/api/v1/views",
      "/api/v1/views/v",
      "/api/v1/views/v/links",
      "/api/v1/tokens",
      "/api/v1/session",
    ])
      test(path, async () => {
        const upgrade = path.includes("/live") ? { headers: { upgrade: "websocket" } } : {};
        const response = await by(path, upgrade);
        const text = await response.text();
        expect([401, 403], text).toContain(response.status);
        for (const word of ["db.a", "us", '"b"']) expect(text).not.toContain(`"${word}"`);
      });

    const isForLinks = new Set([
      "/api/v1/query",
      "/api/v1/live",
      "/api/v1/shared",
      "/api/v1/shared/values",
    ]);
    for (const { methods, path, scope, byLink } of ENDPOINTS)
      if (scope !== "open" && scope !== "always")
        for (const method of methods)
          if (!(method === "GET" && isForLinks.has(path)))
            test(`${method} ${path}`, async () => {
              expect(byLink).toBe(undefined);
              const here = path.replace(":id", "v").replace(":link", id).replace("*", "x");
              const body = method === "GET" || method === "DELETE" ? {} : { body: "{}" };
              const response = await by(here, { method, ...body });
              expect([401, 403], await response.text()).toContain(response.status);
            });

    test("not where clients put other tokens either, and not for a cookie", async () => {
      const places: readonly (readonly [string, Record<string, string>])[] = [
        [`/write?u=any&p=${secret}`, {}],
        ["/write", { authorization: `Basic ${btoa(`u:${secret}`)}` }],
        ["/api/v1/series", { "dd-api-key": secret }],
        ["/prometheus/api/v1/labels", { authorization: `Basic ${btoa(`u:${secret}`)}` }],
      ];
      for (const [path, headers] of places) {
        const method = path.startsWith("/prometheus") ? "GET" : "POST";
        const body = method === "POST" ? { body: "a value=1" } : {};
        const response = await ask(admin, path, undefined, { method, headers, ...body });
        expect([401, 403], path).toContain(response.status);
      }
      const signIn = await by("/api/v1/session", { method: "POST" });
      expect(signIn.status).toBe(403);
      expect(signIn.headers.has("set-cookie")).toBe(false);
    });

    test("nor where everybody may read, or do everything", async () => {
      const path = "/api/v1/query?metric=web.secret";
      expect((await ask(isolate({ PUBLIC_READ: "true" }), path, secret)).status).toBe(403);
      expect((await ask({ ...env }, path, secret)).status).toBe(403);
      expect((await ask({ ...env }, ITS_OWN[1]!, secret)).status).toBe(200);
    });

    test("nor the names that are like that of a metric which is gone", async () => {
      await put("v", "metric=web.s");
      const response = await by("/api/v1/query?metric=web.s");
      const error = await failureOf(response, 404, "unknown_metric");
      expect(error).toMatchObject({ nearest: [], message: 'no metric "web.s" any more' });
    });
  });

  test("that was revoked is refused at once here, and within a minute elsewhere", async () => {
    const other = isolate();
    expect((await ask(other, "/api/v1/shared", secret)).status).toBe(200);
    await asked(`/api/v1/views/v/links/${id}`, { method: "DELETE" });
    await failureOf(await by("/api/v1/shared"), 401, "unauthorized");
    await failureOf(await by(ITS_OWN[1]!), 401, "unauthorized");
    vi.setSystemTime(NOW + 59_999);
    await failureOf(await ask(other, "/api/v1/shared", secret), 401, "unauthorized");
    await failureOf(
      await ask(admin, `/api/v1/views/v/links/${id}`, TOKEN, { method: "DELETE" }),
      404,
      "unknown_link",
    );
  });

  test("is refused within a minute also when D1 does not say whether it was revoked", async () => {
    let down = false;
    const DB = new Proxy(env.DB, {
      get(db, name) {
        if (down && (name === "prepare" || name === "batch")) throw new Error("D1_ERROR: lost");
        const found: unknown = Reflect.get(db, name);
        return typeof found === "function" ? (found.bind(db) as unknown) : found;
      },
    });
    const other = isolate({ DB });
    expect((await ask(other, "/api/v1/shared", secret)).status).toBe(200);
    down = true;
    vi.setSystemTime(NOW + 60_001);
    await failureOf(await ask(other, ITS_OWN[1]!, secret), 503, "unavailable");
  });

  test("keeps the filters of an expression apart from those of the metric before it", async () => {
    await put("v", "metric=web.a&where=zone=eu&expr=up&where=host=a&by=host");
    const path = "/api/v1/query?metric=web.a&where=zone=eu";
    expect((await by(path)).status).toBe(200);
    for (const more of ["&where=host=a", "&by=host"])
      await failureOf(await by(path + more), 403, "forbidden");
  });

  test("answers the expressions of its view, of what its filters let through, and no others", async () => {
    const query = "sum by (host) ({__name__=~'web.*'})";
    const search = new URLSearchParams([
      ["where", "zone=eu"],
      ["where", "host!=a"],
      ["metric", "db.a"],
      ["expr", query],
      // Of no panel that asks this way.
      ["where", "host=c"],
    ]);
    await put("v", String(search));
    const at = (NOW - 60_000) / 1_000;
    const values = (text: string, more = "", token = secret): Promise<Response> =>
      ask(
        admin,
        `/api/v1/shared/values?${new URLSearchParams({ query: text, start: `${at}`, end: `${at}`, step: "60" })}${more}`,
        token,
      );
    const answer = await values(query, "&limit=10");
    expect(answer.status, await answer.clone().text()).toBe(200);
    expect(await answer.json()).toMatchObject({
      data: { resultType: "matrix", result: [{ metric: { host: "b" }, values: [[at, "4"]] }] },
    });
    for (const other of [`${query} `, "{__name__=~'web.*'}", "db_a", "1"])
      await failureOf(await values(other), 403, "forbidden");
    for (const more of [
      "&where=host=a",
      `&query=${encodeURIComponent("{x=''}")}`,
      "&lookback_delta=1d",
    ])
      await failureOf(await values(query, more), 400, "invalid_parameter");
    // Who has a token asks as everybody does.
    await failureOf(await values(query, "", TOKEN), 403, "forbidden");
    const asked = new URLSearchParams({ query, start: "0", end: "60", step: "15" });
    expect((await by(`/prometheus/api/v1/query_range?${asked}`)).status).toBe(403);
  });

  test("is not told by an error which labels there are", async () => {
    const query = "sum({__name__=~'web.*'}) / on () {__name__=~'web.*'}";
    await put("v", String(new URLSearchParams({ expr: query })));
    const at = (NOW - 60_000) / 1_000;
    const values = new URLSearchParams({ query, start: `${at}`, end: `${at}`, step: "60" });
    const asked = await ask(admin, `/api/v1/shared/values?${values}`, secret);
    expect((await failureOf(asked, 422, "query_failed")).message).toBe(
      "What the view shows has no answer over this range",
    );
    // Who may read everything is told.
    const own = await ask(admin, `/prometheus/api/v1/query_range?${values}`, TOKEN);
    expect(await own.text()).toContain("host=");
  });

  test("follows its view: what it no longer shows is refused, what it shows now is answered", async () => {
    const other = isolate();
    await ask(other, "/api/v1/shared", secret);
    await put("v", "metric=db.a");
    vi.setSystemTime(NOW + 60_000);
    for (const of of [admin, other]) {
      await failureOf(await ask(of, ITS_OWN[1]!, secret), 403, "forbidden");
      expect((await ask(of, "/api/v1/query?metric=db.a", secret)).status).toBe(200);
    }
  });

  test("ends with its view, and comes back with it within an hour", async () => {
    await remove("v");
    await failureOf(await by("/api/v1/shared"), 401, "unauthorized");
    vi.setSystemTime(NOW + LIMITS.viewDeletedMs);
    await put("v");
    expect((await by("/api/v1/shared")).status).toBe(200);
    await remove("v");
    vi.setSystemTime(NOW + 2 * LIMITS.viewDeletedMs + 1);
    await put("v");
    await failureOf(await by("/api/v1/shared"), 401, "unauthorized");
    expect(await asked("/api/v1/views/v/links")).toEqual({ links: [] });
  });

  test("that is unknown costs no more than some looks a second", async () => {
    let asks = 0;
    const DB = new Proxy(env.DB, {
      get(db, name) {
        if (name === "prepare") asks++;
        const found: unknown = Reflect.get(db, name);
        return typeof found === "function" ? (found.bind(db) as unknown) : found;
      },
    });
    const other = isolate({ DB });
    for (let i = 0; i < 3 * LIMITS.tokenLooksPerSec; i++) {
      const forged = `minuet_view_${i.toString(16).padStart(48, "0")}`;
      const { status } = await ask(other, "/api/v1/shared", forged);
      expect(status).toBe(i < LIMITS.tokenLooksPerSec ? 401 : 503);
    }
    expect(asks).toBe(LIMITS.tokenLooksPerSec);
  });

  test("that is known goes on while others make links up, and ends all the same when it is revoked", async () => {
    const patient: RateLimit = { limit: () => Promise.resolve({ success: true }) };
    const other = isolate({ RATE_ADDRESSES: patient });
    let made = 0;
    /** All looks of a second go to links that are none. */
    const flood = async (): Promise<number> => {
      let status = 0;
      for (let i = 0; i <= LIMITS.tokenLooksPerSec; i++) {
        const forged = `minuet_view_${(made++).toString(16).padStart(48, "0")}`;
        ({ status } = await ask(other, "/api/v1/shared", forged));
      }
      return status;
    };
    expect((await ask(other, "/api/v1/shared", secret)).status).toBe(200);
    for (let later = 0; later <= 3 * LIMITS.tokensKeptMs; later += LIMITS.tokensFreshMs) {
      vi.setSystemTime(NOW + later);
      expect(await flood()).toBe(503);
      expect((await ask(other, "/api/v1/shared", secret)).status).toBe(200);
    }
    await asked(`/api/v1/views/v/links/${id}`, { method: "DELETE" });
    vi.setSystemTime(NOW + 3 * LIMITS.tokensKeptMs + LIMITS.tokensFreshMs);
    expect(await flood()).toBe(503);
    await failureOf(await ask(other, "/api/v1/shared", secret), 401, "unauthorized");
  });

  describe("opens live sockets", () => {
    const open = async (metric: string, token: string): Promise<WebSocket> => {
      const response = await ask(admin, `/api/v1/live?metric=${metric}`, token, {
        headers: { upgrade: "websocket" },
      });
      expect(response.status).toBe(101);
      return response.webSocket!;
    };
    /** The next message; undefined: it is closed. */
    const next = (socket: WebSocket): Promise<string | undefined> =>
      new Promise((resolve) => {
        socket.addEventListener("message", ({ data }) => resolve(String(data)), { once: true });
        socket.addEventListener("close", () => resolve(undefined), { once: true });
      });

    test("that tell when something changed, and not what", async () => {
      const socket = await open("web.a", secret);
      const first = next(socket);
      socket.accept();
      expect(JSON.parse((await first)!)).toMatchObject({ type: "snapshot", series: [] });
      const second = next(socket);
      await store({ name: "web.a", value: 7, labels: { host: "new", zone: "us" } });
      const told = (await second)!;
      expect(JSON.parse(told)).toMatchObject({
        type: "changed",
        series: [],
        reload: { from: NOW, to: NOW + 60_000 },
      });
      expect(told).not.toContain("new");
      socket.close(1000);
    });

    test("that are closed when it is revoked, and when its view is another", async () => {
      const all = [secret, (await link("v")).secret];
      const sockets = await Promise.all(all.map((one) => open("web.a", one)));
      const ends = sockets.map(
        (socket) =>
          new Promise<number>((resolve) =>
            socket.addEventListener("close", ({ code }) => resolve(code)),
          ),
      );
      for (const socket of sockets) socket.accept();
      await asked(`/api/v1/views/v/links/${id}`, { method: "DELETE" });
      expect(await ends[0]).toBe(1008);
      expect(sockets[1]!.readyState).toBe(WebSocket.OPEN);
      await put("v", "metric=web.b");
      expect(await ends[1]).toBe(1008);
      const response = await ask(admin, "/api/v1/live?metric=web.a", all[1]!, {
        headers: { upgrade: "websocket" },
      });
      await failureOf(response, 403, "forbidden");
      const again = await open("web.b", all[1]!);
      again.accept();
      again.close(1000);
    });

    test("that a silent shard kept are closed when the same is sent again", async () => {
      /** A Worker whose shards do not answer. */
      const deaf = isolate({
        SHARD: new Proxy(env.SHARD, {
          get() {
            throw new Error("lost");
          },
        }),
      });
      const init = { method: "PUT", body: JSON.stringify({ name: "v", search: "metric=web.a" }) };
      for (const [path, again] of [
        ["put", async () => await put("v", "metric=web.a")],
        ["delete", async () => await ask(admin, "/api/v1/views/v", TOKEN, { method: "DELETE" })],
      ] as const) {
        const socket = await open("web.a", secret);
        const end = new Promise<number>((resolve) =>
          socket.addEventListener("close", ({ code }) => resolve(code)),
        );
        socket.accept();
        const first = path === "put" ? init : { method: "DELETE" };
        const response = await ask(deaf, "/api/v1/views/v", TOKEN, first);
        await failureOf(response, 503, "unavailable");
        expect(socket.readyState).toBe(WebSocket.OPEN);
        expect((await again()).status).toBe(path === "put" ? 200 : 404);
        expect(await end).toBe(1008);
      }
      await put("v", "metric=web.a");
      const back = await open("web.a", secret);
      back.accept();
      back.close(1000);
    });

    test("not by an isolate that has not heard yet that it was revoked", async () => {
      const other = isolate();
      await ask(other, "/api/v1/shared", secret);
      await asked(`/api/v1/views/v/links/${id}`, { method: "DELETE" });
      const response = await ask(other, "/api/v1/live?metric=web.a", secret, {
        headers: { upgrade: "websocket" },
      });
      await failureOf(response, 401, "unauthorized");
    });
  });
});
