// The list of endpoints against what stands elsewhere: wrangler.toml says which paths reach the Worker
// at all, and a path that it forgets would be answered with the page. And what every answer of every
// endpoint has.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { remoteWrite1 } from "../../src/core/formats/remote-write.ts";
import { app } from "../../src/worker/app.ts";
import { isLoose } from "../../src/worker/http/parameters.ts";
import { ENDPOINTS } from "../../src/worker/routes/list.ts";
import { writeRequest } from "../node/formats/remote-write/messages.ts";
import { exported } from "../node/formats/victoria-native/blocks.ts";
import { snappy } from "../node/formats/snappy-block.ts";
import { store } from "./api-client.ts";
import toml from "../../wrangler.toml?raw";

/** Paths of wrangler.toml's `run_worker_first`, where a * stands for anything. */
const patterns = (): string[] => {
  const list = /^run_worker_first = (\[[^\]]*\])/m.exec(toml)?.[1] ?? "[]";
  return JSON.parse(list.replace(/,\s*\]/, "]")) as string[];
};

const covers = (pattern: string, path: string): boolean =>
  pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;

test("wrangler.toml sends the path of every endpoint to the Worker", () => {
  const missed = ENDPOINTS.map(({ path }) => path).filter(
    (path) => !patterns().some((pattern) => covers(pattern, path)),
  );
  expect(ENDPOINTS.length).toBeGreaterThan(8);
  expect(missed).toEqual([]);
});

test("wrangler.toml sends nothing else: requests for the page are free", () => {
  const unused = patterns().filter(
    (pattern) => !ENDPOINTS.some(({ path }) => covers(pattern, path)),
  );
  expect(patterns().length).toBeGreaterThan(2);
  expect(unused).toEqual([]);
});

test("no two endpoints are the same", () => {
  const all = ENDPOINTS.flatMap(({ methods, path }) =>
    methods.map((method) => `${method} ${path}`),
  );
  expect(new Set(all).size).toBe(all.length);
});

/** What a path, or a method of it, must be told. */
const NEEDS: Readonly<Record<string, string>> = {
  "/api/v1/query": "?metric=here",
  "GET /api/v1/backup": "?metric=here",
  "/api/v1/live": "?metric=here",
  "/api/v1/metric": "?name=here",
  "/query": "?q=SHOW+DATABASES",
  "/api/v1/shared/values": "?query=here&start=0&end=60&step=15",
  "/prometheus/api/v1/query": "?query=here",
  ...Object.fromEntries(
    ["/prometheus", ""].flatMap((prefix) => [
      [`${prefix}/api/v1/query_range`, "?query=here&start=0&end=60&step=15"] as const,
      [`${prefix}/api/v1/format_query`, "?query=here"] as const,
      [`${prefix}/api/v1/parse_query`, "?query=here"] as const,
    ]),
  ),
};

const A_TOKEN = '{"name":"here","scope":"read"}';

/** The id of a new token. */
async function aToken(): Promise<string> {
  const response = await app.request("/api/v1/tokens", { method: "POST", body: A_TOKEN }, env);
  const { id } = (await response.json()) as { readonly id: number };
  return String(id);
}

const A_RULE = '{"name":"r","metric":"here","op":">","threshold":1}';

/** The id of a new rule of alerts. */
async function aRule(): Promise<string> {
  const response = await app.request(RULES, { method: "POST", body: A_RULE }, env);
  const { id } = (await response.json()) as { readonly id: number };
  return String(id);
}

const RULES = "/api/v1/alerts/rules";

const A_VIEW = '{"name":"here","search":"metric=here&expr=here"}';

interface Ids {
  readonly id: string;
  readonly link: string;
  /** Of a link, for who must have one. */
  readonly secret: string;
}

/** Of what there must be for a path. */
async function idsOf(pattern: string): Promise<Ids> {
  const none = { id: "", link: "", secret: "" };
  if (pattern.startsWith("/api/v1/tokens/")) return { ...none, id: await aToken() };
  if (pattern.startsWith("/api/v1/events/")) {
    const init = { method: "POST", body: '{"text":"here"}' };
    const response = await app.request("/api/v1/events", init, env);
    return { ...none, id: ((await response.json()) as { readonly id: string }).id };
  }
  if (pattern.startsWith("/api/v1/alerts/rules/")) return { ...none, id: await aRule() };
  if (!/^\/api\/v1\/(views\/|shared)/.test(pattern)) return none;
  const path = "/api/v1/views/here";
  await app.request(path, { method: "PUT", body: A_VIEW }, env);
  const response = await app.request(`${path}/links`, { method: "POST" }, env);
  const { id, secret } = (await response.json()) as {
    readonly id: string;
    readonly secret: string;
  };
  return { id: "here", link: id, secret: pattern.startsWith("/api/v1/shared") ? secret : "" };
}

