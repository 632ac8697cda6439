// Named tokens: made and revoked by the administrator, refused everywhere within a minute, and no
// unknown one costs a read. Another isolate is played by an environment of its own.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import type { Env } from "../../src/worker/env.ts";
import { partlyAnswer } from "../../src/worker/routes/points.ts";
import { createdToken, tokensAnswer } from "../../src/worker/routes/tokens.ts";
import { failureOf, NOW, TOKEN } from "./api-client.ts";
import { withoutShard } from "./faults.ts";
import { ask, isolate } from "./isolate.ts";

/** A D1 that counts what it is asked, and answers nothing while it is down. */
function watched(): { readonly DB: D1Database; asked: number; down: boolean } {
  const state = { asked: 0, down: false, DB: undefined as unknown as D1Database };
  state.DB = new Proxy(env.DB, {
    get(db, name) {
      if (name === "prepare" || name === "batch") {
        state.asked++;
        if (state.down) throw new Error("D1_ERROR: Network connection lost.");
      }
      const found: unknown = Reflect.get(db, name);
      return typeof found === "function" ? (found.bind(db) as unknown) : found;
    },
  });
  return state;
}

const post = (of: Env, path: string, token: string | undefined, body: unknown): Promise<Response> =>
  ask(of, path, token, { method: "POST", body: JSON.stringify(body) });

let admin: Env;

async function create(wish: object): Promise<{ readonly id: number; readonly token: string }> {
  const response = await post(admin, "/api/v1/tokens", TOKEN, { name: "t", ...wish });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return createdToken.strict().parse(JSON.parse(text));
}

const list = async (): Promise<readonly Record<string, unknown>[]> =>
  tokensAnswer.strict().parse(await (await ask(admin, "/api/v1/tokens", TOKEN)).json()).tokens;

const revoke = (id: number): Promise<Response> =>
  ask(admin, `/api/v1/tokens/${id}`, TOKEN, { method: "DELETE" });

const point = { name: "a", value: 1 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  admin = isolate();
});

