// Requests that cannot be answered: unknown paths, wrong methods, bad parameters, unknown metrics.
// Each is refused with the status, code and words that help, and is documented in the API document.

import { beforeAll, describe, expect, test, vi } from "vitest";
import { failureOf, fetchApi, NOW, search, store } from "./api-client.ts";

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await store(["cpu.load", "cpu.idle", "mem.used", "disk.io"].map((name) => ({ name, value: 1 })));
});

const refuses = (
  what: string,
  parameters: Readonly<Record<string, unknown>>,
  path: string,
  message: string | RegExp,
): void =>
  test(what, async () => {
    const response = await fetchApi(
      `/api/v1/query${search({ metric: "cpu.load", ...parameters })}`,
    );
    const error = await failureOf(response, 400, "invalid_parameter");
    expect(error.issues).toEqual([
      { path, message: typeof message === "string" ? message : expect.stringMatching(message) },
    ]);
    expect(error.message).toContain(error.issues?.[0]?.message);
  });

const refusesPath = (
  what: string,
  method: string,
  path: string,
  status: number,
  code: string,
  message: RegExp,
): void =>
  test(what, async () => {
    const error = await failureOf(await fetchApi(path, { method }), status, code);
    expect(error.message).toMatch(message);
  });

describe("metric", () => {
  refuses("empty", { metric: "" }, "metric", 'is empty, got ""');
  refuses("with a brace", { metric: "a{b" }, "metric", /control character.*, got "a\{b"$/);
  refuses("too long", { metric: "m".repeat(201) }, "metric", /longer than 200 .*got "m{77}…"$/);
  refuses("twice", { metric: ["a", "b"] }, "metric", "is given more than once");
  test("missing", async () => {
    const error = await failureOf(await fetchApi("/api/v1/query"), 400, "invalid_parameter");
    expect(error).toMatchObject({
      message: "metric: is required",
      issues: [{ path: "metric", message: "is required" }],
    });
  });
});

describe("times", () => {
  const expected = "expected Unix ms, ISO 8601 or a relative time like -6h or now-7d, got";
  refuses("nonsense", { from: "yesterday" }, "from", `${expected} "yesterday"`);
  refuses("empty", { to: "" }, "to", `${expected} ""`);
  refuses("an unknown unit", { from: "-6x" }, "from", `${expected} "-6x"`);
  refuses("no such day", { from: "2026-02-30" }, "from", `${expected} "2026-02-30"`);
  refuses(
    "seconds",
    { from: NOW / 1000 },
    "from",
    /before 2001: it looks like seconds, give milliseconds, got "\d{10}"$/,
  );
  refuses("microseconds", { to: NOW * 1000 }, "to", /looks like microseconds, give milliseconds/);
  refuses("an absurd distance", { to: "+999999999y" }, "to", '"+999999999y" is too far away');
  refuses("twice", { from: ["-1h", "-2h"] }, "from", "is given more than once");
  refuses("the end before the start", { from: "now", to: "-1h" }, "from", "from must be before to");
  refuses("an empty range", { from: NOW, to: NOW }, "from", "from must be before to");
  refuses("an enormous range", { from: "-51y" }, "from", "the range is over 50 years, the limit");
  test("the message names both ends", async () => {
    const response = await fetchApi("/api/v1/query?metric=cpu.load&from=now&to=-1h");
    expect((await failureOf(response, 400, "invalid_parameter")).message).toBe(
      "from must be before to: from is 2095-11-20T12:00:00.000Z, to 2095-11-20T11:00:00.000Z",
    );
  });
});

describe("other parameters", () => {
  refuses("a resolution", { resolution: "week" }, "resolution", /"minute"\|.*, got "week"$/);
  refuses("resolution twice", { resolution: ["day", "day"] }, "resolution", /more than once/);
  refuses("limit 0", { limit: 0 }, "limit", /^Too small: .*, got "0"$/);
  refuses("limit 1001", { limit: 1001 }, "limit", /^Too big: .*<=1000, got "1001"$/);
  refuses("limit 1.5", { limit: 1.5 }, "limit", /int, .*got "1.5"$/);
  refuses("limit x", { limit: "x" }, "limit", /expected number, .*got "x"$/);
  refuses("an empty limit", { limit: "" }, "limit", /got ""$/);
  refuses("a format", { format: "xml" }, "format", /"json"\|"csv", got "xml"$/);
  refuses(
    "an unknown one",
    { step: 60 },
    "step",
    /^unknown parameter; this path takes metric, from/,
  );
  refuses("of a prototype", { constructor: 1 }, "constructor", /^unknown parameter/);
  refuses("precision", { precision: "s" }, "precision", /^unknown parameter/);
  refuses("an empty by", { by: "" }, "by", /got ""$/);
  refuses("31 by", { by: Array(31).fill("a") }, "by", /<=30/);
});