/** What a path takes, where it is not a point as JSON. */
const BODIES: Readonly<Record<string, BodyInit>> = {
  "/write": "here value=1",
  "/api/v2/write": "here value=1",
  "/api/v1/graphite": "here 1 -1",
  "/api/v1/import": '{"metric":{"__name__":"here"},"values":[],"timestamps":[]}',
  "/api/v1/tokens": A_TOKEN,
  "/api/v1/backup": "",
  "/api/v1/views/:id": A_VIEW,
  "/api/v1/events": '{"text":"here"}',
  [RULES]: A_RULE,
  [`${RULES}/:id`]: A_RULE,
  [`${RULES}/:id/silence`]: '{"until":"+1h"}',
  "/api/v1/series": '{"series":[]}',
  "/api/v2/series": '{"series":[]}',
  "/api/v1/collectd": "PUTVAL h/here/t N:1",
  "/api/v1/import/native": new Blob([exported([])]),
  "/metrics/job/*": "here 1",
  "/metrics/job@base64/*": "here 1",
  "/v1/metrics": new Blob(["{}"], { type: "application/json" }),
  "/otlp/v1/metrics": new Blob([], { type: "application/x-protobuf" }),
  ...Object.fromEntries(
    remoteWrite1.paths.map((path) => [path, snappy(writeRequest([]))] as const),
  ),
};

describe("every answer says that its type is its type, and who may keep it; texts end a line", () => {
  beforeEach(() => store({ name: "here", value: 1 }));

  const checked = async (path: string, init: RequestInit, of: object = env): Promise<number> => {
    const response = await app.request(path, init, of);
    const { status, headers } = response;
    const what = `${init.method ?? "GET"} ${path}: ${status}`;
    expect(headers.get("x-content-type-options"), what).toBe("nosniff");
    expect(headers.get("content-security-policy"), what).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    );
    expect(headers.has("access-control-allow-origin"), what).toBe(false);
    expect(headers.get("cache-control"), what).toMatch(/^(no-store|private, no-cache)$/);
    if (headers.has("retry-after") || status >= 400)
      expect(headers.get("cache-control"), what).toBe("no-store");
    const text = await response.text();
    if (text !== "" && headers.get("content-type") !== "application/x-protobuf")
      expect(text.at(-1), what).toBe("\n");
    response.webSocket?.accept();
    response.webSocket?.close(1000);
    return status;
  };

  for (const { methods, path: pattern, parameters } of ENDPOINTS)
    for (const method of methods)
      test(`${method} ${pattern}`, async () => {
        const ids = await idsOf(pattern);
        const path = pattern.replace("*", "YQ").replace(":id", ids.id).replace(":link", ids.link);
        const upgrade = {
          upgrade: "websocket",
          ...(ids.secret !== "" && { authorization: `Bearer ${ids.secret}` }),
        };
        const body =
          method === "POST" || method === "PUT"
            ? { body: BODIES[pattern] ?? '{"name":"here","value":1}' }
            : {};
        // Asked well, badly, by a stranger, without a token, and of a store that is set up wrongly.
        const exact = `${path}${NEEDS[`${method} ${path}`] ?? NEEDS[path] ?? ""}`;
        const statuses = [
          await checked(exact, { method, headers: upgrade, ...body }),
          await checked(`${path}?no=such`, { method, ...body }),
          await checked(exact, { method: "PATCH" }),
          await checked(exact, { method: "HEAD" }),
          await checked(exact, { method, headers: { origin: "http://evil.example" } }),
          await checked(exact, { method }, { ...env, OPEN: "" }),
          await checked(exact, { method }, { ...env, SHARDS: "two" }),
        ];
        // A test notice goes nowhere: the rule has no webhook.
        if (pattern.endsWith("/test")) expect(statuses).toContain(422);
        else expect(Math.min(...statuses)).toBeLessThan(300);
        expect(statuses).toContain(405);
        if (parameters === undefined || !isLoose(parameters)) expect(statuses).toContain(400);
      });

  test("other answers of a query: CSV, not changed, unknown", async () => {
    const csv = "/api/v1/query?metric=here&format=csv&from=-2h&to=-1h";
    const etag = (await app.request(csv, {}, env)).headers.get("etag") ?? "";
    expect(await checked(csv, {})).toBe(200);
    expect(await checked(csv, { headers: { "if-none-match": etag } })).toBe(304);
    expect(await checked("/api/v1/query?metric=away", {})).toBe(404);
    expect(await checked("/api/v1/away", {})).toBe(404);
  });
});
