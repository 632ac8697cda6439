// ExportMetricsServiceRequest of OTLP as protobuf (opentelemetry-proto, metrics/v1/metrics.proto), walked
// by hand: one walk a data point, and no object, where its series are known.
//
//   Request          resource_metrics = 1
//   ResourceMetrics  resource = 1 {attributes = 1}, scope_metrics = 2 {metrics = 2}
//   Metric           name = 1, description = 2, unit = 3; gauge = 5, sum = 7, histogram = 9,
//                    exponential_histogram = 10 and summary = 11 {data_points = 1,
//                    aggregation_temporality = 2, is_monotonic = 3}

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { ByteTable } from "./byte-table.ts";
import { type BadBody, TOO_MANY } from "./format.ts";
import { describeFamily, type FamilyType, textsSaid } from "./families.ts";
import type { Intake } from "./intake.ts";
import { keyValue } from "./otlp-attributes.ts";
import { DataPoint, type Kind } from "./otlp-data-point.ts";
import {
  familyOf,
  type Resource,
  resourceOf,
  type SeriesKeys,
  seriesKeys,
  takeEnds,
  takePoints,
} from "./otlp-points.ts";
import { BYTES, ProtoReader, VARINT } from "./protobuf.ts";
import { textIn } from "./utf8.ts";

export const decodeOtlpProtobuf = (bytes: Uint8Array, intake: Intake): Result<void, BadBody> =>
  new Walk(bytes, intake).request();

/** Keys of series by resource, name and attributes: a sender names the same ones again and again. */
const known = new ByteTable<SeriesKeys>();

const KINDS: Readonly<Record<number, Kind>> = {
  5: "number",
  7: "number",
  9: "histogram",
  10: "exponential",
  11: "summary",
};

const FAMILIES: Readonly<Record<number, Parameters<typeof familyOf>[0]>> = {
  5: "gauge",
  7: "sum",
  9: "histogram",
  10: "histogram",
  11: "summary",
};

class Walk {
  readonly #proto: ProtoReader;
  readonly #intake: Intake;
  readonly #point: DataPoint;
  /** Data points before this place. */
  #index = 0;
  /** One alone may hold more points than fit. */
  #isFull = false;
  #resource: Resource = { job: undefined, instance: undefined };
  /** The same, as bytes for the table. */
  #resourceBytes: Uint8Array = new Uint8Array();
  /** Where the name of the metric stands. */
  #nameFrom = 0;
  #nameTo = 0;

  constructor(bytes: Uint8Array, intake: Intake) {
    this.#proto = new ProtoReader(bytes);
    this.#intake = intake;
    this.#point = new DataPoint(this.#proto);
  }

  request(): Result<void, BadBody> {
    const proto = this.#proto;
    this.#each(1, proto.bytes.length, (to) => this.#resourceMetrics(to));
    if (this.#isFull || this.#intake.isFull) return err(TOO_MANY);
    return proto.broken
      ? err({
          code: "invalid_body",
          message: "the body is no ExportMetricsServiceRequest: it is cut off or broken",
        })
      : ok(undefined);
  }

  /** Calls `read` with the end of each message that stands in field `number`, up to `to`. */
  #each(number: number, to: number, read: (to: number) => void): void {
    const proto = this.#proto;
    for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
      if (field !== number || proto.wire !== BYTES) {
        proto.skip(to);
        continue;
      }
      const end = proto.end(to);
      read(end);
      if (proto.broken || this.#intake.isFull) return;
      proto.at = end;
    }
  }