describe("where", () => {
  const expected = "expected label=value, label!=value, label=~regex or label!~regex, got";
  refuses("no operator", { where: "host" }, "where", `${expected} "host"`);
  refuses("no label", { where: "=a" }, "where", `${expected} "=a"`);
  refuses("empty", { where: "" }, "where", `${expected} ""`);
  refuses(
    "an open parenthesis",
    { where: "host=~(" },
    "where",
    /^"\(" is not an RE2 expression: .*\)/,
  );
  refuses("a back reference", { where: "host=~(a)\\1" }, "where", /invalid escape sequence/);
  refuses("a look-ahead", { where: "host=~(?=a)" }, "where", /invalid or unsupported Perl syntax/);
  refuses("too many repeats", { where: "h=~(a{99}){11}" }, "where", /invalid repeat count/);
  refuses("the second", { where: ["host=a", "host=~["] }, "where", /missing closing \]/);
  refuses("21 of them", { where: Array(21).fill("a=b") }, "where", /<=20/);
});

test("all wrong parameters are listed", async () => {
  const response = await fetchApi("/api/v1/query?from=x&limit=0&foo=1");
  const error = await failureOf(response, 400, "invalid_parameter");
  expect(error.issues?.map(({ path }) => path).sort()).toEqual(["foo", "from", "limit", "metric"]);
});

test("of thousands of unknown parameters 20 are listed, and all counted", async () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`p${i}`, 1]));
  const response = await fetchApi(`/api/v1/query${search({ metric: "a", ...many })}`);
  const error = await failureOf(response, 400, "invalid_parameter");
  expect(error.issues).toHaveLength(20);
  expect(error.issueCount).toBe(1000);
});

describe("other paths' parameters", () => {
  const refusesAt = (path: string, issue: string): void =>
    test(path, async () => {
      const error = await failureOf(await fetchApi(path), 400, "invalid_parameter");
      expect(error.issues).toMatchObject([{ path: issue }]);
    });
  refusesAt("/api/v1/metrics?limit=0", "limit");
  refusesAt("/api/v1/metrics?limit=1001", "limit");
  refusesAt("/api/v1/metrics?q=a", "q");
  refusesAt(`/api/v1/metrics?search=${"s".repeat(201)}`, "search");
  refusesAt("/api/v1/metrics?search=a&search=b", "search");
  refusesAt("/api/v1/metric", "name");
  refusesAt("/api/v1/metric?name=a%7Bb", "name");
  refusesAt("/api/v1/metric?name=cpu.load&from=now", "from");
  refusesAt("/api/v1/status?verbose=1", "verbose");
  refusesAt("/api/v1/live", "metric");
  refusesAt("/api/v1/live?metric=", "metric");
});

describe("unknown metrics", () => {
  const nearest =
    /^no metric "cpu\.laod"\. Nearest: "cpu\.load", "cpu\.idle", "(disk\.io|mem\.used)"$/;
  const unknown = "unknown_metric";
  refusesPath("query", "GET", "/api/v1/query?metric=cpu.laod", 404, unknown, nearest);
  refusesPath(
    "with where",
    "GET",
    "/api/v1/query?metric=cpu.laod&where=a=b",
    404,
    unknown,
    nearest,
  );
  refusesPath("csv", "GET", "/api/v1/query?metric=cpu.laod&format=csv", 404, unknown, nearest);
  refusesPath("one metric", "GET", "/api/v1/metric?name=cpu.laod", 404, unknown, nearest);
  refusesPath("delete", "DELETE", "/api/v1/metric?name=cpu.laod", 404, unknown, nearest);
  refusesPath("broken UTF-8", "GET", "/api/v1/metric?name=%ff", 404, unknown, /^no metric/);
  refusesPath(
    "other case",
    "GET",
    "/api/v1/metric?name=CPU.LOAD",
    404,
    unknown,
    /Nearest: "cpu\.load"/,
  );
});

