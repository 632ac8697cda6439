// Bodies of OTLP, as protobuf and as JSON: the same data points in both.

import {
  body,
  bytes,
  double,
  fixed64,
  int,
  message,
  packed,
  packedDoubles,
  packedFixed64,
  sint,
  text,
  type Field,
} from "../proto.ts";
import type { Statement } from "../../../../src/core/series/description.ts";
import { type Fixture, NOW, type Point, type Stored } from "../suite.ts";

type Attributes = Readonly<Record<string, unknown>>;

const NS = BigInt(NOW) * 1_000_000n + 999_999n;
const ns = (at: number): bigint => (Number.isInteger(at) ? BigInt(at) * 1_000_000n : 0n);

/** AnyValue. */
function anyValue(value: unknown): readonly Field[] {
  if (typeof value === "string") return [text(1, value)];
  if (typeof value === "boolean") return [int(2, value ? 1 : 0)];
  if (typeof value === "bigint") return [int(3, value)];
  if (typeof value === "number") return [double(4, value)];
  if (value instanceof Uint8Array) return [bytes(7, value)];
  if (Array.isArray(value))
    return [message(5, ...value.map((one) => message(1, ...anyValue(one))))];
  if (typeof value === "object" && value !== null)
    return [message(6, ...attributesOf(1, value as Attributes))];
  return [];
}

const attributesOf = (field: number, attributes: Attributes): Field[] =>
  Object.entries(attributes).map(([key, value]) =>
    message(field, text(1, key), message(2, ...anyValue(value))),
  );

function anyJson(value: unknown): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "bigint") return { intValue: String(value) };
  if (typeof value === "number") return { doubleValue: value };
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyJson) } };
  if (typeof value === "object" && value !== null)
    return { kvlistValue: { values: attributesJson(value as Attributes) } };
  return {};
}

const attributesJson = (attributes: Attributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyJson(value) }));

/** A metric, in both encodings. */
interface Metric {
  readonly proto: readonly Field[];
  readonly json: object;
}

type Encoding = "proto" | "json";

const bodyOf = (
  encoding: Encoding,
  metrics: readonly Metric[],
  resource: Attributes = {},
): Uint8Array =>
  encoding === "proto"
    ? body([
        message(
          1,
          message(1, ...attributesOf(1, resource)),
          bytes(
            2,
            body([
              message(1, text(1, "scope")),
              ...metrics.map(({ proto }) => message(2, ...proto)),
            ]),
          ),
          text(3, "https://schema.example"),
        ),
      ])
    : jsonText({
        resourceMetrics: [
          {
            resource: { attributes: attributesJson(resource) },
            scopeMetrics: [{ scope: { name: "scope" }, metrics: metrics.map(({ json }) => json) }],
          },
        ],
      });

const jsonText = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const gauge = (name: string, attributes: Attributes, value: string, at: bigint): Metric => ({
  proto: [
    text(1, name),
    text(3, "s"),
    message(
      5,
      message(1, ...attributesOf(7, attributes), fixed64(3, at), double(4, Number(value))),
    ),
  ],
  json: {
    name,
    unit: "s",
    gauge: {
      dataPoints: [
        {
          attributes: attributesJson(attributes),
          timeUnixNano: String(at),
          asDouble: Number.isFinite(Number(value)) ? Number(value) : value,
        },
      ],
    },
  },
});

/** Each made once: some lists hold the same point very often. */
const metricsOf = (points: readonly Point[]): readonly Metric[] => {
  const made = new Map(
    [...new Set(points)].map((one) => [one, gauge(one.name, one.labels, one.value, ns(one.at))]),
  );
  return points.map((one) => made.get(one)!);
};

/** Two data points, of which the second has a flag that it has no value. */
const sum = (temporality: 1 | 2): Metric => ({
  proto: [
    message(
      7,
      message(1, fixed64(6, -7n), fixed64(2, 5), fixed64(3, NS), ...attributesOf(7, { a: "b" })),
      message(1, int(8, 1), fixed64(3, NS)),
      int(2, temporality),
      int(3, 1),
    ),
    text(1, "requests"),
    text(2, "How many."),
    text(3, "{request}"),
  ],
  json: {
    sum: {
      dataPoints: [
        {
          asInt: "-7",
          startTimeUnixNano: 5,
          timeUnixNano: String(NS),
          attributes: attributesJson({ a: "b" }),
        },
        { flags: 1, timeUnixNano: String(NS) },
      ],
      aggregationTemporality: temporality,
      isMonotonic: true,
    },
    name: "requests",
    description: "How many.",
    unit: "{request}",
  },
});

const histogram = (bounds: readonly number[], counts: readonly number[]): Metric => ({
  proto: [
    text(1, "latency"),
    text(3, "ms"),
    message(
      9,
      message(
        1,
        fixed64(3, NS),
        fixed64(4, 6),
        double(5, 12.5),
        packedFixed64(6, counts),
        packedDoubles(7, bounds),
        ...attributesOf(9, { path: "/", le: "mine" }),
        double(11, 0.1),
        double(12, 9),
      ),
      int(2, 2),
    ),
  ],
  json: {
    name: "latency",
    unit: "ms",
    histogram: {
      dataPoints: [
        {
          timeUnixNano: String(NS),
          count: "6",
          sum: 12.5,
          bucketCounts: counts.map(String),
          explicitBounds: bounds,
          attributes: attributesJson({ path: "/", le: "mine" }),
          min: 0.1,
          max: 9,
        },
      ],
      aggregationTemporality: 2,
    },
  },
});