describe("a token", () => {
  test("is shown once, listed without itself, and kept as a digest", async () => {
    const { id, token } = await create({ name: " grafana ", scope: "read" });
    expect(token).toMatch(/^minuet_[0-9a-f]{48}$/);
    expect(await list()).toContainEqual({
      id,
      name: "grafana",
      scope: "read",
      prefix: "",
      createdAt: NOW,
      expiresAt: null,
      usedAt: null,
    });
    const { results } = await env.DB.prepare("SELECT * FROM token").all();
    expect(JSON.stringify(results)).not.toContain(token.slice("minuet_".length));
  });

  test("of scope read reads, and does nothing else", async () => {
    const { token } = await create({ name: "reader", scope: "read" });
    expect((await ask(admin, "/api/v1/metrics", token)).status).toBe(200);
    const error = await failureOf(
      await post(admin, "/api/v1/points", token, point),
      403,
      "forbidden",
    );
    expect(error.message).toBe('The token "reader" has the scope read, and this needs write');
    for (const [path, method] of [
      ["/api/v1/metric?name=a", "DELETE"],
      ["/api/v1/flush", "POST"],
      ["/api/v1/tokens", "GET"],
      ["/api/v1/tokens/1", "DELETE"],
    ] as const)
      await failureOf(await ask(admin, path, token, { method }), 403, "forbidden");
  });

  test("of scope write writes, and does nothing else", async () => {
    const { token } = await create({ scope: "write" });
    expect((await post(admin, "/api/v1/points", token, point)).status).toBe(200);
    for (const path of ["/api/v1/metrics", "/api/v1/query?metric=a", "/api/v1/status"])
      await failureOf(await ask(admin, path, token), 403, "forbidden");
    await failureOf(await post(admin, "/api/v1/tokens", token, {}), 403, "forbidden");
  });

  test("of scope admin does everything, tokens too", async () => {
    const { token } = await create({ scope: "admin" });
    expect((await post(admin, "/api/v1/points", token, point)).status).toBe(200);
    expect((await ask(admin, "/api/v1/metrics", token)).status).toBe(200);
    const made = await post(admin, "/api/v1/tokens", token, { name: "x", scope: "read" });
    expect(made.status).toBe(200);
  });

  test("is taken in all places where agents put theirs", async () => {
    const { token } = await create({ scope: "write" });
    const line = (path: string, headers: Record<string, string>): Promise<Response> =>
      ask(admin, path, undefined, { method: "POST", body: "a value=1", headers });
    const basic = `Basic ${btoa(`u:${token}`)}`;
    expect((await line("/write", { authorization: basic })).status).toBe(204);
    expect((await line("/api/v2/write", { authorization: `Token ${token}` })).status).toBe(204);
    expect((await line(`/write?u=any&p=${token}`, {})).status).toBe(204);
    const series = { series: [{ metric: "a", points: [[NOW / 1_000, 1]] }] };
    const datadog = await ask(admin, "/api/v1/series", undefined, {
      method: "POST",
      body: JSON.stringify(series),
      headers: { "dd-api-key": token, "content-type": "application/json" },
    });
    expect(datadog.status).toBe(202);
  });

  test("is refused from the moment on at which it expires", async () => {
    const { token } = await create({ name: "guest", scope: "read", expiresAt: "+1h" });
    vi.setSystemTime(NOW + 3_599_999);
    expect((await ask(admin, "/api/v1/metrics", token)).status).toBe(200);
    vi.setSystemTime(NOW + 3_600_000);
    const error = await failureOf(await ask(admin, "/api/v1/metrics", token), 401, "unauthorized");
    expect(error.message).toBe('The token "guest" was valid until 2095-11-20T13:00:00.000Z');
  });

  test("says when it was last used, with one row an hour", async () => {
    const { id, token } = await create({ scope: "read" });
    const used = async (): Promise<unknown> => (await list()).find((one) => one.id === id)?.usedAt;
    await ask(admin, "/api/v1/metrics", token);
    expect(await used()).toBe(NOW);
    // Two isolates, and two more uses within the hour.
    for (const of of [admin, isolate()])
      for (const later of [1, 3_599_999]) {
        vi.setSystemTime(NOW + later);
        await ask(of, "/api/v1/metrics", token);
      }
    expect(await used()).toBe(NOW);
    vi.setSystemTime(NOW + 3_600_001);
    await ask(admin, "/api/v1/metrics", token);
    expect(await used()).toBe(NOW + 3_600_001);
  });

  test("says when it was last used also after a clock was a year ahead, and notes that once", async () => {
    const { id, token } = await create({ scope: "read" });
    const used = async (): Promise<unknown> => (await list()).find((one) => one.id === id)?.usedAt;
    const ahead = NOW + 365 * 86_400_000;
    vi.setSystemTime(ahead);
    await ask(admin, "/api/v1/metrics", token);
    expect(await used()).toBe(ahead);
    vi.setSystemTime(NOW);
    // That isolate, and another, whose list has the time that is to come.
    for (const [of, at] of [
      [admin, NOW],
      [isolate(), NOW + 2 * 3_600_000],
    ] as const) {
      await env.DB.prepare("UPDATE token SET used_at = ? WHERE id = ?").bind(ahead, id).run();
      vi.setSystemTime(at);
      await ask(of, "/api/v1/metrics", token);
      expect(await used()).toBe(at);
      await env.DB.prepare("UPDATE token SET used_at = 1 WHERE id = ?").bind(id).run();
      await ask(of, "/api/v1/metrics", token);
      expect(await used()).toBe(1);
    }
  });
});

