// io.prometheus.write.v2.Request, the message of remote write 2.0 (prometheus/prompb/io/prometheus/write/
// v2/types.proto):
//
//   Request     symbols = 4: texts, the first is ""; timeseries = 5
//   TimeSeries  labels_refs = 1: names and values in turn, by their position in symbols;
//               samples = 2 {value = 1, timestamp = 2, start_timestamp = 3}, histograms = 3,
//               exemplars = 4, metadata = 5 {type = 1, help_ref = 3, unit_ref = 4}

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import type { CheckedKey } from "../series/checked-key.ts";
import { ByteTable } from "./byte-table.ts";
import type { BadBody, Decoding } from "./format.ts";
import type { Intake } from "./intake.ts";
import { metricOfKey } from "../series/labels.ts";
import { describeMember, FAMILY_TYPES, textsSaid } from "./families.ts";
import { Part } from "./part.ts";
import { BYTES, ProtoReader, VARINT } from "./protobuf.ts";
import {
  brokenBody,
  keyOfLabels,
  NOT_UTF8,
  type Rest,
  SAMPLES,
  takeRest,
  takeSeries,
  walked,
} from "./remote-samples.ts";
import { textUpTo } from "./utf8.ts";

const MESSAGE = "io.prometheus.write.v2.Request";
const LABELS_REFS = 1;
const HISTOGRAMS = 3;
const EXEMPLARS = 4;
const METADATA = 5;

/** Keys of series by their labels: a sender names the same ones again and again. */
const known = new ByteTable<CheckedKey>();

export function* decodeRemoteWrite2(bytes: Uint8Array, intake: Intake): Decoding {
  const proto = new ProtoReader(bytes);
  const part = new Part(intake);
  const { length } = bytes;
  const symbols = yield* symbolsOf(proto, part);
  if (!symbols.ok) return symbols;
  proto.at = 0;
  let index = 0;
  for (let field = proto.field(length); field !== 0; field = proto.field(length)) {
    if (field === 5 && proto.wire === BYTES) {
      let rest = timeSeries(proto, proto.end(length), symbols.value, index++, intake);
      for (; rest !== undefined; rest = takeRest(proto, rest, intake)) yield part.end(proto.at);
    } else proto.skip(length);
    if (intake.isFull) break;
    if (part.isOver(proto.at)) yield part.end(proto.at);
  }
  return walked(proto, intake, MESSAGE);
}

const OTHER: BadBody = {
  code: "invalid_body",
  message: `the body is no ${MESSAGE}, but a prometheus.WriteRequest: its Content-Type must not name another`,
};

/** Where the symbols stand: symbol i is bytes [at[2 × i], at[2 × i + 1]). */
interface Symbols {
  readonly at: Uint32Array;
  readonly count: number;
}

/** They may stand behind the series. */
function* symbolsOf(proto: ProtoReader, part: Part): Generator<number, Result<Symbols, BadBody>> {
  const { length } = proto.bytes;
  let at = new Uint32Array(1_024);
  let count = 0;
  for (let field = proto.field(length); field !== 0; field = proto.field(length)) {
    if (field < 4 && proto.wire === BYTES) return err(OTHER);
    if (field !== 4 || proto.wire !== BYTES) {
      proto.skip(length);
      continue;
    }
    const end = proto.end(length);
    if (count * 2 === at.length) {
      const longer = new Uint32Array(at.length * 2);
      longer.set(at);
      at = longer;
    }
    at[count * 2] = proto.at;
    at[count * 2 + 1] = end;
    count++;
    proto.at = end;
    if (part.isOver(end)) yield part.end(end);
  }
  // All of it is walked again.
  part.end();
  return proto.broken ? err(brokenBody(MESSAGE)) : ok({ at, count });
}

/** References of the series that is read to its symbols, as many as a series may have, and its name. */
const refs = new Uint32Array(2 * LIMITS.labelsPerPoint + 2);

