// A data point of OTLP as protobuf: its time, and the values of its series. One object for all of a
// request, filled anew by each.
//
//   NumberDataPoint     as_double = 4, as_int = 6 (sfixed64), attributes = 7, flags = 8
//   HistogramDataPoint  count = 4, sum = 5, bucket_counts = 6, explicit_bounds = 7, attributes = 9,
//                       flags = 10
//   Exponential…        attributes = 1, count = 4, sum = 5, scale = 6, zero_count = 7, positive = 8 and
//                       negative = 9 {offset = 1, bucket_counts = 2}, flags = 10, zero_threshold = 14
//   SummaryDataPoint    count = 4, sum = 5, quantile_values = 6 {quantile = 1, value = 2},
//                       attributes = 7, flags = 8
//
// In all of them time = 3, in ns; counts are fixed64, but for the buckets of exponential ones.

import type { FieldIssue } from "../series/checked-key.ts";
import type { ByteTable } from "./byte-table.ts";
import { powersOfTwo } from "./otlp-exponential.ts";
import { bucketsIssue, type Layout, NO_RECORDED_VALUE } from "./otlp-points.ts";
import { BYTES, FIXED64, type ProtoReader, VARINT } from "./protobuf.ts";

export type Kind = Layout | "exponential";

const ATTRIBUTES: Readonly<Record<Kind, number>> = {
  number: 7,
  histogram: 9,
  exponential: 1,
  summary: 7,
};
const FLAGS: Readonly<Record<Kind, number>> = {
  number: 8,
  histogram: 10,
  exponential: 10,
  summary: 8,
};

export class DataPoint {
  readonly #proto: ProtoReader;
  #kind: Kind = "number";
  /** Unix ms; 0: it has none. */
  at = 0;
  hasNoValue = false;
  /** Of its series, in the order of their keys (see seriesKeys). */
  readonly values: (number | undefined)[] = [];
  /** Bounds of buckets, or quantiles. */
  readonly parts: number[] = [];
  /** Of each bucket alone, of a histogram with bounds. */
  readonly #counts: number[] = [];
  #positive = { offset: 0, counts: [] as number[] };
  #negative = { offset: 0, counts: [] as number[] };
  #scale = 0;
  #zeroCount = 0;
  #zeroThreshold = 0;

  constructor(proto: ProtoReader) {
    this.#proto = proto;
  }

  get layout(): Layout {
    return this.#kind === "exponential" ? "histogram" : this.#kind;
  }

  get attributesField(): number {
    return ATTRIBUTES[this.#kind];
  }

  /** Reads what stands up to `to`, and puts its attributes into `key`. */
  read(kind: Kind, to: number, key: ByteTable<unknown>): FieldIssue | undefined {
    this.#begin(kind);
    const proto = this.#proto;
    const attributes = ATTRIBUTES[kind];
    const flags = FLAGS[kind];
    for (let start = proto.at, field = proto.field(to); field !== 0; field = proto.field(to)) {
      if (field === attributes && proto.wire === BYTES) {
        proto.skip(to);
        // With tag and length, which tell where one ends.
        key.put(proto.bytes, start, proto.at);
      } else if (field === 3 && proto.wire === FIXED64) this.at = this.#ms();
      else if (field === flags && proto.wire === VARINT)
        this.hasNoValue = (proto.varint() & NO_RECORDED_VALUE) !== 0;
      else if (kind === "number") this.#number(field, to);
      else if (field === 4 && proto.wire === FIXED64) this.values[0] = this.#fixed64();
      else if (field === 5 && proto.wire === FIXED64) this.values[1] = proto.double();
      else if (kind === "histogram") this.#histogram(field, to);
      else if (kind === "summary") this.#summary(field, to);
      else this.#exponential(field, to);
      start = proto.at;
    }
    return this.hasNoValue ? undefined : this.#finish();
  }

  /** Puts what else says which series it has into `key`, behind its attributes. */
  putLayout(key: ByteTable<unknown>): void {
    const { parts } = this;
    if (parts.length > 0) {
      const bytes = new Uint8Array(Float64Array.from(parts).buffer);
      key.put(bytes, 0, bytes.length);
    }
    key.putNumber(parts.length);
    key.putNumber(this.layout === "number" ? 0 : this.layout === "histogram" ? 1 : 2);
  }

  #begin(kind: Kind): void {
    this.#kind = kind;
    this.at = 0;
    this.hasNoValue = false;
    this.values.length = kind === "number" ? 1 : 2;
    this.values.fill(undefined);
    this.parts.length = 0;
    if (kind === "number") return;
    this.#counts.length = 0;
    this.#positive = { offset: 0, counts: [] };
    this.#negative = { offset: 0, counts: [] };
    this.#scale = this.#zeroCount = this.#zeroThreshold = 0;
  }