/** Scale 1: bounds are the powers of √2. */
const exponential = (scale: number): Metric => ({
  proto: [
    text(1, "size"),
    message(
      10,
      message(
        1,
        fixed64(3, NS),
        fixed64(4, 15),
        sint(6, scale),
        fixed64(7, 1),
        message(8, sint(1, -1), packed(2, [1, 2, 3, 4])),
        message(9, sint(1, 2), packed(2, [1, 3])),
      ),
    ),
  ],
  json: {
    name: "size",
    exponentialHistogram: {
      dataPoints: [
        {
          timeUnixNano: String(NS),
          count: 15,
          scale,
          zeroCount: "1",
          positive: { offset: -1, bucketCounts: ["1", "2", "3", "4"] },
          negative: { offset: 2, bucketCounts: [1, 3] },
        },
      ],
    },
  },
});

const summary: Metric = {
  proto: [
    text(1, "rpc"),
    message(
      11,
      message(
        1,
        fixed64(3, NS),
        fixed64(4, 3),
        message(6, double(1, 0.5), double(2, 1.25)),
        message(6, double(1, 0.99), double(2, NaN)),
      ),
    ),
  ],
  json: {
    name: "rpc",
    summary: {
      dataPoints: [
        {
          timeUnixNano: String(NS),
          count: "3",
          quantileValues: [
            { quantile: 0.5, value: 1.25 },
            { quantile: 0.99, value: "NaN" },
          ],
        },
      ],
    },
  },
};

const stored = (key: string, value: number): Stored => ({ key, at: NOW, value });
const le = (bound: string, value: number, name = "latency"): Stored =>
  stored(
    name === "latency"
      ? `latency_bucket{"exported_le":"mine","le":"${bound}","path":"/"}`
      : `size_bucket{"le":"${bound}"}`,
    value,
  );
const LATENCY = '{"exported_le":"mine","path":"/"}';

const GOOD: Readonly<Record<string, readonly [readonly Metric[], readonly Stored[], Attributes?]>> =
  {
    "attributes of every kind": [
      [
        gauge(
          "température.du four",
          {
            "a.b": "é😀",
            yes: true,
            n: -5n,
            big: 2n ** 53n + 1n,
            half: 0.5,
            list: ["x", 1, false],
            map: { k: "v" },
            raw: Uint8Array.of(1, 2, 255, 0),
            none: null,
          },
          "1.5",
          NS,
        ),
      ],
      [
        stored(
          'température.du four{"a.b":"é😀","big":"9007199254740993","half":"0.5","list":"[\\"x\\",1,false]",' +
            '"map":"{\\"k\\":\\"v\\"}","n":"-5","raw":"AQL/AA==","yes":"true"}',
          1.5,
        ),
      ],
    ],
    "job and instance of the resource": [
      [gauge("up", { job: "mine", a: "b" }, "1", NS)],
      [stored('up{"a":"b","exported_job":"mine","instance":"i-1","job":"shop/cart"}', 1)],
      { "service.name": "cart", "service.namespace": "shop", "service.instance.id": "i-1", x: "y" },
    ],
    "a cumulative sum, and no recorded value, which is an end mark": [
      [sum(2)],
      [stored('requests{"a":"b"}', -7), stored("requests{}", NaN)],
    ],
    "a delta sum": [[sum(1)], [stored('requests{"a":"b"}', -7), stored("requests{}", NaN)]],
    "a histogram": [
      [histogram([0.5, 2, 10_000], [1, 2, 0, 3])],
      [
        stored(`latency_count${LATENCY}`, 6),
        stored(`latency_sum${LATENCY}`, 12.5),
        le("0.5", 1),
        le("2", 3),
        le("10000", 3),
        le("+Inf", 6),
      ],
    ],
    "a histogram without buckets": [
      [histogram([], [])],
      [stored(`latency_count${LATENCY}`, 6), stored(`latency_sum${LATENCY}`, 12.5), le("+Inf", 6)],
    ],
    "an exponential histogram": [
      [exponential(1)],
      [
        stored("size_count{}", 15),
        // (−2√2, −2] and (−4, −2√2] are one, as are (√½, 1]; (1, √2] and (√2, 2]; (2, 2√2].
        le("-2", 4, "size"),
        le("0", 5, "size"),
        le("1", 6, "size"),
        le("2", 11, "size"),
        le("4", 15, "size"),
        le("+Inf", 15, "size"),
      ],
    ],
    "an exponential histogram with wide buckets": [
      [exponential(-1)],
      [
        stored("size_count{}", 15),
        // Bounds are the powers of 4: (−4^4, −4^3], (−4^3, −4^2]; (¼, 1], (1, 4], (4, 16], (16, 64].
        le("-64", 3, "size"),
        le("-16", 4, "size"),
        le("0", 5, "size"),
        le("1", 6, "size"),
        le("4", 8, "size"),
        le("16", 11, "size"),
        le("64", 15, "size"),
        le("+Inf", 15, "size"),
      ],
    ],
    "a summary, of which a quantile is NaN": [
      [summary],
      [stored("rpc_count{}", 3), stored("rpc_sum{}", 0), stored('rpc{"quantile":"0.5"}', 1.25)],
    ],
    "no time: arrival": [[gauge("a", {}, "1", 0n)], [stored("a{}", 1)]],
    nothing: [[], []],
  };

