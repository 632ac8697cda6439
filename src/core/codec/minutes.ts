// The columnar coding of minutes: their byte layout, and how they are read, into minutes or straight into
// buckets. It must not guess: what a writer cannot have written is refused.

import { Buckets } from "../bucket.ts";
import { pushSamples, pushSingles, type Samples } from "../bucket-samples.ts";
import * as LIMITS from "../limits.ts";
import type { Minutes } from "../minutes.ts";
import { isAfter } from "../sample-places.ts";
import { isHuge } from "../sum.ts";
import { MINUTE } from "../tiers.ts";
import { type ByteReader, CorruptBytes } from "./bytes.ts";
import { decodeExtensions, skipExtensions } from "./extensions.ts";
import { MAX_INTS, readInts } from "./ints.ts";
import { decodeRowGroup } from "./row-group.ts";
import { readValues } from "./sample-values.ts";

/*
 *   ┌────────────┬─────────────┬─────────────┬───┐
 *   │ rows       │ row group 0 │ row group 1 │ … │   each holds 256 minutes, the last one the rest
 *   │ varint     │             │             │   │
 *   └────────────┴─────────────┴─────────────┴───┘
 *
 * A row group of minutes; "integers" are laid out in ints.ts:
 *
 *   ┌───────┬────────┬──────┬───────┬────────┬─────────┬──────┬────────────┐
 *   │ flags │ starts │ kept │ times │ values │ buckets │ ends │ extensions │
 *   │ 1 byte│        │      │       │        │         │ if E │ if X       │
 *   └───────┴────────┴──────┴───────┴────────┴─────────┴──────┴────────────┘
 *
 *   starts   integers: whole minutes after the base. With C: a zigzag, the first; the others follow it
 *            minute by minute
 *   kept     integers: 0 … 12 samples; −1, a bucket
 *   times    of all samples, in order: integers, 256 at a time, in units of 1,000 ms with S, else 1 ms.
 *            Without A of sample i of n in its minute: what it comes after i · minute / n, rounded down.
 *            With A: the time after the base
 *   values   of all samples: see sample-values.ts
 *   buckets  when there are some: a row group of buckets (row-group.ts) and its extensions; their
 *            starts are those of their minutes
 *   ends     varint k, then k × (varint gap, varint ms after the start of the minute): end marks. Gaps
 *            are counted in rows: the first from 0, every further one from the row after the previous
 *   flags    C bit 0, A bit 1, S bit 2, E bit 3, X bit 4
 *
 * Without X there are no extensions (extensions.ts). Samples of a minute stand in the order of
 * minutes.ts.
 */
export const CONSECUTIVE = 1;
export const ABSOLUTE = 2;
export const SECONDS = 4;
export const ENDS = 8;
export const EXTENSIONS = 16;
const KNOWN = 31;

/** In the column `kept`: a bucket. */
export const KEPT_BUCKET = -1;

/** Units of time in a second, and in a minute. */
export const UNIT_MS = 1_000;

/** Most samples of a row group. */
export const MAX_SAMPLES = MAX_INTS * LIMITS.samplesPerMinute;

/** Where sample i of n is expected: i · minute / n, rounded down, at n · samplesPerMinute + i. */
export const expectedTimes = (minute: number): Float64Array => {
  const most = LIMITS.samplesPerMinute;
  return Float64Array.from({ length: (most + 1) * most }, (_, at) =>
    Math.floor(((at % most) * minute) / Math.max(1, Math.floor(at / most))),
  );
};
export const EXPECTED_MS = expectedTimes(MINUTE);
export const EXPECTED_SECONDS = expectedTimes(MINUTE / UNIT_MS);

// The row group under work.
const starts = new Float64Array(MAX_INTS);
const kept = new Float64Array(MAX_INTS);
const offset = new Float64Array(MAX_SAMPLES);
const value = new Float64Array(MAX_SAMPLES);
const buckets = new Buckets(MAX_INTS);
/** End marks: ms after the start of the minute; −1, none. Only good when there are any. */
const ends = new Float64Array(MAX_INTS);
const samples = { offset, value } satisfies Samples;
/** How many samples each minute has, all at the same times after its start, which only the first has; 0: they are not so. */
let regular = 0;

