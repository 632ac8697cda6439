// What POST /api/v1/points understands: every shape, encoding and way to write a time ends in the
// same buckets; and a retry with an Idempotency-Key counts once, whatever happened in between.

import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { compress, fetchApi, NOW, post, type PostOptions, query, store } from "./api-client.ts";

const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

/** The minutes of a metric, each series apart: its labels, and [start, sum, count] of each. */
const minutes = async (metric: string): Promise<unknown> => {
  const { series } = await query({ metric, from: "-1d", to: "+1h", resolution: "minute", by: "*" });
  return series.map(({ labels, t, sum, count }) => ({
    labels,
    buckets: t.map((start, i) => [start, sum[i], count[i]]),
  }));
};

const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(parts.flatMap((part) => [...part]));

let metrics = 0;

/** Sends `body` (where NAME is a name of its own); `expected` are the minutes that it makes. */
const accepts = (
  what: string,
  body: string | ((name: string) => unknown),
  accepted: number,
  expected: readonly unknown[],
  options: PostOptions & { encode?: (text: string) => Promise<Uint8Array> } = {},
): void =>
  test(what, async () => {
    const name = `accepted.${metrics++}`;
    const made = typeof body === "string" ? body.replaceAll("NAME", name) : body(name);
    const text = typeof made === "string" ? made : JSON.stringify(made);
    const sent = options.encode === undefined ? text : await options.encode(text);
    expect(await store(sent, options)).toEqual({ accepted });
    if (accepted > 0) expect(await minutes(name)).toEqual(expected);
  });

const merged = (...buckets: readonly unknown[]): unknown[] => [{ labels: {}, buckets }];
const one = merged([NOW, 1, 1]);
const POINT = `{"name":"NAME","value":1,"timestamp":${NOW}}`;
const at = (timestamp: unknown) => (name: string) => ({ name, value: 1, timestamp });

describe("shapes", () => {
  accepts("one point", POINT, 1, one);
  accepts("an array", `[${POINT},${POINT}]`, 2, merged([NOW, 2, 2]));
  accepts("an empty array", "[]", 0, []);
  accepts("white space around", `\r\n [ ${POINT} ]\n`, 1, one);
  accepts("a byte order mark", `\ufeff${POINT}`, 1, one);
  accepts("fields in another order", `{"timestamp":${NOW},"value":1,"name":"NAME"}`, 1, one);
  accepts("labels", (name) => ({ name, value: 1, labels: { host: "a", dc: "eu" } }), 1, [
    { labels: { dc: "eu", host: "a" }, buckets: [[NOW, 1, 1]] },
  ]);
  accepts("tags", (name) => ({ name, value: 1, tags: { host: "a" } }), 1, [
    { labels: { host: "a" }, buckets: [[NOW, 1, 1]] },
  ]);
  accepts("empty labels", (name) => ({ name, value: 1, labels: {} }), 1, one);
  accepts("an empty label is none", (name) => ({ name, value: 1, labels: { host: "" } }), 1, one);
  accepts(
    "labels in any order are one series",
    `[{"name":"NAME","value":1,"labels":{"a":"1","b":"2"}},{"name":"NAME","value":1,"labels":{"b":"2","a":"1"}}]`,
    2,
    [{ labels: { a: "1", b: "2" }, buckets: [[NOW, 2, 2]] }],
  );
  accepts(
    "odd labels",
    (name) =>
      `{"name":"${name}","value":1,"labels":{"10":"ten","a.b c/d":"\\u0000\\n\\"{}","é":"😀"}}`,
    1,
    [
      {
        labels: Object.fromEntries([
          ["10", "ten"],
          ["a.b c/d", '\u0000\n"{}'],
          ["é", "😀"],
        ]),
        buckets: [[NOW, 1, 1]],
      },
    ],
  );
  accepts(
    "many points of one series",
    (name) => ({
      name,
      labels: { host: "a" },
      datapoints: [
        [NOW - MINUTE, 5],
        [NOW, 1],
        [NOW + 1, 2],
      ],
    }),
    3,
    [
      {
        labels: { host: "a" },
        buckets: [
          [NOW - MINUTE, 5, 1],
          [NOW, 3, 2],
        ],
      },
    ],
  );
  accepts("datapoints beside points", `[{"name":"NAME","datapoints":[[${NOW},2]]},${POINT}]`, 2, [
    ...merged([NOW, 3, 2]),
  ]);
  accepts("no datapoints", '{"name":"NAME","datapoints":[]}', 0, []);
  accepts(
    "odd numbers",
    `[${["-0", "5e-324", "1e3", "-2.5"].map((n) => `{"name":"NAME","value":${n}}`).join()}]`,
    4,
    [...merged([NOW, 997.5, 4])],
  );
});

