// Writes minutes: tries the small forms of each column, and takes one if it is exact.
// It must write nothing that does not come back bit for bit; the layout is drawn in minutes.ts.

import { Buckets } from "../bucket.ts";
import * as LIMITS from "../limits.ts";
import { BUCKET, type Minutes } from "../minutes.ts";
import { MINUTE } from "../tiers.ts";
import { ByteWriter } from "./bytes.ts";
import { encodeExtensions } from "./extensions.ts";
import { isInt, MAX_INTS, writeInts } from "./ints.ts";
import {
  ABSOLUTE,
  CONSECUTIVE,
  ENDS,
  EXPECTED_MS,
  EXPECTED_SECONDS,
  KEPT_BUCKET,
  MAX_SAMPLES,
  SECONDS,
  UNIT_MS,
} from "./minutes.ts";
import { encodeRowGroup } from "./row-group-encode.ts";
import { writeValues } from "./sample-values.ts";

// The row group under work.
const starts = new Float64Array(MAX_INTS);
const kept = new Float64Array(MAX_INTS);
const offset = new Float64Array(MAX_SAMPLES);
const value = new Float64Array(MAX_SAMPLES);
const times = new Float64Array(MAX_SAMPLES);
const buckets = new Buckets(MAX_INTS);
const grid = new ByteWriter(4_096);
const absolute = new ByteWriter(4_096);

/**
 * Writes the given rows of `minutes` (all when `rows` is undefined), in that order. `base` is Unix ms,
 * a whole minute that is not far from them. Small when samples come at regular times and are decimals.
 */
export function encodeMinutes(
  writer: ByteWriter,
  minutes: Minutes,
  rows: ArrayLike<number> | undefined,
  base: number,
): void {
  const total = rows === undefined ? minutes.length : rows.length;
  writer.varint(total);
  for (let from = 0; from < total; from += MAX_INTS)
    writeGroup(writer, minutes, rows, base, from, Math.min(MAX_INTS, total - from));
}

function writeGroup(
  writer: ByteWriter,
  minutes: Minutes,
  rows: ArrayLike<number> | undefined,
  base: number,
  first: number,
  n: number,
): void {
  const ends: [i: number, after: number][] = [];
  let count = 0;
  let inSeconds = true;
  let consecutive = true;
  buckets.length = 0;
  for (let i = 0; i < n; i++) {
    const row = rows === undefined ? first + i : rows[first + i]!;
    const start = minutes.start[row]!;
    const minute = (start - base) / MINUTE + 0;
    if (!isInt(minute) || base + minute * MINUTE !== start)
      throw new Error(`a minute starts at ${start}, which is no whole minute after ${base}`);
    starts[i] = minute;
    if (i > 0 && minute !== starts[i - 1]! + 1) consecutive = false;
    const end = minutes.endOf(row);
    if (end !== undefined) ends.push([i, end - start]);
    const k = minutes.kept[row]!;
    if (k === BUCKET) {
      kept[i] = KEPT_BUCKET;
      buckets.pushCopy(start, minutes.buckets, minutes.bucketOf(row));
      continue;
    }
    kept[i] = k;
    const from = row * minutes.stride;
    for (let j = from; j < from + k; j++, count++) {
      const ms = minutes.offset[j]!;
      if (ms % UNIT_MS !== 0) inSeconds = false;
      offset[count] = ms;
      value[count] = minutes.value[j]!;
    }
  }
  const isAbsolute = count > 0 && writeTimes(n, count, inSeconds);
  writer.u8(
    (consecutive ? CONSECUTIVE : 0) |
      (isAbsolute ? ABSOLUTE : 0) |
      (inSeconds && count > 0 ? SECONDS : 0) |
      (ends.length > 0 ? ENDS : 0),
  );
  if (consecutive) writer.zigzag(starts[0]!);
  else writeInts(writer, starts, n);
  writeInts(writer, kept, n);
  if (count > 0) {
    writer.bytes((isAbsolute ? absolute : grid).written);
    writeValues(writer, value, count);
  }
  if (buckets.length > 0) {
    encodeRowGroup(writer, buckets, base, MINUTE);
    encodeExtensions(writer, buckets);
  }
  if (ends.length > 0) writeEnds(writer, ends);
}

/** Writes times in both forms, unless the first is small; says whether `absolute` is the smaller. */
function writeTimes(n: number, count: number, inSeconds: boolean): boolean {
  const expected = inSeconds ? EXPECTED_SECONDS : EXPECTED_MS;
  const unit = inSeconds ? UNIT_MS : 1;
  for (let row = 0, sample = 0; row < n; row++) {
    const k = kept[row]!;
    const from = k * LIMITS.samplesPerMinute;
    for (let i = 0; i < k; i++, sample++)
      times[sample] = offset[sample]! / unit - expected[from + i]!;
  }
  writeAll(grid, count);
  // Two bits a sample.
  if (grid.length < 4 + count / 4) return false;
  const minute = MINUTE / unit;
  for (let row = 0, sample = 0; row < n; row++) {
    const from = starts[row]! * minute;
    for (let i = 0; i < kept[row]!; i++, sample++) times[sample] = from + offset[sample]! / unit;
    // Far from the base there is no room for its milliseconds.
    if (!isInt(from) || !isInt(from + minute)) return false;
  }
  writeAll(absolute, count);
  return absolute.length < grid.length;
}

function writeAll(writer: ByteWriter, count: number): void {
  writer.length = 0;
  for (let from = 0; from < count; from += MAX_INTS)
    writeInts(writer, times.subarray(from, from + MAX_INTS), Math.min(MAX_INTS, count - from));
}

function writeEnds(writer: ByteWriter, ends: readonly (readonly [number, number])[]): void {
  writer.varint(ends.length);
  let next = 0;
  for (const [i, after] of ends) {
    writer.varint(i - next);
    writer.varint(after);
    next = i + 1;
  }
}