/**
 * Appends to `into` the rows that `encodeMinutes` wrote with the same base.
 * @throws CorruptBytes, with `into` as long as before.
 */
export function decodeMinutes(reader: ByteReader, base: number, into: Minutes): void {
  const before = into.length;
  const total = reader.varint();
  try {
    for (let from = 0; from < total; from += MAX_INTS) {
      const n = Math.min(MAX_INTS, total - from);
      const hasEnds = readGroup(reader, n, base);
      if (regular > 0 && !hasEnds && regular <= into.limit) {
        into.pushRegular(n, starts, regular, samples);
        continue;
      }
      repeatTimes(n);
      for (let i = 0, sample = 0, bucket = 0; i < n; i++) {
        const k = kept[i]!;
        const row =
          k === KEPT_BUCKET
            ? into.pushBucket(starts[i]!, buckets, bucket++)
            : into.pushSamples(starts[i]!, samples, sample, k);
        if (k > 0) sample += k;
        if (hasEnds && ends[i]! >= 0) into.add(row, NaN, starts[i]! + ends[i]!);
      }
    }
  } catch (error) {
    into.length = before;
    throw error;
  }
}

/**
 * Appends to `into` the bucket of each row that has points. Returns the positions, among the rows, of
 * those that have none.
 * @throws CorruptBytes, with `into` as long as before.
 */
export function decodeMinutesAsBuckets(
  reader: ByteReader,
  base: number,
  into: Buckets,
): readonly number[] {
  const before = into.length;
  const total = reader.varint();
  const without: number[] = [];
  try {
    for (let from = 0; from < total; from += MAX_INTS) {
      const n = Math.min(MAX_INTS, total - from);
      readGroup(reader, n, base);
      repeatTimes(n);
      if (areSingles(n)) {
        pushSingles(into, n, starts, offset, value);
        continue;
      }
      for (let i = 0, sample = 0, bucket = 0; i < n; i++) {
        const k = kept[i]!;
        const start = starts[i]!;
        if (k > 0) {
          pushSamples(into, start, samples, sample, k);
          sample += k;
        } else if (k === KEPT_BUCKET) into.pushCopy(start, buckets, bucket++);
        else without.push(from + i);
      }
    }
  } catch (error) {
    into.length = before;
    throw error;
  }
  return without;
}

/** Whether each minute keeps one sample, and none is huge. */
function areSingles(n: number): boolean {
  for (let i = 0; i < n; i++) if (kept[i] !== 1 || isHuge(value[i]!)) return false;
  return true;
}

/** Reads a row group of n rows into the columns above; says whether there are end marks. */
function readGroup(reader: ByteReader, n: number, base: number): boolean {
  const flags = reader.u8();
  if (flags > KNOWN) throw new CorruptBytes(`flags ${flags} of minutes`);
  readStarts(reader, flags, n, base);
  regular = 0;
  const isOne = readInts(reader, kept, 0, n);
  let count = 0;
  let collapsed = 0;
  for (let i = 0; i < (isOne ? 1 : n); i++) {
    const k = kept[i]!;
    if (k === KEPT_BUCKET) collapsed++;
    else if (k >= 0 && k <= LIMITS.samplesPerMinute) count += k;
    else throw new CorruptBytes(`a minute keeps ${k} samples`);
  }
  if (isOne) {
    count *= n;
    collapsed *= n;
  }
  const isEven = isOne || areEven(n);
  if (count > 0) {
    const isOneTime = readTimes(reader, count);
    if (isEven && isOneTime && (flags & ABSOLUTE) === 0) setRegular(flags, kept[0]!);
    else setTimes(flags, n, base);
    readValues(reader, value, count);
    if (regular === 0) refuseDisorder(n);
  }
  if (collapsed > 0) readBuckets(reader, n, base, collapsed);
  if (flags & ENDS) readEnds(reader, n);
  if (flags & EXTENSIONS) skipExtensions(reader);
  return (flags & ENDS) !== 0;
}