describe("what is no token to be made is refused in words", () => {
  const refuses = (what: string, body: unknown, path: string, message: RegExp): void =>
    test(what, async () => {
      const response = await post(admin, "/api/v1/tokens", TOKEN, body);
      const error = await failureOf(response, 400, "invalid_parameter");
      expect(error.issues?.[0]?.path).toBe(path);
      expect(error.message).toMatch(message);
    });
  refuses("no name", { scope: "read" }, "name", /name/);
  refuses("an empty name", { name: " ", scope: "read" }, "name", /name/);
  refuses("a long name", { name: "x".repeat(101), scope: "read" }, "name", /100/);
  refuses("another scope", { name: "x", scope: "root" }, "scope", /"read"/);
  refuses("a past", { name: "x", scope: "read", expiresAt: "-1h" }, "expiresAt", /is past/);
  refuses("no time", { name: "x", scope: "read", expiresAt: "soon" }, "expiresAt", /ISO 8601/);
  refuses("an odd prefix", { name: "x", scope: "read", prefix: " a" }, "prefix", /space/);
  refuses("an administrator of some", { name: "x", scope: "admin", prefix: "a" }, "prefix", /read/);
  refuses("another field", { name: "x", scope: "read", admin: true }, "", /admin/);

  test("no JSON", async () => {
    const init = { method: "POST", body: "{" };
    await failureOf(await ask(admin, "/api/v1/tokens", TOKEN, init), 400, "invalid_json");
  });
  test("none with that id", async () => {
    await failureOf(await revoke(999_999), 404, "unknown_token");
    const init = { method: "DELETE" };
    await failureOf(await ask(admin, "/api/v1/tokens/x", TOKEN, init), 404, "unknown_token");
  });
});

describe("a revoked token", () => {
  test("is refused at once where it was revoked, and within a minute elsewhere", async () => {
    const elsewhere = isolate();
    const { id, token } = await create({ scope: "read" });
    expect((await ask(elsewhere, "/api/v1/metrics", token)).status).toBe(200);
    expect((await revoke(id)).status).toBe(200);
    await failureOf(await ask(admin, "/api/v1/metrics", token), 401, "unauthorized");
    vi.setSystemTime(NOW + LIMITS.tokensFreshMs);
    await failureOf(await ask(elsewhere, "/api/v1/metrics", token), 401, "unauthorized");
    expect(LIMITS.tokensFreshMs).toBeLessThan(60_000);
  });

  test("is refused within a minute also while D1 is down", async () => {
    const db = watched();
    const elsewhere = isolate({ DB: db.DB });
    const { id, token } = await create({ scope: "read" });
    expect((await ask(elsewhere, "/api/v1/live?metric=a", token)).status).toBe(426);
    await revoke(id);
    db.down = true;
    vi.setSystemTime(NOW + 60_000);
    await failureOf(await ask(elsewhere, "/api/v1/live?metric=a", token), 503, "unavailable");
  });

  test("does not come back as another with its id", async () => {
    const { id } = await create({ scope: "read" });
    await revoke(id);
    expect((await create({ scope: "read" })).id).toBeGreaterThan(id);
  });
});

test("one that was made elsewhere is known at once, also by several requests at the same time", async () => {
  const elsewhere = isolate();
  const first = await create({ scope: "read" });
  expect((await ask(elsewhere, "/api/v1/metrics", first.token)).status).toBe(200);
  const second = await create({ scope: "read" });
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => ask(elsewhere, "/api/v1/metrics", second.token)),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
});

/** A limit on requests that nobody meets. */
const patient: RateLimit = { limit: () => Promise.resolve({ success: true }) };

