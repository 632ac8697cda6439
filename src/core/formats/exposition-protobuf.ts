// Prometheus' exposition as protobuf, which Go's client pushes (client_model, io/prometheus/client/
// metrics.proto): messages MetricFamily, each behind its length.
//
//   MetricFamily  name = 1, help = 2, type = 3, metric = 4, unit = 5
//   Metric        label = 1 {name = 1, value = 2}, gauge = 2, counter = 3, summary = 4, untyped = 5,
//                 timestamp_ms = 6, histogram = 7
//   Gauge, Counter, Untyped  value = 1
//   Summary       sample_count = 1, sample_sum = 2, quantile = 3 {quantile = 1, value = 2}
//   Histogram     sample_count = 1, sample_sum = 2, bucket = 3 {cumulative_count = 1, upper_bound = 2}
//
// Series are named as the text names them. Native histograms and exemplars are passed over.

import * as LIMITS from "../limits.ts";
import { err, ok } from "../result.ts";
import { timestampToMs } from "../time.ts";
import { describeFamily, type FamilyType, textsSaid } from "./families.ts";
import { type BadBody, type Decoding, tooMany } from "./format.ts";
import type { Intake } from "./intake.ts";
import { Part, SLOW } from "./part.ts";
import { BYTES, FIXED64, ProtoReader, VARINT } from "./protobuf.ts";
import { textIn } from "./utf8.ts";

type Pairs = readonly (readonly [string, string])[];

/** By the numbers of MetricType. */
const TYPES: readonly (FamilyType | undefined)[] = [
  "counter",
  "gauge",
  "summary",
  undefined,
  "histogram",
  "gaugehistogram",
];

/** Fields of a Metric. */
const LABEL = 1;
const TIMESTAMP = 6;
const SUMMARY = 4;
const HISTOGRAM = 7;

const BROKEN: BadBody = {
  code: "invalid_body",
  message:
    "the body is no io.prometheus.client.MetricFamily, each behind its length: it is cut off or broken",
};

/** A field that is a message, or another: [from, to) of its bytes, or its value. */
interface Field {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

/** `also`: labels that all series get, in place of their own. */
export function* decodeFamilies(bytes: Uint8Array, also: Pairs, intake: Intake): Decoding {
  const proto = new ProtoReader(bytes);
  const part = new Part(intake, SLOW);
  const reader = new FamilyReader(proto, also, intake, part);
  while (proto.at < bytes.length && !proto.broken) {
    const read = yield* reader.family(proto.end(bytes.length));
    if (!read || intake.isFull) return err(tooMany(intake));
    if (part.isOver(proto.at)) yield part.end(proto.at);
  }
  return proto.broken ? err(BROKEN) : ok(undefined);
}

class FamilyReader {
  readonly #proto: ProtoReader;
  readonly #also: Pairs;
  readonly #own: ReadonlySet<string>;
  readonly #intake: Intake;
  readonly #part: Part;
  /** One message alone held more than a request may. */
  #isFull = false;
  /** Metrics before the one that is read. */
  #index = 0;

  constructor(proto: ProtoReader, also: Pairs, intake: Intake, part: Part) {
    this.#proto = proto;
    this.#also = also;
    this.#own = new Set(also.map(([name]) => name));
    this.#intake = intake;
    this.#part = part;
  }

