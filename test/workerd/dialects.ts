// How each format but the native ones is spoken: a point that is good, one that is bad, and the answers.

import { expect } from "vitest";
import { body, bytes, double, fixed64, message, text as protoText } from "../node/formats/proto.ts";
import { request, type Series, writeRequest } from "../node/formats/remote-write/messages.ts";
import { exported, type Written } from "../node/formats/victoria-native/blocks.ts";
import { snappy } from "../node/formats/snappy-block.ts";
import { NOW } from "./api-client.ts";

/** Unix s. */
export const SEC = NOW / 1_000;

export const series = (name: string, value: unknown = 1): string =>
  JSON.stringify({ series: [{ metric: name, points: [[SEC, value]], tags: ["env:prod"] }] });
export const list = (plugin: string, value: unknown = 1): string =>
  JSON.stringify([
    {
      values: [value],
      dstypes: ["gauge"],
      dsnames: ["value"],
      time: SEC,
      interval: 10,
      host: "box",
      plugin,
      plugin_instance: "",
      type: "gauge",
      type_instance: "",
    },
  ]);

export interface Dialect {
  readonly path: string;
  /** One good point of a metric. */
  good(name: string): string;
  /** The metric that it becomes, when that has another name. */
  stored?(name: string): string;
  /** A point that is bad. */
  bad(name: string): string;
  /** Bodies one after the other. */
  both(...bodies: readonly string[]): string;
  /** What is sent of a body, where that is another. */
  encode?(body: string): Uint8Array<ArrayBuffer>;
  /** It takes no encoding but its own. */
  readonly onlyOwnEncodings?: true;
  readonly type: string;
  readonly ok: readonly [number, unknown];
  /** What is said of one good point and one bad. */
  readonly partly: readonly [number, unknown];
  readonly unauthorized: readonly [number, unknown];
  readonly badEncoding: readonly [number, unknown];
}

const lines = (...bodies: readonly string[]): string => bodies.join("\n");
const arrays = (...bodies: readonly string[]): string =>
  JSON.stringify(bodies.flatMap((one) => JSON.parse(one) as unknown[]));
export const says = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const PUT = `${SEC}:1`;
const ENCODING = /^Content-Encoding "br" is not one of/;
const NO_TOKEN = /^No token/;

const influx = {
  good: (name: string) => `${name},host=a value=1 ${NOW}000000`,
  bad: (name: string) => `${name},host=a value=x ${NOW}000000`,
  both: lines,
  type: "text/plain; charset=utf-8",
  ok: [204, ""],
} as const;
const PARTIAL = /^partial write: unable to parse '?"[^"]+.*: .*written=1 dropped=1$/;

const native = (status: number, code: string, message: RegExp): readonly [number, unknown] => [
  status,
  expect.objectContaining({ error: expect.objectContaining({ code, message: says(message) }) }),
];
const SKIPPED = native(422, "bad_skipped", /1 bad point skipped, 1 stored/);

const remoteWrite = (
  write: (series: readonly Series[]) => Uint8Array,
): Omit<Dialect, "path" | "type"> => ({
  good: (name) => JSON.stringify([seriesOf(name, NOW)]),
  bad: (name) => JSON.stringify([seriesOf(name, 1)]),
  both: arrays,
  encode: (text) => snappy(write(JSON.parse(text) as Series[])),
  onlyOwnEncodings: true,
  ok: [204, ""],
  partly: [400, says(/^1 samples written, 1 items not: samples: 1 is no time/)],
  unauthorized: [401, says(NO_TOKEN)],
  badEncoding: [415, says(ENCODING)],
});

const seriesOf = (name: string, at: number): Series => ({
  labels: [
    ["__name__", name],
    ["job", "a"],
  ],
  samples: [{ value: 1, at }],
});

const victoriaBlock = ([name, at]: readonly [string, number]): Written => ({
  name,
  times: [BigInt(at)],
  mantissas: [1n],
  precision: 64,
});

/** In the middle of a millisecond. */
const NS = BigInt(NOW) * 1_000_000n + 500_000n;

