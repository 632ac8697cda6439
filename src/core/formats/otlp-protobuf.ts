// ExportMetricsServiceRequest of OTLP as protobuf (opentelemetry-proto, metrics/v1/metrics.proto), walked
// by hand: one walk a data point, and no object, where its series are known.
//
//   Request          resource_metrics = 1
//   ResourceMetrics  resource = 1 {attributes = 1}, scope_metrics = 2 {metrics = 2}
//   Metric           name = 1; gauge = 5, sum = 7, histogram = 9, exponential_histogram = 10 and
//                    summary = 11 {data_points = 1}

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { ByteTable } from "./byte-table.ts";
import { type BadBody, TOO_MANY } from "./format.ts";
import type { Intake } from "./intake.ts";
import { keyValue } from "./otlp-attributes.ts";
import { DataPoint, type Kind } from "./otlp-data-point.ts";
import {
  type Resource,
  resourceOf,
  type SeriesKeys,
  seriesKeys,
  takeEnds,
  takePoints,
} from "./otlp-points.ts";
import { BYTES, ProtoReader } from "./protobuf.ts";
import { textIn } from "./utf8.ts";

export const decodeOtlpProtobuf = (bytes: Uint8Array, intake: Intake): Result<void, BadBody> =>
  new Walk(bytes, intake).request();

/** Keys of series by resource, name and attributes: a sender names the same ones again and again. */
const known = new ByteTable<SeriesKeys>(LIMITS.knownSeries, LIMITS.knownSeriesBytes);

const KINDS: Readonly<Record<number, Kind>> = {
  5: "number",
  7: "number",
  9: "histogram",
  10: "exponential",
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
    const from = this.#proto.at;
    this.#nameFrom = this.#nameTo = from;
    this.#each(1, to, (to) => {
      this.#nameFrom = this.#proto.at;
      this.#nameTo = to;
    });
    if (this.#proto.broken) return;
    const proto = this.#proto;
    proto.at = from;
    for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
      const kind = KINDS[field];
      if (kind === undefined || proto.wire !== BYTES) {
        proto.skip(to);
        continue;
      }
      this.#each(1, proto.end(to), (to) => this.#dataPoint(kind, to));
      if (proto.broken || this.#intake.isFull) return;
    }
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
