// Points that cannot be read: each is refused with 400 (or 413, 415), an issue that says what, where
// and why, and nothing of the request is stored, not even the good point that comes before it.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { compress, failureOf, listMetrics, NOW, post, unflushedBuckets } from "./api-client.ts";

const GOOD = { name: "good", value: 1 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

afterEach(async () => {
  expect(await unflushedBuckets()).toBe(0);
  expect(await listMetrics()).toEqual({ metrics: [] });
});

/** One item that is wrong, after a good one; `item` as JSON text or a value. */
const refuses = (
  what: string,
  item: unknown,
  path: string,
  message: string | RegExp,
  queryString = "",
): void =>
  test(what, async () => {
    const text = typeof item === "string" ? item : JSON.stringify(item);
    const body = `[${JSON.stringify(GOOD)},${text}]`;
    const error = await failureOf(await post(body, { query: queryString }), 400, "invalid_point");
    expect(error.message).toBe("the points have 1 problem; nothing was stored");
    expect(error.issues).toEqual([
      {
        index: 1,
        path,
        message: typeof message === "string" ? message : expect.stringMatching(message),
      },
    ]);
    expect(error.issueCount).toBeUndefined();
  });

/** A body that is wrong as a whole. */
const refusesBody = (
  what: string,
  body: string | (() => Promise<Uint8Array | ReadableStream> | Uint8Array | ReadableStream),
  expected: number,
  code: string,
  message: RegExp,
  headers: Record<string, string> = {},
): void =>
  test(what, async () => {
    const { "content-type": type = "application/json" } = headers;
    const sent = typeof body === "string" ? body : await body();
    const error = await failureOf(await post(sent, { headers, type }), expected, code);
    expect(error.message).toMatch(message);
  });

const point = (more: Record<string, unknown>): Record<string, unknown> => ({
  name: "x",
  value: 1,
  ...more,
});
const labels = (pairs: Record<string, unknown>): Record<string, unknown> =>
  point({ labels: pairs });
const named = (name: unknown): Record<string, unknown> => ({ name, value: 1 });

describe("not JSON", () => {
  refusesBody("empty", "", 400, "invalid_json", /the body is empty: expected a point/);
  refusesBody("white space", " \n ", 400, "invalid_json", /the body is empty/);
  refusesBody("cut off", '{"name":"x"', 400, "invalid_json", /^not valid JSON: .*position/);
  refusesBody("a word", "hello", 400, "invalid_json", /^not valid JSON: .*"hello"/);
  refusesBody("NaN", '{"name":"x","value":NaN}', 400, "invalid_json", /^not valid JSON: .*N/);
  refusesBody("Infinity", '[{"name":"x","value":Infinity}]', 400, "invalid_json", /not valid JSON/);
  refusesBody(
    "a comma too many",
    '[{"name":"x","value":1},]',
    400,
    "invalid_json",
    /not valid JSON/,
  );
  refusesBody("line protocol", "cpu,host=a load=1", 400, "invalid_json", /not valid JSON/);
  refusesBody(
    "deep within the size",
    "[".repeat(4_000_000) + "]".repeat(4_000_000),
    400,
    "invalid_json",
    /nested deeper than 6 levels, the limit/,
  );
  refusesBody(
    "deep labels",
    `{"name":"x","value":1,"labels":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`,
    400,
    "invalid_json",
    /nested deeper than 6 levels/,
  );
});

describe("too large", () => {
  refusesBody("10 MB of nesting", "[".repeat(10_000_000), 413, "too_large", /over 8388608 bytes/);
  refusesBody("10 MB of text", `"${"x".repeat(10_000_000)}"`, 413, "too_large", /send it in parts/);
  refusesBody("10 MB of unknown length", () => stream(160, zeros), 413, "too_large", /8388608/);
  refusesBody(
    "a gzip bomb",
    () => new Response(stream(400, zeros).pipeThrough(new CompressionStream("gzip"))).bytes(),
    413,
    "too_large",
    /also after decompression/,
    { "content-encoding": "gzip" },
  );
  refusesBody(
    "10 MB of gzip of unknown length",
    () => stream(160, noise).pipeThrough(new CompressionStream("gzip")),
    413,
    "too_large",
    /8388608/,
    { "content-encoding": "gzip" },
  );
  refusesBody(
    "100,001 points",
    `[${Array(100_001).fill('{"name":"x","value":1}').join()}]`,
    413,
    "too_many_points",
    /a request may hold 100000 points: send several/,
  );
  refusesBody(
    "100,001 points of one series",
    `{"name":"x","datapoints":[${Array(100_001).fill(`[${NOW},1]`).join()}]}`,
    413,
    "too_many_points",
    /100000 points/,
  );
  refusesBody(
    "100,001 lines",
    '{"name":"x","value":1}\n'.repeat(100_001),
    413,
    "too_many_points",
    /100000 points/,
    { "content-type": "application/x-ndjson" },
  );
  refusesBody(
    "millions of lines that are no JSON",
    "x\n".repeat(4_000_000),
    413,
    "too_many_points",
    /100000 points/,
    { "content-type": "application/x-ndjson" },
  );
  refusesBody(
    "millions of numbers",
    `[${"1,".repeat(4_000_000)}1]`,
    413,
    "too_many_points",
    /100000/,
  );
});

describe("encodings and media types", () => {
  const gzip = { "content-encoding": "gzip" };
  refusesBody("no gzip", '{"name":"x"}', 400, "invalid_encoding", /the body is not gzip/, gzip);
  refusesBody("half a gzip", () => cut(0.5), 400, "invalid_encoding", /the body is not gzip/, gzip);
  refusesBody("gzip, last byte missing", () => cut(-1), 400, "invalid_encoding", /not gzip/, gzip);
  refusesBody("gzip with a wrong sum", broken, 400, "invalid_encoding", /not gzip/, gzip);
  refusesBody(
    "gzip and rubbish",
    () => followed("rubbish"),
    400,
    "invalid_encoding",
    /follows/,
    gzip,
  );
  refusesBody(
    "gzip and half another",
    () => followed("\u001f"),
    400,
    "invalid_encoding",
    /the body is not gzip: unexpected end/,
    gzip,
  );
  refusesBody("nothing for gzip", "", 400, "invalid_json", /the body is empty/, gzip);
  refusesBody(
    "deflate and rubbish",
    () => followed("rubbish", "deflate"),
    400,
    "invalid_encoding",
    /the body is not deflate: 7 bytes follow its end/,
    { "content-encoding": "deflate" },
  );
  refusesBody("gzip of nothing", () => compress("", "gzip"), 400, "invalid_json", /empty/, gzip);
  refusesBody("no deflate", '{"name":"x"}', 400, "invalid_encoding", /the body is not deflate/, {
    "content-encoding": "deflate",
  });
  refusesBody(
    "Brotli",
    "x",
    415,
    "unsupported_encoding",
    /Content-Encoding "br" is not one of gzip, x-gzip, deflate, zstd, identity/,
    { "content-encoding": "br" },
  );
  refusesBody("gzip twice", "x", 415, "unsupported_encoding", /"gzip, gzip" names several/, {
    "content-encoding": "gzip, gzip",
  });
  refusesBody(
    "XML",
    "<x/>",
    415,
    "unsupported_media_type",
    /Content-Type "application\/xml" is not application\/json or application\/x-ndjson/,
    { "content-type": "application/xml; charset=utf-8" },
  );
  refusesBody("a form with files", "x", 415, "unsupported_media_type", /"multipart\/form-data"/, {
    "content-type": "multipart/form-data; boundary=x",
  });
  refusesBody(
    "Latin-1",
    () => new Uint8Array([...new TextEncoder().encode('{"name":"'), 0xe9, 0x22, 0x7d]),
    400,
    "invalid_utf8",
    /not valid UTF-8/,
  );
  refusesBody("UTF-16", () => new Uint8Array([0xff, 0xfe, 0x7b, 0]), 400, "invalid_utf8", /UTF-8/);
});

describe("not a point", () => {
  refuses("a number", 5, "", "expected a point, an object, got 5");
  refuses("a text", '"x"', "", 'expected a point, an object, got "x"');
  refuses("null", null, "", "expected a point, an object, got null");
  refuses("an array in the array", [[GOOD]], "", "expected a point, an object, got an array");
});

describe("names", () => {
  const control = 'has a control character or one of " { }';
  refuses("missing", { value: 1 }, "name", "is missing");
  refuses("null", named(null), "name", "expected a text, got null");
  refuses("a number", named(7), "name", "expected a text, got 7");
  refuses("an array", named(["x"]), "name", "expected a text, got an array");
  refuses("an object", named({}), "name", "expected a text, got an object");
  refuses("empty", named(""), "name", '"" is empty');
  refuses("a space before", named(" x"), "name", '" x" starts or ends with white space');
  refuses("a space behind", named("x "), "name", '"x " starts or ends with white space');
  refuses("an odd space", named("x\u00a0"), "name", /starts or ends with white space/);
  refuses("a line feed", named("a\nb"), "name", `"a\\nb" ${control}`);
  refuses("NUL", named("a\u0000b"), "name", `"a\\u0000b" ${control}`);
  refuses("a C1 control character", named("a\u0085b"), "name", /control character/);
  refuses("a quote", named('a"b'), "name", `"a\\"b" ${control}`);
  refuses("a brace", named("a{b"), "name", `"a{b" ${control}`);
  refuses("a closing brace", named("a}b"), "name", `"a}b" ${control}`);
  refuses("a path", named("."), "name", '"." is a path, and no name');
  refuses("a path up", named(".."), "name", '".." is a path, and no name');
  refuses(
    "a character of no width",
    named("cpu\u200b.load"),
    "name",
    /has an invisible character \(U\+200B\)$/,
  );
  refuses(
    "a lone surrogate",
    named("a\ud800"),
    "name",
    /is not valid Unicode \(a lone surrogate\)/,
  );
  refuses("too long", named("x".repeat(201)), "name", /^"x{77}…" is longer than 200 characters$/);
});

describe("values", () => {
  refuses("missing", { name: "x" }, "value", "is missing");
  refuses("null", point({ value: null }), "value", "expected a finite number, got null");
  refuses("a text", point({ value: "abc" }), "value", 'expected a finite number, got "abc"');
  refuses("a number as text", point({ value: "1" }), "value", 'expected a finite number, got "1"');
  refuses("NaN as text", point({ value: "NaN" }), "value", 'expected a finite number, got "NaN"');
  refuses("true", point({ value: true }), "value", "expected a finite number, got true");
  refuses("an array", point({ value: [1] }), "value", "expected a finite number, got an array");
  refuses("1e999", '{"name":"x","value":1e999}', "value", "expected a finite number, got Infinity");
  refuses("-1e999", '{"name":"x","value":-1e999}', "value", /got -Infinity$/);
  refuses("a long text", point({ value: "y".repeat(1000) }), "value", /got "y{77}…"$/);
});

describe("timestamps", () => {
  const at = (timestamp: unknown): Record<string, unknown> => point({ timestamp });
  const s = NOW / 1000;
  refuses(
    "seconds for milliseconds",
    at(s),
    "timestamp",
    `${s} milliseconds is before 2001: it looks like seconds, add precision=s`,
  );
  refuses(
    "microseconds for milliseconds",
    at(NOW * 1e3),
    "timestamp",
    `${NOW * 1e3} milliseconds is after the year 5000: it looks like microseconds, add precision=us`,
  );
  refuses("nanoseconds for milliseconds", at(NOW * 1e6), "timestamp", /add precision=ns$/);
  refuses("milliseconds for seconds", at(NOW), "timestamp", /add precision=ms$/, "?precision=s");
  refuses("seconds for nanoseconds", at(s), "timestamp", /add precision=s$/, "?precision=ns");
  refuses("seconds as text", at(String(s)), "timestamp", /add precision=s$/);
  refuses("zero", at(0), "timestamp", "0 milliseconds is before 2001");
  refuses("negative", at(-1), "timestamp", "-1 milliseconds is before 2001");
  refuses("1e999", '{"name":"x","value":1,"timestamp":1e999}', "timestamp", /got Infinity$/);
  refuses("null", at(null), "timestamp", "expected a time, got null");
  refuses("true", at(true), "timestamp", "expected a time, got true");
  refuses("an object", at({}), "timestamp", "expected a time, got an object");
  refuses("empty", at(""), "timestamp", /^expected a number or ISO 8601, got ""$/);
  refuses("a word", at("yesterday"), "timestamp", /got "yesterday"$/);
  refuses("no such day", at("2026-02-30"), "timestamp", /got "2026-02-30"$/);
  refuses("no such hour", at("2095-11-20T25:00:00Z"), "timestamp", /got "2095-11-20T25:00:00Z"$/);
  refuses("a relative time", at("-30s"), "timestamp", /relative times are for addresses/);
  refuses("now", at("now"), "timestamp", /got "now" \(relative times are for addresses\)$/);
  refuses("long nonsense", at("z".repeat(10_000)), "timestamp", /got "z{77}…"$/);
});

describe("labels", () => {
  const many = Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`l${i}`, "v"]));
  refuses(
    "a text",
    point({ labels: "host=a" }),
    "labels",
    'expected an object of texts, got "host=a"',
  );
  refuses(
    "an array",
    point({ labels: ["a"] }),
    "labels",
    "expected an object of texts, got an array",
  );
  refuses("null", point({ labels: null }), "labels", "expected an object of texts, got null");
  refuses("tags as text", point({ tags: "a" }), "tags", 'expected an object of texts, got "a"');
  refuses("a number", labels({ host: 5 }), "labels.host", "expected a text, got 5");
  refuses("null for a value", labels({ host: null }), "labels.host", "expected a text, got null");
  refuses(
    "an object",
    labels({ host: { a: "b" } }),
    "labels.host",
    "expected a text, got an object",
  );
  refuses("a number in tags", point({ tags: { host: 5 } }), "tags.host", "expected a text, got 5");
  refuses("31 of them", labels(many), "labels", "has 31 labels, more than 30");
  refuses("an empty name", labels({ "": "a" }), "labels.", 'label name "" is empty');
  refuses("a control character", labels({ "a\tb": "a" }), "labels.a\tb", /control character/);
  refuses("the name's", labels({ __name__: "a" }), "labels.__name__", /"__name__" is the name of/);
  refuses("a quote", labels({ 'a"b': "a" }), 'labels.a"b', /one of " \{ \}/);
  refuses("a space before", labels({ " a": "a" }), "labels. a", /starts or ends with white space/);
  refuses("a lone surrogate", labels({ "\udc00": "a" }), "labels.\udc00", /lone surrogate/);
  refuses("a bad name without value", labels({ "a{": "" }), "labels.a{", /one of " \{ \}/);
  refuses("a long name", labels({ ["n".repeat(201)]: "a" }), `labels.${"n".repeat(70)}…`, /200/);
  refuses(
    "a long value",
    labels({ a: "v".repeat(1001) }),
    "labels.a",
    /longer than 1000 characters/,
  );
  refuses("a value with a lone surrogate", labels({ a: "\ud83d" }), "labels.a", /lone surrogate/);
  refuses(
    "labels and tags",
    point({ labels: { a: "b" }, tags: { c: "d" } }),
    "tags",
    "labels and tags are two names of one field: give one",
  );
  refuses(
    "a label twice",
    '{"name":"x","value":1,"labels":{"a":"1","a":"2"}}',
    "a",
    'the key "a" stands twice in an object',
  );
  refuses(
    "twice by an escape",
    '{"name":"x","value":1,"labels":{"a":"1","\\u0061":"2"}}',
    "a",
    /twice/,
  );
  refuses("twice with spaces", '{"name":"x","value":1,"labels":{"a" :"1","a" :"1"}}', "a", /twice/);
});