describe("media types", () => {
  const ndjson = { type: "application/x-ndjson" };
  accepts("lines", `${POINT}\n${POINT}\n`, 2, merged([NOW, 2, 2]), ndjson);
  accepts("lines, the last one open", `${POINT}\n${POINT}`, 2, merged([NOW, 2, 2]), ndjson);
  accepts("lines of Windows", `${POINT}\r\n\r\n${POINT}\r\n`, 2, merged([NOW, 2, 2]), ndjson);
  accepts("no lines", "\n", 0, [], ndjson);
  accepts("lines of datapoints", `{"name":"NAME","datapoints":[[${NOW},1]]}\n`, 1, one, ndjson);
  accepts("lines by another name", POINT, 1, one, { type: "application/ndjson" });
  accepts("lines by a third name", POINT, 1, one, { type: "application/jsonl" });
  accepts(
    "files of lines one behind the other, each with a byte order mark",
    `\ufeff${POINT}\n\ufeff${POINT}\n\ufeff\n\ufeff ${POINT}`,
    3,
    merged([NOW, 3, 3]),
    ndjson,
  );
  accepts("a character set", POINT, 1, one, { type: "application/json; charset=utf-8" });
  accepts("capitals", POINT, 1, one, { type: "Application/JSON" });
  accepts("what curl -d sends", POINT, 1, one, { type: "application/x-www-form-urlencoded" });
  accepts("what fetch sends", POINT, 1, one, { type: "text/plain;charset=UTF-8" });
});

describe("encodings", () => {
  const as = (encoding: string): PostOptions => ({ headers: { "content-encoding": encoding } });
  const gzip = (text: string): Promise<Uint8Array> => compress(text, "gzip");
  const deflate = (text: string): Promise<Uint8Array> => compress(text, "deflate");
  accepts("gzip", POINT, 1, one, { ...as("gzip"), encode: gzip });
  accepts("GZIP", POINT, 1, one, { ...as("GZIP"), encode: gzip });
  accepts("x-gzip", POINT, 1, one, { ...as("x-gzip"), encode: gzip });
  accepts("spaces, and an encoding that changes nothing", POINT, 1, one, {
    ...as(" identity,  Gzip "),
    encode: gzip,
  });
  accepts("deflate", POINT, 1, one, { ...as("deflate"), encode: deflate });
  accepts("deflate without its header, as some clients send it", POINT, 1, one, {
    ...as("deflate"),
    encode: (text) => compress(text, "deflate-raw"),
  });
  accepts("gzip of two members", `${POINT}\n${POINT}`, 2, merged([NOW, 2, 2]), {
    ...as("gzip"),
    type: "application/x-ndjson",
    encode: async (text) => joined(await gzip(text.slice(0, 30)), await gzip(text.slice(30))),
  });
  accepts(
    "gzip of a thousand members",
    `${POINT}\n`.repeat(1_000),
    1_000,
    merged([NOW, 1_000, 1_000]),
    {
      ...as("gzip"),
      type: "application/x-ndjson",
      encode: async (text) => {
        const line = await gzip(`${text.split("\n")[0]}\n`);
        return joined(...Array<Uint8Array>(1_000).fill(line));
      },
    },
  );
  accepts("gzip padded with zeros, as tapes have it", POINT, 1, one, {
    ...as("gzip"),
    encode: async (text) => joined(await gzip(text), new Uint8Array(512)),
  });
  accepts("identity", POINT, 1, one, as("identity"));
  accepts("gzip of lines", `${POINT}\n${POINT}`, 2, merged([NOW, 2, 2]), {
    ...as("gzip"),
    type: "application/x-ndjson",
    encode: gzip,
  });
});

/** A point one nanosecond before NOW: as a double that is NOW itself. */
const lastNs = (name: string, quote = ""): string =>
  `{"name":"${name}","value":1,"timestamp":${quote}${BigInt(NOW) * 1_000_000n - 1n}${quote}}`;