/** Takes the TimeSeries up to `to`, in two walks: its labels may stand behind its samples. */
function timeSeries(
  proto: ProtoReader,
  to: number,
  symbols: Symbols,
  index: number,
  intake: Intake,
): Rest | undefined {
  let samples = to;
  let histograms = 0;
  let exemplars = 0;
  let metadata = to;
  let count = 0;
  for (let start = proto.at, field = proto.field(to); field !== 0; field = proto.field(to)) {
    if (field === LABELS_REFS && (proto.wire === BYTES || proto.wire === VARINT)) {
      const end = proto.wire === BYTES ? proto.end(to) : proto.at + 1;
      while (proto.at < end) {
        // Those beyond its length are only counted.
        refs[count++] = proto.varint();
      }
    } else {
      proto.skip(to);
      if (field === SAMPLES) samples = Math.min(samples, start);
      else if (field === EXEMPLARS) exemplars++;
      else if (field === HISTOGRAMS) histograms++;
      else if (field === METADATA) metadata = start;
    }
    start = proto.at;
  }
  if (proto.broken) return undefined;
  const key = keyOf(proto.bytes, symbols, count);
  if (metadata < to && key.ok)
    takeMetadata(proto, metadata, to, symbols, metricOfKey(key.value), intake);
  if (proto.broken) return undefined;
  return takeSeries(proto, samples, to, key, histograms, exemplars, index, intake);
}

/** Takes the Metadata at `from` of a series that ends at `to`. */
function takeMetadata(
  proto: ProtoReader,
  from: number,
  to: number,
  symbols: Symbols,
  metric: string,
  intake: Intake,
): void {
  // Each of its series says the same.
  if (intake.describes(metric)) return;
  proto.at = from;
  proto.field(to);
  const end = proto.end(to);
  let type = 0;
  let help = 0;
  let unit = 0;
  for (let field = proto.field(end); field !== 0; field = proto.field(end))
    if (proto.wire !== VARINT) proto.skip(end);
    else if (field === 1) type = proto.varint();
    else if (field === 3) help = proto.varint();
    else if (field === 4) unit = proto.varint();
    else proto.skip(end);
  const text = (ref: number, most: number): string | undefined =>
    ref >= symbols.count
      ? undefined
      : textUpTo(proto.bytes, symbols.at[ref * 2]!, symbols.at[ref * 2 + 1]!, most);
  const said = {
    type: FAMILY_TYPES[type],
    ...textsSaid(text(unit, LIMITS.unitLength), text(help, LIMITS.helpLength)),
  };
  if (!proto.broken) describeMember(intake, metric, said);
}

/** The key that the first `count` of `refs` name. */
function keyOf(bytes: Uint8Array, { at, count: symbols }: Symbols, count: number): CheckedKey {
  if (count > refs.length || count % 2 === 1)
    return err({
      path: "labels_refs",
      message: `holds ${count} references: expected pairs, ${refs.length / 2} at most`,
    });
  known.begin();
  for (let i = 0; i < count; i++) {
    const ref = refs[i]!;
    if (ref >= symbols)
      return err({ path: "labels_refs", message: `refers to symbol ${ref} of ${symbols}` });
    const from = at[ref * 2]!;
    const to = at[ref * 2 + 1]!;
    known.putNumber(to - from);
    known.put(bytes, from, to);
  }
  const found = known.find();
  if (found !== undefined) return found;
  const made = keyOfTexts(
    // A symbol may stand in many series: of a long one no more is read than shows that it is too long.
    Array.from(refs.subarray(0, count), (ref) =>
      textUpTo(bytes, at[ref * 2]!, at[ref * 2 + 1]!, LIMITS.labelValueLength),
    ),
  );
  known.keep(made);
  return made;
}

function keyOfTexts(texts: readonly (string | undefined)[]): CheckedKey {
  const labels: [string, string][] = [];
  for (let i = 0; i < texts.length; i += 2) {
    const name = texts[i];
    const value = texts[i + 1];
    if (name === undefined || value === undefined) return err(NOT_UTF8);
    labels.push([name, value]);
  }
  return keyOfLabels(labels);
}
