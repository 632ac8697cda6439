// Bodies of the decode bench: the same points in each format of the registry, by its name.

import {
  body,
  bytes,
  double,
  fixed64,
  int,
  message,
  text,
  varint,
} from "../../test/node/formats/proto.ts";
import { request, writeRequest } from "../../test/node/formats/remote-write/messages.ts";
import { exported } from "../../test/node/formats/victoria-native/blocks.ts";

/** Points of each body. */
export const POINTS = 10_000;
const SERIES = 100;
/** Fields of a line, where it has several: as Telegraf's cpu. */
const FIELDS = 10;
const NOW = Date.UTC(2026, 10, 20, 12);

interface Point {
  readonly name: string;
  readonly host: string;
  /** Unix ms, whole seconds. */
  readonly at: number;
  readonly value: number;
}

/** 100 series, 15 s apart, two decimals. */
const points: readonly Point[] = Array.from({ length: POINTS }, (_, i) => ({
  name: `cpu.load.${(i % SERIES) % 10}`,
  host: `host-${i % SERIES}`,
  at: NOW - (99 - Math.floor(i / SERIES)) * 15_000,
  value: Math.round(5_000 + 4_000 * Math.sin(i)) / 100,
}));

const each = (write: (point: Point) => string, separator = "\n"): string =>
  points.map(write).join(separator);

const native = ({ name, host, at, value }: Point): string =>
  `{"name":"${name}","value":${value},"timestamp":${at},"labels":{"host":"${host}","region":"eu"}}`;

const line = ({ name, host, at, value }: Point): string =>
  `${name},host=${host},region=eu value=${value} ${at}000000`;

const wideLines = (): string =>
  Array.from({ length: POINTS / FIELDS }, (_, i) => {
    const fields = points
      .slice(i * FIELDS, (i + 1) * FIELDS)
      .map(({ value }, field) => `usage_${field}=${value}`);
    return `cpu,cpu=cpu${i % 8},host=host-${i % 10},region=eu ${fields.join()} ${points[i * FIELDS]!.at}000000`;
  }).join("\n");

/** A series a line, as VictoriaMetrics' export writes them. */
const columns = (): string =>
  Array.from({ length: SERIES }, (_, s) => {
    const of = points.filter((_point, i) => i % SERIES === s);
    const [{ name, host }] = of as [Point];
    return `{"metric":{"__name__":"${name}","host":"${host}","region":"eu"},"values":[${of.map(({ value }) => value).join()}],"timestamps":[${of.map(({ at }) => at).join()}]}`;
  }).join("\n");

/** A series a block, as VictoriaMetrics stores them, but not packed with zstd. */
const blocks = (): Uint8Array =>
  exported(
    Array.from({ length: SERIES }, (_, s) => {
      const of = points.filter((_point, i) => i % SERIES === s);
      const [{ name, host }] = of as [Point];
      return {
        name,
        labels: { host, region: "eu" },
        times: of.map(({ at }) => BigInt(at)),
        mantissas: of.map(({ value }) => BigInt(Math.round(value * 100))),
        scale: -2,
        precision: 64,
      };
    }),
  );

const series = (point: (point: Point) => string): string =>
  `{"series":[${each((one) => `{"metric":"${one.name}","type":3,"points":[${point(one)}],"tags":["region:eu"],"resources":[{"type":"host","name":"${one.host}"}]}`, ",")}]}`;

const list = ({ name, host, at, value }: Point): string =>
  `{"values":[${value}],"dstypes":["gauge"],"dsnames":["value"],"time":${at / 1_000}.000,"interval":10.000,"host":"${host}","plugin":"${name}","plugin_instance":"","type":"gauge","type_instance":""}`;

/** A sample a series, as Prometheus sends what it scraped. */
const scraped = () =>
  points.map(({ name, host, at, value }) => ({
    labels: [
      ["__name__", name],
      ["host", host],
      ["region", "eu"],
    ] as const,
    samples: [{ at, value }],
  }));

