// Bodies that hold no points, or name something long again and again: they are read in parts as well, and once.

import { expect, test } from "vitest";
import { collectdCommand, collectdJson } from "../../../src/core/formats/collectd.ts";
import { datadog1 } from "../../../src/core/formats/datadog.ts";
import type { Format } from "../../../src/core/formats/format.ts";
import { graphite } from "../../../src/core/formats/graphite.ts";
import { influx2 } from "../../../src/core/formats/influx.ts";
import { Intake } from "../../../src/core/formats/intake.ts";
import { nativeJson, nativeNdjson } from "../../../src/core/formats/native.ts";
import { otlpJson, otlpProtobuf } from "../../../src/core/formats/otlp.ts";
import { pushgateway, pushgatewayProtobuf } from "../../../src/core/formats/pushgateway.ts";
import { remoteWrite1, remoteWrite2 } from "../../../src/core/formats/remote-write.ts";
import { victoria } from "../../../src/core/formats/victoria.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { decodeBatch } from "../../../src/core/series/batch.ts";
import { unzstd } from "../../support/unzstd.ts";
import { body, bytes, double, fixed64, int, message, packed, text } from "./proto.ts";
import { request } from "./remote-write/messages.ts";
import { NOW } from "./suite.ts";

const COUNT = 50_000;

interface Read {
  readonly steps: number;
  readonly intake: Intake;
  readonly error: string | undefined;
}

function read(format: Format, content: string | Uint8Array): Read {
  const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 400 });
  const asked = {
    parameters: format.parameters.parse({}),
    path: format.paths[0]!.replace("*", "a"),
  };
  const whole = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const decoding = format.decode(whole, asked, intake, unzstd);
  for (let steps = 1; ; steps++) {
    const { done, value } = decoding.next();
    if (done === true) return { steps, intake, error: value.ok ? undefined : value.error.code };
  }
}

const list = (item: string): string => `[${Array<string>(COUNT).fill(item).join()}]`;
const repeated = (...one: readonly number[]): Uint8Array => {
  const all = new Uint8Array(COUNT * one.length);
  for (let i = 0; i < COUNT; i++) all.set(one, i * one.length);
  return all;
};
const lines = "\n".repeat(16 * COUNT);
/** A message in field 1 of a message in field 2, …: the last holds those. */
const within = (...fields: readonly number[]): Uint8Array =>
  fields.reduceRight((inner, field) => body([bytes(field, inner)]), repeated(0x2a, 0));

test.each<[string, Format, string | Uint8Array]>([
  ["blank lines, NDJSON", nativeNdjson, lines],
  ["blank lines, line protocol", influx2, lines],
  ["comments, line protocol", influx2, "#\n".repeat(8 * COUNT)],
  ["blank lines, Graphite", graphite, lines],
  ["blank lines, Command", collectdCommand, lines],
  ["blank lines, Prometheus text", pushgateway, lines],
  ["comments, Prometheus text", pushgateway, "# a\n".repeat(4 * COUNT)],
  ["long comments, line protocol", influx2, `#${"a".repeat(10_000)}\n`.repeat(100)],
  ["long comments, Prometheus text", pushgateway, `#${"a".repeat(10_000)}\n`.repeat(100)],
  ["blank lines, VictoriaMetrics", victoria, lines],
  ["series without points, Datadog", datadog1, `{"series":${list('{"metric":"a","points":[]}')}}`],
  [
    "lists without values, collectd",
    collectdJson,
    list('{"host":"a","plugin":"b","type":"c","dsnames":[],"values":[]}'),
  ],
  ["items without points, JSON", nativeJson, list('{"name":"a","datapoints":[]}')],
  ["resources, OTLP as JSON", otlpJson, `{"resourceMetrics":${list("{}")}}`],
  [
    "metrics, OTLP as JSON",
    otlpJson,
    `{"resourceMetrics":[{"scopeMetrics":[{"metrics":${list("{}")}}]}]}`,
  ],
  ["resources, OTLP", otlpProtobuf, repeated(0x0a, 0)],
  ["metrics, OTLP", otlpProtobuf, body([bytes(1, body([bytes(2, repeated(0x12, 0))]))])],
  ["data of a metric, OTLP", otlpProtobuf, within(1, 2, 2)],
  ["series, remote write", remoteWrite1, repeated(0x0a, 0)],
  ["series, remote write 2", remoteWrite2, repeated(0x2a, 0)],
  ["families, Prometheus protobuf", pushgatewayProtobuf, repeated(0)],
])("without points: %s", (_, format, content) => {
  const { steps } = read(format, content);
  expect(steps).toBeGreaterThan(5);
  // Others wait for large bodies, and each step of one for others.
  expect(steps).toBeLessThan(130);
});