describe("fields", () => {
  const message = (key: string): string =>
    `unknown field "${key}"; a point has name, value, timestamp, labels, type, unit, help`;
  refuses("unknown", point({ host: "a" }), "host", message("host"));
  refuses("in capitals", point({ Value: 1 }), "Value", message("Value"));
  refuses("of a prototype", '{"name":"x","value":1,"__proto__":{}}', "__proto__", /unknown field/);
  refuses("a name twice", '{"name":"y","name":"x","value":1}', "name", /stands twice/);
  refuses("a value twice", '{"name":"x","value":1,"value":2}', "value", /stands twice/);
});

describe("datapoints", () => {
  const series = (datapoints: unknown): unknown => ({ name: "x", datapoints });
  const pair = "expected [timestamp, value], got";
  refuses("an object", series({}), "datapoints", /^expected an array of \[timestamp, value\]/);
  refuses("null", series(null), "datapoints", "expected an array of [timestamp, value], got null");
  refuses("a number", series([1]), "datapoints[0]", `${pair} 1`);
  refuses("of one", series([[NOW]]), "datapoints[0]", `${pair} an array`);
  refuses("of three", series([[NOW, 1, 2]]), "datapoints[0]", `${pair} an array`);
  refuses("a text for a value", series([[NOW, "1"]]), "datapoints[0][1]", /finite number, got "1"/);
  refuses(
    "the second",
    series([
      [NOW, 1],
      [5, 1],
    ]),
    "datapoints[1][0]",
    /before 2001/,
  );
  refuses(
    "beside a value",
    { name: "x", value: 1, datapoints: [[NOW, 1]] },
    "datapoints",
    "stands beside value or timestamp: give one",
  );
});

