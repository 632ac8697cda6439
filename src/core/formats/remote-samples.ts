// What both versions of Prometheus remote write have in common: samples of a series, what is not kept
// of them, and how bodies are answered for that are none.

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { type CheckedKey, checkedKey, type FieldIssue } from "../series/checked-key.ts";
import type { RequestSeries } from "../series/numbering.ts";
import { counted } from "../text.ts";
import { type BadBody, tooMany } from "./format.ts";
import type { Intake } from "./intake.ts";
import { BYTES, FIXED64, type ProtoReader, VARINT } from "./protobuf.ts";

/** Fields of a TimeSeries, of which 1 to 4 are of the same kind in both versions. */
export const SAMPLES = 2;
const SAMPLE_VALUE = 1;
const SAMPLE_TIME = 2;

/** Bits of the NaN that says that a series ended: 0x7ff0000000000002. */
const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 2;

/** What is left to take of a series with many samples: those in bytes [from, to). */
export interface Rest {
  readonly series: RequestSeries;
  readonly from: number;
  readonly to: number;
  readonly histograms: number;
  readonly exemplars: number;
  readonly index: number;
}

/**
 * Takes what a TimeSeries holds, `index` by its position in the request: its samples stand in bytes
 * [from, to). Of a series that is wrong, only that is said. What is left is more than fits a part.
 */
export function takeSeries(
  proto: ProtoReader,
  from: number,
  to: number,
  key: CheckedKey,
  histograms: number,
  exemplars: number,
  index: number,
  intake: Intake,
): Rest | undefined {
  if (key.ok)
    return takeSamples(
      proto,
      from,
      to,
      intake.keyed(key.value),
      histograms,
      exemplars,
      index,
      intake,
    );
  intake.issue(index, key.error.path, key.error.message);
  proto.at = to;
  return undefined;
}

/** Takes more of a series; what is left then. */
export const takeRest = (
  proto: ProtoReader,
  { series, from, to, histograms, exemplars, index }: Rest,
  intake: Intake,
): Rest | undefined => takeSamples(proto, from, to, series, histograms, exemplars, index, intake);

function takeSamples(
  proto: ProtoReader,
  from: number,
  to: number,
  series: RequestSeries,
  histograms: number,
  exemplars: number,
  index: number,
  intake: Intake,
): Rest | undefined {
  let count = 0;
  proto.at = from;
  for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
    if (field !== SAMPLES || proto.wire !== BYTES) {
      proto.skip(to);
      continue;
    }
    const end = proto.end(to);
    count++;
    let value = 0;
    let at = 0;
    let isStale = false;
    // As nearly all are written; a field that comes again counts.
    if (isPlain(proto, end)) {
      value = proto.view.getFloat64(proto.at + 1, true);
      if (value !== value) isStale = isStaleAt(proto.view, proto.at + 1);
      proto.at += 10;
      at = proto.int64();
    }
    for (let part = proto.field(end); part !== 0; part = proto.field(end))
      if (part === SAMPLE_VALUE && proto.wire === FIXED64) {
        value = proto.double();
        // Which NaN it is, only the bits say: a double that is passed on may lose them.
        if (value !== value) isStale = isStaleAt(proto.view, proto.at - 8);
      } else if (part === SAMPLE_TIME && proto.wire === VARINT) at = proto.int64();
      else proto.skip(end);
    if (proto.broken) return undefined;
    if (at < LIMITS.earliestAt || at > LIMITS.latestAt)
      intake.issue(index, "samples", `${at} is no time between 2001 and 5138, in ms`, "part");
    else if (value !== value) {
      if (isStale) intake.end(series, at, index);
      intake.addNone();
    } else if (value - value !== 0)
      intake.issue(index, "samples", `expected a finite value, got ${value}`, "part");
    else intake.add(series, at, value, index);
    if (intake.isFull) return undefined;
    if (count === LIMITS.itemsPerTurn && proto.at < to)
      return { series, from: proto.at, to, histograms, exemplars, index };
  }
  if (histograms + exemplars > 0) noteNotKept(histograms, exemplars, index, intake);
  return undefined;
}

/** Whether a sample that ends at `end` begins with its value and its time. */
const isPlain = ({ bytes, at }: ProtoReader, end: number): boolean =>
  end - at > 10 && bytes[at] === PLAIN_VALUE && bytes[at + 9] === PLAIN_TIME;

const PLAIN_VALUE = (SAMPLE_VALUE << 3) | FIXED64;
const PLAIN_TIME = (SAMPLE_TIME << 3) | VARINT;

const isStaleAt = (view: DataView, at: number): boolean =>
  view.getUint32(at + 4, true) === STALE_HIGH && view.getUint32(at, true) === STALE_LOW;

function noteNotKept(histograms: number, exemplars: number, index: number, intake: Intake): void {
  if (histograms > 0)
    intake.issue(
      index,
      "histograms",
      `${counted(histograms, "native histogram")} not kept: have them sent as classic ones, with buckets`,
      "part",
    );
  if (exemplars > 0)
    intake.issue(
      index,
      "exemplars",
      `${counted(exemplars, "exemplar")} not kept: samples are; send_exemplars: false ends this`,
      "part",
    );
}

export const NOT_UTF8: FieldIssue = { path: "labels", message: "a label is not valid UTF-8" };

/** The key of a series by all its labels, of which one is the name of the metric. */
export function keyOfLabels(labels: readonly (readonly [string, string])[]): CheckedKey {
  const names = labels.filter(([name]) => name === "__name__");
  if (names.length !== 1)
    return err({
      path: "labels",
      message: `the label __name__, the name of the metric, is given ${names.length} times`,
    });
  return checkedKey(
    names[0]![1],
    labels.filter(([name]) => name !== "__name__"),
  );
}

export const brokenBody = (message: string): BadBody => ({
  code: "invalid_body",
  message: `the body is no ${message}: it is cut off or broken`,
});

/** Of a body that was walked through: whether it was one, and held no more than a request may. */
export function walked(proto: ProtoReader, intake: Intake, message: string): Result<void, BadBody> {
  if (intake.isFull) return err(tooMany(intake));
  return proto.broken ? err(brokenBody(message)) : ok(undefined);
}