describe("D1", () => {
  const unknown = (i: number): string => `minuet_${String(i).padStart(48, "0")}`;
  const openApi = (of: Env, token: string): Promise<Response> => ask(of, "/openapi.json", token);

  test("is not asked for each unknown token", async () => {
    const db = watched();
    const of = isolate({ DB: db.DB, RATE_ADDRESSES: patient });
    // One that was just made, or was not: when it cannot be looked for, its sender is to come again.
    const told = new Set<number>();
    for (let i = 0; i < 200; i++) told.add((await openApi(of, unknown(i))).status);
    expect(told).toEqual(new Set([401, 503]));
    expect(db.asked).toBeLessThan(50);
    const before = db.asked;
    for (const text of ["wrong", "minuet_", "minuet_xyz", `${unknown(1)}0`])
      await failureOf(await openApi(of, text), 401, "unauthorized");
    expect(db.asked).toBe(before);
  });

  test("is asked once for many requests with a good token", async () => {
    const { token } = await create({ scope: "read" });
    const db = watched();
    const of = isolate({ DB: db.DB });
    await openApi(of, token);
    const before = db.asked;
    for (let i = 0; i < 100; i++) expect((await openApi(of, token)).status).toBe(200);
    expect(db.asked).toBe(before);
  });

  test("may be down: the administrator gets in, tokens that are known do, others come again", async () => {
    const { token } = await create({ scope: "read" });
    const db = watched();
    const of = isolate({ DB: db.DB });
    expect((await openApi(of, token)).status).toBe(200);
    db.down = true;
    vi.setSystemTime(NOW + 40_000);
    expect((await openApi(of, token)).status).toBe(200);
    expect((await openApi(of, TOKEN)).status).toBe(200);
    await failureOf(await openApi(of, "wrong"), 401, "unauthorized");
    for (let i = 0; i < 30; i++) {
      const response = await openApi(of, unknown(i));
      expect(response.headers.get("retry-after")).toBe("5");
      await failureOf(response, 503, "unavailable");
    }
    db.down = false;
    vi.setSystemTime(NOW + 42_000);
    await failureOf(await openApi(of, unknown(0)), 401, "unauthorized");
  });

  test("down from the start: a known token is a 503, not a 401", async () => {
    const { token } = await create({ scope: "read" });
    const db = watched();
    const of = isolate({ DB: db.DB });
    db.down = true;
    for (let i = 0; i < 3; i++) await failureOf(await openApi(of, token), 503, "unavailable");
    db.down = false;
    vi.setSystemTime(NOW + 1_000);
    expect((await openApi(of, token)).status).toBe(200);
  });
});

describe("no log has a token", () => {
  // Of the administrator, which may be any text, and of a named one.
  const everywhere = (token: string): readonly (readonly [string, Record<string, string>])[] => [
    ["", { authorization: `Bearer ${token}` }],
    ["", { authorization: `Token ${token}` }],
    ["", { authorization: `Basic ${btoa(`any:${token}`)}` }],
    ["", { "dd-api-key": token }],
    ["", { cookie: `minuet=${token}` }],
    ["", { "sec-websocket-protocol": `bearer.${btoa(token)}` }],
    [`?u=any&p=${token}`, {}],
    [`?api_key=${token}`, {}],
  ];

  test("nor an answer, whatever fails, wherever it stands", async () => {
    const db = watched();
    const known = await create({ scope: "admin" });
    const logged = ["error", "warn", "log", "info", "debug"].map((name) =>
      vi.spyOn(console, name as "error").mockImplementation(() => undefined),
    );
    onTestFinished(() => logged.forEach((spy) => spy.mockRestore()));
    const shards = withoutShard(env.SHARD, 0);
    // Others are counted at the same address.
    const [RATE_TOKENS, RATE_ADDRESSES] = [patient, patient];
    const paths = ["/write", "/api/v2/write", "/api/v1/points", "/api/v1/series", "/v1/metrics"];
    const reads = ["/api/v1/metrics", "/api/v1/tokens", "/api/v1/live", "/metrics", "/none"];
    const asked = [
      ...paths.map((path) => ({ path, init: { method: "POST", body: "a value=1" } })),
      ...reads.map((path) => ({ path, init: { method: "GET" } })),
    ];
    const tokens = [TOKEN, `${TOKEN}-wrong`, known.token, `minuet_${"0".repeat(48)}`];
    const answers: string[] = [];
    for (const token of tokens)
      for (const [query, headers] of everywhere(token))
        for (const { path, init } of asked)
          // Where no token is known yet, and where those that there are were read before D1 was down.
          for (const isRead of [false, true]) {
            // In a minute of its own, in which the log passes over nothing.
            vi.setSystemTime(Date.now() + 60_000);
            const of = isolate({ DB: db.DB, SHARD: shards, RATE_TOKENS, RATE_ADDRESSES });
            db.down = false;
            if (isRead) expect((await ask(of, "/openapi.json", known.token)).status).toBe(200);
            db.down = true;
            const response = await ask(of, path + query, undefined, { ...init, headers });
            const text = new TextDecoder().decode(await response.arrayBuffer());
            answers.push(JSON.stringify([...response.headers]), text);
          }
    const lines = logged.flatMap(({ mock }) => mock.calls.map((call) => JSON.stringify(call)));
    for (const failure of ["the object cannot start", "Network connection lost"])
      expect(lines.join("\n")).toContain(failure);
    const encoded = tokens.flatMap((token) => [btoa(token), btoa(`any:${token}`)]);
    for (const secret of [...tokens, ...encoded.map((text) => text.replace(/=+$/, ""))])
      for (const text of [...lines, ...answers]) expect(text).not.toContain(secret);
  });
});

