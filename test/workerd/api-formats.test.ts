// What other systems' clients send, stored and answered as they expect: their tokens, statuses, bodies,
// errors, and what is stored when a part is wrong.

import { env } from "cloudflare:workers";
import { zstdCompressSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { app } from "../../src/worker/app.ts";
import { compress, NOW, query, TOKEN } from "./api-client.ts";
import { DIALECTS, list, SEC, says, series } from "./dialects.ts";

const { OPEN: _open, ...closed } = env;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

type Body = string | Uint8Array<ArrayBuffer>;

type Sent = Omit<RequestInit, "headers"> & { readonly headers?: Record<string, string> };

/** To a closed store. */
const ask = async (path: string, init: Sent = {}): Promise<Response> =>
  app.request(path, init, { ...closed, API_TOKEN: TOKEN });

const send = (
  path: string,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<Response> =>
  ask(path, {
    method: "POST",
    body,
    headers: { "content-type": "", authorization: `Bearer ${TOKEN}`, ...headers },
  });

const answer = async (response: Response): Promise<readonly [number, unknown]> => {
  const text = await response.text();
  const type = response.headers.get("content-type");
  if (text !== "" && type !== "application/x-protobuf") expect(text.at(-1)).toBe("\n");
  expect(text).not.toContain(TOKEN);
  const isJson = type === "application/json";
  return [response.status, isJson ? JSON.parse(text) : text];
};

const sumOf = async (metric: string, where?: string): Promise<unknown> =>
  (
    await query({ metric, from: "-1h", to: "+1m", resolution: "hour", ...(where && { where }) })
  ).series[0]?.sum.reduce((a, b) => a + b, 0);

for (const [what, dialect] of Object.entries(DIALECTS))
  describe(what, () => {
    const { path, good, bad, both, type } = dialect;
    const name = what.toLowerCase().replaceAll(/\W+/g, ".");
    const sent = (text: string): Body => dialect.encode?.(text) ?? text;
    const metric = (more: string): string =>
      dialect.stored?.(`${name}.${more}`) ?? `${name}.${more}`;
    const typed = { "content-type": type };

    test("of a token with a prefix, points of other metrics are refused one by one", async () => {
      const made = await ask("/api/v1/tokens", {
        method: "POST",
        body: JSON.stringify({ name: "it", scope: "write", prefix: metric("mine") }),
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      const { token } = (await made.json()) as { readonly token: string };
      const two = both(good(`${name}.mine`), good(`${name}.theirs`));
      const headers = { ...typed, authorization: `Bearer ${token}` };
      const [status, said] = await answer(await send(path, sent(two), headers));
      expect(status).toBe(dialect.partly[0]);
      expect(JSON.stringify(said)).toMatch(/writes only metrics whose names begin with/);
      expect(await sumOf(metric("mine"))).toBe(1);
      const theirs = await ask(`/api/v1/metric?name=${metric("theirs")}`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      expect(theirs.status).toBe(404);
    });

    test("stored, answered as its clients expect", async () => {
      expect(await answer(await send(path, sent(good(`${name}.ok`)), typed))).toEqual(dialect.ok);
      expect(await sumOf(metric("ok"))).toBe(1);
    });

    test("a bad point between good ones is said and counted; the others are stored", async () => {
      const body = sent(both(good(`${name}.part`), bad(`${name}.part`)));
      expect(await answer(await send(path, body, typed))).toEqual(dialect.partly);
      expect(await sumOf(metric("part"))).toBe(1);
    });

    test("no token, a wrong one", async () => {
      const init = { method: "POST", body: sent(good(`${name}.no`)), headers: typed };
      const without = await ask(path, init);
      // collectd sends its password only when it is asked for one.
      if (without.status === 401)
        expect(without.headers.get("www-authenticate")).toBe('Basic realm="minuet"');
      expect(await answer(without)).toEqual(dialect.unauthorized);
      const wrong = { ...typed, authorization: "Bearer wrong" };
      const [status] = await answer(await ask(path, { ...init, headers: wrong }));
      expect(status).toBe(dialect.unauthorized[0]);
    });

    test("an encoding that nobody knows", async () => {
      const headers = { ...typed, "content-encoding": "br" };
      expect(await answer(await send(path, sent(good(`${name}.br`)), headers))).toEqual(
        dialect.badEncoding,
      );
    });

    if (dialect.onlyOwnEncodings) return;
    for (const [encoding, encode] of Object.entries({
      gzip: (body: Body) => compress(body, "gzip"),
      deflate: (body: Body) => compress(body, "deflate"),
      zstd: async (body: Body) =>
        new Uint8Array(zstdCompressSync(await new Response(body).arrayBuffer())),
    }))
      test(encoding, async () => {
        const body = await encode(sent(good(`${name}.${encoding}`)));
        const headers = { ...typed, "content-encoding": encoding };
        expect(await answer(await send(path, body, headers))).toEqual(dialect.ok);
        expect(await sumOf(metric(encoding))).toBe(1);
      });
  });

describe("the token where clients send it", () => {
  const basic = { authorization: `Basic ${btoa(`anybody:${TOKEN}`)}` };
  const takes = (what: string, path: string, body: string, headers: Record<string, string>): void =>
    test(what, async () => {
      const init = { method: "POST", body, headers };
      expect((await ask(path, init)).status).toBeLessThan(300);
      const wrong = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          value.startsWith("Basic") ? `Basic ${btoa("anybody:wrong")}` : `${value}x`,
        ]),
      );
      const other = { ...init, headers: wrong };
      const response = await ask(path.replace(TOKEN, "wrong"), other);
      expect([401, 403]).toContain(response.status);
    });
  const point = `t value=1 ${NOW}000000`;
  takes("Token", "/api/v2/write?org=o&bucket=b", point, { authorization: `Token ${TOKEN}` });
  takes("Token, version 1", "/write", point, { authorization: `Token ${TOKEN}` });
  takes("Basic, Influx", "/write?db=x", point, basic);
  takes("u and p", `/write?db=x&u=anybody&p=${TOKEN}`, point, {});
  takes("DD-API-KEY", "/api/v1/series", series("t"), { "dd-api-key": TOKEN });
  takes("api_key", `/api/v1/series?api_key=${TOKEN}`, series("t"), {});
  takes("Basic, Graphite", "/api/v1/graphite", `t 1 ${SEC}`, basic);
  takes("Basic, VictoriaMetrics", "/api/v1/import", "\n", basic);
  takes("Basic, KairosDB", "/api/v1/datapoints", "[]", basic);
  takes("Basic, collectd", "/api/v1/collectd", list("t"), {
    ...basic,
    "content-type": "application/json",
  });

  test("Basic that is none", async () => {
    for (const authorization of ["Basic", "Basic !", `Basic ${btoa(TOKEN)}`, `Basic ${TOKEN}`]) {
      const init = { method: "POST", body: point, headers: { authorization } };
      expect((await ask("/write", init)).status).toBe(401);
    }
  });
});

describe("clients of InfluxDB", () => {
  const query = async (init: Sent, search = ""): Promise<readonly [number, unknown]> =>
    answer(
      await ask(`/query${search}`, {
        ...init,
        headers: { authorization: `Token ${TOKEN}`, ...init.headers },
      }),
    );
  const form = (q: string): Sent => ({
    method: "POST",
    body: new URLSearchParams({ q }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });

  test("ping and health ask for no token", async () => {
    for (const method of ["GET", "HEAD"]) {
      const response = await ask("/ping?wait_for_leader=1s", { method });
      expect([response.status, await response.text()]).toEqual([204, ""]);
      expect(response.headers.get("x-influxdb-version")).toMatch(/^1\.8\.10/);
    }
    expect(await answer(await ask("/ping?verbose=true"))).toEqual([
      200,
      { version: says(/^1\.8/) },
    ]);
    expect(await answer(await ask("/health"))).toMatchObject([200, { status: "pass" }]);
  });

  test("databases, in the address and in a form", async () => {
    const created = [200, { results: [{ statement_id: 0 }] }];
    expect(await query({}, "?q=CREATE+DATABASE+%22x%22&u=a")).toEqual(created);
    expect(await query({ method: "POST" }, "?q=create%20database%20x")).toEqual(created);
    expect(await query(form('CREATE DATABASE "x" WITH DURATION 1d'))).toEqual(created);
    expect(await query(form("CREATE DATABASE x; SHOW DATABASES;"))).toEqual([
      200,
      {
        results: [
          { statement_id: 0 },
          {
            statement_id: 1,
            series: [{ name: "databases", columns: ["name"], values: [["minuet"]] }],
          },
        ],
      },
    ]);
  });

  test("anything else is refused in Influx's words", async () => {
    const parse = [400, { error: says(/^error parsing query: "SELECT 1" is not CREATE DATABASE/) }];
    expect(await query({}, "?q=SELECT%201")).toEqual(parse);
    expect(await query({})).toEqual([400, { error: 'missing required parameter "q"' }]);
    expect((await ask("/query?q=SHOW%20DATABASES")).status).toBe(401);
  });

  test("units of time", async () => {
    for (const [unit, time] of Object.entries({
      n: `${NOW}000000`,
      ns: `${NOW}000000`,
      u: `${NOW}000`,
      us: `${NOW}000`,
      ms: String(NOW),
      s: String(SEC),
      m: String(SEC / 60),
      h: String(SEC / 3_600),
    })) {
      const response = await send(
        `/write?db=x&precision=${unit}`,
        `unit,u=${unit} value=1 ${time}`,
      );
      expect(response.status, unit).toBe(204);
      expect(await sumOf("unit", `u=${unit}`)).toBe(1);
    }
    expect(await answer(await send("/write?precision=d", "unit value=1"))).toEqual([
      400,
      { error: says(/^precision: .*got "d"/) },
    ]);
    expect(await answer(await send("/write", `unit value=1 ${SEC}`))).toEqual([
      400,
      { error: says(/it looks like seconds, add precision=s written=0 dropped=1$/) },
    ]);
  });

  test("points that are too old are counted", async () => {
    const old = `old value=1 ${NOW - 500 * 86_400_000}000000`;
    expect(await answer(await send("/write", `${old}\n${old}\nold value=2`))).toEqual([
      400,
      { error: says(/^partial write: .* is older than the 400 days .* written=1 dropped=2$/) },
    ]);
    expect(await sumOf("old")).toBe(2);
  });
});

describe("clients of Datadog", () => {
  test("validate", async () => {
    const validate = async (headers: Record<string, string>): Promise<unknown> =>
      answer(await ask("/api/v1/validate", { headers }));
    expect(await validate({ "dd-api-key": TOKEN })).toEqual([200, { valid: true }]);
    expect(await validate({ "dd-api-key": "x" })).toEqual([403, { errors: [says(/token/)] }]);
  });
});

test("VictoriaMetrics: extra labels replace those of the series", async () => {
  const body = `{"metric":{"__name__":"vm.extra","a":"1"},"values":[1],"timestamps":[${NOW}]}`;
  const response = await send("/api/v1/import?extra_label=a=2&extra_label=b=3&x=y", body);
  expect(response.status).toBe(204);
  expect(await sumOf("vm.extra", "a=2")).toBe(1);
  expect(await sumOf("vm.extra", "b=3")).toBe(1);
  expect((await send("/api/v1/import?extra_label=a", body)).status).toBe(400);
});

test("KairosDB: compression named as the type", async () => {
  const body = await compress(`[{"name":"k.gzip","timestamp":${NOW},"value":1}]`, "gzip");
  const response = await send("/api/v1/datapoints", body, { "content-type": "application/gzip" });
  expect(response.status).toBe(204);
  expect(await sumOf("k.gzip")).toBe(1);
});

describe("zstd", () => {
  const zstd = { "content-encoding": "zstd", "content-type": "application/json" };
  const compressed = (text: string): Uint8Array => new Uint8Array(zstdCompressSync(text));
  const to = async (body: Uint8Array): Promise<readonly [number, unknown]> =>
    answer(await send("/api/v1/series", body, zstd));

  test("several frames", async () => {
    const text = series("zstd.frames");
    const frames = [compressed(text.slice(0, 20)), compressed(""), compressed(text.slice(20))];
    const body = new Uint8Array(frames.flatMap((one) => [...one]));
    expect(await to(body)).toEqual([202, { status: "ok" }]);
  });

  test("what is none, is cut, or is followed by something else", async () => {
    const good = compressed(series("zstd.bad"));
    const bad = [400, { errors: [says(/^the body is not zstd: /)] }];
    expect(await to(new Uint8Array([1, 2, 3, 4, 5]))).toEqual(bad);
    expect(await to(good.subarray(0, -3))).toEqual(bad);
    expect(await to(new Uint8Array([...good, 1, 2, 3, 4]))).toEqual(bad);
  });

  test("a bomb, also in frames, and one that wants much memory", async () => {
    const zeros = compressed("0".repeat(5_000_000));
    const many = new Uint8Array([...zeros, ...zeros]);
    expect(await to(many)).toEqual([413, { errors: [says(/over 8388608 bytes/)] }]);
    expect((await to(compressed("0".repeat(50_000_000))))[0]).toBe(413);
    // A frame of unknown size whose window is 2 GiB.
    const [status] = await to(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 1, 0, 0]));
    expect(status).toBe(400);
  });
});