const LONG = "x".repeat(4_000_000);

test("a long symbol of remote write 2 that is named again and again is read once", () => {
  const labels = [["__name__", "a"], ...Array.from({ length: 25 }, (_, i) => [`l${i}`, LONG])] as [
    string,
    string,
  ][];
  const one = { labels, samples: [{ at: NOW, value: 1 }] };
  const { intake, error } = read(remoteWrite2, request(Array.from({ length: 2_000 }, () => one)));
  expect([error, intake.length, intake.issueCount]).toEqual([undefined, 0, 2_000]);
  const series = message(
    5,
    packed(1, [1, 2]),
    message(2, double(1, 1), int(2, BigInt(NOW))),
    message(5, int(1, 2), int(3, 3)),
  );
  const names = Array.from({ length: 1_000 }, (_, i) => `m${i}`);
  const described = body([
    ...["", "__name__", ...names.slice(0, 1), LONG].map((symbol) => text(4, symbol)),
    ...Array<typeof series>(1_000).fill(series),
  ]);
  expect(read(remoteWrite2, described).intake.length).toBe(1_000);
});

const attribute = message(7, text(1, "host"), message(2, text(1, "a")));
const point = message(1, attribute, fixed64(3, BigInt(NOW) * 1_000_000n), double(4, 1));

test("a long name of OTLP, and a long description, are read once", () => {
  const metric = (name: string, help: string, data: readonly ReturnType<typeof bytes>[]) =>
    body([bytes(1, body([bytes(2, body([message(2, text(1, name), text(2, help), ...data)]))]))]);
  const named = metric(LONG, "", [bytes(5, body(Array<typeof point>(COUNT).fill(point)))]);
  const { intake } = read(otlpProtobuf, named);
  expect([intake.length, intake.issueCount]).toEqual([0, COUNT]);
  const described = metric("a", LONG, Array(COUNT).fill(bytes(5, new Uint8Array())));
  expect(read(otlpProtobuf, described).error).toBeUndefined();
});

test("of one line no more is made than a request may hold", () => {
  const fields = Array.from({ length: 4 * LIMITS.pointsPerRequest }, (_, i) => `f${i}=""`);
  expect(read(influx2, `m ${fields.join()}`).error).toBe("too_many_points");
  const { intake } = read(collectdCommand, `PUTVAL h/p/t N${":1".repeat(1_000_000)}`);
  expect([intake.length, intake.issueCount]).toEqual([0, 1]);
  expect(
    read(collectdCommand, `PUTVAL h/p/t${" N:1".repeat(1_000_000)}`).intake.length,
  ).toBeLessThan(2 * LIMITS.pointsPerRequest);
  const family = message(4);
  const families = body(Array<typeof family>(2 * LIMITS.pointsPerRequest).fill(family));
  expect(read(pushgatewayProtobuf, delimited(families)).error).toBe("too_many_points");
});

const delimited = (family: Uint8Array): Uint8Array =>
  new Uint8Array([...lengthOf(family.length), ...family]);

test("one metric of Prometheus protobuf holds no more than a request may", () => {
  const many = (tag: number, count: number): Uint8Array => {
    const all = new Uint8Array(2 * count);
    for (let i = 0; i < count; i++) all[2 * i] = tag;
    return all;
  };
  const metric = (...parts: readonly Uint8Array[]): Uint8Array => {
    const content = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      content.set(part, at);
      at += part.length;
    }
    return delimited(body([text(1, "a"), bytes(4, content)]));
  };
  const label = 0x0a;
  const gauge = 0x12;
  expect(read(pushgatewayProtobuf, metric(many(gauge, 1_000_000))).error).toBe("too_many_points");
  expect(read(pushgatewayProtobuf, metric(many(label, 1_000_000))).error).toBe("too_many_points");
  const some = read(pushgatewayProtobuf, metric(many(label, 40_000), many(gauge, 40_000)));
  expect([some.intake.length, some.intake.issueCount]).toEqual([0, 40_000]);
  const summary = bytes(4, many(0x1a, 1_000_000));
  const summaries = delimited(body([text(1, "a"), bytes(4, body([summary]))]));
  expect(read(pushgatewayProtobuf, summaries).error).toBe("too_many_points");
});