describe("PUBLIC_READ", () => {
  const open = (value = "true"): Env => isolate({ PUBLIC_READ: value });

  test("lets everybody read, and do nothing else", async () => {
    expect((await ask(open(), "/api/v1/metrics")).status).toBe(200);
    await failureOf(await post(open(), "/api/v1/points", undefined, point), 401, "unauthorized");
    await failureOf(await ask(open(), "/api/v1/tokens"), 401, "unauthorized");
  });
  test("a wrong token is refused all the same", async () => {
    await failureOf(await ask(open(), "/api/v1/metrics", "wrong"), 401, "unauthorized");
  });
  test("is false by default, and opens no store without a token", async () => {
    await failureOf(await ask(open("false"), "/api/v1/metrics"), 401, "unauthorized");
    const { API_TOKEN: _, ...closed } = open();
    await failureOf(await ask(closed, "/api/v1/metrics"), 401, "no_token_configured");
  });
  test("another value is refused in words", async () => {
    const error = await failureOf(await ask(open("yes"), "/api/v1/metrics"), 503, "misconfigured");
    expect(error.message).toMatch(/^PUBLIC_READ is "yes", not true or false/);
  });
});

describe("a prefix", () => {
  let reader = "";
  let writer = "";
  const names = ["web", "web.a", "web.b", "weba", "db.x", "webb"];

  beforeEach(async () => {
    await post(
      admin,
      "/api/v1/points",
      TOKEN,
      names.map((name) => ({ name, value: 1 })),
    );
    const labels = { secret: "s" };
    await post(admin, "/api/v1/points", TOKEN, { name: "db.labelled", value: 1, labels });
    reader = (await create({ name: "web", scope: "read", prefix: "web." })).token;
    writer = (await create({ name: "web", scope: "write", prefix: "web." })).token;
  });

  const read = async (path: string): Promise<string> => {
    const response = await ask(admin, path, reader);
    const text = await response.text();
    expect(response.status, text).toBe(200);
    return text;
  };
  /** Names of the metrics that an answer speaks of. */
  const seen = (text: string): string[] => names.filter((name) => text.includes(`"${name}"`));

  // What shards alone know, and what D1 knows.
  for (const flushed of [false, true])
    test(`lists show what begins with it alone; ${flushed ? "" : "not "}flushed`, async () => {
      if (flushed) await ask(admin, "/api/v1/flush", TOKEN, { method: "POST" });
      const mine = ["web.a", "web.b"];
      expect(seen(await read("/api/v1/metrics?sparkline=true"))).toEqual(mine);
      expect(seen(await read("/api/v1/metrics?limit=1"))).toEqual(["web.a"]);
      expect(seen(await read("/api/v1/metrics?limit=1&cursor=web.a"))).toEqual(["web.b"]);
      expect(seen(await read("/api/v1/metrics?cursor=web.b"))).toEqual([]);
      expect(seen(await read("/api/v1/metrics?cursor=a&search=B"))).toEqual(mine);
      expect(seen(await read("/api/v1/find"))).toEqual(mine);
      expect(seen(await read("/api/v1/find?search=db"))).toEqual([]);
      const prometheus = "/prometheus/api/v1";
      expect(seen(await read(`${prometheus}/label/__name__/values`))).toEqual(mine);
      expect(await read(`${prometheus}/labels`)).not.toContain("secret");
      expect(await read(`${prometheus}/label/secret/values`)).toContain('"data":[]');
      expect(seen(await read(`${prometheus}/series?match[]={__name__=~".%2B"}`))).toEqual(mine);
      expect(seen(await read(`${prometheus}/series?match[]={__name__=~"db.x|web.a"}`))).toEqual([
        "web.a",
      ]);
      expect(seen(await read(`${prometheus}/query?query={__name__!=""}`))).toEqual(mine);
      expect(seen(await read(`${prometheus}/query?query={"db.x"}`))).toEqual([]);
      expect(await read(`${prometheus}/query?query=count({__name__=~".%2B"})`)).toContain('"2"');
    });

  test("metrics that it does not begin are refused alike, whether they are there or not", async () => {
    for (const name of ["db.x", "db.none"])
      for (const path of [
        "query?metric=",
        "query?resolution=raw&metric=",
        "metric?name=",
        "live?metric=",
      ]) {
        const response = await ask(admin, `/api/v1/${path}${name}`, reader);
        expect((await failureOf(response, 403, "forbidden")).message).toBe(
          `The token "web" reads only metrics whose names begin with "web.", not "${name}"`,
        );
      }
  });

  test("the names that are like an unknown one are among its own", async () => {
    for (const path of ["query?metric=", "metric?name="]) {
      const response = await ask(admin, `/api/v1/${path}web.`.concat("x"), reader);
      const { nearest } = await failureOf(response, 404, "unknown_metric");
      expect(nearest).toEqual(["web.a", "web.b"]);
    }
  });

  test("what is said of others is not set, and their rules are not listed", async () => {
    const set = (name: string): Promise<Response> =>
      ask(admin, `/api/v1/metric?name=${name}`, writer, {
        method: "PUT",
        body: JSON.stringify({ unit: "bytes" }),
      });
    expect((await set("web.a")).status).toBe(200);
    await failureOf(await set("db.x"), 403, "forbidden");
    await failureOf(await set("db.none"), 403, "forbidden");
    for (const metric of ["web.a", "db.x"]) {
      const rule = { name: metric, metric, op: ">", threshold: 1 };
      expect((await post(admin, "/api/v1/alerts/rules", TOKEN, rule)).status).toBe(200);
    }
    expect(seen(await read("/api/v1/alerts/rules"))).toEqual(["web.a"]);
  });

  test("the status, which is about all, is refused", async () => {
    await failureOf(await ask(admin, "/api/v1/status", reader), 403, "forbidden");
  });

  test("writes of others are refused one by one, and all of them as a whole", async () => {
    const mixed = [
      { name: "web.c", value: 1 },
      { name: "db.y", value: 1 },
    ];
    const response = await post(admin, "/api/v1/points", writer, mixed);
    const said = partlyAnswer.strict().parse(await response.clone().json());
    await failureOf(response, 422, "partly_forbidden");
    expect(said).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: "forbidden" }] });
    const other = await post(admin, "/api/v1/points", writer, mixed.slice(1));
    expect((await failureOf(other, 403, "forbidden")).message).toBe(
      '1 point not allowed, 0 stored: The token "web" writes only metrics whose names begin with "web.", not "db.y"',
    );
    await failureOf(await ask(admin, "/api/v1/metric?name=db.y", TOKEN), 404, "unknown_metric");
  });

  test("an Idempotency-Key of another tells nothing, and takes nothing", async () => {
    const keyed = (token: string, value: number): Promise<Response> =>
      ask(admin, "/api/v1/points", token, {
        method: "POST",
        body: JSON.stringify({ name: "web.key", value }),
        headers: { "idempotency-key": "k" },
      });
    expect(await (await keyed(TOKEN, 1)).json()).toEqual({ accepted: 1 });
    expect(await (await keyed(writer, 1)).json()).toEqual({ accepted: 1 });
    expect(await (await keyed(writer, 1)).json()).toEqual({ accepted: 1, duplicate: true });
    const another = (await create({ scope: "write" })).token;
    expect((await keyed(another, 2)).status).toBe(200);
    await failureOf(await keyed(writer, 2), 422, "key_reused");
  });
});
