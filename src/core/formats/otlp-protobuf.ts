// ExportMetricsServiceRequest of OTLP as protobuf (opentelemetry-proto, metrics/v1/metrics.proto), walked
// by hand: one walk a data point, and no object, where its series are known.
//
//   Request          resource_metrics = 1
//   ResourceMetrics  resource = 1 {attributes = 1}, scope_metrics = 2 {metrics = 2}
//   Metric           name = 1, description = 2, unit = 3; gauge = 5, sum = 7, histogram = 9,
//                    exponential_histogram = 10 and summary = 11 {data_points = 1,
//                    aggregation_temporality = 2, is_monotonic = 3}

import * as LIMITS from "../limits.ts";
import { err, ok } from "../result.ts";
import { ByteTable } from "./byte-table.ts";
import { type Decoding, tooMany } from "./format.ts";
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
import { Part } from "./part.ts";
import { BYTES, ProtoReader, VARINT } from "./protobuf.ts";
import { textUpTo } from "./utf8.ts";

export const decodeOtlpProtobuf = (bytes: Uint8Array, intake: Intake): Decoding =>
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

/** Characters of keys that are remembered of one data point: those of a histogram may be a thousand times its labels. */
const MOST_KNOWN = 65_536;

const charactersOf = (keys: SeriesKeys): number =>
  keys.ok ? keys.value.reduce((sum, { length }) => sum + length, 0) : 0;

/** Yields as a `Decoding` does. */
type Reading<T = void> = Generator<number, T>;

class Walk {
  readonly #proto: ProtoReader;
  readonly #intake: Intake;
  readonly #part: Part;
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
    this.#part = new Part(intake);
    this.#point = new DataPoint(this.#proto);
  }

  *request(): Decoding {
    const proto = this.#proto;
    const { length } = proto.bytes;
    for (let to = this.#next(1, length); to > 0; to = this.#next(1, length)) {
      yield* this.#resourceMetrics(to);
      if (this.#isOver()) break;
      proto.at = to;
      if (this.#part.isOver(to)) yield this.#part.end(to);
    }
    if (this.#isFull || this.#intake.isFull) return err(tooMany(this.#intake));
    return proto.broken
      ? err({
          code: "invalid_body",
          message: "the body is no ExportMetricsServiceRequest: it is cut off or broken",
        })
      : ok(undefined);
  }

  /** The end of the next message in field `number` up to `to`, with the place at its beginning; 0: there is none. */
  #next(number: number, to: number): number {
    const proto = this.#proto;
    for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
      if (field === number && proto.wire === BYTES) return proto.end(to);
      proto.skip(to);
    }
    return 0;
  }

  /** Nothing more is read. */
  #isOver(): boolean {
    return this.#proto.broken || this.#intake.isFull;
  }

  /** In two walks, as below: fields may stand in any order. */
  *#resourceMetrics(to: number): Reading {
    const proto = this.#proto;
    const from = proto.at;
    this.#readResource(to);
    if (proto.broken) return;
    proto.at = from;
    for (let scope = this.#next(2, to); scope > 0; scope = this.#next(2, to))
      for (let metric = this.#next(2, scope); metric > 0; metric = this.#next(2, scope)) {
        yield* this.#metric(metric);
        if (this.#isOver()) return;
        proto.at = metric;
        if (this.#part.isOver(metric)) yield this.#part.end(metric);
      }
  }

  #readResource(to: number): void {
    const attributes = new Map<string, string>();
    for (let resource = this.#next(1, to); resource > 0; resource = this.#next(1, to))
      for (const pair of this.#attributes(1, resource))
        if (pair !== undefined) attributes.set(...pair);
    this.#resource = resourceOf((name) => attributes.get(name));
    const { job, instance } = this.#resource;
    this.#resourceBytes = new TextEncoder().encode(JSON.stringify([job, instance]));
  }

  /** The attributes in field `number` up to `to`; undefined for one that is not UTF-8. */
  *#attributes(number: number, to: number): Generator<ReturnType<typeof keyValue>, void> {
    const proto = this.#proto;
    for (let end = this.#next(number, to); end > 0; end = this.#next(number, to)) {
      yield keyValue(proto, end);
      if (proto.broken) return;
      proto.at = end;
    }
  }

  *#metric(to: number): Reading {
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
      if (field === 2) help = textUpTo(proto.bytes, proto.at, end, LIMITS.helpLength);
      else if (field === 3) unit = textUpTo(proto.bytes, proto.at, end, LIMITS.unitLength);
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
      const type = yield* this.#data(kind, field, proto.end(to));
      if (this.#isOver()) return;
      describeFamily(this.#intake, this.#name() ?? "", { type, ...textsSaid(unit, help) });
      if (this.#part.isOver(proto.at)) yield this.#part.end(proto.at);
    }
  }

  /** Takes the data points of a metric, which stand in `field`; says what it is. */
  *#data(kind: Kind, field: number, to: number): Reading<FamilyType> {
    const proto = this.#proto;
    let temporality = 0;
    let isMonotonic = false;
    for (let part = proto.field(to); part !== 0; part = proto.field(to))
      if (part === 1 && proto.wire === BYTES) {
        const end = proto.end(to);
        this.#dataPoint(kind, end);
        if (this.#isOver()) break;
        proto.at = end;
        if (this.#part.isOver(end)) yield this.#part.end(end);
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
    if (keys === undefined) {
      keys = this.#keys(point, from, to);
      if (this.#proto.broken) return;
      if (charactersOf(keys) <= MOST_KNOWN) known.keep(keys);
    }
    if (point.hasNoValue) takeEnds(this.#intake, index, keys, point.at);
    else takePoints(this.#intake, index, keys, point.at, point.values);
  }

  /** The name of the metric, or enough of it to be too long. */
  #name(): string | undefined {
    return textUpTo(this.#proto.bytes, this.#nameFrom, this.#nameTo, LIMITS.nameLength);
  }

  #keys(point: DataPoint, from: number, to: number): SeriesKeys {
    const metric = this.#name();
    if (metric === undefined) return err({ path: "name", message: "is not valid UTF-8" });
    this.#proto.at = from;
    const attributes: (readonly [string, string])[] = [];
    for (const pair of this.#attributes(point.attributesField, to)) {
      if (pair === undefined) return err({ path: "attributes", message: "are not valid UTF-8" });
      attributes.push(pair);
      // More are refused, however many.
      if (attributes.length > LIMITS.labelsPerPoint) break;
    }
    return seriesKeys(point.layout, metric, attributes, this.#resource, point.parts);
  }
}