  /** In two walks, as below: fields may stand in any order. */
  #resourceMetrics(to: number): void {
    const from = this.#proto.at;
    const attributes = new Map<string, string>();
    this.#each(1, to, (to) =>
      this.#each(1, to, (to) => {
        const pair = keyValue(this.#proto, to);
        if (pair !== undefined) attributes.set(...pair);
      }),
    );
    this.#resource = resourceOf((name) => attributes.get(name));
    const { job, instance } = this.#resource;
    this.#resourceBytes = new TextEncoder().encode(JSON.stringify([job, instance]));
    this.#proto.at = this.#proto.broken ? to : from;
    this.#each(2, to, (to) => this.#each(2, to, (to) => this.#metric(to)));
  }

  #metric(to: number): void {
    const proto = this.#proto;
    const from = proto.at;
    this.#nameFrom = this.#nameTo = from;
    let help: string | undefined;
    let unit: string | undefined;
    for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
      const end = field <= 3 && proto.wire === BYTES ? proto.end(to) : undefined;
      if (end === undefined) {
        proto.skip(to);
        continue;
      }
      if (field === 2) help = textIn(proto.bytes, proto.at, end);
      else if (field === 3) unit = textIn(proto.bytes, proto.at, end);
      else {
        this.#nameFrom = proto.at;
        this.#nameTo = end;
      }
      proto.at = end;
    }
    if (proto.broken) return;
    proto.at = from;
    for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
      const kind = KINDS[field];
      if (kind === undefined || proto.wire !== BYTES) {
        proto.skip(to);
        continue;
      }
      const type = this.#data(kind, field, proto.end(to));
      if (proto.broken || this.#intake.isFull) return;
      const name = textIn(proto.bytes, this.#nameFrom, this.#nameTo) ?? "";
      describeFamily(this.#intake, name, { type, ...textsSaid(unit, help) });
    }
  }

  /** Takes the data points of a metric, which stand in `field`; says what it is. */
  #data(kind: Kind, field: number, to: number): FamilyType {
    const proto = this.#proto;
    let temporality = 0;
    let isMonotonic = false;
    for (let part = proto.field(to); part !== 0; part = proto.field(to))
      if (part === 1 && proto.wire === BYTES) {
        const end = proto.end(to);
        this.#dataPoint(kind, end);
        if (proto.broken || this.#intake.isFull) break;
        proto.at = end;
      } else if (part === 2 && proto.wire === VARINT) temporality = proto.varint();
      else if (part === 3 && proto.wire === VARINT) isMonotonic = proto.varint() !== 0;
      else proto.skip(to);
    return familyOf(FAMILIES[field]!, temporality, isMonotonic);
  }

  #dataPoint(kind: Kind, to: number): void {
    const from = this.#proto.at;
    const point = this.#point;
    known.begin();
    known.putNumber(this.#resourceBytes.length);
    known.put(this.#resourceBytes, 0, this.#resourceBytes.length);
    known.putNumber(this.#nameTo - this.#nameFrom);
    known.put(this.#proto.bytes, this.#nameFrom, this.#nameTo);
    const why = point.read(kind, to, known);
    if (this.#proto.broken) return;
    const index = this.#index++;
    if (why !== undefined) {
      this.#intake.issue(index, why.path, why.message);
      return;
    }
    if (
      this.#intake.isFull ||
      this.#intake.length + point.values.length > LIMITS.pointsPerRequest
    ) {
      this.#isFull = true;
      this.#proto.fail();
      return;
    }
    if (point.at === 0) point.at = this.#intake.arrival();
    point.putLayout(known);
    let keys = known.find();
    if (keys === undefined) known.keep((keys = this.#keys(point, from, to)));
    if (point.hasNoValue) takeEnds(this.#intake, index, keys, point.at);
    else takePoints(this.#intake, index, keys, point.at, point.values);
  }

  #keys(point: DataPoint, from: number, to: number): SeriesKeys {
    const metric = textIn(this.#proto.bytes, this.#nameFrom, this.#nameTo);
    if (metric === undefined) return err({ path: "name", message: "is not valid UTF-8" });
    const attributes: (readonly [string, string])[] = [];
    let isText = true;
    this.#proto.at = from;
    this.#each(point.attributesField, to, (to) => {
      const pair = keyValue(this.#proto, to);
      if (pair === undefined) isText = false;
      else attributes.push(pair);
    });
    if (!isText) return err({ path: "attributes", message: "are not valid UTF-8" });
    return seriesKeys(point.layout, metric, attributes, this.#resource, point.parts);
  }
}