describe("times", () => {
  const iso = "2095-11-20T11:59:30.250Z";
  const before = merged([NOW - MINUTE, 1, 1]);
  accepts("none: arrival", '{"name":"NAME","value":1}', 1, one);
  accepts("milliseconds with a fraction", at(NOW - 0.5), 1, before);
  accepts("precision=s", at((NOW - MINUTE) / 1e3), 1, before, { query: "?precision=s" });
  accepts("seconds with a fraction", at(NOW / 1e3 - 0.001), 1, before, { query: "?precision=s" });
  accepts("precision=ms", at(NOW), 1, one, { query: "?precision=ms" });
  accepts("precision=us", at(NOW * 1e3 - 1), 1, before, { query: "?precision=us" });
  accepts("precision=ns", at((NOW - MINUTE) * 1e6), 1, before, { query: "?precision=ns" });
  accepts("datapoints in s", (name) => ({ name, datapoints: [[NOW / 1e3, 1]] }), 1, one, {
    query: "?precision=s",
  });
  accepts("a number as text", at(String(NOW)), 1, one);
  accepts("seconds as text", at(String(NOW / 1e3)), 1, one, { query: "?precision=s" });
  accepts("ISO 8601", at(iso), 1, before);
  accepts("ISO 8601 with a zone", at("2095-11-20T13:59:30+02:00"), 1, before);
  accepts("ISO 8601 without a zone is UTC", at("2095-11-20 11:59"), 1, before);
  accepts("precision leaves texts alone", at(iso), 1, before, { query: "?precision=ns" });
  accepts("ISO 8601 as Python and Go write it", at("2095-11-20T13:59:59,9999+0200"), 1, before);
  accepts("the last of a minute, s", at(NOW / 1e3 - 0.0004), 1, before, { query: "?precision=s" });
  accepts("the last of a minute, ns", (name) => lastNs(name), 1, before, {
    query: "?precision=ns",
  });
  accepts(
    "the last of a minute, ns, in pairs",
    (name) => `{"name":"${name}","datapoints":[[${BigInt(NOW) * 1_000_000n - 1n},1]]}`,
    1,
    before,
    { query: "?precision=ns" },
  );
  accepts("the last of a minute, ns as text", (name) => lastNs(name, '"'), 1, before, {
    query: "?precision=ns",
  });
});

test("a label may be called __proto__", async () => {
  await store('{"name":"proto","value":1,"labels":{"__proto__":"p"}}');
  const response = await fetchApi("/api/v1/query?metric=proto&to=%2B1m&by=__proto__");
  expect(await response.text()).toContain('"labels":{"__proto__":"p"}');
});

test("10,000 points over 100 series in one request", async () => {
  const points = Array.from({ length: 10_000 }, (_, i) => ({
    name: "many",
    value: 1,
    labels: { host: String(i % 100) },
  }));
  expect(await store(points)).toEqual({ accepted: 10_000 });
  const { series } = await query({ metric: "many", resolution: "hour", to: "+1m" });
  expect(series[0]?.count).toEqual([10_000]);
});

test("out of order, late and double points", async () => {
  const times = [3, 1, 2, 1, 3].map((minute) => NOW - minute * MINUTE);
  await store(times.map((timestamp, i) => ({ name: "late", value: i, timestamp })));
  expect(await minutes("late")).toEqual(
    merged([NOW - 3 * MINUTE, 4, 2], [NOW - 2 * MINUTE, 2, 1], [NOW - MINUTE, 4, 2]),
  );
});

describe("Idempotency-Key", () => {
  const send = (name: string, key: string, value = 1): Promise<unknown> =>
    store(
      [
        { name, value, timestamp: NOW },
        { name, value, timestamp: NOW },
      ],
      {
        headers: { "idempotency-key": key },
      },
    );
  const repeatsOnce = (what: string, between: () => unknown): void =>
    test(what, async () => {
      const name = `once ${what}`;
      expect(await send(name, what)).toEqual({ accepted: 2 });
      await between();
      expect(await send(name, what)).toEqual({ accepted: 2, duplicate: true });
      const { series } = await query({ metric: name, from: NOW, to: NOW + MINUTE });
      expect(series).toMatchObject([{ sum: [2], count: [2] }]);
    });

  repeatsOnce("at once", () => undefined);
  repeatsOnce("after an eviction", () => evictDurableObject(shard));
  repeatsOnce("after a flush", () => shard.flush());
  repeatsOnce("after a flush and an eviction", async () => {
    expect(await shard.flush()).toBe(true);
    await evictDurableObject(shard);
  });
  repeatsOnce("after an alarm, 23 hours later", async () => {
    vi.setSystemTime(NOW + 23 * HOUR);
    expect(await runDurableObjectAlarm(shard)).toBe(true);
  });

  test("many repeats at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => send("race", "race")));
    const first = answers.filter((answer) => JSON.stringify(answer) === '{"accepted":2}');
    expect(first).toHaveLength(1);
    expect(answers).toHaveLength(8);
    expect(await minutes("race")).toEqual(merged([NOW, 2, 2]));
  });

  test("another key, or none, is another request", async () => {
    await send("keys", "one");
    expect(await send("keys", "two")).toEqual({ accepted: 2 });
    expect(await store({ name: "keys", value: 1 })).toEqual({ accepted: 1 });
    expect(await minutes("keys")).toEqual(merged([NOW, 5, 5]));
  });

  test("a key of 200 characters, and of any bytes", async () => {
    expect(await send("long keys", "k".repeat(200))).toEqual({ accepted: 2 });
    expect(await send("long keys", "k".repeat(199))).toEqual({ accepted: 2 });
    expect(await send("long keys", `${"k".repeat(199)}x`)).toEqual({ accepted: 2 });
  });

  test("a refused request does not use its key up", async () => {
    const headers = { "idempotency-key": "second try" };
    expect((await post({ name: "second", value: "x" }, { headers })).status).toBe(400);
    expect(await store({ name: "second", value: 1 }, { headers })).toEqual({ accepted: 1 });
  });
});
