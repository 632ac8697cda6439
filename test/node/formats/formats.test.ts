// Every format of the registry against the suite that all must pass, each with its own bodies; and
// which format a request speaks.

import { describe, expect, test } from "vitest";
import type { Format } from "../../../src/core/formats/format.ts";
import { FORMATS, formatFor } from "../../../src/core/formats/registry.ts";
import { command, lists } from "./collectd/fixture.ts";
import { series1, series2 } from "./datadog/fixture.ts";
import { graphite } from "./graphite/fixture.ts";
import { influx } from "./influx/fixture.ts";
import { kairos } from "./kairos/fixture.ts";
import { json, ndjson } from "./native/fixture.ts";
import { otlpJson, otlpProtobuf } from "./otlp/fixture.ts";
import { openMetrics, prometheusProtobuf, prometheusText } from "./pushgateway/fixture.ts";
import { remoteWrite1, remoteWrite2 } from "./remote-write/fixture.ts";
import { decoderSuite, type Fixture } from "./suite.ts";
import { victoria } from "./victoria/fixture.ts";
import { victoriaNative } from "./victoria-native/fixture.ts";

const FIXTURES: Readonly<Record<string, Fixture>> = {
  JSON: json,
  NDJSON: ndjson,
  "Influx line protocol": influx,
  "Influx line protocol 2": influx,
  Graphite: graphite,
  "VictoriaMetrics JSON lines": victoria,
  "VictoriaMetrics native": victoriaNative,
  "Datadog series": series1,
  "Datadog series 2": series2,
  KairosDB: kairos,
  "KairosDB, gzip": kairos,
  "collectd JSON": lists,
  "collectd Command": command,
  "Prometheus remote write": remoteWrite1,
  "Prometheus remote write 2": remoteWrite2,
  OTLP: otlpProtobuf,
  "OTLP as JSON": otlpJson,
  "Prometheus text": prometheusText,
  OpenMetrics: openMetrics,
  "Prometheus protobuf": prometheusProtobuf,
};

for (const format of FORMATS) {
  const fixture = FIXTURES[format.name];
  if (fixture === undefined) test(`${format.name} has a fixture`, () => expect.fail("it has none"));
  else describe(format.name, () => decoderSuite(format, fixture));
}

test("names of formats are their own", () => {
  expect(new Set(FORMATS.map(({ name }) => name)).size).toBe(FORMATS.length);
});

describe("the media type says which format a request speaks", () => {
  const named = (name: string, types: readonly string[]): Format => ({
    ...FORMATS[0]!,
    name,
    types,
  });
  const formats = [
    named("one", ["application/x-protobuf", "application/x-protobuf;proto=io.v1.request", ""]),
    named("two", ["application/x-protobuf;proto=io.v2.request"]),
    named("rest", ["*"]),
  ];
  const speaks = (type: string | null, name: string): void =>
    test(String(type), () => expect(formatFor(formats, type)?.name).toBe(name));
  speaks("application/x-protobuf", "one");
  speaks(" Application/X-Protobuf ", "one");
  speaks("application/x-protobuf; proto=io.v1.Request", "one");
  speaks("application/x-protobuf;proto=io.v2.Request", "two");
  speaks('application/x-protobuf; charset=x; Proto = "io.v2.Request"', "two");
  speaks(null, "one");
  speaks("", "one");
  speaks("text/csv", "rest");
  speaks("application/x-protobuffer", "rest");
  test("none", () => {
    for (const type of ["text/csv", "application/x-protobuf;proto=io.v3.Request"])
      expect(formatFor(formats.slice(0, 2), type)).toBeUndefined();
  });
  test("the native ones", () => {
    const formats = FORMATS.filter(({ paths }) => paths.includes("/api/v1/points"));
    const native = (type: string | null): unknown => formatFor(formats, type)?.name;
    expect(native(null)).toBe("JSON");
    expect(native("text/plain;charset=UTF-8")).toBe("JSON");
    expect(native("application/jsonl")).toBe("NDJSON");
    expect(native("application/xml")).toBeUndefined();
  });
});