test("very many labels of one series are not gathered", () => {
  const labels = new Uint8Array(4_000_000);
  for (let i = 0; i < labels.length; i += 2) labels[i] = 0x0a;
  expect(read(remoteWrite1, body([bytes(1, labels)])).intake.issueCount).toBe(1);
  expect(read(otlpProtobuf, body([bytes(1, body([bytes(1, labels)]))])).error).toBeUndefined();
  const attributes = new Uint8Array(4_000_000);
  for (let i = 0; i < attributes.length; i += 2) attributes[i] = 0x3a;
  const data = bytes(5, body([bytes(1, attributes)]));
  const metric = body([bytes(1, body([bytes(2, body([message(2, text(1, "a"), data)]))]))]);
  expect(read(otlpProtobuf, metric).intake.issueCount).toBe(1);
});

test("long labels that many series share are too much before their points are too many", () => {
  const tags = Array.from({ length: 28 }, (_, i) => `t${i}=${"v".repeat(1_000)}`).join();
  const fields = Array.from({ length: 100_000 }, (_, i) => `f${i}=1`).join();
  const line = read(influx2, `m,${tags} ${fields}`);
  expect([line.error, line.intake.length]).toEqual(["too_many_points", 0]);
  const long = Array.from({ length: 28 }, (_, i) => [`t${i}`, "v".repeat(1_000)] as const);
  const series = Array.from({ length: 2_000 }, (_, i) => ({
    labels: [["__name__", `m${i}`] as const, ...long],
    samples: [{ at: NOW, value: 1 }],
  }));
  const { error, intake } = read(remoteWrite2, request(series));
  expect(error).toBe("too_many_points");
  expect(intake.length * 28_000).toBeLessThan(1.1 * LIMITS.keyCharactersPerRequest);
  const bounds = Array.from({ length: 2_000 }, (_, i) => i);
  const histogram = {
    name: "h",
    histogram: {
      dataPoints: [
        {
          timeUnixNano: `${NOW}000000`,
          count: 1,
          explicitBounds: bounds,
          bucketCounts: [...bounds, 0],
          attributes: long.map(([key, stringValue]) => ({ key, value: { stringValue } })),
        },
      ],
    },
  };
  const otlp = read(
    otlpJson,
    JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [histogram] }] }] }),
  );
  expect([otlp.intake.length, otlp.intake.issues[0]?.message]).toEqual([
    0,
    expect.stringContaining("characters of names and labels"),
  ]);
});

test.each<[string, Format, string]>([
  ["digits, Graphite", graphite, `a ${"1".repeat(300_000)}x 1`],
  ["digits, Prometheus text", pushgateway, `a ${"1".repeat(300_000)}x 1`],
  ["digits, Command", collectdCommand, `PUTVAL h/p/t ${"1".repeat(300_000)}x:1`],
  ["signs, Prometheus text", pushgateway, `a 1${" #".repeat(150_000)}\rx`],
  ["spaces, Prometheus text", pushgateway, `# HELP a${" ".repeat(300_000)}x\ry\na 1`],
  ["digits, line protocol", influx2, `m f=${"1".repeat(300_000)}x`],
])("a line is looked at once: %s", (_, format, content) => {
  expect(read(format, content).intake.length).toBeLessThanOrEqual(1);
});

test("a text without an end is looked at once, also in nanoseconds", () => {
  const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 400 });
  const asked = { parameters: nativeJson.parameters.parse({ precision: "ns" }), path: "" };
  const content = `["${'\\"'.repeat(300_000)}1795176000000999999`;
  const decoding = nativeJson.decode(new TextEncoder().encode(content), asked, intake, unzstd);
  let step = decoding.next();
  while (step.done !== true) step = decoding.next();
  expect(step.value.ok).toBe(false);
});

test("keys that stand twice are looked for once", () => {
  const keys = Array.from({ length: 200_000 }, (_, i) => `"a${i}":1`).join();
  const { intake } = read(victoria, `{"metric":{"__name__":"a"},${keys},"a0":1}`);
  expect(intake.issues[0]?.message).toContain('the key "a0" stands twice');
});

function lengthOf(length: number): number[] {
  const all: number[] = [];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...all, rest];
    all.push((rest % 128) + 128);
  }
}