/** Points of 100 series, an attribute a label. */
const otlp = (): Uint8Array => {
  const attribute = (key: string, value: string) =>
    message(7, text(1, key), message(2, text(1, value)));
  const metrics = [...Map.groupBy(points, ({ name }) => name)].map(([name, of]) => {
    const dataPoints = of.map(({ host, at, value }) =>
      message(
        1,
        attribute("host", host),
        attribute("region", "eu"),
        fixed64(3, BigInt(at) * 1_000_000n),
        double(4, value),
      ),
    );
    return message(2, text(1, name), bytes(5, body(dataPoints)));
  });
  return body([message(1, bytes(2, body(metrics)))]);
};

const otlpJson = (): string => {
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const metrics = [...Map.groupBy(points, ({ name }) => name)].map(([name, of]) => ({
    name,
    gauge: {
      dataPoints: of.map(({ host, at, value }) => ({
        attributes: [attribute("host", host), attribute("region", "eu")],
        timeUnixNano: `${at}000000`,
        asDouble: value,
      })),
    },
  }));
  return JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
};

const exposition = (perMs: number): string =>
  each(({ name, host, at, value }) => `${name}{host="${host}",region="eu"} ${value} ${at * perMs}`);

const families = (): Uint8Array =>
  body(
    [...Map.groupBy(points, ({ name }) => name)].flatMap(([name, all]) =>
      Array.from({ length: all.length / 100 }, (_, i) => {
        const metrics = all.slice(i * 100, (i + 1) * 100).map(({ host, at, value }) => {
          const label = (name: string, value: string) => message(1, text(1, name), text(2, value));
          const gauge = message(2, double(1, value));
          return message(4, label("host", host), label("region", "eu"), gauge, int(6, at));
        });
        const family = body([text(1, name), int(3, 1), ...metrics]);
        return [varint(family.length), family];
      }).flat(),
    ),
  );

/** By the name of the format; several where it matters what a body looks like. */
export const BODIES: Readonly<Record<string, Readonly<Record<string, () => string | Uint8Array>>>> =
  {
    JSON: { "a point an item": () => `[${each(native, ",")}]` },
    NDJSON: { "a point a line": () => each(native) },
    "Influx line protocol": { "a field a line": () => each(line), "ten fields a line": wideLines },
    Graphite: {
      "a point a line": () =>
        each(
          ({ name, host, at, value }) => `${name};host=${host};region=eu ${value} ${at / 1_000}`,
        ),
    },
    "VictoriaMetrics JSON lines": { "100 points a line": columns },
    "VictoriaMetrics native": { "100 points a block": blocks },
    "Datadog series": {
      "a point a series": () => series(({ at, value }) => `[${at / 1_000},${value}]`),
    },
    "Datadog series 2": {
      "a point a series": () =>
        series(({ at, value }) => `{"timestamp":${at / 1_000},"value":${value}}`),
    },
    KairosDB: {
      "a point an item": () =>
        `[${each(
          ({ name, host, at, value }) =>
            `{"name":"${name}","datapoints":[[${at},${value}]],"tags":{"host":"${host}","region":"eu"}}`,
          ",",
        )}]`,
    },
    "collectd JSON": { "a point a list": () => `[${each(list, ",")}]` },
    "collectd Command": {
      "a point a line": () =>
        each(({ name, host, at, value }) => `PUTVAL ${host}/${name}/gauge ${at / 1_000}:${value}`),
    },
    // What snappy has undone.
    "Prometheus remote write": { "a sample a series": () => writeRequest(scraped()) },
    "Prometheus remote write 2": { "a sample a series": () => request(scraped()) },
    OTLP: { "a point a series": otlp },
    "OTLP as JSON": { "a point a series": otlpJson },
    "Prometheus text": { "a sample a line": () => exposition(1) },
    OpenMetrics: { "a sample a line": () => exposition(1e-3) },
    "Prometheus protobuf": { "100 samples a family": families },
  };

/** Formats with the decoder and the bodies of another. */
export const SAME: ReadonlySet<string> = new Set(["Influx line protocol 2", "KairosDB, gzip"]);

/** Unix ms at which the bodies arrive. */
export const ARRIVAL = NOW + 1_000;