/** What some of them say. */
const SAYS: Readonly<Record<string, readonly Statement[]>> = {
  "job and instance of the resource": [{ metric: "up", type: "gauge", unit: "s" }],
  "a cumulative sum, and no recorded value, which is an end mark": [
    { metric: "requests", type: "counter", unit: "{request}", help: "How many." },
    { metric: "requests_total", type: "counter", unit: "{request}", help: "How many." },
  ],
  // Each value is what was counted since the last one.
  "a delta sum": [{ metric: "requests", type: "gauge", unit: "{request}", help: "How many." }],
  "a histogram": [
    { metric: "latency_bucket", type: "histogram" },
    { metric: "latency_count", type: "counter" },
    { metric: "latency_sum", type: "counter", unit: "ms" },
    { metric: "latency", type: "histogram", unit: "ms" },
  ],
  "a summary, of which a quantile is NaN": [
    { metric: "rpc", type: "summary" },
    { metric: "rpc_count", type: "counter" },
    { metric: "rpc_sum", type: "counter" },
  ],
  nothing: [],
};

const BAD: Readonly<Record<string, readonly Metric[]>> = {
  "no name": [gauge("", {}, "1", NS)],
  "a name that cannot be stored": [gauge('a"b', {}, "1", NS)],
  "an attribute without a name": [gauge("a", { "": "b" }, "1", NS)],
  "an attribute that cannot be a label": [gauge("a", { __name__: "b" }, "1", NS)],
  "more buckets than fit": [histogram([1], [1, 2, 3])],
  "bounds without buckets": [histogram([1], [])],
  "bounds that do not ascend": [histogram([1, 1], [1, 2, 3])],
  "a scale that is none": [exponential(21)],
  Infinity: [gauge("a", {}, "Infinity", NS)],
  "a time in ms": [gauge("a", {}, "1", BigInt(NOW))],
};

const fixture = (encoding: Encoding, bad: Fixture["bad"]): Fixture => ({
  write: (points) => bodyOf(encoding, metricsOf(points)),
  bodies: Object.fromEntries(
    Object.entries(GOOD).map(([what, [metrics, holds, resource]]) => [
      what,
      {
        body: bodyOf(encoding, metrics, resource),
        holds,
        ...(SAYS[what] && { says: SAYS[what] }),
      },
    ]),
  ),
  bad: {
    ...Object.fromEntries(
      Object.entries(BAD).map(([what, metrics]) => [what, bodyOf(encoding, metrics)]),
    ),
    ...bad,
  },
});

const proto = fixture("proto", {
  text: new TextEncoder().encode('{"resourceMetrics":[]}'),
  "a data point without a value": body([
    message(1, message(2, message(2, text(1, "a"), message(5, message(1, fixed64(3, NS)))))),
  ]),
});

export const otlpProtobuf: Fixture = {
  ...proto,
  bodies: {
    ...proto.bodies,
    "fields in another order, numbers that are not packed": {
      body: body([
        message(
          1,
          message(
            2,
            message(
              2,
              message(
                9,
                message(
                  1,
                  fixed64(6, 1),
                  double(7, 0.5),
                  message(9, message(2, text(1, "b")), text(1, "a")),
                  fixed64(6, 2),
                  fixed64(4, 3),
                  fixed64(3, NS),
                ),
              ),
              text(1, "h"),
            ),
          ),
          message(1, ...attributesOf(1, { "service.name": "cart" })),
        ),
      ]),
      holds: [
        stored('h_count{"a":"b","job":"cart"}', 3),
        stored('h_bucket{"a":"b","job":"cart","le":"0.5"}', 1),
        stored('h_bucket{"a":"b","job":"cart","le":"+Inf"}', 3),
      ],
    },
  },
};

const ofPoint = (dataPoint: object): Uint8Array =>
  jsonText({
    resourceMetrics: [
      { scopeMetrics: [{ metrics: [{ name: "a", gauge: { dataPoints: [dataPoint] } }] }] },
    ],
  });

export const otlpJson: Fixture = fixture("json", {
  "no JSON": new TextEncoder().encode("{"),
  "an array": jsonText([]),
  "a value that is a text": ofPoint({ timeUnixNano: String(NS), asDouble: "one" }),
  "no value": ofPoint({ timeUnixNano: String(NS) }),
  "a time that is none": ofPoint({ timeUnixNano: "now", asDouble: 1 }),
  "attributes that are none": ofPoint({ timeUnixNano: String(NS), asInt: 1, attributes: [1] }),
});
