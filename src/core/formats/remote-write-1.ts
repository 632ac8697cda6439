// prometheus.WriteRequest, the message of remote write 1.0 (prometheus/prompb/remote.proto, types.proto):
//
//   WriteRequest  timeseries = 1, metadata = 3
//   TimeSeries    labels = 1 {name = 1, value = 2}, samples = 2 {value = 1, timestamp = 2},
//                 exemplars = 3, histograms = 4
//   MetricMetadata  type = 1, metric_family_name = 2, help = 4, unit = 5
//
// The specification of 1.0 has no exemplars: they are passed over as a field that is not known, and the
// answer's headers say that none was written.

import * as LIMITS from "../limits.ts";
import { err } from "../result.ts";
import type { CheckedKey } from "../series/checked-key.ts";
import { ByteTable } from "./byte-table.ts";
import type { BadBody, Decoding } from "./format.ts";
import type { Intake } from "./intake.ts";
import { describeFamily, FAMILY_TYPES, textsSaid } from "./families.ts";
import { Part } from "./part.ts";
import { BYTES, ProtoReader, VARINT } from "./protobuf.ts";
import {
  keyOfLabels,
  NOT_UTF8,
  type Rest,
  SAMPLES,
  takeRest,
  takeSeries,
  walked,
} from "./remote-samples.ts";
import { textIn } from "./utf8.ts";

const MESSAGE = "prometheus.WriteRequest";
const LABELS = 1;
const HISTOGRAMS = 4;
const METADATA = 3;

/** Keys of series by the bytes of their labels: a sender names the same ones again and again. */
const known = new ByteTable<CheckedKey>();

export function* decodeRemoteWrite1(bytes: Uint8Array, intake: Intake): Decoding {
  const proto = new ProtoReader(bytes);
  const part = new Part(intake);
  const { length } = bytes;
  let index = 0;
  for (let field = proto.field(length); field !== 0; field = proto.field(length)) {
    if ((field === 4 || field === 5) && proto.wire === BYTES) return err(OTHER);
    if (field === 1 && proto.wire === BYTES) {
      let rest = timeSeries(proto, proto.end(length), index++, intake);
      for (; rest !== undefined; rest = takeRest(proto, rest, intake)) yield part.end(proto.at);
    } else if (field === METADATA && proto.wire === BYTES)
      metadata(proto, proto.end(length), intake);
    else proto.skip(length);
    if (intake.isFull) break;
    if (part.isOver(proto.at)) yield part.end(proto.at);
  }
  return walked(proto, intake, MESSAGE);
}

/** Takes the MetricMetadata up to `to`; a text that is not UTF-8 says nothing. */
function metadata(proto: ProtoReader, to: number, intake: Intake): void {
  let type = 0;
  const texts: (string | undefined)[] = [];
  for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
    if (field === 1 && proto.wire === VARINT) type = proto.varint();
    else if (proto.wire !== BYTES || field > 5) proto.skip(to);
    else {
      const end = proto.end(to);
      texts[field] = textIn(proto.bytes, proto.at, end);
      proto.at = end;
    }
  }
  const [, , family = "", , help, unit] = texts;
  if (proto.broken) return;
  describeFamily(intake, family, { type: FAMILY_TYPES[type], ...textsSaid(unit, help) });
}

/** Takes the TimeSeries up to `to`, in two walks: its labels may stand behind its samples. */
function timeSeries(
  proto: ProtoReader,
  to: number,
  index: number,
  intake: Intake,
): Rest | undefined {
  const from = proto.at;
  let samples = to;
  let histograms = 0;
  known.begin();
  for (let start = from, field = proto.field(to); field !== 0; field = proto.field(to)) {
    proto.skip(to);
    // With tag and length, which tell where a label ends.
    if (field === LABELS) known.put(proto.bytes, start, proto.at);
    else if (field === SAMPLES) samples = Math.min(samples, start);
    else if (field === HISTOGRAMS) histograms++;
    start = proto.at;
  }
  if (proto.broken) return undefined;
  let key = known.find();
  if (key === undefined) {
    key = keyOf(proto, from, to);
    if (proto.broken) return undefined;
    known.keep(key);
  }
  return takeSeries(proto, samples, to, key, histograms, 0, index, intake);
}

/** The key that the labels in bytes [from, to) name. */
function keyOf(proto: ProtoReader, from: number, to: number): CheckedKey {
  const { bytes } = proto;
  const labels: [string, string][] = [];
  proto.at = from;
  for (let field = proto.field(to); field !== 0; field = proto.field(to)) {
    if (field !== LABELS || proto.wire !== BYTES) {
      proto.skip(to);
      continue;
    }
    const end = proto.end(to);
    let name: string | undefined = "";
    let value: string | undefined = "";
    for (let part = proto.field(end); part !== 0; part = proto.field(end)) {
      const at = proto.wire === BYTES ? proto.end(end) : undefined;
      if (at === undefined) proto.skip(end);
      else {
        if (part === 1) name = textIn(bytes, proto.at, at);
        else if (part === 2) value = textIn(bytes, proto.at, at);
        proto.at = at;
      }
    }
    if (name === undefined || value === undefined) return err(NOT_UTF8);
    labels.push([name, value]);
    if (labels.length > LIMITS.labelsPerPoint + 1)
      return err({
        path: "labels",
        message: `it has more than ${LIMITS.labelsPerPoint} labels and a name`,
      });
  }
  return keyOfLabels(labels);
}

const OTHER: BadBody = {
  code: "invalid_body",
  message:
    `the body is no ${MESSAGE}, but an io.prometheus.write.v2.Request: ` +
    "its Content-Type needs ;proto=io.prometheus.write.v2.Request",
};
