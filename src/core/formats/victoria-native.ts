// VictoriaMetrics' native format, in which vmctl moves the data of one to another: its blocks as they are
// stored, each with the name of its series (app/vmselect, ExportNativeHandler).

import { err, ok, type Result } from "../result.ts";
import * as LIMITS from "../limits.ts";
import { type Asked, type Decoding, type Decompress, format, tooMany } from "./format.ts";
import type { Intake } from "./intake.ts";
import { Int64Reader, unpackWith } from "./int64-column.ts";
import { Part } from "./part.ts";
import { passwordToken } from "./password.ts";
import { textIn } from "./utf8.ts";
import { type Block, decodeBlock } from "./victoria-block.ts";
import {
  bad,
  CUT_OFF,
  frame,
  NO_RANGE,
  rangeOf,
  type Span,
  VictoriaCutter,
} from "./victoria-cutter.ts";
import { type ExtraLabels, extraLabels, parameters, render, seriesOf } from "./victoria-labels.ts";

/*
 * A body: the times that were asked for, from and to (each 8 bytes, the first byte first, the lowest bit
 * the sign; both included), then for each block
 *   length <u32>, the name of its series; length <u32>, the block (victoria-block.ts)
 * A name: that of the metric, then of each label its name and value, each with a 1 behind it. In them 0
 * with '0', '1' or '2' behind it stands for the byte 0, 1 or 2. Blocks hold times that nobody asked for.
 */
export const victoriaNative = format({
  name: "VictoriaMetrics native",
  summary:
    "What `vmctl vm-native` moves from one to another: blocks of samples, as they are stored",
  methods: ["POST"],
  paths: ["/api/v1/import/native"],
  types: ["victoriametrics/native", "*"],
  parameters,
  token: passwordToken,
  sendsAgain: true,
  repeats: true,
  badItem: "skip",
  decode,
  cut: (unzstd) => new VictoriaCutter(unpackWith(unzstd)),
  render,
});

function* decode(
  bytes: Uint8Array,
  { parameters: { extra_label } }: Asked<typeof parameters>,
  intake: Intake,
  unzstd: Decompress,
): Decoding {
  const extra = extraLabels(extra_label);
  if (!extra.ok) return extra;
  const reader = new Int64Reader(bytes);
  const range = rangeOf(reader);
  if (range === undefined) return err(NO_RANGE);
  const unpack = unpackWith(unzstd);
  const part = new Part(intake);
  for (let index = 0; reader.at < bytes.length; index++) {
    const next = frame(reader);
    if (typeof next !== "object") return err(bad(next ?? CUT_OFF));
    const block = decodeBlock(bytes, next.block.from, next.block.to, unpack);
    if (!block.ok) return err(bad(block.error));
    const texts = textsIn(bytes, next.name);
    if (!texts.ok) return err(bad(texts.error));
    const why = takeSamples(texts.value, block.value, range, index, extra.value, intake);
    if (why !== undefined) intake.issue(index, "", why);
    if (intake.isFull) return err(tooMany(intake));
    if (part.isOver(reader.at)) yield part.end(reader.at);
  }
  return ok(undefined);
}

/** Takes the samples that were asked for; what is wrong with their series. */
function takeSamples(
  texts: readonly (string | undefined)[],
  { at, value }: Block,
  range: Span,
  index: number,
  extra: ExtraLabels,
  intake: Intake,
): string | undefined {
  const [name = "", ...rest] = texts.filter((text) => text !== undefined);
  if (rest.length < texts.length - 1) return "a label is not valid UTF-8";
  if (rest.length > MOST_TEXTS) return `it has over ${LIMITS.labelsPerPoint} labels`;
  const labels: [string, string][] = [];
  for (let i = 0; i < rest.length; i += 2) labels.push([rest[i]!, rest[i + 1]!]);
  const series = seriesOf(name, labels, extra, intake);
  if (!series.ok) return series.error;
  const wrong = (what: string): void => intake.issue(index, "", `${name}: ${what}`, "part");
  for (let row = 0; row < at.length && !intake.isFull; row++) {
    const [time, one] = [at[row]!, value[row]!];
    if (time < range.from || time > range.to) continue;
    if (!(time >= LIMITS.earliestAt && time <= LIMITS.latestAt))
      wrong(`${time} is no time between 2001 and 5138, in ms`);
    else if (one !== one) {
      intake.end(series.value, time, index);
      intake.addNone();
    } else if (one - one !== 0) wrong(`expected a finite value, got ${one}`);
    else intake.add(series.value, time, one, index);
  }
  return undefined;
}

/** Of the labels of a series; of more, no more are read. */
const MOST_TEXTS = 2 * LIMITS.labelsPerPoint;

const ESCAPE = 0;
const END = 1;

/** The texts of a name, undefined where one is no UTF-8; what is wrong with its bytes. */
function textsIn(
  bytes: Uint8Array,
  { from, to }: Span,
): Result<readonly (string | undefined)[], string> {
  const texts: (string | undefined)[] = [];
  for (let start = from; start < to;) {
    const end = bytes.indexOf(END, start);
    if (end < 0 || end >= to) return err("its name has no end");
    const text = plainOf(bytes.subarray(start, end));
    if (text === undefined) return err("in its name, a 0 byte stands before none of '0', '1', '2'");
    texts.push(textIn(text, 0, text.length));
    if (texts.length > MOST_TEXTS + 1) return ok(texts);
    start = end + 1;
  }
  if (texts.length === 0) return err("it has no name");
  return texts.length % 2 === 1 ? ok(texts) : err("a label has no value");
}

/** A text without its escapes; undefined where one is none. */
function plainOf(text: Uint8Array): Uint8Array | undefined {
  if (!text.includes(ESCAPE)) return text;
  const plain = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    let byte = text[i]!;
    if (byte === ESCAPE) {
      byte = (text[++i] ?? 0) - 0x30;
      if (byte < 0 || byte > 2) return undefined;
    }
    plain[length++] = byte;
  }
  return plain.subarray(0, length);
}