test("labels that are cut off teach nothing: the same body is refused again", () => {
  const sample = message(2, double(1, 1), int(2, BigInt(NOW)));
  // A value that is longer than its message.
  const bad = bytes(1, new Uint8Array([0x0a, 1, 0x61, 0x12, 9]));
  const series = body([message(1, message(1, text(1, "__name__"), text(2, "cut")), bad, sample)]);
  const attributes = bytes(7, new Uint8Array([0x0a, 1, 0x61, 0x12, 9]));
  const cut = message(1, attributes, fixed64(3, BigInt(NOW) * 1_000_000n), double(4, 1));
  const metric = message(2, text(1, "cut"), bytes(5, body([cut])));
  const otlp = body([bytes(1, body([bytes(2, body([metric]))]))]);
  for (const [format, content] of [
    [remoteWrite1, series],
    [otlpProtobuf, otlp],
  ] as const)
    for (let turn = 0; turn < 2; turn++) expect(read(format, content).error).toBe("invalid_body");
});

test("a large body is refused for what a small one is", () => {
  const small = '{"name":"a","value":1}';
  const deep = `${"[".repeat(6)}${"]".repeat(6)}`;
  const messageOf = (content: string | Uint8Array): string => {
    const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 400 });
    const asked = { parameters: nativeJson.parameters.parse({}), path: "/api/v1/points" };
    const whole = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const decoding = nativeJson.decode(whole, asked, intake, unzstd);
    for (;;) {
      const { done, value } = decoding.next();
      if (done === true) return value.ok ? "" : `${value.error.code}: ${value.error.message}`;
    }
  };
  const many = Array<string>(10_000).fill(small).join();
  for (const [last, message] of [
    [deep, "invalid_json: nested deeper than 6 levels, the limit: points need fewer"],
    ["tru", "invalid_json: not valid JSON"],
    [`"${"x".repeat(40_000)}`, "invalid_json: not valid JSON"],
  ] as const)
    for (const before of ["", `${many},`])
      expect(messageOf(`[${before}${last}]`)).toContain(message);
  expect(messageOf(" ".repeat(200_000))).toContain("the body is empty");
  expect(messageOf(`[${many}`)).toBe("invalid_json: not valid JSON; it ends too early");
  const odd = new TextEncoder().encode(`[${many},{"name":"${"x".repeat(40_000)}"}]`);
  odd[odd.length - 100] = 0xff;
  expect(messageOf(odd)).toContain("invalid_utf8");
  const line = new TextEncoder().encode(`{"metric":oops,"x":"${"x".repeat(40_000)}"}`);
  line[line.length - 100] = 0xff;
  expect(read(victoria, line).error).toBe("invalid_utf8");
});

test("times in nanoseconds are exact also where a part ends in the middle of an item", () => {
  const far = " ".repeat(33_000);
  const at = `${NOW}999999`;
  for (const item of [
    `{"name":"a","value":1,"timestamp":${at}${far}}`,
    `{"name":"a",${far}"value":1,"timestamp":${far}${at}}`,
    `{"name":"a","datapoints":[[${at}${far},1],[${at},${far}1]]}`,
  ]) {
    const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 400 });
    const asked = { parameters: nativeJson.parameters.parse({ precision: "ns" }), path: "" };
    const decoding = nativeJson.decode(new TextEncoder().encode(item), asked, intake, unzstd);
    while (decoding.next().done !== true);
    expect(intake.issues).toEqual([]);
    expect(intake.length).toBeGreaterThan(0);
    for (const batches of intake.finish().map((one) => one.batches))
      for (const batch of batches) expect(new Set(decodeBatch(batch).at)).toEqual(new Set([NOW]));
  }
  // A value that looks like a time is none.
  const intake = new Intake({ shards: 1, now: NOW, retentionHourDays: 400 });
  const asked = { parameters: nativeJson.parameters.parse({ precision: "ns" }), path: "" };
  const item = `{"name":"a","datapoints":[[${at},${far}1795176000000999999]]}`;
  const decoding = nativeJson.decode(new TextEncoder().encode(item), asked, intake, unzstd);
  while (decoding.next().done !== true);
  const [value] = intake.finish().flatMap(({ batches }) => [...decodeBatch(batches[0]!).value]);
  expect(value).toBe(Number("1795176000000999999"));
});