/** Pairs of names and values; JSON has no infinite numbers but one that is too large. */
const otlp = (type: string): Pick<Dialect, "good" | "bad" | "both" | "type"> => ({
  good: (name) => JSON.stringify([[name, 1]]),
  bad: (name) => `[["${name}",-1e999]]`,
  both: (...bodies) => `[${bodies.map((one) => one.slice(1, -1)).join()}]`,
  type,
});

export const DIALECTS: Readonly<Record<string, Dialect>> = {
  "Influx 1": {
    ...influx,
    path: "/write",
    partly: [400, { error: says(PARTIAL) }],
    unauthorized: [401, { error: says(NO_TOKEN) }],
    badEncoding: [415, { error: says(ENCODING) }],
  },
  "Influx 2": {
    ...influx,
    path: "/api/v2/write",
    partly: [400, { code: "invalid", message: says(PARTIAL) }],
    unauthorized: [401, { code: "unauthorized", message: says(NO_TOKEN) }],
    badEncoding: [415, { code: "invalid", message: says(ENCODING) }],
  },
  Graphite: {
    path: "/api/v1/graphite",
    good: (name) => `${name};host=a 1 ${SEC}`,
    bad: (name) => `${name} x ${SEC}`,
    both: lines,
    type: "text/plain",
    ok: [200, { accepted: 1 }],
    partly: SKIPPED,
    unauthorized: native(401, "unauthorized", NO_TOKEN),
    badEncoding: native(415, "unsupported_encoding", ENCODING),
  },
  VictoriaMetrics: {
    path: "/api/v1/import",
    good: (name) => `{"metric":{"__name__":"${name}"},"values":[1],"timestamps":[${NOW}]}`,
    bad: (name) => `{"metric":{"__name__":"${name}"},"values":[1],"timestamps":[]}`,
    both: lines,
    type: "application/stream+json",
    ok: [204, ""],
    partly: [400, says(/^1 bad point skipped, 1 stored: line 2: there are 1 values/)],
    unauthorized: [401, says(NO_TOKEN)],
    badEncoding: [415, says(ENCODING)],
  },
  "VictoriaMetrics native": {
    path: "/api/v1/import/native",
    good: (name) => JSON.stringify([[name, NOW]]),
    bad: (name) => JSON.stringify([[name, 1]]),
    both: arrays,
    encode: (text) => exported((JSON.parse(text) as [string, number][]).map(victoriaBlock)),
    type: "",
    ok: [204, ""],
    partly: [400, says(/^1 bad point skipped, 1 stored: block 2: .*part: 1 is no time/)],
    unauthorized: [401, says(NO_TOKEN)],
    badEncoding: [415, says(ENCODING)],
  },
  "Datadog 1": {
    path: "/api/v1/series",
    good: series,
    bad: (name) => series(name, "x"),
    both: (...bodies) =>
      JSON.stringify({
        series: bodies.flatMap((one) => (JSON.parse(one) as { series: unknown[] }).series),
      }),
    type: "application/json",
    ok: [202, { status: "ok" }],
    partly: [
      400,
      { errors: [says(/1 stored: series\[1\]\.points\[0\]: value expected a finite/)] },
    ],
    unauthorized: [403, { errors: [says(NO_TOKEN)] }],
    badEncoding: [400, { errors: [says(ENCODING)] }],
  },
  "Datadog 2": {
    path: "/api/v2/series",
    good: (name) =>
      JSON.stringify({ series: [{ metric: name, points: [{ timestamp: SEC, value: 1 }] }] }),
    bad: (name) => JSON.stringify({ series: [{ metric: name, points: 1 }] }),
    both: (...bodies) =>
      JSON.stringify({
        series: bodies.flatMap((one) => (JSON.parse(one) as { series: unknown[] }).series),
      }),
    type: "application/json",
    ok: [202, { errors: [] }],
    partly: [400, { errors: [says(/1 stored: series\[1\]: points: expected an array, got 1/)] }],
    unauthorized: [403, { errors: [says(NO_TOKEN)] }],
    badEncoding: [400, { errors: [says(ENCODING)] }],
  },
  KairosDB: {
    path: "/api/v1/datapoints",
    good: (name) => `[{"name":"${name}","timestamp":${NOW},"value":1,"tags":{"a":"b"}}]`,
    bad: (name) => `[{"name":"${name}","timestamp":${NOW},"value":"x","tags":{"a":"b"}}]`,
    both: arrays,
    type: "application/json",
    ok: [204, ""],
    partly: [400, { errors: [says(/1 stored: value: expected a finite number, got "x"/)] }],
    unauthorized: [401, { errors: [says(NO_TOKEN)] }],
    badEncoding: [415, { errors: [says(ENCODING)] }],
  },
  "collectd JSON": {
    path: "/api/v1/collectd",
    good: list,
    stored: (name) => `collectd.${name}`,
    bad: (name) => list(name, "x"),
    both: arrays,
    type: "application/json",
    ok: [200, { accepted: 1 }],
    partly: SKIPPED,
    unauthorized: native(401, "unauthorized", NO_TOKEN),
    badEncoding: native(415, "unsupported_encoding", ENCODING),
  },
  "collectd Command": {
    path: "/api/v1/collectd",
    good: (name) => `PUTVAL box/${name}/gauge interval=10.000 ${PUT}`,
    stored: (name) => `collectd.${name}`,
    bad: (name) => `PUTVAL box/${name}/gauge interval=10.000 now:1`,
    both: lines,
    type: "text/plain",
    ok: [200, { accepted: 1 }],
    partly: SKIPPED,
    unauthorized: native(401, "unauthorized", NO_TOKEN),
    badEncoding: native(415, "unsupported_encoding", ENCODING),
  },
  "Remote write": {
    ...remoteWrite(writeRequest),
    path: "/api/v1/write",
    type: "application/x-protobuf",
  },
  "Remote write, as of Prometheus": {
    ...remoteWrite(writeRequest),
    path: "/prometheus/api/v1/write",
    type: "application/x-protobuf;proto=prometheus.WriteRequest",
  },
  "Remote write 2": {
    ...remoteWrite(request),
    path: "/api/v1/push",
    type: "application/x-protobuf;proto=io.prometheus.write.v2.Request",
  },
  OTLP: {
    ...otlp("application/x-protobuf"),
    path: "/v1/metrics",
    encode: (text) => {
      const points = JSON.parse(text) as [name: string, value: number][];
      const metrics = points.map(([name, value]) =>
        message(2, protoText(1, name), message(5, message(1, fixed64(3, NS), double(4, value)))),
      );
      return body([message(1, bytes(2, body(metrics)))]);
    },
    ok: [200, ""],
    // partial_success = 1 {rejected_data_points = 1, error_message = 2}.
    partly: [200, expect.stringContaining("\b\u0001\u0012&expected a finite value, got -Infinity")],
    unauthorized: [401, expect.stringMatching(/^.{3,4}No token/s)],
    badEncoding: [415, expect.stringMatching(/^.{3,5}Content-Encoding "br" is not one of/s)],
  },
  "OTLP as JSON": {
    ...otlp("application/json"),
    path: "/otlp/v1/metrics",
    encode: (text) => {
      const points = JSON.parse(text) as [name: string, value: number][];
      const metrics = points.map(([name, value]) => ({
        name,
        gauge: {
          dataPoints: [{ timeUnixNano: String(NS), asDouble: value === 1 ? 1 : "-Infinity" }],
        },
      }));
      const request = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
      return Uint8Array.from(new TextEncoder().encode(JSON.stringify(request)));
    },
    ok: [200, {}],
    partly: [
      200,
      {
        partialSuccess: {
          rejectedDataPoints: "1",
          errorMessage: "expected a finite value, got -Infinity",
        },
      },
    ],
    unauthorized: [401, { code: 16, message: says(NO_TOKEN) }],
    badEncoding: [415, { code: 3, message: says(ENCODING) }],
  },
};