function readStarts(reader: ByteReader, flags: number, n: number, base: number): void {
  if (flags & CONSECUTIVE) {
    const first = base + reader.zigzag() * MINUTE;
    for (let i = 0; i < n; i++) starts[i] = first + i * MINUTE;
  } else {
    readInts(reader, starts, 0, n);
    for (let i = 0; i < n; i++) starts[i] = base + starts[i]! * MINUTE;
  }
}

/** Whether all minutes keep as many samples. */
function areEven(n: number): boolean {
  for (let i = 1; i < n; i++) if (kept[i] !== kept[0]) return false;
  return true;
}

/** Reads the times of `count` samples as they stand; true: they are all the same number. */
function readTimes(reader: ByteReader, count: number): boolean {
  let isOne = true;
  for (let from = 0; from < count; from += MAX_INTS)
    if (!readInts(reader, offset, from, Math.min(MAX_INTS, count - from))) isOne = false;
  for (let from = MAX_INTS; from < count; from += MAX_INTS)
    if (offset[from] !== offset[0]) isOne = false;
  return isOne;
}

/** Times as ms after the start of a minute of k samples, all as long after what is expected. */
function setRegular(flags: number, k: number): void {
  const isSeconds = (flags & SECONDS) !== 0;
  const expected = isSeconds ? EXPECTED_SECONDS : EXPECTED_MS;
  const after = offset[0]!;
  const from = k * LIMITS.samplesPerMinute;
  for (let i = 0; i < k; i++)
    offset[i] = withinMinute((expected[from + i]! + after) * (isSeconds ? UNIT_MS : 1));
  // They ascend, as what is expected does.
  regular = k;
}

/** Of n minutes each. */
function repeatTimes(n: number): void {
  if (regular > 0) for (let i = regular; i < n * regular; i++) offset[i] = offset[i - regular]!;
}

/** The same of any times. */
function setTimes(flags: number, n: number, base: number): void {
  const unit = flags & SECONDS ? UNIT_MS : 1;
  const expected = flags & SECONDS ? EXPECTED_SECONDS : EXPECTED_MS;
  for (let row = 0, sample = 0; row < n; row++) {
    const k = kept[row]!;
    const after = base - starts[row]!;
    const from = k * LIMITS.samplesPerMinute;
    for (let i = 0; i < k; i++, sample++) {
      const time = offset[sample]!;
      offset[sample] = withinMinute(
        flags & ABSOLUTE ? after + time * unit : (expected[from + i]! + time) * unit,
      );
    }
  }
}

function withinMinute(ms: number): number {
  if (!(ms >= 0 && ms < MINUTE)) throw new CorruptBytes("a sample lies outside its minute");
  return ms;
}

function refuseDisorder(n: number): void {
  for (let row = 0, sample = 0; row < n; row++) {
    const k = kept[row]!;
    for (let i = 1; i < k; i++) {
      const at = sample + i;
      if (isAfter(offset[at - 1]!, value[at - 1]!, offset[at]!, value[at]!))
        throw new CorruptBytes("samples of a minute are not in order");
    }
    if (k > 0) sample += k;
  }
}

function readBuckets(reader: ByteReader, n: number, base: number, collapsed: number): void {
  buckets.length = 0;
  decodeRowGroup(reader, collapsed, base, MINUTE, buckets);
  decodeExtensions(reader, collapsed, buckets);
  for (let i = 0, bucket = 0; i < n; i++)
    if (kept[i] === KEPT_BUCKET && buckets.start[bucket++] !== starts[i])
      throw new CorruptBytes("a bucket is not of its minute");
}

function readEnds(reader: ByteReader, n: number): void {
  ends.fill(-1, 0, n);
  let next = 0;
  for (let left = reader.varint(); left > 0; left--) {
    next += reader.varint();
    if (next >= n) throw new CorruptBytes("an end mark lies outside its row group");
    const after = reader.varint();
    if (after >= MINUTE) throw new CorruptBytes("an end mark lies outside its minute");
    ends[next++] = after;
  }
}