describe("paths", () => {
  refusesPath("unknown", "GET", "/api/v1/nothing", 404, "not_found", /no path \/api\/v1\/nothing/);
  refusesPath("another version", "GET", "/api/v2/points", 404, "not_found", /\/api\/v2\/points/);
  refusesPath("deeper", "GET", "/api/v1/metrics/a/b", 404, "not_found", /no path/);
  refusesPath("of other systems", "POST", "/api/put", 404, "not_found", /no path \/api\/put/);
  refusesPath("no WebSocket", "GET", "/api/v1/live?metric=a", 426, "upgrade_required", /WebSocket/);
});

describe("addresses that mean nothing are 4xx, and said in few words", () => {
  const refused = (what: string, path: string, status: number, code: string): void =>
    test(what, async () => {
      for (const method of ["GET", "DELETE"]) {
        const response = await fetchApi(path, { method });
        expect(response.status).toBeLessThan(500);
        if (method === "GET") await failureOf(response, status, code);
      }
      const head = await fetchApi(path, { method: "HEAD" });
      expect(head.status).toBe(status);
      expect(await head.text()).toBe("");
    });
  const long = "b".repeat(60_000);
  refused("two slashes inside", "/api/v1//status", 404, "not_found");
  refused("two slashes at the start", "//api/v1/status", 404, "not_found");
  refused("two slashes at the end", "/api/v1/status//", 404, "not_found");
  refused("only slashes", "////", 404, "not_found");
  refused("a broken escape in the path", "/api/v1/query/%", 404, "not_found");
  refused("broken UTF-8 in the path", "/api/v1/%ff%fe", 404, "not_found");
  refused("a NUL in the path", "/api/v1/status%00", 404, "not_found");
  refused("an encoded slash", "/api%2Fv1%2Fstatus", 404, "not_found");
  refused("a backslash", "/api/v1/status\\..", 404, "not_found");
  refused("a very long path", `/api/${long}`, 404, "not_found");
  refused("a very long name", `/api/v1/query?metric=${long}`, 400, "invalid_parameter");
  refused("a very long parameter", `/api/v1/status?${long}=1`, 400, "invalid_parameter");
  refused("a very long filter", `/api/v1/query?metric=a&where=${long}`, 400, "invalid_parameter");
  refused("a very long time", `/api/v1/query?metric=a&from=${long}`, 400, "invalid_parameter");
  refused("a broken escape in the query", "/api/v1/query?metric=%", 404, "unknown_metric");
  refused("a NUL in a name", "/api/v1/query?metric=%00", 400, "invalid_parameter");
  refused("a parameter of broken UTF-8", "/api/v1/status?%ff=%", 400, "invalid_parameter");
  refused("only separators", "/api/v1/query?&&=&", 400, "invalid_parameter");

  test("a slash at the end is the same address", async () => {
    expect((await fetchApi("/api/v1/status/")).status).toBe(200);
    expect((await fetchApi("/healthz/")).status).toBe(200);
  });
});

test("a browser that asks for a page of another origin is told that there is no CORS", async () => {
  const headers = { origin: "https://a.example", "access-control-request-method": "POST" };
  const response = await fetchApi("/api/v1/points", { method: "OPTIONS", headers });
  expect([...response.headers.keys()].filter((name) => name.startsWith("access-"))).toEqual([]);
  const error = await failureOf(response, 405, "method_not_allowed");
  expect(error.message).toMatch(/^OPTIONS is not possible here; POST is\. Pages of other origins/);
});

describe("methods", () => {
  const allows = (method: string, path: string, allow: string): void =>
    test(`${method} ${path}`, async () => {
      const response = await fetchApi(path, { method });
      expect(response.headers.get("allow")).toBe(allow);
      const error = await failureOf(response, 405, "method_not_allowed");
      expect(error.message).toBe(`${method} is not possible here; ${allow} is`);
    });
  allows("GET", "/api/v1/points", "POST");
  allows("PUT", "/api/v1/points", "POST");
  allows("DELETE", "/api/v1/points/", "POST");
  allows("POST", "/api/v1/query?metric=a", "GET, HEAD");
  allows("DELETE", "/api/v1/metrics", "GET, HEAD");
  allows("PATCH", "/api/v1/metric?name=cpu.load", "GET, HEAD, PUT, DELETE");
  allows("POST", "/api/v1/metric?name=a%2Fb", "GET, HEAD, PUT, DELETE");
  allows("POST", "/api/v1/live", "GET, HEAD");
  allows("POST", "/api/v1/status", "GET, HEAD");
  allows("POST", "/healthz", "GET, HEAD");
  allows("DELETE", "/openapi.json", "GET, HEAD");
  allows("OPTIONS", "/api/v1/query", "GET, HEAD");
});