  #number(field: number, to: number): void {
    const proto = this.#proto;
    if (proto.wire !== FIXED64) proto.skip(to);
    else if (field === 4) this.values[0] = proto.double();
    else if (field === 6) this.values[0] = this.#fixed64();
    else proto.skip(to);
  }

  #histogram(field: number, to: number): void {
    if (field === 6) this.#eachOf(FIXED64, to, () => this.#counts.push(this.#fixed64()));
    else if (field === 7) this.#eachOf(FIXED64, to, () => this.parts.push(this.#proto.double()));
    else this.#proto.skip(to);
  }

  #summary(field: number, to: number): void {
    const proto = this.#proto;
    if (field !== 6 || proto.wire !== BYTES) {
      proto.skip(to);
      return;
    }
    let quantile = 0;
    let value = 0;
    const end = proto.end(to);
    for (let part = proto.field(end); part !== 0; part = proto.field(end))
      if (part === 1 && proto.wire === FIXED64) quantile = proto.double();
      else if (part === 2 && proto.wire === FIXED64) value = proto.double();
      else proto.skip(end);
    this.parts.push(quantile);
    this.values.push(value);
  }

  #exponential(field: number, to: number): void {
    const proto = this.#proto;
    if (field === 6 && proto.wire === VARINT) this.#scale = proto.sint32();
    else if (field === 7 && proto.wire === FIXED64) this.#zeroCount = this.#fixed64();
    else if (field === 14 && proto.wire === FIXED64) this.#zeroThreshold = proto.double();
    else if (field === 8 && proto.wire === BYTES) this.#side(this.#positive, proto.end(to));
    else if (field === 9 && proto.wire === BYTES) this.#side(this.#negative, proto.end(to));
    else proto.skip(to);
  }

  #side(side: { offset: number; readonly counts: number[] }, to: number): void {
    const proto = this.#proto;
    for (let field = proto.field(to); field !== 0; field = proto.field(to))
      if (field === 1 && proto.wire === VARINT) side.offset = proto.sint32();
      else if (field === 2) this.#eachOf(VARINT, to, () => side.counts.push(proto.varint()));
      else proto.skip(to);
  }

  /** Calls `read` for each of numbers that are packed into one field, or stand in one each. */
  #eachOf(wire: number, to: number, read: () => void): void {
    const proto = this.#proto;
    if (proto.wire === wire) read();
    else if (proto.wire === BYTES) for (const end = proto.end(to); proto.at < end;) read();
    else proto.skip(to);
  }

  /** Makes values of what was read; what is wrong with it, or undefined. */
  #finish(): FieldIssue | undefined {
    const { values, parts } = this;
    switch (this.#kind) {
      case "number":
        return values[0] === undefined ? { path: "value", message: "is missing" } : undefined;
      case "summary":
        // Zeros are not written, and of a summary both numbers are there.
        values[0] ??= 0;
        values[1] ??= 0;
        return undefined;
      case "histogram": {
        const counts = this.#counts;
        const why = bucketsIssue(counts.length, parts);
        if (why !== undefined) return why;
        values[2] = values[0] ??= 0;
        for (let i = 0, sum = 0; i < parts.length; i++) values.push((sum += counts[i]!));
        return undefined;
      }
      case "exponential": {
        const buckets = powersOfTwo({
          scale: this.#scale,
          zeroCount: this.#zeroCount,
          zeroThreshold: this.#zeroThreshold,
          positive: this.#positive,
          negative: this.#negative,
        });
        if (!buckets.ok) return { path: "exponentialHistogram", message: buckets.error };
        parts.push(...buckets.value.bounds);
        values[2] = values[0] ??= 0;
        values.push(...buckets.value.cumulative);
        return undefined;
      }
    }
  }

  /** An integer of 64 bits with a sign (a count has none, and is below 2^63), exact up to 2^53. */
  #fixed64(): number {
    const proto = this.#proto;
    const { at } = proto;
    if (at + 8 > proto.bytes.length) return proto.fail();
    proto.at = at + 8;
    return proto.view.getInt32(at + 4, true) * 0x1_0000_0000 + proto.view.getUint32(at, true);
  }

  /** ns as whole ms, without the error of a double: 2^32 ns are 4,294 ms and 967,296 ns. */
  #ms(): number {
    const proto = this.#proto;
    const { at } = proto;
    if (at + 8 > proto.bytes.length) return proto.fail();
    proto.at = at + 8;
    const high = proto.view.getUint32(at + 4, true);
    const low = proto.view.getUint32(at, true);
    return high * 4_294 + Math.floor((high * 967_296 + low) / 1e6);
  }
}