test("all that is wrong is listed, up to 20, and counted", async () => {
  const bad = Array.from({ length: 25 }, () => ({ name: "x", value: "abc" }));
  const error = await failureOf(await post([GOOD, ...bad]), 400, "invalid_point");
  expect(error.message).toBe("the points have 25 problems; nothing was stored");
  expect(error.issueCount).toBe(25);
  expect(error.issues).toHaveLength(20);
  expect(error.issues?.map(({ index }) => index)).toEqual(
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
});

test("an item may have several faults", async () => {
  const error = await failureOf(await post([GOOD, {}]), 400, "invalid_point");
  expect(error.issues).toEqual([
    { index: 1, path: "name", message: "is missing" },
    { index: 1, path: "value", message: "is missing" },
  ]);
});

test("bad lines of NDJSON are named by their number, from 0", async () => {
  const text = `${JSON.stringify(GOOD)}\n\n{"name":\n${JSON.stringify([GOOD])}\n{"name":"x"}\n`;
  const error = await failureOf(
    await post(text, { type: "application/x-ndjson" }),
    400,
    "invalid_point",
  );
  expect(error.issues).toEqual([
    { index: 2, path: "", message: expect.stringMatching(/^not valid JSON/) },
    { index: 3, path: "", message: "expected a point, an object, got an array" },
    { index: 4, path: "value", message: "is missing" },
  ]);
});

test("a name that looks like a series is not taken for it", async () => {
  const error = await failureOf(
    await post([
      { name: "x", value: 1, labels: { a: "b" } },
      { name: 'x\u0000{"a":"b"}', value: 1 },
    ]),
    400,
    "invalid_point",
  );
  expect(error.issues).toMatchObject([{ index: 1, path: "name" }]);
});

describe("Idempotency-Key", () => {
  const refusesKey = (what: string, key: string, message: RegExp): void =>
    test(what, async () => {
      const response = await post([GOOD], { headers: { "idempotency-key": key } });
      const error = await failureOf(response, 400, "invalid_parameter");
      expect(error.message).toMatch(message);
      expect(error.issues).toMatchObject([{ path: "Idempotency-Key" }]);
    });
  refusesKey("too long", "k".repeat(201), /has 201 characters: 1 to 200 are allowed/);
  refusesKey("empty", "", /has 0 characters/);
});

describe("parameters", () => {
  const refusesQuery = (what: string, queryString: string, path: string, message: RegExp): void =>
    test(what, async () => {
      const response = await post([GOOD], { query: queryString });
      const error = await failureOf(response, 400, "invalid_parameter");
      expect(error.issues).toEqual([{ path, message: expect.stringMatching(message) }]);
    });
  refusesQuery(
    "unknown",
    "?presicion=s",
    "presicion",
    /^unknown parameter; this path takes precision, bad$/,
  );
  refusesQuery("of a prototype", "?toString=1", "toString", /^unknown parameter/);
  refusesQuery("a wrong precision", "?precision=m", "precision", /"s"\|"ms"\|"us"\|"ns", got "m"$/);
  refusesQuery("an empty precision", "?precision=", "precision", /got ""$/);
  refusesQuery("twice", "?precision=s&precision=s", "precision", /^is given more than once$/);
});

function zeros(size: number): Uint8Array {
  return new Uint8Array(size);
}

function noise(size: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** So many chunks of 64 KiB. */
function stream(chunks: number, of: (size: number) => Uint8Array): ReadableStream<Uint8Array> {
  const chunk = of(65_536);
  let left = chunks;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(chunk.slice());
      else controller.close();
    },
  });
}

/** A good gzip body, cut off behind a part of it, or before its last bytes. */
async function cut(where: number): Promise<Uint8Array> {
  const bytes = await compress(JSON.stringify([GOOD]), "gzip");
  return bytes.subarray(0, where < 0 ? where : bytes.length * where);
}

/** A good body, and more behind it. */
async function followed(more: string, encoding: "gzip" | "deflate" = "gzip"): Promise<Uint8Array> {
  const bytes = await compress(JSON.stringify([GOOD]), encoding);
  return new Uint8Array([...bytes, ...new TextEncoder().encode(more)]);
}

async function broken(): Promise<Uint8Array> {
  const bytes = await compress(JSON.stringify([GOOD]), "gzip");
  const [first, ...others] = bytes.subarray(-8);
  bytes.set([~first!, ...others], bytes.length - 8);
  return bytes;
}