  /** Takes the MetricFamily up to `to`; false: it holds more than a request may. */
  *family(to: number): Generator<number, boolean> {
    let name: string | undefined = "";
    let help: string | undefined;
    let unit: string | undefined;
    let type = 0;
    const metrics: Field[] = [];
    for (const field of this.#list(this.#proto.at, to)) {
      if (field.number === 1) name = this.#text(field);
      else if (field.number === 2) help = this.#text(field);
      else if (field.number === 3) type = field.value;
      else if (field.number === 4) metrics.push(field);
      else if (field.number === 5) unit = this.#text(field);
    }
    if (this.#isOver()) return !this.#isFull;
    for (const metric of metrics) {
      if (name === undefined) this.#issue("name", "the name of a family is not valid UTF-8");
      else this.#metric(name, metric);
      this.#index++;
      if (this.#isOver()) return !this.#isFull;
      if (this.#part.isOver(metric.to)) yield this.#part.end(metric.to);
    }
    if (name !== undefined)
      describeFamily(this.#intake, name, { type: TYPES[type], ...textsSaid(unit, help) });
    this.#proto.at = to;
    return true;
  }

  #metric(family: string, { from, to }: Field): void {
    const labels: [string, string][] = [];
    const kinds: Field[] = [];
    let time: number | undefined;
    for (const field of this.#list(from, to))
      if (field.number === LABEL) {
        // More are refused, however many.
        if (labels.length > LIMITS.labelsPerPoint) continue;
        const parts = this.#list(field.from, field.to);
        const text = (number: number): string | undefined => {
          const part = parts.findLast((one) => one.number === number);
          return part === undefined ? "" : this.#text(part);
        };
        const [name, value] = [text(1), text(2)];
        if (name === undefined || value === undefined)
          return this.#issue("labels", "a label is not valid UTF-8");
        if (!this.#own.has(name)) labels.push([name, value]);
      } else if (field.number === TIMESTAMP) time = field.value;
      else kinds.push(field);
    if (this.#isOver()) return;
    const at = time === undefined ? undefined : timestampToMs(time, "ms");
    if (at !== undefined && !at.ok) return this.#issue("timestamp_ms", at.error);
    const add = (name: string, value: number, ...more: Pairs): void =>
      this.#add(name, [...labels, ...more], at?.value, value);
    for (const kind of kinds) {
      if (this.#isOver()) return;
      this.#samples(family, kind, add);
    }
  }

  /** The samples of a metric, as the text has them. */
  #samples(
    family: string,
    { number, from, to }: Field,
    add: (name: string, value: number, ...more: Pairs) => void,
  ): void {
    const fields = this.#list(from, to);
    const valueOf = (of: readonly Field[], number: number): number =>
      of.findLast((one) => one.number === number)?.value ?? 0;
    if (number === SUMMARY || number === HISTOGRAM) {
      const parts = fields.filter((one) => one.number === 3);
      let isWhole = false;
      for (const part of parts) {
        if (this.#isOver()) return;
        const of = this.#list(part.from, part.to);
        const [first, second] = [valueOf(of, 1), valueOf(of, 2)];
        if (number === SUMMARY) add(family, second, ["quantile", bound(first)]);
        else add(`${family}_bucket`, first, ["le", bound(second)]);
        isWhole ||= second === Infinity;
      }
      // The last bucket holds all, and is mostly left out.
      if (number === HISTOGRAM && !isWhole && parts.length > 0)
        add(`${family}_bucket`, valueOf(fields, 1), ["le", "+Inf"]);
      add(`${family}_sum`, valueOf(fields, 2));
      add(`${family}_count`, valueOf(fields, 1));
    } else if (number < HISTOGRAM) add(family, valueOf(fields, 1));
  }

  #add(name: string, labels: Pairs, at: number | undefined, value: number): void {
    if (this.#proto.broken) return;
    const intake = this.#intake;
    if (Number.isNaN(value)) return intake.addNone();
    if (!Number.isFinite(value))
      return this.#issue("value", `expected a finite number, got ${value}`);
    const series = intake.series(name, [...labels, ...this.#also]);
    if (!series.ok) return this.#issue(series.error.path, series.error.message);
    intake.add(series.value, at ?? intake.arrival(), value, this.#index);
  }

  #issue(path: string, message: string): void {
    this.#intake.issue(this.#index, path, message, "part");
  }

  /** Nothing more is read. */
  #isOver(): boolean {
    return this.#proto.broken || this.#isFull || this.#intake.isFull;
  }

  /** The fields of a message in bytes [from, to): no more than a request may hold points. */
  #list(from: number, to: number): readonly Field[] {
    const list: Field[] = [];
    for (const field of this.#fields(from, to)) {
      this.#isFull ||= list.length === LIMITS.pointsPerRequest;
      if (this.#isFull) return [];
      list.push(field);
    }
    return list;
  }

  /** The fields of a message in bytes [from, to). */
  *#fields(from: number, to: number): Generator<Field> {
    const proto = this.#proto;
    let next = from;
    for (;;) {
      if (proto.broken) return;
      proto.at = next;
      const number = proto.field(to);
      if (number === 0) return;
      if (proto.wire === BYTES) {
        const end = proto.end(to);
        next = end;
        yield { number, from: proto.at, to: end, value: 0 };
        continue;
      }
      let value = 0;
      if (proto.wire === FIXED64) value = proto.double();
      else if (proto.wire === VARINT) value = proto.int64();
      else proto.skip(to);
      next = proto.at;
      yield { number, from: next, to: next, value };
    }
  }

  #text({ from, to }: Field): string | undefined {
    return textIn(this.#proto.bytes, from, to);
  }
}

/**
 * A bound or quantile as the text of Go's client has it (strconv.AppendFloat with format g and precision −1): the
 * shortest digits, with an exponent of two digits at least below 0.0001 and from a million on.
 */
function bound(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : value < 0 ? "-Inf" : "NaN";
  const text = value.toExponential();
  const e = text.indexOf("e");
  const exponent = Number(text.slice(e + 1));
  if (exponent >= -4 && exponent < 6) return String(value);
  const digits = String(Math.abs(exponent)).padStart(2, "0");
  return `${text.slice(0, e)}e${exponent < 0 ? "-" : "+"}${digits}`;
}
